"""How a duty stands against what was said of it, and what time brings about next. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.notifications.domain.facts import Known
from shared.events import Recorded
from shared.events.data import Data
from shared.events.types.duty import (
    DutyChanged,
    DutyEscalated,
    DutyMet,
    DutyOpened,
    DutyUnanswered,
    DutyWarned,
    Level,
    duty_id,
)
from shared.mou import Mou, ThingFacts
from shared.mou.duties.happenings import Happening
from shared.mou.duties.rules import DutyRule, Per
from shared.mou.duties.states import Duty, Moment, State, moments
from shared.mou.owing import Owing, queue_of

#: What opened it counts no more, or belongs to another duty.
VOID = "void"
MET = frozenset({State.DONE_ON_TIME, State.DONE_ON_TIME_RECORDED_LATE, State.DONE_LATE})
#: In these somebody still has something to do, as long as time stands still.
STANDING = frozenset({State.OPEN, State.TOLLED})
#: What comes of its own accord, and only once all that was recorded by then has arrived.
PAST = frozenset({"past-due", "escalation"})
#: Fields of an event that may name what a duty is about, the nearest first.
NAMING = ("referral", "concern", "case", "about")
#: A moment's kind and step: what time brought about last.
Told = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Kept:
    """A duty as notifications keeps it. Ids are texts; see the migration for what each column says."""

    duty: str
    rule: str
    opening: str
    subject: str
    concern: str | None
    case: str | None
    about: str | None
    mouversion: str
    clause: str
    opened_at: datetime
    state: str
    due_at: datetime | None
    alarm_at: datetime | None
    warn_at: datetime | None
    met_by: str | None
    met_at: datetime | None
    owed_by: str | None
    role: str | None
    queue: str
    revision: int = -1
    told_kind: str | None = None
    told_step: int | None = None
    next_at: datetime | None = None
    next_kind: str | None = None
    next_step: int | None = None

    @property
    def key(self) -> str:
        """As the engine names it."""
        return f"{self.rule}:{self.opening}"

    @property
    def matter(self) -> str:
        """What the duty is tied to."""
        return self.about or self.concern or self.subject

    @property
    def told(self) -> Told | None:
        """What time brought about last in this revision."""
        return (self.told_kind, self.told_step) if self.told_kind else None

    @property
    def stands(self) -> tuple[object, ...]:
        """What a difference in is worth an event, and makes time begin anew to bring things about."""
        return self.state, self.due_at, self.alarm_at, self.warn_at, self.met_by, self.met_at

    def common(self) -> dict[str, Any]:
        """The fields that each of its events has."""
        names = ("duty", "rule", "opening", "concern", "case", "about", "due_at", "owed_by", "role")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Said:
    """What the own events of a duty say: who owes it, how it stands, how often that was recorded anew, what time
    brought about since."""

    owing: Owing
    state: str
    due_at: datetime | None
    met_by: str | None = None
    met_at: datetime | None = None
    revision: int = 0
    told: Told | None = None


def said_of(events: Iterable[Recorded]) -> Said | None:
    """Of the events of one duty, in order; None if there are none."""
    said: Said | None = None
    for event in events:
        data: Any = event.data
        if said is None:
            who = Owing(*(str(code) if code else None for code in (data.owed_by, data.role)))
            said = Said(who, State.OPEN, data.due_at)
        match data:
            case DutyMet():
                said = Said(said.owing, data.state, data.due_at, data.by, data.met_at, data.revision)
            case DutyChanged():
                said = Said(said.owing, data.state, data.due_at, revision=data.revision)
            case DutyWarned():
                said = replace(said, told=(str(data.level), None))
            case DutyUnanswered():
                said = replace(said, told=("past-due", None))
            case DutyEscalated():
                said = replace(said, told=("escalation", data.step))
    return said


def happening_of(event: Recorded) -> Happening:
    """What the engine needs of an event; nothing that is sealed."""
    what = Happening.of(event.envelope)
    return replace(what, data={name: value for name, value in what.data.items() if name != "sealed"})


def stands(duty: Duty) -> tuple[object, ...]:
    """How a duty of the engine stands, as `Kept.stands` says it."""
    return _state(duty), duty.due_at, duty.alarm_at, duty.warn_at, duty.met_by, duty.met_at


def thing_of(opening: Happening, known: Known) -> ThingFacts:
    """What is known of whatever the event that opened a duty is about."""
    named = [*filter(None, map(opening.text, NAMING)), opening.subject]
    found = [known[id] for id in named if id in known]
    reporters = {agency for facts in found for agency in facts.reporters}
    own = opening.text("reported_by")
    return ThingFacts(
        found[0].kind if found else "none",
        lead=next((facts.lead for facts in found if facts.lead), None),
        sender=next((facts.sender for facts in found if facts.sender), None),
        recipient=next((facts.recipient for facts in found if facts.recipient), None),
        reporters=frozenset({own} if own else reporters),
    )


def kept_of(duty: Duty, opening: Happening, who: Owing, mou: Mou) -> Kept:
    """A duty of the engine as it is kept; nothing was said of it yet."""
    of_thing = duty.rule.per in (Per.REFERRAL, Per.ACT)
    concern = opening.text("concern") or (duty.matter if duty.rule.per is Per.CONCERN else None)
    case = opening.text("case")
    if concern is None and case is None:
        case = duty.subject
    return Kept(
        duty=str(duty_id(duty.rule.id, duty.opened_by)),
        rule=duty.rule.id,
        opening=duty.opened_by,
        subject=duty.subject,
        concern=concern,
        case=case,
        about=duty.matter if of_thing else None,
        mouversion=duty.mouversion,
        clause=duty.rule.clause,
        opened_at=duty.opened_at,
        state=_state(duty),
        due_at=duty.due_at,
        alarm_at=duty.alarm_at,
        warn_at=duty.warn_at,
        met_by=duty.met_by,
        met_at=duty.met_at,
        owed_by=who.agency,
        role=who.role,
        queue=queue_of(who, mou),
    )


def _state(duty: Duty) -> str:
    still = duty.state is State.OPEN and duty.due_at is None and any(end is None for _, end in duty.held)
    return State.TOLLED if still else duty.state


def as_said(kept: Kept, said: Said) -> Kept:
    """The duty as far as events of our own speak of it."""
    return replace(
        with_said(kept, said),
        state=said.state,
        due_at=said.due_at,
        met_by=said.met_by,
        met_at=said.met_at,
    )


def with_said(kept: Kept, said: Said) -> Kept:
    """The duty as it stands, with how often that was recorded anew and what time brought about since."""
    kind, step = said.told or (None, None)
    return replace(kept, revision=said.revision, told_kind=kind, told_step=step)


def with_next(kept: Kept, rule: DutyRule) -> Kept:
    """With what time brings about next."""
    left = _left(kept, rule)
    if not left:
        return replace(kept, next_at=None, next_kind=None, next_step=None)
    return replace(kept, next_at=left[0].at, next_kind=left[0].kind, next_step=left[0].step)


def _left(kept: Kept, rule: DutyRule) -> list[Moment]:
    """What is still to come after what was told. What is void, or has no rule, brings about nothing."""
    if kept.state not in STANDING:
        return []
    found = moments(_as_duty(kept, rule))
    places = [(moment.kind, moment.step) for moment in found]
    return found[places.index(kept.told) + 1 :] if kept.told in places else found


def _as_duty(kept: Kept, rule: DutyRule) -> Duty:
    return Duty(
        rule=rule,
        key=kept.key,
        subject=kept.subject,
        matter=kept.matter,
        mouversion=kept.mouversion,
        opened_by=kept.opening,
        opened_at=kept.opened_at,
        due_at=kept.due_at,
        alarm_at=kept.alarm_at,
        warn_at=kept.warn_at,
        state=State(kept.state),
    )


def void(kept: Kept, because: str | None) -> Data:
    """What is to be recorded once nothing opens the duty any more; it is not kept then."""
    facts = kept.common() | {"due_at": None, "revision": kept.revision + 1}
    return DutyChanged(**facts, state=VOID, because=because)


def news(before: Kept | None, now: Kept, rule: DutyRule, because: str | None) -> tuple[Kept, list[Data]]:
    """What is to be recorded of a duty that stands so now, and how it is kept then.

    `before` is how it was kept, None or revision -1 if nothing was recorded of it yet. If it stands as it did, it
    is kept as it was: time may have brought about more meanwhile than `before` knows.
    """
    said: list[Data] = []
    if before is None or before.revision < 0:
        now = replace(now, revision=0, told_kind=None, told_step=None)
        said.append(DutyOpened(**now.common()))
        if now.state == State.OPEN:
            return with_next(now, rule), said
    elif now.stands == before.stands:
        return before, []
    else:
        now = replace(now, revision=before.revision, told_kind=None, told_step=None)
    now = replace(now, revision=now.revision + 1)
    said.append(_changed(now, because))
    return with_next(now, rule), said


def _changed(now: Kept, because: str | None) -> Data:
    if now.state in MET:
        facts = {"by": now.met_by, "met_at": now.met_at, "state": now.state, "revision": now.revision}
        return DutyMet(**now.common(), **facts)
    return DutyChanged(**now.common(), state=now.state, because=because, revision=now.revision)


def due_now(kept: Kept, rule: DutyRule, now: datetime, complete: datetime | None) -> list[Moment]:
    """What time has brought about by `now` and is to be recorded.

    That there is no record is said only of what was due by `complete`, the moment up to which all that was recorded
    has arrived. Of several warnings that were missed the last one is given; none once it is past due.
    """
    passed = [moment for moment in _left(kept, rule) if moment.at <= now]
    late = [moment for moment in passed if moment.kind in PAST]
    if late:
        return [moment for moment in late if complete is not None and moment.at <= complete]
    return passed[-1:]


def told(kept: Kept, rule: DutyRule, moment: Moment) -> tuple[Kept, Data]:
    """The event of a moment, and how the duty is kept then."""
    after = with_next(replace(kept, told_kind=moment.kind, told_step=moment.step), rule)
    said = kept.common() | {"revision": kept.revision}
    if moment.kind == "past-due":
        return after, DutyUnanswered(**said)
    if moment.kind == "escalation":
        step = moment.step or 0
        return after, DutyEscalated(**said, step=step, queue=rule.escalate[step].queue)
    return after, DutyWarned(**said, level=Level(moment.kind))
