"""Who looks at a page: the person whom the session's cookie names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, get_args

from fastapi import Depends, Request

from shared.events.names import Purpose, Role
from shared.web.callers import Caller
from shared.web.shares import Shares
from shared.web.site.cookie import Claims
from shared.web.site.cookie import Language as Language
from shared.web.site.site import Site

LANGUAGES: tuple[Language, ...] = get_args(Language)
_ALWAYS = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Visitor:
    """A person who has signed in. `session` is a random id; `privacy`: names and free text are covered.

    `form_token` goes into every form. At `seen_until` the screen locks unless the person does something before.
    """

    caller: Caller
    session: str
    language: Language = "en"
    privacy: bool = False
    form_token: str = ""
    seen_until: datetime = _ALWAYS

    def acting(self, purpose: Purpose) -> Visitor:
        """The same person, reading or acting for another purpose."""
        return replace(self, caller=replace(self.caller, purpose=purpose))


class SignInFirst(Exception):
    """This page is for people who have signed in. Answered with the way to the sign-in page and back."""


class RenewFirst(Exception):
    """The cookie is genuine but not fresh: referrals must say whether the session goes on."""


def visitor_of(claims: Claims, service: str) -> Visitor:
    """The visitor whom these claims name, on the pages of `service`."""
    audits = service == "audit" and Role.AUDITOR in claims.roles
    purpose = Purpose.AUDIT if audits else Purpose.COORDINATE
    caller = Caller(claims.sub, claims.agency, claims.roles, purpose)
    return Visitor(caller, claims.sid, claims.language, claims.privacy, claims.form, claims.ends)


def claims_of(request: Request) -> Claims | None:
    """What the request's cookie says, if it is genuine; its time may be over."""
    site: Site = request.app.state.site
    cookie = request.cookies.get(site.cookie_name)
    return site.keys.read(cookie) if cookie else None


def maybe_visitor(request: Request) -> Visitor | None:
    """FastAPI dependency for pages that show no case data: the visitor, if there is one. Never raises."""
    site: Site = request.app.state.site
    claims = claims_of(request)
    if claims is None or not claims.lasts(site.now()):
        return None
    return visitor_of(claims, request.app.state.service)


def current_visitor(request: Request) -> Visitor:
    """FastAPI dependency: the visitor. Raises SignInFirst, RenewFirst, and Problem 429 over their share.

    Blocks on the database where this process keeps the sessions (referrals).
    """
    site: Site = request.app.state.site
    claims = claims_of(request)
    if claims is None:
        raise SignInFirst
    if not claims.fresh(site.now(), site.fresh_seconds) or site.has_ended(claims.sid):
        raise RenewFirst
    visitor = visitor_of(claims, request.app.state.service)
    request.state.caller = visitor.caller
    shares: Shares = request.app.state.shares
    route = getattr(request.scope.get("route"), "operation_id", None)
    shares.count(f"{visitor.caller.agency}/{visitor.caller.person}", route)
    return visitor


#: For handlers: `def show(visitor: CurrentVisitor) -> …`.
CurrentVisitor = Annotated[Visitor, Depends(current_visitor)]
MaybeVisitor = Annotated[Visitor | None, Depends(maybe_visitor)]
