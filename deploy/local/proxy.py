"""The site of the local platform: one address over three services. `python -m deploy.local.proxy`.

A county uses its own ingress instead, with the same table (`shared/web/site/places.py`). It hands on what a
service answers, byte for byte, also a stream as it comes. It follows no redirect, writes no path into a log, and
tells services nothing of who asks: they trust a cookie and no header of ours. It reads the cookie for the
navigation of its own pages alone: what is missing, what works.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx2
import structlog
from fastapi import APIRouter, FastAPI, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response, StreamingResponse

from shared.process import run
from shared.settings import Misconfigured, Settings
from shared.web.app import Check, create_app
from shared.web.fakes import FakeVerifier
from shared.web.issuers import is_loopback
from shared.web.problems import retry_after
from shared.web.server import serve
from shared.web.site.cookie import load_keys
from shared.web.site.county import county_of
from shared.web.site.everywhere import Part, status_page
from shared.web.site.places import EVERYWHERE, service_of
from shared.web.site.rendering import Pages
from shared.web.site.site import Site
from shared.web.site.visitor import maybe_visitor

SERVICES = ("referrals", "notifications", "audit")
#: A stream says something each 15 s; an answer that begins later than this does not come.
TIMEOUT = httpx2.Timeout(30.0, connect=2.0, pool=5.0)
AGAIN = 5.0
"""Seconds after which a part that is down may be asked for again."""
EXIT, STATUS = "/session/exit", "/status"
STATUS_SECONDS = 6.0
"""How long a part may take to say how it stands: its own checks may take 4."""

#: Between two neighbours only (RFC 9110, 7.6.1), and what we say ourselves.
HOP_BY_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    }
)
#: What only a proxy before us could know; nobody behind us may take it for true.
CLAIMED = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})


@dataclass
class Proxy:
    """Hands requests on to the service of their first segment. For one event loop."""

    site: Site
    services: Mapping[str, str]
    pages: Pages
    transport: httpx2.AsyncBaseTransport | None = None
    _client: httpx2.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=50, keepalive_expiry=10.0)
        self._client = httpx2.AsyncClient(
            timeout=TIMEOUT,
            limits=limits,
            follow_redirects=False,
            trust_env=False,
            # The client keeps no cookie: it would send the one that a service gave somebody for the next who asks.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            transport=self.transport,
        )

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Closes what is open at the end."""
        async with self._client:
            yield

    async def hand_on(self, request: Request) -> Response:
        """The answer of the service whose page this is, or a page that says what is missing."""
        elsewhere = self._wrong_host(request)
        if elsewhere is not None:
            return elsewhere
        path = request.url.path
        first = path.lstrip("/").partition("/")[0]
        if path == STATUS:
            return await self._status(request)
        if first in EVERYWHERE:
            return await self._from_any(request)
        service = service_of(path)
        if service is None:
            return self.pages.answer(request, "no-such-page.html", maybe_visitor(request), status=404)
        answer = await self._from(service, request)
        return answer or self._missing(request, service)

    async def _status(self, request: Request) -> Response:
        """How every part stands, asked at the same time."""
        told = await asyncio.gather(*(self._part(service, request) for service in SERVICES))
        return status_page(self.pages, request, maybe_visitor(request), told)

    async def _part(self, service: str, request: Request) -> Part:
        headers = {"Accept": "application/json", "Cookie": request.headers.get("cookie", "")}
        try:
            answer = await self._client.get(
                f"{self.services[service]}{STATUS}", headers=headers, timeout=STATUS_SECONDS
            )
            return Part.model_validate_json(answer.content)
        except (httpx2.HTTPError, ValidationError) as error:
            _not_reached(service, error)
            return Part(service=service, state="down")

    async def _from_any(self, request: Request) -> Response:
        """Of what every service has, the first that has it: they may be of two versions for a while."""
        last: Response | None = None
        for service in SERVICES:
            answer = await self._from(service, request)
            if answer is not None and answer.status_code != 404:
                return answer
            last = answer or last
        return last or self._missing(request, "referrals")

    async def _from(self, service: str, request: Request) -> Response | None:
        """The service's answer; None if it is not there."""
        path = request.scope.get("raw_path", b"").partition(b"?")[0].decode("ascii", "replace")
        query = request.scope["query_string"].decode("ascii", "replace")
        address = f"{self.services[service]}{path}{'?' if query else ''}{query}"
        sent = self._client.build_request(
            request.method, address, headers=_handed_on(request.headers.raw), content=await request.body()
        )
        try:
            answer = await self._client.send(sent, stream=True)
        except httpx2.HTTPError as error:
            _not_reached(service, error)
            return None
        body = StreamingResponse(_until_the_end(answer, request.app.state.draining), answer.status_code)
        body.raw_headers = [(n.lower(), v) for n, v in _handed_on(answer.headers.raw) if n.lower() != b"date"]
        return body

    def _missing(self, request: Request, service: str) -> Response:
        headers = retry_after(AGAIN)
        if request.url.path == EXIT:
            # The screen must be empty whatever is down; the session then ends by the clock.
            answer: Response = self.pages.answer(request, "left.html")
            self.site.drop_cookie(answer)
            answer.headers["Clear-Site-Data"] = '"cache"'
            return answer
        if request.headers.get("hx-request") or "text/event-stream" in request.headers.get("accept", ""):
            return Response(status_code=503, headers=headers)
        visitor = maybe_visitor(request)
        return self.pages.answer(
            request, "part-missing.html", visitor, status=503, headers=headers, part=service
        )

    def _wrong_host(self, request: Request) -> Response | None:
        """Under another name another site could have led the browser here; the cookie is for one name only."""
        ours = urlsplit(self.site.url)
        host = request.headers.get("host", "")
        if host == ours.netloc:
            return None
        asked = urlsplit(f"//{host}")
        here = asked.hostname in ("localhost", "127.0.0.1", "::1")
        if here and request.method in ("GET", "HEAD"):
            return RedirectResponse(f"{self.site.url}/", 307)
        return Response(status_code=421)


