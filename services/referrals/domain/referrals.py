"""The life of a referral, as a table; the documentation and the matrix test are made from it."""

from __future__ import annotations

from collections.abc import Mapping

from services.referrals.domain.cases import further_matter
from services.referrals.domain.codes import require_all_listed, require_listed
from services.referrals.domain.commands import (
    AcceptReferral,
    ReceiveReferral,
    RejectReferral,
    RequestReferral,
)
from services.referrals.domain.deciding import At, happened, illegal, permit, referral_facts
from services.referrals.domain.facts import Fact
from services.referrals.domain.parts import Matter, Referral, ReferralStatus
from shared.errors import Refusal
from shared.events.types.case import AgencyJoined
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
)
from shared.mou.document import Mou
from shared.mou.facts import ThingFacts
from shared.mou.terms import reject_reasons, respond_within
from shared.mou.vocabulary import CodeList

#: (status, act) -> the status after it. What is absent is refused with the clause of the act.
#: Accepting straight from requested implies that the referral was received.
TRANSITIONS: Mapping[tuple[ReferralStatus, str], ReferralStatus] = {
    (ReferralStatus.NONE, "request-referral"): ReferralStatus.REQUESTED,
    (ReferralStatus.REQUESTED, "receive-referral"): ReferralStatus.RECEIVED,
    (ReferralStatus.REQUESTED, "accept-referral"): ReferralStatus.ACCEPTED,
    (ReferralStatus.REQUESTED, "reject-referral"): ReferralStatus.REJECTED,
    (ReferralStatus.RECEIVED, "accept-referral"): ReferralStatus.ACCEPTED,
    (ReferralStatus.RECEIVED, "reject-referral"): ReferralStatus.REJECTED,
}
REMEDIES = {
    ReferralStatus.ACCEPTED.value: "The referral was accepted already: read it again.",
    ReferralStatus.REJECTED.value: "The agency could not take it: the sender may ask another agency.",
    ReferralStatus.RECEIVED.value: "It is in hand already: accept it, or say that you cannot take it.",
}


def _allowed(referral: Referral, matter: Matter, act: str, at: At) -> str:
    """The clause by which the caller may do `act` now. Raises Refusal: authority first, then state."""
    clause = permit(at, act, referral_facts(referral, matter)).clause
    if (referral.status, act) not in TRANSITIONS:
        raise illegal(clause, "referral", referral.status, act, REMEDIES)
    return clause


def request(matter: Matter, command: RequestReferral, at: At) -> list[Fact]:
    """Ask another agency to serve the youth. A matter that is new to the case gets its own stream first.

    `matter` is the named matter of the case, or any of it where that one is not yet there. Raises Refusal.
    """
    asked = ThingFacts(
        "case",
        lead=matter.lead,
        participants=frozenset(matter.agencies),
        reporters=frozenset(matter.reporters),
        sender=at.caller.agency,
        recipient=command.recipient,
    )
    clause = permit(at, "request-referral", asked).clause
    mou = _in_force(at.mou, clause)
    first = [] if matter.matter == command.matter else [further_matter(matter, command.matter, at, clause)]
    time = happened(command.time, at, clause)
    return [
        *first,
        Fact(
            ReferralRequested(
                referral=at.new.referral,
                case=matter.case,
                matter=command.matter,
                sender=at.caller.agency,
                recipient=command.recipient,
                kind=require_listed(CodeList.REFERRAL_KIND, command.kind, mou, clause, "/kind"),
                needs=require_all_listed(CodeList.NEEDS, command.needs, mou, clause, "/needs"),
                urgency=command.urgency,
                respond_by=time + respond_within(command.urgency, mou),
                youth_choice=command.youth_choice,
                classes=tuple(command.clear),
                sealed={},
            ),
            clause,
            time,
            stream=at.new.stream if first else matter.stream,
            subject=matter.case,
            youth=matter.youth,
            matter=command.matter,
            seal=command.clear,
        ),
    ]


def receive(referral: Referral, matter: Matter, command: ReceiveReferral, at: At) -> list[Fact]:
    """Say that the referral is in hand. Raises Refusal."""
    clause = _allowed(referral, matter, "receive-referral", at)
    data = ReferralReceived(referral=referral.id, case=referral.case)
    time = happened(command.time, at, clause)
    return [Fact(data, clause, time, stream=referral.stream, subject=referral.case)]


def accept(referral: Referral, matter: Matter, command: AcceptReferral, at: At) -> list[Fact]:
    """Say that the agency will serve the youth; it takes part in the case from now on. Raises Refusal."""
    clause = _allowed(referral, matter, "accept-referral", at)
    time = happened(command.time, at, clause)
    data = ReferralAccepted(
        referral=referral.id,
        case=referral.case,
        worker=command.worker,
        first_contact_by=command.first_contact_by,
    )
    facts = [Fact(data, clause, time, stream=referral.stream, subject=referral.case)]
    if referral.recipient not in matter.agencies:
        joined = AgencyJoined(case=referral.case, agency=referral.recipient, relation="referral-recipient")
        facts.append(Fact(joined, clause, time, stream=referral.stream, subject=referral.case))
    return facts


def reject(referral: Referral, matter: Matter, command: RejectReferral, at: At) -> list[Fact]:
    """Say that the agency cannot take it, with a reason of the MOU's list. Raises Refusal."""
    clause = _allowed(referral, matter, "reject-referral", at)
    if command.reason not in reject_reasons(_in_force(at.mou, clause)):
        detail, remedy = "The reason is not on the MOU's list.", "Choose one of the MOU's reasons."
        raise Refusal(clause, "invalid-field", detail, remedy, "/reason")
    data = ReferralRejected(
        referral=referral.id,
        case=referral.case,
        reason=command.reason,
        alternatives=command.alternatives,
        sealed={},
    )
    return [
        Fact(
            data,
            clause,
            happened(command.time, at, clause),
            stream=referral.stream,
            subject=referral.case,
            youth=matter.youth,
            matter=referral.matter,
            seal=command.clear,
        )
    ]


def _in_force(mou: Mou | None, clause: str) -> Mou:
    """`permit` refuses these acts while there is no MOU."""
    assert mou is not None, f"clause {clause} came from a MOU"
    return mou
