"""The answer about a case's duties: what each is, how it stands, and whether notifications recorded the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from services.audit.answers import Reach, _Answer
from services.audit.domain.duties_compared import Compared, Difference, Verdict
from services.audit.domain.duties_said import Said
from services.audit.duties import Duties
from services.audit.pages.duty_words import explained, told
from shared.events.moments import Moment, write_moment
from shared.events.names import Agency
from shared.mou.duties.states import Duty, State
from shared.mou.telling import holder_in_words, time_in_words


class Held(_Answer):
    """From when until when a duty's clock stood still; `until` null while it does."""

    since: Moment
    until: Moment | None


class WorkedOut(_Answer):
    """A duty as audit works it out from the ledger, as of the moment of the answer.

    `says`, `clause`, `source` and `clock` are those of the rule in the version `mouversion`; `zone` and
    `court_closures` are the calendar that its days are counted by, beside California's judicial holidays. `late` is
    how many seconds after its due time it was done or, without a record, have passed; negative: how many before.
    """

    says: str
    clause: str
    source: str
    mouversion: str
    clock: str
    zone: str
    court_closures: int
    owed_by: str
    matter: str
    opened_by: str
    opened_at: Moment
    due_at: Moment | None
    state: str
    late: int | None
    met_by: str | None
    met_at: Moment | None
    settled_by: str | None
    joined: list[str]
    held: list[Held]


class Told(_Answer):
    """Something that notifications told as time passed: alarm, warning, past-due or a step of the escalation."""

    kind: str
    step: int | None
    event: str
    recorded: Moment


class AsRecorded(_Answer):
    """A duty as notifications recorded it by the moment of the answer; `event` is what said so last."""

    duty: str
    state: str | None
    due_at: Moment | None
    met_by: str | None
    met_at: Moment | None
    revision: int | None
    event: str | None
    recorded: Moment | None
    told: list[Told]


class DifferenceView(_Answer):
    """In what the two differ, since when, and what explains it: null where nothing does."""

    what: str
    since: Moment
    explained: str | None
    event: str | None
    sentence: str


class DutyView(_Answer):
    """One duty. `owed` is null where none is owed, `recorded` where notifications recorded nothing of it."""

    duty: str
    rule: str
    opening: str
    verdict: Literal["agrees", "explained", "differs"]
    owed: WorkedOut | None
    recorded: AsRecorded | None
    differences: list[DifferenceView]


class DutiesAnswer(Reach):
    """Every duty of the case as of a moment. `agree`, `explained` and `differ` count them by their verdict.

    `known_to` if it is told as known to an agency: then only the duties of which it could have known what opened
    them. What is not explained is for a person to look at.
    """

    known_to: Agency | None
    agree: int
    explained: int
    differ: int
    duties: list[DutyView]


def duties_answer(duties: Duties) -> DutiesAnswer:
    """The answer of one view."""
    counts = {verdict: duties.count(verdict) for verdict in Verdict}
    reach = duties.view.reach()
    return DutiesAnswer(
        **{
            **reach,
            "gaps": [*reach["gaps"], *duties.gaps],
            "statement": statement(duties),
        },
        agree=counts[Verdict.AGREES],
        explained=counts[Verdict.EXPLAINED],
        differ=counts[Verdict.DIFFERS],
        duties=[_duty(duties, one) for one in duties.compared],
    )


def statement(duties: Duties) -> str:
    """What the comparison came to, in one sentence."""
    count, differ = len(duties.compared), duties.count(Verdict.DIFFERS)
    explained = duties.count(Verdict.EXPLAINED)
    if not count:
        return "Nothing was to be done by then, as far as rules of the memorandum say."
    noun = "1 duty" if count == 1 else f"{count} duties"
    if not differ and not explained:
        return f"{noun} worked out from the ledger; notifications recorded the same."
    return (
        f"{noun} worked out from the ledger; notifications recorded otherwise: {explained} explained,"
        f" {differ} not explained."
    )


def _duty(duties: Duties, one: Compared) -> DutyView:
    rule, _, opening = one.key.partition(":")
    moment = duties.view.replay.as_of
    assert moment is not None, "there is no duty without a moment"
    return DutyView(
        duty=one.key,
        rule=rule,
        opening=opening,
        verdict=one.verdict.value,
        owed=_worked_out(duties, one.duty, moment) if one.duty else None,
        recorded=_as_recorded(one.said) if one.said else None,
        differences=[_difference(duties, one, difference) for difference in one.differences],
    )


def _worked_out(duties: Duties, duty: Duty, moment: datetime) -> WorkedOut:
    mou, rule = duties.mou_of(duty), duty.rule
    return WorkedOut(
        says=rule.says,
        clause=rule.clause,
        source=rule.source,
        mouversion=mou.version,
        clock=time_in_words(mou, rule.within) if rule.within else "without a time",
        zone=mou.time_zone,
        court_closures=len(mou.closures),
        owed_by=holder_in_words(mou, rule.owed_by) if rule.owed_by else "",
        matter=duty.matter,
        opened_by=duty.opened_by,
        opened_at=duty.opened_at,
        due_at=duty.due_at,
        state=str(duty.state),
        late=seconds(late(duty, moment)),
        met_by=duty.met_by,
        met_at=duty.met_at,
        settled_by=duty.settled_by,
        joined=list(duty.joined),
        held=[Held(since=since, until=until) for since, until in duty.held],
    )


def late(duty: Duty, moment: datetime) -> timedelta | None:
    """How long after its due time it was done or, without a record, has passed by then; negative: before it."""
    if duty.due_at is None:
        return None
    if duty.met_at is not None:
        return duty.met_at - duty.due_at
    return moment - duty.due_at if duty.state is State.NO_RECORD else None


def seconds(span: timedelta | None) -> int | None:
    """Whole seconds, away from nothing: what is late at all is late by a second."""
    if span is None:
        return None
    whole = span // timedelta(seconds=1)
    return whole if timedelta(seconds=whole) == span or span < timedelta() else whole + 1


def _as_recorded(one: Said) -> AsRecorded:
    stand = one.stands[-1] if one.stands else None
    told = [Told(kind=n.kind[0], step=n.kind[1], event=n.event, recorded=n.recorded) for n in one.notices]
    facts: dict[str, Any] = dict.fromkeys(
        ("state", "due_at", "met_by", "met_at", "revision", "event", "recorded")
    )
    if stand is not None:
        facts = {name: getattr(stand, name) for name in facts}
    return AsRecorded(duty=one.duty, told=told, **facts)


def _difference(duties: Duties, one: Compared, difference: Difference) -> DifferenceView:
    knowledge = duties.view.knowledge
    known = knowledge is None or difference.event in knowledge.events
    sentences = [told(one, difference, str, write_moment), explained(difference, str, write_moment)]
    return DifferenceView(
        what=difference.what.value,
        since=difference.since,
        explained=difference.why.value if difference.why else None,
        event=difference.event if known else None,
        sentence=" ".join(sentences),
    )
