"""A county whose people sign in to pages: referrals on a real PostgreSQL, and the local issuer in this process."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import httpx2
from fastapi import APIRouter
from fastapi.testclient import TestClient

from deploy.local import issuer as local
from deploy.local.people import BY_HANDLE, Person
from services.referrals.api.app import checks, make_app
from services.referrals.signing_in.desk import Desk
from services.referrals.signing_in.drafts import Drafts
from services.referrals.signing_in.opening import CASEWORK, TEMPLATES
from services.referrals.signing_in.provider import Provider, ask_provider
from services.referrals.signing_in.sessions import Sessions
from services.referrals.signing_in.under_way import SignIns
from shared.settings import Settings
from shared.web.app import create_app
from shared.web.fakes import FakeVerifier
from shared.web.issuers import Issuer
from shared.web.site.cookie import Claims, new_key
from shared.web.site.county import county_of
from shared.web.site.forms import CheckedForm
from shared.web.site.rendering import Pages
from shared.web.site.site import Site
from shared.web.site.visitor import CurrentVisitor
from shared.web.tokens import fetch_jwks
from tests.integration.referrals_made import County, county

SITE = "http://127.0.0.1"
PORT = 9
SENDER = "accord@alder.example"
WORKER = "worker@human-services"
IDLE = timedelta(minutes=15)


class LocalProvider:
    """The local issuer's app, reached without a network; a test can take it away or change what it says."""

    def __init__(self, folder: Path, now: Any, site: str, port: int) -> None:
        settings = Settings(local=True, http_host="127.0.0.1", http_port=port, site_url=site)
        self.key = local.load_key(folder)
        self.url = local.issuer_url(port)
        self.app = local.bootstrap(settings, self.key, lambda: now().timestamp())
        self.client = TestClient(self.app, base_url=self.url, follow_redirects=False)
        self.away = False
        self.says: dict[str, Any] = {}
        self.token: str | None = None

    async def ask(
        self, method: str, address: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, Any]]:
        if self.away:
            raise httpx2.ConnectError("away")
        answer = self.client.request(method, address, data=form, headers=dict(headers))
        found = {**answer.json(), **self.says}
        if self.token is not None and "id_token" in found:
            found["id_token"] = self.token
        return answer.status_code, found

    async def fetch(self, uri: str) -> Mapping[str, Any]:
        return (await self.ask("GET", uri, None, {}))[1]

    def choose(self, address: str, handle: str) -> str:
        """What the page to choose on leads to, back on the site."""
        page = self.client.get(address)
        assert page.status_code == 200, page.text
        links = [unescape(link) for link in re.findall(r'href="([^"]+)"', page.text)]
        [link] = [link for link in links if link.startswith(f"/authorize/{handle}?")]
        return str(self.client.get(link).headers["location"])


class Browser:
    """Somebody at the site: a client with a cookie jar."""

    def __init__(self, here: Place) -> None:
        self.here = here
        self.client = TestClient(here.app, base_url=SITE, follow_redirects=False)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers={n.replace("_", "-"): v for n, v in headers.items()})

    def post(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> Any:
        own = {"form-token": self.form_token, "key": str(uuid4()), "page": "/cases/1"}
        sent = {n.replace("_", "-"): v for n, v in headers.items()}
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        return self.client.post(path, content=urlencode({**own, **(fields or {})}), headers=sent)

    def follow(self, answer: Any, fields: Mapping[str, str] | None = None) -> Any:
        """As a browser does: 307 sends the form again."""
        while answer.status_code in (303, 307):
            path = answer.headers["location"]
            answer = self.get(path) if answer.status_code == 303 else self.post(path, fields)
        return answer

    def leave(self, to: str = "/cases/1", **headers: str) -> str:
        """Off to the provider: its address."""
        page = self.get(f"/sign-in?to={to}")
        [link] = re.findall(r'href="(/sign-in/with/[^"]+)"', page.text)
        answer = self.get(unescape(link), **headers)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def sign_in(self, handle: str = WORKER, to: str = "/cases/1") -> Any:
        """All the way; the answer that sets the cookie."""
        back = self.here.provider.choose(self.leave(to), handle)
        return self.get(back.removeprefix(SITE))

    @property
    def claims(self) -> Claims | None:
        cookie = self.client.cookies.get("accord-local")
        return self.here.site.keys.read(cookie) if cookie else None

    @property
    def form_token(self) -> str:
        return self.claims.form if self.claims else ""


class Place:
    """The site of a county, with one page on referrals that shows who looks at it, and one on audit.

    Mail goes to port `mail`.
    `more` are settings of the issuer; one with another name is not in this process, and is asked over the network.
    For browsers, what is here is served at `url`, and `provider.app` on `port`.
    """

    def __init__(
        self, made: County, folder: Path, url: str = SITE, port: int = PORT, mail: int = PORT, **more: Any
    ) -> None:
        self.county, self.clock = made, made.clock
        self.provider = LocalProvider(folder, made.clock, url, port)
        self.key = new_key()
        referrals = made.referrals
        shelf, secret = referrals.handler.shelf, referrals.secret
        self.sessions = Sessions(made.store, shelf, secret, IDLE, made.clock)
        self.site = Site(url, self.key.public, made.clock, has_ended=self.sessions.has_ended)
        [entry] = local.issuers_document(port)
        foreign = "issuer" in more
        self.issuer = Issuer.model_validate({**entry, **more})
        settings = Settings(
            local=True, smtp_host="127.0.0.1", smtp_port=mail, smtp_tls="none", smtp_from=SENDER
        )
        assert self.issuer.sign_in is not None
        provider = Provider(
            self.issuer,
            self.issuer.sign_in,
            settings,
            f"{url}/sign-in/back",
            ask_provider if foreign else self.provider.ask,
            fetch_jwks if foreign else self.provider.fetch,
            lambda: made.clock().timestamp(),
            lambda: made.clock().timestamp(),
        )
        self.drafts = Drafts(made.vault)
        pages = Pages(county_of(settings), TEMPLATES, CASEWORK)
        sign_ins = SignIns(made.store, made.clock)
        self.desk = Desk(self.site, self.key, {"0": provider}, sign_ins, self.sessions, self.drafts, pages)
        self.app = make_app(made.doors, FakeVerifier({}), settings, lambda: checks(made.doors), self.desk)
        self.app.include_router(page())
        elsewhere = Site(url, self.key.public, made.clock)
        self.audit = create_app(
            "audit",
            verifier=FakeVerifier({}),
            readiness=lambda: [],
            routers=[],
            settings=settings,
            site=elsewhere,
            pages=[page()],
        )

    def browser(self) -> Browser:
        return Browser(self)

    def events(self, kind: str, **data: Any) -> list[Any]:
        return self.county.events(kind=kind, **data)

    def now(self) -> datetime:
        return self.clock()


def page() -> APIRouter:
    router = APIRouter()

    @router.get("/cases/{case}")
    def show(case: str, visitor: CurrentVisitor) -> dict[str, Any]:
        return {"person": visitor.caller.person, "roles": sorted(visitor.caller.roles)}

    @router.post("/cases/{case}")
    def send(case: str, visitor: CurrentVisitor, form: CheckedForm) -> dict[str, Any]:
        return {"key": form.key, "words": form.get("words")}

    return router


def person(handle: str = WORKER) -> Person:
    return BY_HANDLE[handle]


def parameters(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@contextmanager
def place(infra: Any, folder: Path, **more: Any) -> Iterator[Place]:
    with county(infra, folder) as made:
        yield Place(made, folder, **more)
