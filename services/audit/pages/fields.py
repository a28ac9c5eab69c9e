"""Where each value came from: an event of a case, the history of a field, and how two moments differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.audit import answers
from services.audit.domain.entry import Axis
from services.audit.domain.fields import Change, Tracing
from services.audit.domain.words_life import plain
from services.audit.fields_api import FieldName, compared
from services.audit.known_answers import EventRef
from services.audit.pages.desk import Desk, Page
from services.audit.pages.standing import SEALED, Fact
from services.audit.pages.story import Row, Telling, rows_of
from services.audit.pages.timeline import agencies, framed, not_right, translated
from services.audit.pages.titles import title_of
from services.audit.pages.values import Reader
from services.audit.pages.wanted import LONGEST, AskedOfPage, Event, Wanted, Who, address, county_of, wanted
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

#: Kind of a change -> its name.
CHANGES = {
    "added": N_("Added"),
    "removed": N_("No longer there"),
    "changed": N_("Changed"),
    "set-again": N_("Said again"),
}
TYPE, ACTOR, PURPOSE = N_("Type of the event"), N_("Person"), N_("Purpose")
CLAUSE, VERSION = N_("Clause of the MOU"), N_("Version of the MOU")
PLACE, STREAM, EVENT = N_("Place in the log"), N_("Place in its stream"), N_("Id of the event")
NOT_THERE = "–"


@dataclass(frozen=True)
class Value:
    """What a field was set to, and by which event."""

    text: str
    title: str
    said: str
    recorded: datetime
    number: int
    path: str


@dataclass(frozen=True)
class Changed:
    """A field that differs: how, what it was and is, and the number and address of the event that made it so."""

    field: str
    how: str
    before: str
    after: str
    number: int
    path: str


def fields_router(desk: Desk) -> APIRouter:
    """Pages of events, of fields, and of comparison."""
    router = APIRouter(route_class=route_of(desk.pages))

    @router.get("/timeline/{case}/event/{event}")
    def event(
        case: UUID,
        event: UUID,
        request: Request,
        visitor: CurrentVisitor,
        trace: CurrentTrace,
        asked: AskedOfPage,
    ) -> Response:
        """One event, in full as far as the view tells it."""
        if asked.wrong:
            return not_right(desk, request, visitor, asked, request.url.path)
        (page,) = desk.open(str(case), visitor, trace, asked)
        rows = rows_of(page.view)
        row = next((row for row in rows if row.id == str(event)), None)
        if row is None:
            raise Problem("not-found")
        telling = Telling.of(page.view, rows, page.say, page.of_event)
        return desk.pages.answer(
            request,
            "event.html",
            visitor,
            as_of=asked.past,
            entry=telling.entry(row),
            number=page.numbers[row.id],
            facts=_facts(page, row),
            then=address(page.path, ("as_of_event", row.id), *asked.view),
            **framed(page, f"/event/{event}"),
        )

    @router.get("/timeline/{case}/field")
    def field(
        case: UUID,
        request: Request,
        visitor: CurrentVisitor,
        trace: CurrentTrace,
        asked: AskedOfPage,
        field: FieldName,
    ) -> Response:
        """Every value that a field had, and the event that set it."""
        if asked.wrong:
            return not_right(desk, request, visitor, asked, f"/timeline/{case}")
        (page,) = desk.open(str(case), visitor, trace, asked)
        name = field.rpartition("/")[2]
        values = [_value(page, name, ref, value) for ref, value in page.view.history(field)]
        return desk.pages.answer(
            request,
            "field.html",
            visitor,
            as_of=asked.past,
            field=page.say.path(field),
            values=values,
            **framed(page),
        )

    @router.get("/timeline/{case}/compare")
    def compare(
        case: UUID,
        request: Request,
        visitor: CurrentVisitor,
        trace: CurrentTrace,
        from_: Annotated[Wanted, Depends(_first)],
        to: Annotated[Wanted, Depends(_second)],
    ) -> Response:
        """How the case at one moment, or as one agency could have known it, differs from another."""
        found = {**from_.wrong, **to.wrong}
        asks = from_.past or to.past or from_.known_to or to.known_to
        (first, second) = desk.open(
            str(case), visitor, trace, *((from_, to) if not found else (Wanted(), Wanted()))
        )
        changes = [] if found or not asks else _changes(first, second)
        return desk.pages.answer(
            request,
            "compare.html",
            visitor,
            status=422 if found else 200,
            page=first,
            found=translated(found, visitor.language),
            from_=from_,
            to=to,
            first=first if asks and not found else None,
            second=second,
            agencies=agencies(first),
            changes=changes,
        )

    return router


def _first(
    request: Request,
    typed: Annotated[str, Query(alias="from", max_length=LONGEST)] = "",
    from_event: Event = None,
    known_to: Who = None,
) -> Wanted:
    return wanted(county_of(request), typed, from_event, Axis.RECORDED, known_to, "from")


def _second(
    request: Request,
    typed: Annotated[str, Query(alias="to", max_length=LONGEST)] = "",
    to_event: Event = None,
    to_known_to: Who = None,
) -> Wanted:
    return wanted(county_of(request), typed, to_event, Axis.RECORDED, to_known_to, "to")


def _value(page: Page, name: str, ref: EventRef, value: Any) -> Value:
    text = NOT_THERE if value is None else page.say.value(name, value)
    title = page.say(title_of(ref.type))
    return Value(text, title, ref.sentence, ref.recorded, page.numbers[ref.event], page.of_event(ref.event))


def _facts(page: Page, row: Row) -> list[Fact]:
    """What the record says of the event beside its sentence: to the auditor all of it, else the fields seen."""
    say = page.say
    if row.known is not None:
        fields = row.known.fields.items()
        return [_fact(page, path, value) for path, value in fields]
    told, e = answers.history_entry(row.event), row.event.event.envelope
    facts = [
        Fact(say(label), text)
        for label, text in (
            (TYPE, told.type),
            (ACTOR, code_of("person", told.actor) if told.actor else NOT_THERE),
            (PURPOSE, plain(told.purpose) or NOT_THERE),
            (CLAUSE, told.clause),
            (VERSION, told.mouversion),
            (PLACE, f"{told.topic} {told.partition}, {told.sequence}"),
            (STREAM, f"{code_of('matter', told.stream)}, {told.streamversion}"),
            (EVENT, e.id),
        )
    ]
    facts += [Fact(f"{say.field('sealed')}: {plain(name)}", "", SEALED) for name in told.sealed]
    return facts + [_fact(page, change.path, change.value) for change in _changed_by(page, row.id)]


def _changed_by(page: Page, event: str) -> list[Change]:
    """Every field that the event changed."""
    tracing = Tracing.of(page.case)
    for entry in page.view.replay.entries:
        changes = tracing.apply(entry)
        if entry.event.envelope.id == event:
            return changes
    return []


def _fact(page: Page, path: str, value: Any) -> Fact:
    say, history = page.say, page.to("/field", ("field", path))
    english = say.coded(path.rpartition("/")[2], value)
    return Fact(say.path(path), _shown(say, path, value), path=history, english=english)


def _shown(say: Reader, path: str, value: Any) -> str:
    return NOT_THERE if value is None else say.value(path.rpartition("/")[2], value)


def _changes(first: Page, second: Page) -> list[Changed]:
    answer, say = compared(first.view, second.view), second.say
    told = []
    for change in answer.changes:
        event = change.after_set_by or change.before_set_by or ""
        page = second if change.after_set_by else first
        told.append(
            Changed(
                say.path(change.path),
                say(CHANGES[change.kind]),
                _shown(say, change.path, change.before),
                _shown(say, change.path, change.after),
                page.numbers[event],
                page.of_event(event),
            )
        )
    return told
