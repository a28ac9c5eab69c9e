"""`/people/invite`: an agency's administrator invites a person; the county's, the first one of an agency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.pages.work import Work
from services.referrals.people.addresses import is_address
from services.referrals.people.administering import (
    PEOPLE,
    Administrator,
    do,
    labelled,
    may_assign,
    translated,
)
from services.referrals.people.desk import People
from services.referrals.people.directory import open_roles
from services.referrals.people.labels import agency_name
from shared.events.names import Role
from shared.web.problems import Problem
from shared.web.site.forms import CheckedForm
from shared.web.site.refusing import route_of
from shared.web.site.visitor import Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

INVITE = "/people/invite"
#: Ids of people whom a form invites: from the form's random key, so that sending it twice makes one person.
INVITED = UUID("0c4e9f5b-5f0e-4f6b-8a54-6c1f0c2f7d3a")


@dataclass(frozen=True)
class InvitePages:
    """The pages. Handlers run in threads; they block on the databases."""

    people: People
    work: Work

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        for path, method, handler in (
            (INVITE, "GET", self.ask),
            (INVITE, "POST", self.invite),
            ("/people/{person}/invite-again", "POST", self.invite_again),
        ):
            router.add_api_route(path, handler, methods=[method])
        return router

    def ask(self, request: Request, visitor: Administrator, agency: str = "") -> Response:
        """Whom to invite, and to which roles."""
        agency = self._agency(visitor, agency)
        kept = self.work.draft(visitor, INVITE)
        return self._form(request, visitor, agency, {}, kept)

    def invite(
        self, request: Request, visitor: Administrator, form: CheckedForm, trace: CurrentTrace
    ) -> Response:
        """The roles are given, and the letter is written. Sent twice, it is one invitation."""
        agency = self._agency(visitor, form.get("agency"))
        address, roles = form.get("address"), form.every("role")
        offered = {code for code, _ in open_roles(agency, frozenset(), self.people.mou())}
        accounts = self.people.accounts
        new = uuid5(INVITED, f"{visitor.caller.person}/{form.key}")
        found: dict[str, str] = {}
        if not is_address(address):
            found["address"] = N_("Type an e-mail address, like name@agency.org.")
        if not roles or not offered.issuperset(roles):
            found["role"] = N_("Choose at least one role.")
        there = None if "address" in found else accounts.here(agency, address)
        if there and there.accepted and there.person != str(new):
            found["address"] = N_("This address is on the list already.")
        if found:
            return self._form(request, visitor, agency, found, form.typed, 422)
        person = UUID(there.person) if there else new
        for role in roles:
            do(
                self.work,
                "assign-role",
                visitor,
                form,
                trace,
                {"person": str(person), "agency": agency, "role": role},
            )
        if person != new:
            accounts.invite_again(agency, str(person))
        elif not accounts.invite(person, agency, address):
            raise Problem("conflict")
        self.work.sent(visitor, INVITE)
        return RedirectResponse(f"{PEOPLE}?done=invited", 303)

    def invite_again(self, visitor: Administrator, form: CheckedForm, person: UUID) -> Response:
        """A new letter with a new link."""
        if not self.people.accounts.invite_again(str(visitor.caller.agency), str(person)):
            raise Problem("not-found")
        return RedirectResponse(f"{PEOPLE}?done=invited", 303)

    def _agency(self, visitor: Visitor, agency: str) -> str:
        """The agency that is meant, if the visitor may give roles there; their own, if none is named."""
        meant = agency or str(visitor.caller.agency)
        if not may_assign(visitor, meant, self.people.mou()):
            raise Problem("not-found")
        return meant

    def _form(
        self,
        request: Request,
        visitor: Visitor,
        agency: str,
        found: Mapping[str, str],
        typed: Mapping[str, tuple[str, ...]],
        status: int = 200,
    ) -> Response:
        mou = self.people.mou()
        first = (Role.AGENCY_ADMIN,) if agency != visitor.caller.agency else ()
        return self.work.pages.answer(
            request,
            "people-invite.html",
            visitor,
            status=status,
            errors=translated(found, visitor),
            agency=agency,
            name=agency_name(agency, mou),
            typed=next(iter(typed.get("address", ())), ""),
            chosen=typed.get("role", first),
            roles=labelled(open_roles(agency, frozenset(), mou), visitor),
            sends=bool(request.app.state.settings.smtp_host),
        )
