"""`/sign-in/own`, `/sign-in/invited`: signing in with a code, accepting an invitation. No session is needed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.people.accounts import Account, BadLink
from services.referrals.people.addresses import is_address
from services.referrals.people.answers import as_json
from services.referrals.people.codes import DIGITS, LASTS, Wrong, as_typed
from services.referrals.people.desk import People
from services.referrals.people.labels import agency_name, role_labels
from services.referrals.signing_in.sessions import NoRole
from shared.web.problems import Problem
from shared.web.site.answers import SAFE
from shared.web.site.forms import Fields, require_own_origin, typed_in
from shared.web.site.paths import HOME, way_back, with_way_back
from shared.web.site.refusing import route_of
from shared.web.site.rendering import language_of
from shared.web.site.visitor import claims_of
from shared.web.site.words import N_, catalogue
from shared.web.trace import CurrentTrace

OWN, CODE = "/sign-in/own", "/sign-in/own/code"
#: How a session came about, in its event.
BY_CODE, BY_INVITATION, BY_PASSKEY = "one-time-code", "invitation", "passkey"
#: Where somebody makes a passkey once they are in.
PASSKEY = "/people/passkey"
To = Annotated[str, Query(max_length=4_000)]


async def _sent(request: Request) -> Fields:
    """What a page of ours sent, before anybody has signed in: there is no session whose token it could carry."""
    if request.method in SAFE:
        return {}
    require_own_origin(request)
    return await typed_in(request)


Sent = Annotated[Fields, Depends(_sent)]


@dataclass(frozen=True)
class OwnDoor:
    """The pages. Handlers run in threads; they block on the databases."""

    people: People

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.people.desk.pages))
        for path, method, handler in (
            (OWN, "GET", self.ask),
            (OWN, "POST", self.send),
            (CODE, "GET", self.ask_code),
            (CODE, "POST", self.check),
            (f"{OWN}/passkey/begin", "POST", self.begin_passkey),
            (f"{OWN}/passkey", "POST", self.use_passkey),
            ("/sign-in/invited/{link}", "GET", self.invited),
            ("/sign-in/invited/{link}", "POST", self.accept),
        ):
            router.add_api_route(path, handler, methods=[method])
        return router

    def ask(self, request: Request, to: To = "") -> Response:
        """Which address the code goes to."""
        return self._page(request, "own-sign-in.html", to)

    def send(self, request: Request, fields: Sent, to: To = "") -> Response:
        """Send a code there, if somebody has that address; the answer is the same if nobody has."""
        address = _first(fields, "address")
        if not is_address(address):
            found = {"address": N_("Type your e-mail address, like name@agency.org.")}
            return self._page(request, "own-sign-in.html", to, 422, errors=found, typed=address)
        browser = secrets.token_urlsafe(32)
        self.people.codes.send(address, browser)
        answer = RedirectResponse(with_way_back(CODE, way_back(to)), 303)
        self.people.desk.site.put_passing_cookie(answer, browser, int(LASTS.total_seconds()))
        return answer

    def ask_code(self, request: Request, to: To = "") -> Response:
        """Where the code is typed."""
        return self._page(request, "own-code.html", to)

    def check(self, request: Request, fields: Sent, trace: CurrentTrace, to: To = "") -> Response:
        """The session, if the code is right."""
        browser = request.cookies.get(self.people.desk.site.passing_cookie_name, "")
        typed = as_typed(_first(fields, "code"))
        if not (len(typed) == DIGITS and typed.isascii() and typed.isdigit()):
            found = {"code": N_("A code has 8 digits.")}
            return self._page(request, "own-code.html", to, 422, errors=found, typed=typed[:20])
        account = self.people.codes.check(browser, typed)
        if isinstance(account, Account):
            return self._in(request, account, BY_CODE, _then(fields, way_back(to)), trace)
        structlog.get_logger().warning("nobody_signed_in", reason="code")
        if isinstance(account, Wrong):
            return self._page(request, "own-code.html", to, 403, left=account.left)
        return self._page(request, "own-code.html", to, 403, over=True)

    def begin_passkey(self, _: Sent) -> Response:
        """What the browser asks the person's device for."""
        if not self.people.passkeys.possible:
            raise Problem("not-found")
        browser = secrets.token_urlsafe(32)
        answer = as_json(self.people.passkeys.begin_using(browser))
        self.people.desk.site.put_passing_cookie(answer, browser, int(LASTS.total_seconds()))
        return answer

    def use_passkey(self, request: Request, fields: Sent, trace: CurrentTrace, to: To = "") -> Response:
        """The session, if the device signed."""
        browser = request.cookies.get(self.people.desk.site.passing_cookie_name, "")
        account = self.people.passkeys.use(browser, _first(fields, "credential"))
        if account is not None:
            return self._in(request, account, BY_PASSKEY, way_back(to), trace)
        structlog.get_logger().warning("nobody_signed_in", reason="passkey")
        return self._page(request, "own-sign-in.html", to, 403, no_passkey=True)

    def invited(self, request: Request, link: str) -> Response:
        """What the invitation is to. To open it changes nothing."""
        found = self.people.accounts.behind(link)
        return self._invitation(request, link, found)

    def accept(self, request: Request, link: str, fields: Sent, trace: CurrentTrace) -> Response:
        """Accept it, once; its person is signed in. Pressed twice, it leads to the same place."""
        found = self.people.accounts.accept(link)
        if isinstance(found, Account):
            return self._in(request, found, BY_INVITATION, _then(fields, HOME), trace)
        claims, account = claims_of(request), self.people.accounts.accepted_with(link)
        if account and claims and claims.sub == account.person:
            return RedirectResponse(HOME, 303)
        return self._invitation(request, link, found)

    def _in(self, request: Request, account: Account, how: str, back: str, trace: CurrentTrace) -> Response:
        try:
            return self.people.welcome(request, account, how, back, trace)
        except NoRole:
            again = with_way_back("/sign-in", back)
            return self.people.desk.pages.answer(
                request, "not-signed-in.html", status=403, why="no-role", again=again
            )

    def _page(self, request: Request, template: str, to: str, status: int = 200, **more: Any) -> Response:
        words = catalogue(language_of(request, None))
        errors = {field: words.gettext(text) for field, text in more.pop("errors", {}).items()}
        facts: dict[str, Any] = {
            "errors": errors,
            "typed": "",
            "left": None,
            "over": False,
            "to": way_back(to),
        }
        facts |= {"passkeys": self.people.passkeys.possible, "no_passkey": False, **more}
        facts["sends"] = bool(request.app.state.settings.smtp_host)
        waits = bool(self.people.letters.waiting())
        return self.people.desk.pages.answer(request, template, status=status, mail_waits=waits, **facts)

    def _invitation(self, request: Request, link: str, found: Account | BadLink) -> Response:
        pages = self.people.desk.pages
        if not isinstance(found, Account):
            return pages.answer(request, "invitation-over.html", status=410, why=found)
        roles = role_labels(self.people.held(found.person, found.agency))
        name = agency_name(found.agency, self.people.mou())
        possible = self.people.passkeys.possible
        return pages.answer(
            request, "invitation.html", link=link, agency=name, roles=roles, passkeys=possible
        )


def _then(fields: Fields, back: str) -> str:
    """Where to after signing in, if the person chose to make a passkey first."""
    return PASSKEY if _first(fields, "then") == "passkey" else back


def _first(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "").strip()
