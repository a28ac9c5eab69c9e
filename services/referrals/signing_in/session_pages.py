"""`/session`: whether it goes on, the lock, signing out, the quick exit, and what was typed and not sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.domain.sessions import Over, Session
from services.referrals.signing_in.desk import Desk
from services.referrals.signing_in.drafts import Interrupted
from shared.errors import TryLater
from shared.web.site.answers import SAFE, again_page, lead_to
from shared.web.site.cookie import Claims
from shared.web.site.forms import (
    PAGE,
    Fields,
    ForeignForm,
    Form,
    FormOfAnotherSession,
    form_of,
    require_own_origin,
    typed_in,
)
from shared.web.site.paths import way_back, with_way_back
from shared.web.site.visitor import LANGUAGES, SignInFirst, claims_of, visitor_of
from shared.web.trace import CurrentTrace

GONE = "/session/gone"
To = Annotated[str, Query(max_length=4_000)]


async def _fields(request: Request) -> Fields:
    """What a POST sends, if a page of ours sent it; nothing for a GET."""
    if request.method in SAFE:
        return {}
    require_own_origin(request)
    return await typed_in(request)


def _genuine(request: Request) -> Claims:
    """Whose session it is, though it may be over. Raises SignInFirst."""
    claims = claims_of(request)
    if claims is None:
        raise SignInFirst
    return claims


Sent = Annotated[Fields, Depends(_fields)]
Genuine = Annotated[Claims, Depends(_genuine)]


def _form(request: Request, claims: Genuine, fields: Sent) -> Form:
    """The form, of this session. Raises FormOfAnotherSession."""
    return form_of(fields, visitor_of(claims, request.app.state.service))


OwnForm = Annotated[Form, Depends(_form)]


@dataclass(frozen=True)
class SessionPages:
    """The pages of a session. Handlers run in threads; they block on the databases."""

    desk: Desk

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter()
        for path, methods, handler in (
            ("/session/renew", ["GET", "POST"], self.renew),
            ("/session/stay", ["POST"], self.stay),
            ("/session/view", ["POST"], self.view),
            ("/session/lock", ["POST"], self.lock),
            ("/session/out", ["POST"], self.sign_out),
            ("/session/exit", ["GET", "POST"], self.leave),
            (GONE, ["GET"], self.gone),
            ("/session/draft", ["POST"], self.keep_draft),
            ("/session/kept", ["GET"], self.show_kept),
            ("/session/kept", ["POST"], self.send_kept),
        ):
            router.add_api_route(path, handler, methods=methods)
        return router

    def renew(
        self, request: Request, claims: Genuine, fields: Sent, trace: CurrentTrace, to: To = ""
    ) -> Response:
        """A fresh cookie, and on to where the browser wanted to go, with what it sends; or the lock."""
        back, sends = way_back(to), request.method == "POST"
        by_person = sends or _shows_a_person(request)
        found = self._renewed(claims, by_person, trace)
        if isinstance(found, Over):
            if sends and back == to:
                self._keep(request, claims, Interrupted(back, fields))
            page = way_back(next(iter(fields.get(PAGE, ())), None)) if sends else back
            return self._locked(request, claims, found.reason, page)
        answer = RedirectResponse(back, 307 if sends and back == to else 303)
        self.desk.put_session(answer, found)
        return answer

    def stay(self, request: Request, claims: Genuine, form: OwnForm, trace: CurrentTrace) -> Response:
        """The person is there: idleness counts from now."""
        found = self._renewed(claims, True, trace)
        if isinstance(found, Over):
            return self._locked(request, claims, found.reason, form.page)
        answer = _done(request, form.page)
        self.desk.put_session(answer, found)
        return answer

    def view(self, request: Request, claims: Genuine, form: OwnForm, trace: CurrentTrace) -> Response:
        """Another language (`language`: en, es), or privacy view (`privacy`: on, off)."""
        language = form.get("language")
        privacy = {"on": True, "off": False}.get(form.get("privacy"))
        wanted = language if language in LANGUAGES else None
        self.desk.sessions.prefer(claims.sid, language=wanted, privacy=privacy)
        return self.stay(request, claims, form, trace)

    def lock(self, request: Request, claims: Genuine, form: OwnForm, trace: CurrentTrace) -> Response:
        """Lock the screen now. Whoever goes on signs in again."""
        self.desk.sessions.end(claims.sid, "lock", str(trace.correlation_id))
        return self._locked(request, claims, "lock", form.page)

    def sign_out(self, request: Request, claims: Genuine, _: OwnForm, trace: CurrentTrace) -> Response:
        """End the session, at one's desk."""
        self.desk.sessions.end(claims.sid, "sign-out", str(trace.correlation_id))
        answer = lead_to(request, "/sign-in?why=sign-out")
        self.desk.site.drop_cookie(answer)
        return answer

    def leave(self, request: Request, trace: CurrentTrace) -> Response:
        """Quick exit: the session ends and nothing of Accord is left on the screen. A link or a form."""
        claims = claims_of(request)
        if claims is not None and _is_meant(request):
            try:
                self.desk.sessions.end(claims.sid, "exit", str(trace.correlation_id))
            except TryLater:  # the person must be able to leave; the session then ends by the clock
                structlog.get_logger().error("session_not_ended", reason="exit")
        answer = lead_to(request, self.desk.exit_url or GONE)
        self.desk.site.drop_cookie(answer)
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    def gone(self, request: Request) -> Response:
        """A page that says nothing."""
        return self.desk.pages.answer(request, "left.html")

    def keep_draft(self, request: Request, claims: Genuine, form: OwnForm) -> Response:
        """Keep what is typed on a page, to be sent later."""
        self._require_going(claims)
        self.desk.drafts.keep(claims.sub, form.page, form.typed)
        return _done(request, form.page)

    def show_kept(self, request: Request, claims: Genuine, to: To = "") -> Response:
        """After signing in again: the form that came when the session was over."""
        self._require_going(claims)
        form, back = self.desk.drafts.interrupted(claims.sub), way_back(to)
        if form is None:
            return RedirectResponse(back, 303)
        visitor = visitor_of(claims, request.app.state.service)
        return again_page(request, "/session/kept", form.fields, visitor, "locked", back=back)

    def send_kept(self, claims: Genuine, form: OwnForm) -> Response:
        """Send it to where it was meant to go."""
        self._require_going(claims)
        interrupted = self.desk.drafts.interrupted(claims.sub)
        if interrupted is None:
            return RedirectResponse(form.page, 303)
        self.desk.drafts.resume(claims.sub)
        return RedirectResponse(interrupted.action, 307)  # the browser sends the same fields there

    def _renewed(self, claims: Claims, by_person: bool, trace: CurrentTrace) -> Session | Over:
        correlation = str(trace.correlation_id)
        return self.desk.sessions.renew(claims.sid, by_person=by_person, correlation=correlation)

    def _require_going(self, claims: Claims) -> None:
        if not claims.lasts(self.desk.site.now()) or self.desk.sessions.has_ended(claims.sid):
            raise SignInFirst

    def _keep(self, request: Request, claims: Claims, form: Interrupted) -> None:
        """Only what a page of that session sent: nobody else puts words into a person's form."""
        try:
            form_of(form.fields, visitor_of(claims, request.app.state.service))
        except FormOfAnotherSession:
            return
        self.desk.drafts.interrupt(claims.sub, form)

    def _locked(self, request: Request, claims: Claims, why: str, back: str) -> Response:
        answer = lead_to(request, f"{with_way_back('/sign-in', back)}&why={why}")
        self.desk.put_locked(answer, claims)
        return answer


def _done(request: Request, page: str) -> Response:
    """Back to the page, or nothing where a script asked."""
    return Response(status_code=204) if request.headers.get("hx-request") else RedirectResponse(page, 303)


def _shows_a_person(request: Request) -> bool:
    """Whether a GET shows that somebody is there: a page that was opened, not a stream or a part that a page
    fetches by itself, which would keep the screen of an empty chair open."""
    headers = request.headers
    by_itself = (
        "hx-request" in headers
        or "text/event-stream" in headers.get("accept", "")
        or headers.get("sec-fetch-dest", "document") != "document"
        or headers.get("sec-purpose", "").startswith("prefetch")
    )
    return not by_itself


def _is_meant(request: Request) -> bool:
    """Whether an exit was meant: not a link on another site, not a browser that looks ahead."""
    if request.headers.get("sec-purpose", "").startswith("prefetch"):
        return False
    try:
        require_own_origin(request)
    except ForeignForm:
        return False
    return True
