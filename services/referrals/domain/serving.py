"""Serving the youth, from its beginning to its end, and taking the request back.

That a youth was served is never refused because a step before it was not recorded: it is taken, flagged, and
somebody is told (DESIGN 1, rule 4). Whoever serves takes part in the case.
"""

from __future__ import annotations

from services.referrals.domain.commands import (
    CancelReferral,
    CompleteReferral,
    FailReferral,
    HoldReferral,
    ResumeReferral,
    StartReferral,
)
from services.referrals.domain.deciding import At, happened, listed
from services.referrals.domain.facts import Fact
from services.referrals.domain.life_cycle import allowed
from services.referrals.domain.parts import Matter, Referral
from services.referrals.domain.referrals import joins, on
from shared.events.types.referral import (
    ReferralCancelled,
    ReferralCompleted,
    ReferralFailed,
    ReferralHeld,
    ReferralResumed,
    ReferralStarted,
)


def start(referral: Referral, matter: Matter, command: StartReferral, at: At) -> list[Fact]:
    """Say that the service began. Raises Refusal."""
    clause, move = allowed(referral, matter, "start-referral", at)
    time = happened(command.time, at, clause)
    data = ReferralStarted(referral=referral.id, case=referral.case, worker=command.worker, flags=move.flags)
    return [on(referral, data, clause, time), *joins(referral, matter, clause, time)]


def hold(referral: Referral, matter: Matter, command: HoldReferral, at: At) -> list[Fact]:
    """Say that the youth cannot be served for now. Raises Refusal."""
    clause, _ = allowed(referral, matter, "hold-referral", at)
    listed(at, "hold_reasons", command.reason, clause, "/reason")
    data = ReferralHeld(referral=referral.id, case=referral.case, reason=command.reason, until=command.until)
    return [on(referral, data, clause, happened(command.time, at, clause))]


def resume(referral: Referral, matter: Matter, command: ResumeReferral, at: At) -> list[Fact]:
    """Say that the youth is served again. Raises Refusal."""
    clause, _ = allowed(referral, matter, "resume-referral", at)
    data = ReferralResumed(referral=referral.id, case=referral.case)
    return [on(referral, data, clause, happened(command.time, at, clause))]


def complete(referral: Referral, matter: Matter, command: CompleteReferral, at: At) -> list[Fact]:
    """Say that the service has ended, and with which outcome. Raises Refusal."""
    clause, move = allowed(referral, matter, "complete-referral", at)
    listed(at, "outcomes", command.outcome, clause, "/outcome")
    time = happened(command.time, at, clause)
    data = ReferralCompleted(
        referral=referral.id,
        case=referral.case,
        outcome=command.outcome,
        attempts=command.attempts,
        flags=move.flags,
    )
    return [on(referral, data, clause, time), *joins(referral, matter, clause, time)]


def fail(referral: Referral, matter: Matter, command: FailReferral, at: At) -> list[Fact]:
    """Say that the service could not be given to its end, and why. Raises Refusal."""
    clause, move = allowed(referral, matter, "fail-referral", at)
    listed(at, "fail_reasons", command.reason, clause, "/reason")
    data = ReferralFailed(
        referral=referral.id,
        case=referral.case,
        reason=command.reason,
        attempts=command.attempts,
        flags=move.flags,
    )
    return [on(referral, data, clause, happened(command.time, at, clause))]


def cancel(referral: Referral, matter: Matter, command: CancelReferral, at: At) -> list[Fact]:
    """Take the request back. Raises Refusal."""
    clause, _ = allowed(referral, matter, "cancel-referral", at)
    listed(at, "cancel_reasons", command.reason, clause, "/reason")
    data = ReferralCancelled(referral=referral.id, case=referral.case, reason=command.reason)
    return [on(referral, data, clause, happened(command.time, at, clause))]