def _not_reached(service: str, error: Exception) -> None:
    structlog.get_logger().warning("service_not_reached", reason=service, error_type=type(error).__name__)


def _handed_on(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers without those for the neighbour alone, named by `Connection` or known."""
    named = {
        part.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for part in value.decode("latin-1").split(",")
    }
    dropped = HOP_BY_HOP | CLAIMED | named | {"host"}
    return [(name, value) for name, value in headers if name.decode("latin-1").lower() not in dropped]


async def _until_the_end(answer: httpx2.Response, draining: asyncio.Event) -> AsyncGenerator[bytes, None]:
    """What comes, as it comes, until it ends, the browser leaves, or this process must end."""
    end = asyncio.ensure_future(draining.wait())
    upcoming: asyncio.Future[bytes] | None = None
    parts = answer.aiter_raw()
    try:
        while True:
            upcoming = asyncio.ensure_future(anext(parts))
            await asyncio.wait({upcoming, end}, return_when=asyncio.FIRST_COMPLETED)
            if not upcoming.done():
                return
            yield upcoming.result()
    except StopAsyncIteration:
        return
    except httpx2.HTTPError as error:
        # Cut in the middle: the browser must see that it is not whole, so nothing ends it well here.
        structlog.get_logger().warning("answer_cut", error_type=type(error).__name__)
        raise
    finally:
        # First, for `parts` cannot be closed while somebody waits for its next.
        for future in (upcoming, end):
            if future is not None:
                future.cancel()
                with suppress(asyncio.CancelledError, StopAsyncIteration, httpx2.HTTPError):
                    await future
        with suppress(httpx2.HTTPError):
            await parts.aclose()
            await answer.aclose()


def _clock() -> datetime:
    return datetime.now(UTC)


def make_proxy(
    settings: Settings, services: Mapping[str, str], transport: httpx2.AsyncBaseTransport | None = None
) -> FastAPI:
    """The app. Raises Misconfigured unless this is the local platform. Reads the file of the site's keys."""
    if not settings.local or not is_loopback(settings.http_host) or not settings.site_url:
        raise Misconfigured(
            "The local site starts only with ACCORD_LOCAL=1, a loopback ACCORD_HTTP_HOST and ACCORD_SITE_URL."
        )
    site = Site(settings.site_url, load_keys(settings.site_keys_file), _clock)
    proxy = Proxy(site, services, Pages(county_of(settings)), transport)
    router = APIRouter()
    router.add_api_route(
        "/{path:path}", proxy.hand_on, methods=["GET", "HEAD", "POST"], include_in_schema=False
    )
    app = create_app(
        "site",
        verifier=FakeVerifier({}),
        readiness=lambda: [Check("site", "ok")],
        routers=[router],
        settings=settings,
        lifespan=proxy.lifespan,
    )
    app.state.site = site
    return app


def _serve(settings: Settings) -> int:
    addresses = {name: os.environ.get(f"ACCORD_{name.upper()}_URL", "") for name in SERVICES}
    if missing := [name for name, address in addresses.items() if not address]:
        raise Misconfigured(f"ACCORD_{missing[0].upper()}_URL is not set: where that service listens.")
    return serve(make_proxy(settings, addresses), settings)


if __name__ == "__main__":
    raise SystemExit(run("site", "proxy", _serve))
