"""What the entries on a referral make of it. An entry that was taken back stays recorded, and counts no longer.

A referral keeps its entries; how it stands is folded from those that count. So taking one back, whichever it is,
gives what the others say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.referrals.domain.parts import Call, Question, Referral, ReferralStatus, Step
from shared.events import Recorded
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralCallStated,
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
    ReferralResumed,
    ReferralStarted,
    ReferralUndone,
)

#: Event type -> the act that it records, and the status after it (None: as it was).
RECORDS: Mapping[type, tuple[str, ReferralStatus | None]] = {
    ReferralReceived: ("receive-referral", ReferralStatus.RECEIVED),
    ReferralAccepted: ("accept-referral", ReferralStatus.ACCEPTED),
    ReferralRejected: ("reject-referral", ReferralStatus.REJECTED),
    ReferralStarted: ("start-referral", ReferralStatus.IN_PROGRESS),
    ReferralHeld: ("hold-referral", ReferralStatus.ON_HOLD),
    ReferralResumed: ("resume-referral", ReferralStatus.IN_PROGRESS),
    ReferralCompleted: ("complete-referral", ReferralStatus.COMPLETED),
    ReferralFailed: ("fail-referral", ReferralStatus.FAILED),
    ReferralCancelled: ("cancel-referral", ReferralStatus.CANCELLED),
    ReferralForwarded: ("forward-referral", None),
    ReferralInformationAsked: ("ask-information", None),
    ReferralInformationGiven: ("give-information", None),
    ReferralCallStated: ("state-referral-call", None),
    ReferralEnteredInError: ("enter-referral-in-error", ReferralStatus.ENTERED_IN_ERROR),
}
#: Fields of an event that its step keeps.
_KEPT = set(Step.model_fields) - {
    "event",
    "act",
    "command",
    "agency",
    "person",
    "status",
    "struck",
    "struck_by",
}

#: A referral on which nothing was entered yet.
NOTHING: Mapping[str, Any] = {
    "status": ReferralStatus.REQUESTED,
    **{
        name: Referral.model_fields[name].default
        for name in (
            *(
                "received_at",
                "answered_at",
                "started_at",
                "held_until",
                "ended_at",
                "worker",
                "first_contact_by",
            ),
            *("reason", "alternatives", "outcome", "attempts", "forwarded_to", "flags"),
            *("questions", "calls"),
        )
    },
}


def taken(part: Referral, event: Recorded, data: Any) -> dict[str, Any]:
    """What an entry makes of the referral."""
    e = event.envelope
    act, status = RECORDS[type(data)]
    step = Step(
        event=e.id,
        act=act,
        command=e.commandid,
        agency=e.agency,
        person=e.actor,
        happened=e.time,
        recorded=e.recordedtime,
        status=status,
        **{name: value for name, value in data if name in _KEPT},
    )
    return standing((*part.steps, step))


def undone(part: Referral, event: Recorded, data: ReferralUndone) -> dict[str, Any]:
    """What the others say, without the entry that was taken back."""
    return _without(part.steps, data.entry, "undone", event)


def entered_in_error(part: Referral, event: Recorded, data: ReferralEnteredInError) -> dict[str, Any]:
    """The whole referral was a mistake, or one entry on it was."""
    if data.entry is None:
        return taken(part, event, data)
    return _without(part.steps, data.entry, "entered-in-error", event)


def _without(steps: Sequence[Step], entry: str, how: str, event: Recorded) -> dict[str, Any]:
    struck = {"struck": how, "struck_by": event.envelope.commandid}
    return standing(tuple(s.model_copy(update=struck) if s.event == entry else s for s in steps))


def standing(steps: tuple[Step, ...]) -> dict[str, Any]:
    """How a referral stands after these entries; the last one that counts says the status."""
    found: dict[str, Any] = {**NOTHING, "steps": steps}
    for step in steps:
        if step.struck is not None:
            continue
        if step.status is not None:
            found |= {"status": step.status, "reason": step.reason, "held_until": step.until}
        found["flags"] = (*found["flags"], *step.flags)
        found |= SAID.get(step.act, _nothing_more)(found, step)
    return found


def _nothing_more(_: dict[str, Any], __: Step) -> dict[str, Any]:
    return {}


def _answer(found: dict[str, Any], step: Step) -> dict[str, Any]:
    """When it was in hand and answered: whoever serves has both, also where neither was recorded."""
    at = step.happened
    return {"received_at": found["received_at"] or at, "answered_at": found["answered_at"] or at}


def _received(_: dict[str, Any], step: Step) -> dict[str, Any]:
    return {"received_at": step.happened}


def _accepted(found: dict[str, Any], step: Step) -> dict[str, Any]:
    return _answer(found, step) | {"worker": step.worker, "first_contact_by": step.first_contact_by}


def _rejected(found: dict[str, Any], step: Step) -> dict[str, Any]:
    return _answer(found, step) | {"alternatives": step.alternatives}


def _started(found: dict[str, Any], step: Step) -> dict[str, Any]:
    begun = {"started_at": found["started_at"] or step.happened, "worker": step.worker or found["worker"]}
    return _answer(found, step) | begun


def _ended(found: dict[str, Any], step: Step) -> dict[str, Any]:
    return _answer(found, step) | _over(found, step)


def _over(_: dict[str, Any], step: Step) -> dict[str, Any]:
    return {"ended_at": step.happened, "outcome": step.outcome, "attempts": step.attempts}


def _forwarded(found: dict[str, Any], step: Step) -> dict[str, Any]:
    return {"forwarded_to": (*found["forwarded_to"], step.forwarded_to)}


def _asked(found: dict[str, Any], step: Step) -> dict[str, Any]:
    question = Question(event=step.event, missing=step.missing, asked_at=step.happened)
    return {"questions": (*found["questions"], question)}


def _told(found: dict[str, Any], step: Step) -> dict[str, Any]:
    said = {"answer": step.event, "answered_at": step.happened}
    questions = (q.model_copy(update=said) if q.event == step.question else q for q in found["questions"])
    return {"questions": tuple(questions)}


def _called(found: dict[str, Any], step: Step) -> dict[str, Any]:
    facts = step.model_dump(include=set(Call.model_fields))
    return {"calls": (*found["calls"], Call(**facts))}


SAID: Mapping[str, Callable[[dict[str, Any], Step], dict[str, Any]]] = {
    "receive-referral": _received,
    "accept-referral": _accepted,
    "reject-referral": _rejected,
    "start-referral": _started,
    "resume-referral": _started,
    "complete-referral": _ended,
    "fail-referral": _ended,
    "cancel-referral": _over,
    "forward-referral": _forwarded,
    "ask-information": _asked,
    "give-information": _told,
    "state-referral-call": _called,
}
