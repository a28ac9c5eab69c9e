"""A line: one rule on one concern, case, referral or act, and the duties that its openings make one after another.

What became of a duty is read off all that is recorded, by when it happened; so the order of arrival is no matter.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from shared.mou.duties.calendars import Calendar
from shared.mou.duties.clocks import Span, alarm_at, due_at, merged
from shared.mou.duties.happenings import DUTY_NOT_DONE, DUTY_TOLLED, DUTY_WAIVED, Happening
from shared.mou.duties.patterns import moment_in, token
from shared.mou.duties.rules import DutyRule, Pattern, Per, Starts
from shared.mou.duties.states import Duty, State

#: Happenings that fit a pattern, each with when it happened, in that order; among equals, as they were recorded.
Fitting = Sequence[tuple[datetime, tuple[datetime, str], Happening]]
#: Which patterns of a rule.
Kind = Literal["closes", "ends", "before"]
#: Before and after every moment.
EVER, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
#: What a later closing or ending leaves as it is.
LASTING = frozenset({State.DONE_ON_TIME, State.DONE_LATE, State.SUPERSEDED})
KINDS: tuple[Kind, ...] = ("closes", "ends", "before")


@dataclass(frozen=True, slots=True)
class Opening:
    """What opened a duty: when its clock starts, and when it happened. `met` if it met the duty before this one."""

    at: datetime
    happened: datetime
    what: Happening
    rule: DutyRule
    calendar: Calendar
    met: bool = False


def opening(
    what: Happening, happened: datetime, rule: DutyRule, calendar: Calendar, met: bool = False
) -> Opening:
    """The opening of a duty by this happening; its clock starts as the rule says."""
    start = what.recordedtime if rule.starts is Starts.RECORDED else happened
    return Opening(start, happened, what, rule, calendar, met)


@dataclass(frozen=True, slots=True)
class Course:
    """A duty, when it ceased to stand, and what opens the next one of a repeated duty."""

    duty: Duty
    opened: Opening
    over: datetime | None
    then: Opening | None

    def untouched(self, since: datetime) -> bool:
        """Whether nothing that happened at `since` or later can change it, statements and corrections aside."""
        within = self.duty.rule.within
        awaits = within is not None and within.before is not None
        return self.over is not None and self.over < since and self.duty.state in LASTING and not awaits


@dataclass(slots=True, eq=False)
class Line:
    """`key` is the id of the concern, referral or act; empty for a case.

    `duties` is None if they must be read anew; then nothing new happened before `since`, and the `courses` of last
    time, by what opened them, may still hold. `dated`: a pattern reads its time from a field.
    """

    rule: str
    per: Per
    key: str
    openings: list[Opening] = field(default_factory=list)
    duties: tuple[Duty, ...] | None = None
    since: datetime = EVER
    courses: dict[str, Course] = field(default_factory=dict)
    dated: bool = False


def patterns_of(rule: DutyRule, kind: Kind) -> tuple[Pattern, ...]:
    """The patterns of that kind; `before` is of the clock and at most one."""
    if kind == "before":
        return (rule.within.before,) if rule.within and rule.within.before else ()
    return rule.closes if kind == "closes" else rule.ends


def tokens_of(rule: DutyRule) -> set[str]:
    """The event types and acts that a duty of this rule looks for once it is opened."""
    return {token(pattern) for kind in KINDS for pattern in patterns_of(rule, kind)}


class Facts(Protocol):
    """What a line is read off."""

    def fitting(self, line: Line, rule: DutyRule, kind: Kind) -> Fitting:
        """What fits any of these patterns and the line's key, without what was taken back."""

    def statements(self, rule: str, opening: str) -> Sequence[Happening]:
        """What was said of the duty that this event opened, as recorded, without what was taken back."""

    def counts(self, what: Happening) -> bool:
        """Whether it was not taken back."""

    def rule_of(self, line: Line, version: str) -> tuple[DutyRule, Calendar] | None:
        """The line's rule in this version of the document, if it is there."""


def duties_of(line: Line, facts: Facts) -> tuple[Duty, ...]:
    """Every duty of the line, as if time stood still; `states.at` says what the time makes of them."""
    found: list[Course] = []
    openings = [one for one in line.openings if facts.counts(one.what)]
    for one in sorted(openings, key=lambda each: (each.at, each.what.order)):
        joins = one.rule.one_open or one.rule.repeats
        kept = None if joins else line.courses.get(one.what.id)
        if kept is not None and kept.untouched(line.since):
            found.append(kept)
        elif joins and found and ((over := found[-1].over) is None or one.at < over):
            found[-1] = _joined(line, facts, found[-1], one)
        else:
            found.append(_course(line, facts, one, ()))
        while (then := found[-1].then) is not None:
            found.append(_course(line, facts, then, ()))
    line.courses, line.since = {course.opened.what.id: course for course in found}, NEVER
    return tuple(course.duty for course in found)


def _joined(line: Line, facts: Facts, course: Course, one: Opening) -> Course:
    joined = (*course.duty.joined, one.what.id)
    if facts.statements(line.rule, one.what.id):
        return _course(line, facts, course.opened, joined)
    return replace(course, duty=replace(course.duty, joined=joined))


