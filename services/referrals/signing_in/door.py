"""`/sign-in`: to the provider and back, with a session at the end."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from services.referrals.signing_in.desk import Desk
from services.referrals.signing_in.provider import NotSignedIn
from services.referrals.signing_in.sessions import SIGN_IN, NoRole, UnderWay
from shared.errors import TryLater
from shared.web.callers import Caller
from shared.web.problems import Problem, retry_after
from shared.web.site.answers import plain
from shared.web.site.cookie import Language
from shared.web.site.paths import HOME, way_back, with_way_back
from shared.web.site.visitor import claims_of
from shared.web.trace import CurrentTrace

KEPT_PAGE = "/session/kept"
#: How a session came about, in its event.
HOW = "openid-connect"

#: Why somebody stands at the sign-in page, as the session says -> what the page says of it.
NOTICES: Mapping[str, str] = {
    "idle": "The screen was locked because nothing was done for some time. Sign in again to go on where you were.",
    "lock": "The screen is locked. Sign in again to go on where you were.",
    "absolute": "A session lasts 12 hours at most. Sign in again to go on where you were.",
    "roles-ended": "What you may do here has changed. Sign in again.",
    "removed": "This session is over. Sign in again.",
    "ended": "This session is over. Sign in again.",
    "sign-out": "You have signed out.",
}
#: Why a provider's answer signs nobody in -> what the page says.
REFUSED: Mapping[str, str] = {
    "token-wrong-agency": "Your provider may not speak for the agency that it named. Nobody was signed in.",
    "no-role": "You have no role in Accord. Your agency's administrator can give you one.",
    "over": "This sign-in took too long, or was already used. Start again.",
    "denied": "Your provider did not sign you in.",
}
NOT_GOOD = (
    "What your provider answered cannot be used, so nobody was signed in. Try again, or tell your county."
)

Text = Annotated[str, Query(max_length=4_000)]


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

    def choose(self, to: Text = "", why: Text = "") -> Response:
        """Whom one signs in with. `why` says what led here."""
        back = way_back(to)
        notice = f"<p>{NOTICES[why]}</p>" if why in NOTICES else ""
        ways = "".join(
            f'<p><a href="{escape(with_way_back(f"/sign-in/with/{word}", back))}">'
            f"Sign in with {escape(provider.name)}</a></p>"
            for word, provider in self.desk.providers.items()
        )
        return plain("Sign in", notice + ways)

    async def leave(self, word: str, request: Request, to: Text = "") -> Response:
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
            language=_language(request),
        )
        try:
            address = await provider.start(sign_in)
            await run_in_threadpool(self.desk.sessions.remember, sign_in)
        except TryLater as later:
            return _away(later, sign_in.way_back)
        answer = RedirectResponse(address, 303)
        self.desk.site.put_passing_cookie(answer, sign_in.browser, int(SIGN_IN.total_seconds()))
        return answer

    async def come_back(
        self, request: Request, trace: CurrentTrace, back: Annotated[Back, Query()]
    ) -> Response:
        """Back from the provider: the session, or why there is none."""
        browser = request.cookies.get(self.desk.site.passing_cookie_name, "")
        page = HOME
        try:
            sign_in = await run_in_threadpool(self.desk.sessions.take_back, back.state, browser)
            if sign_in is None:
                raise NotSignedIn("over")
            page = sign_in.way_back
            caller = await self._caller(sign_in, back)
            return await run_in_threadpool(self._welcome, request, caller, sign_in, str(trace.correlation_id))
        except NoRole:
            return _refused("no-role", page)
        except NotSignedIn as refused:
            return _refused(refused.why, page)
        except TryLater as later:
            return _away(later, page)

    async def _caller(self, sign_in: UnderWay, back: Back) -> Caller:
        provider = self.desk.provider_of(sign_in.issuer)
        if provider is None or back.error or not back.code:
            raise NotSignedIn("denied")
        return await provider.finish(sign_in, back.code, back.iss)

    def _welcome(self, request: Request, caller: Caller, sign_in: UnderWay, correlation: str) -> Response:
        desk = self.desk
        session = desk.sessions.begin(caller, sign_in.language, HOW, correlation)
        former = claims_of(request)
        if former is not None:
            desk.sessions.end(former.sid, "sign-out", correlation)
        kept = desk.drafts.interrupted(session.person) is not None
        answer = RedirectResponse(
            with_way_back(KEPT_PAGE, sign_in.way_back) if kept else sign_in.way_back, 303
        )
        desk.put_session(answer, session)
        desk.site.put_passing_cookie(answer, "", 0)
        return answer


def _refused(why: str, back: str) -> Response:
    structlog.get_logger().warning("sign_in_refused", reason=why)
    again = f'<p><a href="{escape(with_way_back("/sign-in", back))}">Sign in</a></p>'
    return plain("Not signed in", f"<p>{REFUSED.get(why, NOT_GOOD)}</p>{again}", 403)


def _away(later: TryLater, back: str) -> Response:
    text = (
        "The place where you sign in does not answer now. Nothing is wrong with your account. Try again soon."
    )
    again = f'<p><a href="{escape(with_way_back("/sign-in", back))}">Try again</a></p>'
    answer = plain("Try again soon", f"<p>{text}</p>{again}", 503)
    answer.headers.update(retry_after(later.seconds))
    return answer


def _language(request: Request) -> Language:
    """The first of the browser's languages that there is."""
    for wanted in request.headers.get("accept-language", "").lower().split(","):
        if wanted.strip()[:2] == "es":
            return "es"
        if wanted.strip()[:2] == "en":
            return "en"
    return "en"
