"""The duties of a case as a page shows them: what was to be done, by which calendar, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.audit.domain.duties_compared import Compared, Verdict
from services.audit.domain.duties_said import VOID
from services.audit.domain.entry import Axis
from services.audit.duties import Duties
from services.audit.duty_answers import late
from services.audit.pages.desk import Desk, Page
from services.audit.pages.duty_words import STATES, explained, told
from services.audit.pages.timeline import framed, not_right
from services.audit.pages.wanted import AskedOfPage, Wanted
from shared.mou.duties.states import SETTLED, State
from shared.mou.telling import holder_in_words, time_in_words
from shared.web.site.refusing import route_of
from shared.web.site.times import apart
from shared.web.site.visitor import CurrentVisitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

#: State -> the sign beside it.
SIGNS = {
    State.DUE_SOON: "soon",
    State.NO_RECORD: "past",
    State.CONFIRMED_NOT_DONE: "past",
    **dict.fromkeys(SETTLED - {State.CONFIRMED_NOT_DONE}, "done"),
}
AFTER, BEFORE = N_("%(time)s after it was due"), N_("%(time)s before it was due")


@dataclass(frozen=True)
class Linked:
    """A moment, and the address of the event that says so; empty where the view does not have it."""

    moment: datetime
    path: str


@dataclass(frozen=True)
class Due:
    """A duty as the page shows it. `says`, `clock` and `owed_by` are the memorandum's own words.

    `differences` says in what notifications recorded otherwise, each with whether that is explained.
    """

    says: str
    clause: str
    state: str
    sign: str
    margin: str
    due: datetime | None
    clock: str
    zone: str
    closures: int
    version: str
    owed_by: str
    opened: Linked
    met: Linked | None
    recorded: Linked | None
    differences: Sequence[tuple[str, bool]]


@dataclass(frozen=True)
class Unfounded:
    """What notifications recorded as a duty, and nothing opens."""

    rule: str
    state: str
    recorded: Linked
    differences: Sequence[tuple[str, bool]]


def duties_router(desk: Desk) -> APIRouter:
    """`/timeline/{case}/duties`."""
    router = APIRouter(route_class=route_of(desk.pages))

    @router.get("/timeline/{case}/duties")
    def duties(
        case: UUID, request: Request, visitor: CurrentVisitor, trace: CurrentTrace, asked: AskedOfPage
    ) -> Response:
        """Each duty, worked out anew, beside what notifications recorded of it."""
        asked = _recorded(asked)
        if asked.wrong:
            return not_right(desk, request, visitor, asked, f"/timeline/{case}/duties")
        (page,) = desk.open(str(case), visitor, trace, asked)
        found = Duties(page.view, page.whole)
        return desk.pages.answer(
            request,
            "duties.html",
            visitor,
            as_of=asked.past,
            waits=[_due(page, found, one) for one in found.compared if _waits(one)],
            settled=[_due(page, found, one) for one in found.compared if one.duty and not _waits(one)],
            unfounded=[
                _unfounded(page, one) for one in found.compared if one.duty is None and one.differences
            ],
            differ=found.count(Verdict.DIFFERS),
            explained=found.count(Verdict.EXPLAINED),
            lacking=found.gaps,
            **framed(page, "/duties"),
        )

    return router


def _recorded(asked: Wanted) -> Wanted:
    """Duties are told by when things were recorded: what was owed then is what people could know then."""
    wrong = {field: text for field, text in asked.wrong.items() if field != "axis"}
    return replace(asked, axis=Axis.RECORDED, wrong=wrong)


def _waits(one: Compared) -> bool:
    return one.duty is not None and one.duty.state not in SETTLED


def _due(page: Page, duties: Duties, one: Compared) -> Due:
    duty, moment, say = one.duty, duties.view.replay.as_of, page.say
    assert duty is not None, "asked only of what is owed"
    assert moment is not None, "there is no duty without a moment"
    mou, rule = duties.mou_of(duty), duty.rule
    margin = late(duty, moment)
    text = ""
    if margin is not None:
        text = say(AFTER if margin.total_seconds() > 0 else BEFORE)
        text %= {"time": apart(moment, moment + margin, say.language)}
    met = _linked(page, duty.met_at, duty.met_by) if duty.met_by and duty.met_at else None
    return Due(
        rule.says,
        rule.clause,
        say(STATES[duty.state]),
        SIGNS.get(duty.state, "due"),
        text,
        duty.due_at,
        time_in_words(mou, rule.within) if rule.within else "",
        mou.time_zone,
        len(mou.closures),
        mou.version,
        holder_in_words(mou, rule.owed_by) if rule.owed_by else "",
        _linked(page, duty.opened_at, duty.opened_by),
        met,
        _said_last(page, one),
        _differences(page, one),
    )


def _unfounded(page: Page, one: Compared) -> Unfounded:
    said, recorded = one.said, _said_last(page, one)
    assert said is not None, "what is neither owed nor recorded is not listed"
    assert recorded is not None, "something was recorded of it"
    state = said.stands[-1].state if said.stands else VOID
    return Unfounded(said.rule, page.say(STATES.get(state, state)), recorded, _differences(page, one))


def _said_last(page: Page, one: Compared) -> Linked | None:
    """Where notifications said last how it stands."""
    stands = [(each.recorded, each.event) for each in one.said.stands] if one.said else []
    notices = [(each.recorded, each.event) for each in one.said.notices] if one.said else []
    return _linked(page, *max(stands + notices)) if stands or notices else None


def _differences(page: Page, one: Compared) -> list[tuple[str, bool]]:
    say, when = page.say, page.say.moment
    return [
        (f"{told(one, each, say, when)} {explained(each, say, when)}", each.why is not None)
        for each in one.differences
    ]


def _linked(page: Page, moment: datetime, event: str) -> Linked:
    knowledge = page.view.knowledge
    if knowledge is not None:
        shown = event in knowledge.events
    else:
        shown = 0 < page.numbers.get(event, 0) <= len(page.view.replay.entries)
    return Linked(moment, page.of_event(event) if shown else "")
