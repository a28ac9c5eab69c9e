"""What routing needs to know of a concern, a case or a referral, folded from its events.

Codes and random ids only. An event changes, and is routed by, the facts of its own subject alone: a subject's
events lie in one partition, so two workers never change the same facts, and a rebuild finds the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.events import Recorded
from shared.events.moments import Moment
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.events.types.concern import (
    ConcernAttached,
    ConcernEvaluatedOut,
    ConcernLinked,
    ConcernReported,
)
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralCancelled,
    ReferralCompleted,
    ReferralEnteredInError,
    ReferralFailed,
    ReferralForwarded,
    ReferralHeld,
    ReferralInformationAsked,
    ReferralInformationGiven,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
    ReferralResumed,
    ReferralStarted,
    ReferralUndone,
)
from shared.events.types.screening import ScreeningEnteredInError, ScreeningRecorded


class Facts(BaseModel):
    """The facts of one thing. What does not apply to its kind is left out.

    `decided` is how a concern was decided last, and by whom and when.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    lead: str | None = None
    participants: tuple[str, ...] = ()
    reporters: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    sender: str | None = None
    recipient: str | None = None
    urgency: str | None = None
    respond_by: Moment | None = None
    decided: str | None = None
    decided_by: str | None = None
    decided_for: str | None = None
    decided_at: Moment | None = None


Known = Mapping[str, Facts]
"""Id of a concern, case or referral -> its facts."""


def concerns(event: Recorded) -> tuple[str, ...]:
    """The ids of the things whose facts are needed to route `event` or to fold it in."""
    fields = THINGS.get(event.type, ())
    found = (vars(event.data).get(field) for field in fields)
    return tuple(str(id) for id in found if id is not None)


def evolve(known: Known, event: Recorded) -> dict[str, Facts]:
    """What `event` makes of the facts: the changed ones only. Events without a step change nothing."""
    if event.type in DECISIONS:
        return _decided(known, event)
    step = STEPS.get(event.type)
    return step(known, event.data) if step else {}


def _decided(known: Known, event: Recorded) -> dict[str, Facts]:
    concern, envelope = str(vars(event.data)["concern"]), event.envelope
    if concern not in known:
        return {}
    decided = _with(
        known[concern],
        decided=DECISIONS[event.type],
        decided_by=envelope.actor,
        decided_for=envelope.agency,
        decided_at=envelope.recordedtime,
    )
    return {concern: decided}


def _reported(_: Known, data: Any) -> dict[str, Facts]:
    return {data.concern: Facts(kind="concern", reporters=(str(data.reported_by),))}


def _opened(known: Known, data: Any) -> dict[str, Facts]:
    case = known.get(data.case, Facts(kind="case"))
    return {data.case: _with(case, lead=str(data.lead))}


def _linked(known: Known, data: Any) -> dict[str, Facts]:
    case = known.get(data.case, Facts(kind="case"))
    return {data.case: _with(case, reporters=_added(case.reporters, str(data.reported_by)))}


def _joined(known: Known, data: Any) -> dict[str, Facts]:
    case = known.get(data.case, Facts(kind="case"))
    return {data.case: _with(case, participants=_added(case.participants, str(data.agency)))}


def _left(known: Known, data: Any) -> dict[str, Facts]:
    case = known.get(data.case, Facts(kind="case"))
    stay = tuple(agency for agency in case.participants if agency != data.agency)
    return {data.case: _with(case, participants=stay)}


def _assigned(known: Known, data: Any) -> dict[str, Facts]:
    case = known.get(data.case, Facts(kind="case"))
    return {data.case: _with(case, workers=_added(case.workers, data.worker))}


def _requested(_: Known, data: Any) -> dict[str, Facts]:
    referral = Facts(
        kind="referral",
        sender=str(data.sender),
        recipient=str(data.recipient),
        urgency=str(data.urgency),
        respond_by=data.respond_by,
    )
    return {data.referral: referral}


def _with(facts: Facts, **changes: Any) -> Facts:
    return facts.model_copy(update=changes)


def _added(old: tuple[str, ...], *new: str) -> tuple[str, ...]:
    return tuple(sorted({*old, *new}))


#: Event type -> the fields of its data that name the things it is about; the first is the thing itself.
THINGS: Mapping[str, tuple[str, ...]] = {
    ConcernReported.TYPE: ("concern",),
    ConcernEvaluatedOut.TYPE: ("concern",),
    ConcernAttached.TYPE: ("concern",),
    ConcernLinked.TYPE: ("case",),
    CaseOpened.TYPE: ("case",),
    AgencyJoined.TYPE: ("case",),
    AgencyLeft.TYPE: ("case",),
    WorkerAssigned.TYPE: ("case",),
    ScreeningRecorded.TYPE: ("case",),
    ScreeningEnteredInError.TYPE: ("case",),
    **{
        kind.TYPE: ("referral", "case")
        for kind in (
            ReferralRequested,
            ReferralReceived,
            ReferralAccepted,
            ReferralRejected,
            ReferralStarted,
            ReferralHeld,
            ReferralResumed,
            ReferralCompleted,
            ReferralFailed,
            ReferralCancelled,
            ReferralForwarded,
            ReferralInformationAsked,
            ReferralInformationGiven,
            ReferralUndone,
            ReferralEnteredInError,
        )
    },
}

STEPS: Mapping[str, Callable[[Known, Any], dict[str, Facts]]] = {
    ConcernReported.TYPE: _reported,
    CaseOpened.TYPE: _opened,
    ConcernLinked.TYPE: _linked,
    AgencyJoined.TYPE: _joined,
    AgencyLeft.TYPE: _left,
    WorkerAssigned.TYPE: _assigned,
    ReferralRequested.TYPE: _requested,
}

#: Types of events that decide on a concern -> how.
DECISIONS: Mapping[str, str] = {
    ConcernEvaluatedOut.TYPE: "evaluated-out",
    ConcernAttached.TYPE: "attached",
}

#: Types of events that change facts.
FOLDED = frozenset({*STEPS, *DECISIONS})
