"""`/people`: an agency's administrator invites people, gives and ends roles, and removes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.domain.governance import roles_stream
from services.referrals.domain.sessions import ended_since
from services.referrals.pages.work import Work
from services.referrals.people.accounts import UNDO
from services.referrals.people.addresses import is_address
from services.referrals.people.desk import People
from services.referrals.people.directory import Directory, Entry, open_roles
from services.referrals.people.labels import agency_name
from shared.errors import Refusal
from shared.events.names import Role
from shared.mou.authority import may
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.terms import listed_codes
from shared.mou.vocabulary import CodeList
from shared.web.problems import Problem
from shared.web.site.forms import CheckedForm, Form
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_, catalogue
from shared.web.trace import CurrentTrace, Trace

PEOPLE, INVITE = "/people", "/people/invite"
LEFT = "left-the-agency"
#: Ids of people whom a form invites: from the form's random key, so that sending it twice makes one person.
INVITED = UUID("0c4e9f5b-5f0e-4f6b-8a54-6c1f0c2f7d3a")
#: What a page says after an act, by the code in its address.
DONE = {
    "invited": N_("The invitation is on its way"),
    "given": N_("The role was given"),
    "ended": N_("The role has ended"),
    "removed": N_("This person has no access any more"),
    "restored": N_("This person has access again"),
    "too-late": N_("This cannot be taken back any more. Invite the person again."),
}
#: Fields of the commands that the page has, too.
FIELDS = ("/role", "/reason")
NOT_YOURSELF = N_("You cannot take this from yourself. Ask another administrator.")
Done = Annotated[str, Query(max_length=20)]


def _administrator(visitor: CurrentVisitor) -> Visitor:
    """Nobody else is told that these pages are there."""
    if Role.AGENCY_ADMIN not in visitor.caller.roles:
        raise Problem("not-found")
    return visitor


Administrator = Annotated[Visitor, Depends(_administrator)]


@dataclass(frozen=True)
class AdminPages:
    """The pages. Handlers run in threads; they block on the databases."""

    people: People
    work: Work

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        for path, method, handler in (
            (PEOPLE, "GET", self.list),
            (INVITE, "GET", self.ask),
            (INVITE, "POST", self.invite),
            ("/people/{person}", "GET", self.show),
            ("/people/{person}/invite-again", "POST", self.invite_again),
            ("/people/{person}/roles", "POST", self.give),
            ("/people/{person}/roles/end", "POST", self.end),
            ("/people/{person}/remove", "POST", self.remove),
            ("/people/{person}/restore", "POST", self.restore),
        ):
            router.add_api_route(path, handler, methods=[method])
        return router

    def list(
        self, request: Request, visitor: Administrator, done: Done = "", who: UUID | None = None
    ) -> Response:
        """Everybody of the administrator's agency; the county's also sees which agencies it can begin with."""
        mou = self.people.mou()
        agency = str(visitor.caller.agency)
        entries = Directory(self.people).of(agency, covered=visitor.privacy)
        others = [(str(p.agency), p.name) for p in mou.parties if p.agency != agency] if mou else []
        return self.work.pages.answer(
            request,
            "people.html",
            visitor,
            entries=entries,
            agency=agency_name(agency, mou),
            others=[one for one in others if _may_assign(visitor, one[0], mou)],
            done=DONE.get(done, ""),
            undo=str(who) if done == "removed" and who else "",
            sends=bool(request.app.state.settings.smtp_host),
        )

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
            self._do(
                "assign-role", visitor, form, trace, {"person": str(person), "agency": agency, "role": role}
            )
        if person != new:
            accounts.invite_again(str(person))
        elif not accounts.invite(person, agency, address):
            raise Problem("conflict")
        self.work.sent(visitor, INVITE)
        return RedirectResponse(f"{PEOPLE}?done=invited", 303)

    def show(self, request: Request, visitor: Administrator, person: UUID, done: Done = "") -> Response:
        """One person: roles, and what can be done."""
        return self._person(request, visitor, self._entry(visitor, person), {}, done=done)

    def invite_again(self, visitor: Administrator, form: CheckedForm, person: UUID) -> Response:
        """A new letter with a new link."""
        entry = self._entry(visitor, person)
        self.people.accounts.invite_again(entry.person)
        return RedirectResponse(f"{PEOPLE}?done=invited", 303)

    def give(
        self, request: Request, visitor: Administrator, form: CheckedForm, trace: CurrentTrace, person: UUID
    ) -> Response:
        """A role more."""
        body = {"role": form.get("new-role")}
        return self._change("assign-role", request, visitor, form, trace, person, body, "given")

    def end(
        self, request: Request, visitor: Administrator, form: CheckedForm, trace: CurrentTrace, person: UUID
    ) -> Response:
        """A role less. Sessions in this role end at once."""
        if str(person) == visitor.caller.person and form.get("role") == Role.AGENCY_ADMIN:
            found = {"role": NOT_YOURSELF}
            return self._person(request, visitor, self._entry(visitor, person), found, 422)
        body = {"role": form.get("role"), "reason": form.get("reason")}
        return self._change("end-role", request, visitor, form, trace, person, body, "ended")

    def remove(
        self, request: Request, visitor: Administrator, form: CheckedForm, trace: CurrentTrace, person: UUID
    ) -> Response:
        """No account, no session, no role, from this moment on."""
        agency, id = str(visitor.caller.agency), str(person)
        if id == visitor.caller.person:
            return self._person(request, visitor, self._entry(visitor, person), {"remove": NOT_YOURSELF}, 422)
        if not self._was_removed(agency, id):
            self._entry(visitor, person)
        self.people.accounts.remove(id)
        self.people.desk.sessions.end_all(id, agency, "removed", str(trace.correlation_id))
        for role in sorted(self.people.held(id, agency)):
            body = {"person": id, "agency": agency, "role": role, "reason": LEFT}
            self._do("end-role", visitor, form, trace, body)
        return RedirectResponse(f"{PEOPLE}?done=removed&who={id}", 303)

    def restore(
        self, visitor: Administrator, form: CheckedForm, trace: CurrentTrace, person: UUID
    ) -> Response:
        """Take a removal back, within ten minutes."""
        agency, id = str(visitor.caller.agency), str(person)
        if not self._was_removed(agency, id):
            return RedirectResponse(f"{PEOPLE}?done=too-late", 303)
        self.people.accounts.restore(id)
        for role in sorted(self._left(agency, id)):
            self._do("assign-role", visitor, form, trace, {"person": id, "agency": agency, "role": role})
        return RedirectResponse(f"{PEOPLE}?done=restored", 303)

    def _left(self, agency: str, person: str) -> frozenset[str]:
        """The roles that ended just now because the person left."""
        sessions = self.people.desk.sessions
        events = sessions.store.stream(UUID(roles_stream(person)))
        return ended_since(events, agency, sessions.now() - UNDO, LEFT)

    def _was_removed(self, agency: str, person: str) -> bool:
        """Whether somebody of the agency was removed just now, so that it can be repeated and taken back."""
        account, since = self.people.accounts.of(person), self.people.accounts.now() - UNDO
        if account and account.agency == agency and account.removed and account.removed > since:
            return True
        return bool(self._left(agency, person))

    def _change(
        self,
        command: str,
        request: Request,
        visitor: Visitor,
        form: Form,
        trace: Trace,
        person: UUID,
        body: Mapping[str, str],
        done: str,
    ) -> Response:
        entry = self._entry(visitor, person)
        whole = {"person": entry.person, "agency": str(visitor.caller.agency), **body}
        try:
            self._do(command, visitor, form, trace, whole)
        except Refusal as refusal:
            if refusal.field not in FIELDS:
                raise
            name = "new-role" if command == "assign-role" else refusal.field.removeprefix("/")
            return self._person(request, visitor, entry, {name: N_("Choose one from the list.")}, 422)
        return RedirectResponse(f"{PEOPLE}/{entry.person}?done={done}", 303)

    def _do(self, command: str, visitor: Visitor, form: Form, trace: Trace, body: Mapping[str, str]) -> None:
        """One command of several that the same form may send: each has a key of its own."""
        own = replace(
            form, key=str(uuid5(UUID(form.key), f"{command}/{body.get('role', '')}")), based_on=None
        )
        self.work.do(command, visitor, own, trace, body)

    def _agency(self, visitor: Visitor, agency: str) -> str:
        """The agency that is meant, if the visitor may give roles there; their own, if none is named."""
        meant = agency or str(visitor.caller.agency)
        if not _may_assign(visitor, meant, self.people.mou()):
            raise Problem("not-found")
        return meant

    def _entry(self, visitor: Visitor, person: UUID) -> Entry:
        agency = str(visitor.caller.agency)
        entry = Directory(self.people).one(agency, str(person), covered=visitor.privacy)
        if entry is None:
            raise Problem("not-found")
        return entry

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
            errors=_translated(found, visitor),
            agency=agency,
            name=agency_name(agency, mou),
            typed=next(iter(typed.get("address", ())), ""),
            chosen=typed.get("role", first),
            roles=_labelled(open_roles(agency, frozenset(), mou), visitor),
            sends=bool(request.app.state.settings.smtp_host),
        )

    def _person(
        self,
        request: Request,
        visitor: Visitor,
        entry: Entry,
        found: Mapping[str, str],
        status: int = 200,
        done: str = "",
    ) -> Response:
        mou = self.people.mou()
        held = frozenset(code for code, _ in entry.roles)
        return self.work.pages.answer(
            request,
            "person.html",
            visitor,
            status=status,
            errors=_translated(found, visitor),
            one=entry,
            held=_labelled(entry.roles, visitor),
            open_roles=_labelled(open_roles(str(visitor.caller.agency), held, mou), visitor),
            reasons=[(one.code, one.label) for one in listed_codes(CodeList.END_ROLE_REASON, mou).values()],
            done=DONE.get(done, ""),
        )


def _may_assign(visitor: Visitor, agency: str, mou: Mou | None) -> bool:
    owner = ThingFacts("person", owner=agency)
    return mou is not None and may(CallerFacts.of(visitor.caller), "assign-role", owner, mou).allowed


def _labelled(roles: list[tuple[str, str]], visitor: Visitor) -> list[tuple[str, str]]:
    words = catalogue(visitor.language)
    return [(code, words.gettext(label)) for code, label in roles]


def _translated(found: Mapping[str, str], visitor: Visitor) -> dict[str, str]:
    words = catalogue(visitor.language)
    return {field: words.gettext(text) for field, text in found.items()}