def _course(line: Line, facts: Facts, opened: Opening, joined: tuple[str, ...]) -> Course:
    rule = opened.rule
    said = [one for each in (opened.what.id, *joined) for one in facts.statements(line.rule, each)]
    held = _held(said) if said else ()
    due = _due(line, facts, opened, held)
    outcome = _Outcome(line, facts, opened, due, said)
    state, by, when = outcome.read()
    done = state in (State.DONE_ON_TIME, State.DONE_ON_TIME_RECORDED_LATE, State.DONE_LATE)
    warn = due - timedelta(hours=rule.warn_before) if due is not None and rule.warn_before else None
    duty = Duty(
        rule=rule,
        key=f"{rule.id}:{opened.what.id}",
        subject=opened.what.subject,
        matter=line.key or opened.what.subject,
        mouversion=opened.what.mouversion,
        opened_by=opened.what.id,
        opened_at=opened.at,
        due_at=due,
        alarm_at=alarm_at(rule.within, opened.at, held) if rule.within else None,
        warn_at=warn and max(warn, opened.at),
        state=state,
        met_by=by.id if by and done else None,
        met_at=when if done else None,
        settled_by=by.id if by and not done else None,
        joined=joined,
        held=held,
    )
    return Course(duty, opened, when, _next(line, facts, duty, by))


def _next(line: Line, facts: Facts, duty: Duty, by: Happening | None) -> Opening | None:
    """What opens the next of a repeated duty: what met this one; if it was waived, its own time passing."""
    waived = duty.state is State.WAIVED
    start = duty.due_at if waived else duty.met_at
    if not duty.rule.repeats or by is None or start is None:
        return None
    found = facts.rule_of(line, by.mouversion)
    if found is None:
        return None
    return Opening(start, start, by, *found) if waived else opening(by, start, *found, met=True)


def _due(line: Line, facts: Facts, opened: Opening, held: Sequence[Span]) -> datetime | None:
    within = opened.rule.within
    if within is None:
        return None
    if within.before is not None:
        awaited = facts.fitting(line, opened.rule, "before")
        return next((when for when, _, _ in awaited if when >= opened.happened), None)
    return due_at(within, opened.at, held, opened.calendar)


def _held(said: Sequence[Happening]) -> tuple[Span, ...]:
    """The spans in which the clock stood still; of two statements with the same beginning the later one counts."""
    spans: dict[datetime, datetime | None] = {}
    for one in said:
        if one.type == DUTY_TOLLED:
            spans[moment_in(one.data, "begins") or one.time] = moment_in(one.data, "until")
    return merged(spans.items())


class _Outcome:
    """What became of one duty, whatever the time is now."""

    def __init__(
        self, line: Line, facts: Facts, opened: Opening, due: datetime | None, said: Sequence[Happening]
    ) -> None:
        rule = opened.rule
        early = timedelta(hours=rule.closing_may_precede_hours)
        self._opened, self._due, self._said = opened, due, said
        self._closings = facts.fitting(line, rule, "closes")
        self._first = _first(self._closings, opened, early)
        self._ends = facts.fitting(line, rule, "ends")

    def read(self) -> tuple[State, Happening | None, datetime | None]:
        """The state, what brought it about, and when the duty ceased to stand."""
        closing = self._counted(self._closings, self._first)
        end = self._counted(self._ends, _first(self._ends, self._opened, timedelta()))
        ended = end[0] if end else None
        if closing is not None and self._in_time(closing[0]) and (ended is None or closing[0] <= ended):
            return self._on_time(closing[2], ended), closing[2], closing[0]
        if end is not None and self._in_time(end[0]):
            return State.SUPERSEDED, end[2], end[0]
        if (waiver := self._said_in_time(DUTY_WAIVED)) is not None:
            return State.WAIVED, waiver, waiver.time
        if closing is not None:
            return State.DONE_LATE, closing[2], closing[0]
        for denial in self._said:
            if denial.type == DUTY_NOT_DONE:
                return State.CONFIRMED_NOT_DONE, denial, denial.time
        return State.OPEN, None, None

    def _counted(self, found: Fitting, start: int) -> tuple[datetime, tuple[datetime, str], Happening] | None:
        """The first that counts for this duty, or None."""
        rest = (found[index] for index in range(start, len(found)))
        return next((one for one in rest if self._may(found, one[2])), None)

    def _may(self, found: Fitting, what: Happening) -> bool:
        """What opened a duty does not end it, and meets it only if the rule says so."""
        itself = self._opened.rule.closes_itself and found is self._closings
        return itself or what.id != self._opened.what.id

    def _in_time(self, when: datetime) -> bool:
        return self._due is None or when <= self._due

    def _on_time(self, first: Happening, ended: datetime | None) -> State:
        """Recorded late only if nothing that shows it to be on time was recorded in time."""
        if self._due is None or first.recordedtime <= self._due:
            return State.DONE_ON_TIME
        limit = self._due if ended is None else min(self._due, ended)
        for index in range(self._first, bisect_right(self._closings, limit, key=lambda one: one[0])):
            other = self._closings[index][2]
            if other.recordedtime <= self._due and self._may(self._closings, other):
                return State.DONE_ON_TIME
        return State.DONE_ON_TIME_RECORDED_LATE

    def _said_in_time(self, kind: str) -> Happening | None:
        return next((one for one in self._said if one.type == kind and self._in_time(one.time)), None)


def _first(found: Fitting, opened: Opening, early: timedelta) -> int:
    """From where on `found` may count: not before the opening, less `early`; nor what met the duty before it."""
    if opened.met:
        return bisect_right(found, (opened.happened, opened.what.order), key=lambda one: one[:2])
    return bisect_left(found, min(opened.happened, opened.at) - early, key=lambda one: one[0])
