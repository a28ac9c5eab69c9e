"""What became of a duty, and what is due next on it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.mou.duties.calendars import LAST
from shared.mou.duties.clocks import Span
from shared.mou.duties.rules import DutyRule


class State(StrEnum):
    """The states of a duty. "Missed" is said of `confirmed-not-done` only."""

    OPEN = "open"
    DUE_SOON = "due-soon"
    TOLLED = "tolled"
    NO_RECORD = "no-record-by-due-time"
    CONFIRMED_NOT_DONE = "confirmed-not-done"
    DONE_ON_TIME = "done-on-time"
    DONE_ON_TIME_RECORDED_LATE = "done-on-time-recorded-late"
    DONE_LATE = "done-late"
    WAIVED = "waived"
    SUPERSEDED = "superseded"


#: What no passing of time changes any more.
SETTLED = frozenset(
    {
        State.DONE_ON_TIME,
        State.DONE_ON_TIME_RECORDED_LATE,
        State.DONE_LATE,
        State.WAIVED,
        State.SUPERSEDED,
        State.CONFIRMED_NOT_DONE,
    }
)
#: In these, somebody still has something to do.
STANDING = frozenset(State) - SETTLED


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of one concern, case, referral or act, as of a moment.

    `key`        the rule's id, a colon, and the id of the event that opened it
    `matter`     what it is tied to: the id of the concern, referral or act; of a case, the opening's subject
    `due_at`     the last moment that is on time; None for a rule without a clock, and while nobody can say
    `met_by`     the event that met it, and when that happened
    `settled_by` the event that took it away, waived it, or says that it was not done
    `joined`     the events that opened it again while it stood open
    `held`       from when until when its clock stood still
    """

    rule: DutyRule
    key: str
    subject: str
    matter: str
    mouversion: str
    opened_by: str
    opened_at: datetime
    due_at: datetime | None
    alarm_at: datetime | None
    warn_at: datetime | None
    state: State
    met_by: str | None = None
    met_at: datetime | None = None
    settled_by: str | None = None
    joined: tuple[str, ...] = ()
    held: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens next to a duty of its own accord: `kind` is alarm, warning, past-due or escalation.

    `at` is the first moment at which it is so; `step` is which step of the escalation, from 0.
    """

    at: datetime
    kind: str
    step: int | None = None


def at(duty: Duty, now: datetime) -> Duty:
    """The same duty as of `now`."""
    state = _state(duty, now)
    return duty if state is duty.state else replace(duty, state=state)


def _state(duty: Duty, now: datetime) -> State:
    if duty.state in SETTLED:
        return duty.state
    if duty.due_at is not None and now > duty.due_at:
        return State.NO_RECORD
    if any(begin <= now and (end is None or now < end) for begin, end in duty.held):
        return State.TOLLED
    if any(moment is not None and now >= moment for moment in (duty.alarm_at, duty.warn_at)):
        return State.DUE_SOON
    return State.OPEN


def next_moment(duty: Duty, now: datetime) -> Moment | None:
    """What comes next after `now` if nothing is recorded; None if nothing does."""
    return next((moment for moment in moments(duty) if moment.at > now), None)


def moments(duty: Duty) -> list[Moment]:
    """All that comes of its own accord, in order; several may come at once. Nothing once it is settled."""
    if duty.state in SETTLED:
        return []
    found = []
    if duty.alarm_at is not None:
        found.append(Moment(duty.alarm_at, "alarm"))
    if duty.warn_at is not None:
        found.append(Moment(duty.warn_at, "warning"))
    if duty.due_at is not None:
        past = duty.due_at + LAST
        found.append(Moment(past, "past-due"))
        for number, step in enumerate(duty.rule.escalate):
            then = duty.due_at + timedelta(hours=step.after_hours)
            found.append(Moment(max(past, then), "escalation", number))
    return sorted(found, key=lambda moment: moment.at)
