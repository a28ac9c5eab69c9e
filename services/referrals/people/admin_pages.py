"""`/people`: an agency's administrator sees its people, gives and ends roles, and removes somebody."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.domain.governance import roles_stream
from services.referrals.domain.sessions import ended_since
from services.referrals.pages.work import Work
from services.referrals.people.accounts import UNDO
from services.referrals.people.administering import (
    PEOPLE,
    Administrator,
    do,
    labelled,
    may_assign,
    translated,
)
from services.referrals.people.desk import People
from services.referrals.people.directory import Directory, Entry, open_roles
from services.referrals.people.labels import agency_name
from shared.errors import Refusal
from shared.events.moments import write_moment
from shared.events.names import EndOfCover, Role
from shared.mou.terms import listed_codes
from shared.mou.vocabulary import CodeList
from shared.web.problems import Problem
from shared.web.site.forms import CheckedForm, Form
from shared.web.site.refusing import route_of
from shared.web.site.visitor import Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace, Trace

LEFT = "left-the-agency"
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
            ("/people/{person}", "GET", self.show),
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
            others=[one for one in others if may_assign(visitor, one[0], mou)],
            done=DONE.get(done, ""),
            undo=str(who) if done == "removed" and who else "",
            sends=bool(request.app.state.settings.smtp_host),
        )

    def show(self, request: Request, visitor: Administrator, person: UUID, done: Done = "") -> Response:
        """One person: roles, and what can be done."""
        return self._person(request, visitor, self._entry(visitor, person), {}, done=done)

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
        """No account, no session, no role, and no cover for a colleague, from this moment on."""
        agency, id = str(visitor.caller.agency), str(person)
        if id == visitor.caller.person:
            return self._person(request, visitor, self._entry(visitor, person), {"remove": NOT_YOURSELF}, 422)
        if not self._was_removed(agency, id):
            self._entry(visitor, person)
        self.people.accounts.remove(agency, id)
        self.people.desk.sessions.end_all(id, agency, "removed", str(trace.correlation_id))
        for role in sorted(self.people.held(id, agency)):
            body = {"person": id, "agency": agency, "role": role, "reason": LEFT}
            do(self.work, "end-role", visitor, form, trace, body)
        for cover in self.work.covering.at(agency):
            if cover.covering == id:
                why = {"cover": cover.id, "reason": EndOfCover.COVERING_PERSON_LEFT}
                do(self.work, "end-cover", visitor, form, trace, why, cover.person)
        return RedirectResponse(f"{PEOPLE}?done=removed&who={id}", 303)

    def restore(
        self, visitor: Administrator, form: CheckedForm, trace: CurrentTrace, person: UUID
    ) -> Response:
        """Take a removal back, within ten minutes."""
        agency, id = str(visitor.caller.agency), str(person)
        if not self._was_removed(agency, id):
            return RedirectResponse(f"{PEOPLE}?done=too-late", 303)
        self.people.accounts.restore(agency, id)
        for role in sorted(self._left(agency, id)):
            do(self.work, "assign-role", visitor, form, trace, {"person": id, "agency": agency, "role": role})
        for cover in self.work.covering.left(id, agency, self.work.covering.now() - UNDO):
            again = {"covering": id} | {
                name: write_moment(getattr(cover, name)) for name in ("begins", "until")
            }
            # What was arranged otherwise meanwhile, or would be over by now, stays as it is.
            with suppress(Refusal):
                do(self.work, "arrange-cover", visitor, form, trace, again, cover.person)
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
            do(self.work, command, visitor, form, trace, whole)
        except Refusal as refusal:
            if refusal.field not in FIELDS:
                raise
            name = "new-role" if command == "assign-role" else refusal.field.removeprefix("/")
            return self._person(request, visitor, entry, {name: N_("Choose one from the list.")}, 422)
        return RedirectResponse(f"{PEOPLE}/{entry.person}?done={done}", 303)

    def _entry(self, visitor: Visitor, person: UUID) -> Entry:
        agency = str(visitor.caller.agency)
        entry = Directory(self.people).one(agency, str(person), covered=visitor.privacy)
        if entry is None:
            raise Problem("not-found")
        return entry

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
            errors=translated(found, visitor),
            one=entry,
            held=labelled(entry.roles, visitor),
            open_roles=labelled(open_roles(str(visitor.caller.agency), held, mou), visitor),
            reasons=[(one.code, one.label) for one in listed_codes(CodeList.END_ROLE_REASON, mou).values()],
            done=DONE.get(done, ""),
        )
