"""`/people/away`: who covers for somebody who is away. For oneself, and for an administrator's people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.domain.covers import Cover
from services.referrals.pages.work import Work
from services.referrals.people.administering import PEOPLE, Administrator, labelled, translated
from services.referrals.people.desk import People
from services.referrals.people.directory import Directory, Entry
from services.referrals.people.labels import agency_name
from shared.errors import Refusal
from shared.events.moments import write_moment
from shared.events.names import EndOfCover
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm, Fields, Form
from shared.web.site.refusing import route_of
from shared.web.site.times import NotAMoment, local, read_span, read_until
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace, Trace

OWN = f"{PEOPLE}/away"
DONE = {
    "arranged": N_("The cover is arranged"),
    "ended": N_("The cover has ended"),
    "over": N_("This cover was over already"),
}
CHOOSE = N_("Choose a colleague from the list.")
#: Pointer of a refusal -> the form's field, and what it says there.
FIELDS = {
    "/covering": ("covering", CHOOSE),
    "/begins": ("begins", N_("A colleague covers in a part of that time already. End that first.")),
    "/until": ("until", N_("Choose an end after the start and after now, and at most a year later.")),
}
Done = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True)
class Told:
    """A cover as a page shows it. `mine`: it is for the person whose page it is; else they cover in it."""

    id: str
    mine: bool
    other: str
    begins: datetime
    until: datetime
    in_force: bool


@dataclass(frozen=True)
class AwayPages:
    """The pages. Handlers run in threads; they block on the databases."""

    people: People
    work: Work

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        for path, method, handler in (
            (OWN, "GET", self.own),
            (OWN, "POST", self.arrange_own),
            (f"{OWN}/end", "POST", self.end_own),
            ("/people/{person}/away", "GET", self.of),
            ("/people/{person}/away", "POST", self.arrange),
            ("/people/{person}/away/end", "POST", self.end),
        ):
            router.add_api_route(path, handler, methods=[method])
        return router

    def own(self, request: Request, visitor: CurrentVisitor, done: Done = "") -> Response:
        """The visitor's own absence."""
        return self._page(request, visitor, visitor.caller.person, done=done)

    def arrange_own(
        self, request: Request, visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace
    ) -> Response:
        """A colleague covers for the visitor."""
        return self._arrange(request, visitor, form, trace, visitor.caller.person)

    def end_own(self, visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace) -> Response:
        """A cover for the visitor is over now."""
        return self._end(visitor, form, trace, visitor.caller.person)

    def of(self, request: Request, visitor: Administrator, person: UUID, done: Done = "") -> Response:
        """The absence of one of the administrator's people."""
        return self._page(request, visitor, str(person), done=done)

    def arrange(
        self, request: Request, visitor: Administrator, form: CheckedForm, trace: CurrentTrace, person: UUID
    ) -> Response:
        """A colleague covers for one of the administrator's people."""
        return self._arrange(request, visitor, form, trace, str(person))

    def end(self, visitor: Administrator, form: CheckedForm, trace: CurrentTrace, person: UUID) -> Response:
        """A cover for one of the administrator's people is over now."""
        return self._end(visitor, form, trace, str(person))

    def _arrange(self, request: Request, visitor: Visitor, form: Form, trace: Trace, person: str) -> Response:
        body, errors = wanted(form, self.work.pages.county.zone)
        if not errors:
            try:
                self.work.do("arrange-cover", visitor, form, trace, body, person)
            except Refusal as refusal:
                if refusal.field not in FIELDS:
                    raise
                name, message = FIELDS[refusal.field]
                errors = {name: message}
        if errors:
            return self._page(request, visitor, person, errors, form.typed)
        self.work.sent(visitor, page_of(visitor, person))
        return RedirectResponse(f"{page_of(visitor, person)}?done=arranged", 303)

    def _end(self, visitor: Visitor, form: Form, trace: Trace, person: str) -> Response:
        page, cover = page_of(visitor, person), form.get("cover")
        began = self.work.covering.began(cover, str(visitor.caller.agency))
        reason = EndOfCover.RETURNED if began else EndOfCover.CHANGED
        try:
            self.work.do("end-cover", visitor, form, trace, {"cover": cover, "reason": reason}, person)
        except Refusal as refusal:
            if refusal.field != "/cover":
                raise
            return RedirectResponse(f"{page}?done=over", 303)
        return RedirectResponse(f"{page}?done=ended", 303)

    def _page(
        self,
        request: Request,
        visitor: Visitor,
        person: str,
        found: Mapping[str, str] | None = None,
        typed: Fields | None = None,
        done: str = "",
    ) -> Response:
        agency, page = str(visitor.caller.agency), page_of(visitor, person)
        is_own = page == OWN
        entries = Directory(self.people).of(agency, covered=is_own or visitor.privacy)
        by_person = {entry.person: entry for entry in entries}
        if not is_own and person not in by_person:
            raise Problem("not-found")
        named = _naming(by_person, visitor)
        kept = self.work.draft(visitor, page) if typed is None else typed
        now, zone = self.work.covering.now(), self.work.pages.county.zone
        return self.work.pages.answer(
            request,
            "away.html",
            visitor,
            status=422 if found else 200,
            errors=translated(found or {}, visitor),
            page=page,
            own=is_own,
            person=person,
            shown=by_person[person].shown if not is_own else code_of("person", person),
            agency=agency_name(agency, self.people.mou()),
            covers=[_told(cover, person, named, now) for cover in self.work.covering.of(person, agency)],
            colleagues=[(one, named(one)) for one in by_person if one != person and by_person[one].roles],
            typed={name: _first(kept, name) for name in ("covering", "begins", "until")}
            | ({} if _first(kept, "begins") or found else {"begins": local(now, zone)[:16]}),
            done=DONE.get(done, ""),
        )


def page_of(visitor: Visitor, person: str) -> str:
    """Where the absence of this person is shown to the visitor."""
    return OWN if person == visitor.caller.person else f"{PEOPLE}/{person}/away"


def wanted(form: Form, zone: ZoneInfo) -> tuple[dict[str, str], dict[str, str]]:
    """The command's body as the form says it; else what is wrong, by field."""
    body, errors = {"covering": form.get("covering")}, {}
    if not body["covering"]:
        errors["covering"] = CHOOSE
    reading: Mapping[str, Callable[[str], datetime]] = {
        "begins": lambda text: read_span(text, zone)[0],
        "until": lambda text: read_until(text, zone),
    }
    for name, read in reading.items():
        try:
            body[name] = write_moment(read(form.get(name)))
        except NotAMoment as error:
            errors[name] = str(error)
    return body, errors


def _naming(by_person: Mapping[str, Entry], visitor: Visitor) -> Callable[[str], str]:
    """What a colleague is called: what the list of people shows to this visitor, and their roles."""

    def named(person: str) -> str:
        entry = by_person.get(person)
        if entry is None:
            return code_of("person", person)
        roles = ", ".join(label for _, label in labelled(entry.roles, visitor))
        return f"{entry.shown} ({roles})" if roles else entry.shown

    return named


def _told(cover: Cover, person: str, named: Callable[[str], str], now: datetime) -> Told:
    mine = cover.person == person
    other = named(cover.covering if mine else cover.person)
    return Told(cover.id, mine, other, cover.begins, cover.until, cover.in_force(now))


def _first(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")
