"""`/sign-in`: to the provider and back, with a session at the end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from services.referrals.signing_in.desk import Desk
from services.referrals.signing_in.provider import NotSignedIn
from services.referrals.signing_in.sessions import NoRole
from services.referrals.signing_in.under_way import LASTS, UnderWay
from services.referrals.signing_in.welcome import welcome
from shared.errors import TryLater
from shared.web.callers import Caller
from shared.web.problems import Problem, retry_after
from shared.web.site.paths import HOME, way_back, with_way_back
from shared.web.site.rendering import language_of
from shared.web.trace import CurrentTrace

#: How a session came about, in its event.
HOW = "openid-connect"

#: Why somebody stands at the sign-in page, as the session says.
WHY = frozenset({"idle", "lock", "absolute", "roles-ended", "removed", "exit", "sign-out"})

Text = Annotated[str, Query(max_length=4_000)]
#: An invented person of a laptop. Elsewhere it is not looked at: who signs in is in no address of ours.
Invented = Annotated[str, Query(alias="as", max_length=100)]


class Back(BaseModel):
    """What comes back from the provider, by way of the browser. Untrusted."""

    state: str = Field("", max_length=200)
    code: str = Field("", max_length=4_000)
    error: str = Field("", max_length=4_000)
    iss: str | None = Field(None, max_length=1_000)


@dataclass(frozen=True)
class Door:
    """The pages of signing in. None of them needs a session."""

    desk: Desk

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter()
        for path, handler in (
            ("/", self.home),
            ("/sign-in", self.choose),
            ("/sign-in/with/{word}", self.leave),
            ("/sign-in/back", self.come_back),
        ):
            router.add_api_route(path, handler, methods=["GET"])
        return router

    def home(self) -> Response:
        """The site's front page is the inbox."""
        return RedirectResponse(HOME, 303)

    def choose(self, request: Request, to: Text = "", why: Text = "", person: Invented = "") -> Response:
        """Whom one signs in with. `why` says what led here."""
        if person and not self.desk.site.secure and len(self.desk.providers) == 1:
            [word] = self.desk.providers
            straight = with_way_back(f"/sign-in/with/{word}", way_back(to))
            return RedirectResponse(f"{straight}&as={quote(person)}", 303)
        ways = [
            (with_way_back(f"/sign-in/with/{word}", way_back(to)), provider.name)
            for word, provider in self.desk.providers.items()
        ]
        said = why if why in WHY else ""
        own = with_way_back("/sign-in/own", way_back(to)) if request.app.state.settings.smtp_host else ""
        return self.desk.pages.answer(request, "sign-in.html", providers=ways, own=own, why=said)

    async def leave(self, word: str, request: Request, to: Text = "", person: Invented = "") -> Response:
        """Off to the provider. A link, since a form could not be led to another site under our policy."""
        provider = self.desk.providers.get(word)
        if provider is None:
            raise Problem("not-found")
        sign_in = UnderWay(
            state=secrets.token_urlsafe(32),
            browser=secrets.token_urlsafe(32),
            issuer=provider.issuer.issuer,
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            way_back=way_back(to),
            language=language_of(request, None),
        )
        try:
            address = await provider.start(sign_in, "" if self.desk.site.secure else person)
            await run_in_threadpool(self.desk.sign_ins.remember, sign_in)
        except TryLater as later:
            return self._refused(request, "away", sign_in.way_back, later)
        answer = RedirectResponse(address, 303)
        self.desk.site.put_passing_cookie(answer, sign_in.browser, int(LASTS.total_seconds()))
        return answer

    async def come_back(
        self, request: Request, trace: CurrentTrace, back: Annotated[Back, Query()]
    ) -> Response:
        """Back from the provider: the session, or why there is none."""
        browser = request.cookies.get(self.desk.site.passing_cookie_name, "")
        page = HOME
        try:
            sign_in = await run_in_threadpool(self.desk.sign_ins.take_back, back.state, browser)
            if sign_in is None:
                raise NotSignedIn("over")
            page = sign_in.way_back
            caller = await self._caller(sign_in, back)
            return await run_in_threadpool(self._welcome, request, caller, sign_in, str(trace.correlation_id))
        except NoRole:
            return self._refused(request, "no-role", page)
        except NotSignedIn as refused:
            return self._refused(request, refused.why, page)
        except TryLater as later:
            return self._refused(request, "away", page, later)

    async def _caller(self, sign_in: UnderWay, back: Back) -> Caller:
        provider = self.desk.provider_of(sign_in.issuer)
        if provider is None or back.error or not back.code:
            raise NotSignedIn("denied")
        return await provider.finish(sign_in, back.code, back.iss)

    def _welcome(self, request: Request, caller: Caller, sign_in: UnderWay, correlation: str) -> Response:
        return welcome(self.desk, request, caller, sign_in.language, HOW, sign_in.way_back, correlation)

    def _refused(self, request: Request, why: str, back: str, later: TryLater | None = None) -> Response:
        structlog.get_logger().warning("nobody_signed_in", reason=why)
        return self.desk.pages.answer(
            request,
            "not-signed-in.html",
            status=503 if later else 403,
            headers=retry_after(later.seconds) if later else None,
            why=why,
            again=with_way_back("/sign-in", back),
        )
