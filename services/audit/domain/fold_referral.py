"""What each event makes of a referral.

By what happened, a later step may come before an earlier one (a service that began before the answer was given),
so a step says the status only where it goes further than what is known. As recorded, it always does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.audit.domain.state import CaseState, Correction, Happening, Referral
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
    ReferralRequested,
    ReferralResumed,
    ReferralStarted,
    ReferralUndone,
)

#: How far a referral is, by status; of two that are equally far, the later one counts.
FAR: Mapping[str, int] = {
    "unknown": 0,
    "requested": 1,
    "received": 2,
    "accepted": 3,
    "rejected": 3,
    "in-progress": 4,
    "on-hold": 4,
    "completed": 5,
    "failed": 5,
    "cancelled": 5,
    "entered-in-error": 6,
}


def referral_of(state: CaseState, referral: str) -> Referral:
    """The referral, made if it is new."""
    return state.referrals.setdefault(referral, Referral(referral))


def sealed_of(known: tuple[str, ...], data: Any) -> tuple[str, ...]:
    """The classes of sealed facts, with those of one more event."""
    return tuple(dict.fromkeys((*known, *(str(name) for name in data.sealed))))


def _now(referral: Referral, status: str) -> None:
    if FAR[status] >= FAR.get(referral.status, 0):
        referral.status = status


def _requested(state: CaseState, what: Happening, data: ReferralRequested, stream: str) -> None:
    referral = referral_of(state, data.referral)
    _now(referral, "requested")
    referral.requested, referral.matter, referral.stream = what, str(data.matter), stream
    referral.sender, referral.recipient = str(data.sender), str(data.recipient)
    referral.outside, referral.to_worker, referral.follows = data.outside, data.to_worker, data.follows
    referral.kind, referral.needs = data.kind, data.needs
    referral.urgency, referral.respond_by = str(data.urgency), data.respond_by
    referral.youth_choice, referral.sealed = str(data.youth_choice), sealed_of(referral.sealed, data)


def _received(state: CaseState, what: Happening, data: ReferralReceived, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.received = what
    _now(referral, "received")


def _accepted(state: CaseState, what: Happening, data: ReferralAccepted, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.answered = what
    _now(referral, "accepted")
    referral.worker, referral.first_contact_by = data.worker or referral.worker, data.first_contact_by


def _rejected(state: CaseState, what: Happening, data: ReferralRejected, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.answered, referral.reason = what, data.reason
    _now(referral, "rejected")
    referral.alternatives = tuple(str(a) for a in data.alternatives)
    referral.sealed = sealed_of(referral.sealed, data)


def _started(state: CaseState, what: Happening, data: ReferralStarted, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.started, referral.worker = what, data.worker or referral.worker
    _now(referral, "in-progress")
    _flagged(referral, data.flags)


def _held(state: CaseState, what: Happening, data: ReferralHeld, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.held, referral.held_until, referral.reason = what, data.until, data.reason
    _now(referral, "on-hold")


def _resumed(state: CaseState, what: Happening, data: ReferralResumed, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.started, referral.held_until, referral.reason = referral.started or what, None, None
    _now(referral, "in-progress")


def _completed(state: CaseState, what: Happening, data: ReferralCompleted, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.ended, referral.outcome, referral.attempts = what, data.outcome, data.attempts
    referral.reason, referral.held_until = None, None
    _now(referral, "completed")
    _flagged(referral, data.flags)


def _failed(state: CaseState, what: Happening, data: ReferralFailed, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.ended, referral.reason, referral.attempts = what, data.reason, data.attempts
    referral.held_until = None
    _now(referral, "failed")
    _flagged(referral, data.flags)


def _cancelled(state: CaseState, what: Happening, data: ReferralCancelled, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.ended, referral.reason, referral.held_until = what, data.reason, None
    _now(referral, "cancelled")


def _forwarded(state: CaseState, _: Happening, data: ReferralForwarded, __: str) -> None:
    referral = referral_of(state, data.referral)
    referral.forwarded_to = (*referral.forwarded_to, data.forwarded_to)


def _asked(state: CaseState, what: Happening, data: ReferralInformationAsked, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.asked, referral.sealed = what, sealed_of(referral.sealed, data)
    referral.questions[what.event] = data.missing
    referral.missing = _without_answer(referral)


def _told(state: CaseState, what: Happening, data: ReferralInformationGiven, _: str) -> None:
    referral = referral_of(state, data.referral)
    referral.told, referral.sealed = what, sealed_of(referral.sealed, data)
    referral.answers[data.question] = what.event
    referral.missing = _without_answer(referral)


def _without_answer(referral: Referral) -> tuple[str, ...]:
    waiting = (codes for event, codes in referral.questions.items() if event not in referral.answers)
    return tuple(dict.fromkeys(code for codes in waiting for code in codes))


def _called(state: CaseState, _: Happening, data: ReferralCallStated, __: str) -> None:
    referral = referral_of(state, data.referral)
    referral.called_at, referral.called_by = data.called_at, str(data.called_by)
    referral.result = str(data.result)
    _flagged(referral, data.flags)


def _undone(state: CaseState, what: Happening, data: ReferralUndone, _: str) -> None:
    _corrected(referral_of(state, data.referral), Correction(data.entry, data.act, "undone", None, what))


def _in_error(state: CaseState, what: Happening, data: ReferralEnteredInError, _: str) -> None:
    referral = referral_of(state, data.referral)
    if data.entry is None:
        referral.reason = data.reason
        _now(referral, "entered-in-error")
        return
    _corrected(referral, Correction(data.entry, data.act, "entered-in-error", data.reason, what))


def _corrected(referral: Referral, correction: Correction) -> None:
    referral.corrections = (*referral.corrections, correction)


def _flagged(referral: Referral, flags: tuple[str, ...]) -> None:
    referral.flags = (*referral.flags, *flags)


ON: Mapping[type, Callable[[CaseState, Happening, Any, str], None]] = {
    ReferralRequested: _requested,
    ReferralReceived: _received,
    ReferralAccepted: _accepted,
    ReferralRejected: _rejected,
    ReferralStarted: _started,
    ReferralHeld: _held,
    ReferralResumed: _resumed,
    ReferralCompleted: _completed,
    ReferralFailed: _failed,
    ReferralCancelled: _cancelled,
    ReferralForwarded: _forwarded,
    ReferralInformationAsked: _asked,
    ReferralInformationGiven: _told,
    ReferralCallStated: _called,
    ReferralUndone: _undone,
    ReferralEnteredInError: _in_error,
}

#: Types that take back an earlier event -> which, or None. It stays recorded and has no effect any longer.
TAKES_BACK: Mapping[type, Callable[[Any], str | None]] = {
    ReferralUndone: lambda data: data.entry,
    ReferralEnteredInError: lambda data: data.entry,
}
