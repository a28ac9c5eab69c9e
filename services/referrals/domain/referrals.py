"""Asking another agency, and its first answer. What may follow what stands in `life_cycle.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.referrals.domain.cases import further_matter
from services.referrals.domain.codes import require_all_listed, require_listed
from services.referrals.domain.commands import (
    AcceptReferral,
    ForwardReferral,
    ReceiveReferral,
    RejectReferral,
    RequestReferral,
)
from services.referrals.domain.deciding import At, happened, in_force, listed, permit, referral_facts
from services.referrals.domain.facts import Fact
from services.referrals.domain.life_cycle import allowed
from services.referrals.domain.parts import Matter, Referral
from shared.errors import Refusal
from shared.events import Data
from shared.events.types.case import AgencyJoined
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralForwarded,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
)
from shared.mou.facts import ThingFacts
from shared.mou.terms import respond_within
from shared.mou.vocabulary import CodeList


def request(matter: Matter, command: RequestReferral, at: At) -> list[Fact]:
    """Ask another agency to serve the youth. A matter that is new to the case gets its own stream first.

    `matter` is the named matter of the case, or any of it where that one is not yet there. Raises Refusal.
    """
    _one_agency(command, matter)
    asked = replace(asking(matter, at), recipient=command.recipient, outside=command.outside)
    clause = permit(at, "request-referral", asked).clause
    first = [] if matter.matter == command.matter else [further_matter(matter, command.matter, at, clause)]
    time = happened(command.time, at, clause)
    stream = at.new.stream if first else matter.stream
    return [*first, _requested(matter, command, None, clause, time, stream, at)]


def asking(matter: Matter, at: At) -> ThingFacts:
    """What the MOU needs to know of a request that the caller makes, whomever it goes to."""
    return ThingFacts(
        "case",
        lead=matter.lead,
        participants=frozenset(matter.agencies),
        reporters=frozenset(matter.reporters),
        sender=at.caller.agency,
    )


def _one_agency(command: RequestReferral | ForwardReferral, matter: Matter) -> None:
    """Raises Refusal unless a party or an agency outside is asked, and not both.

    A worker asked by name must not be known to work on the case for another agency. Who works where beyond that is
    the agencies' own affair; Accord keeps no list of their staff.
    """
    if (command.recipient is None) == (command.outside is None):
        detail, remedy = (
            "One agency is asked.",
            "Name a party as `recipient`, or one of the list as `outside`.",
        )
        raise Refusal("none", "invalid-field", detail, remedy, "/recipient")
    if command.outside is not None and command.to_worker is not None:
        detail, remedy = "A worker is asked by name at a party only.", "Leave it out."
        raise Refusal("none", "invalid-field", detail, remedy, "/to_worker")
    works_for = matter.workers.get(command.to_worker or "", command.recipient)
    if works_for != command.recipient:
        detail, remedy = (
            "That worker is known to work for another agency.",
            "Leave it out, or ask that agency.",
        )
        raise Refusal("none", "invalid-field", detail, remedy, "/to_worker")


def _requested(
    matter: Matter,
    command: RequestReferral,
    follows: str | None,
    clause: str,
    time: datetime,
    stream: str,
    at: At,
) -> Fact:
    """The request; for an agency outside the network the agency that asks records the answers itself."""
    mou = in_force(at, clause)
    data = ReferralRequested(
        referral=at.new.referral,
        case=matter.case,
        matter=command.matter,
        sender=at.caller.agency,
        recipient=command.recipient or at.caller.agency,
        outside=command.outside,
        to_worker=command.to_worker,
        follows=follows,
        kind=require_listed(CodeList.REFERRAL_KIND, command.kind, mou, clause, "/kind"),
        needs=require_all_listed(CodeList.NEEDS, command.needs, mou, clause, "/needs"),
        urgency=command.urgency,
        respond_by=time + respond_within(command.urgency, mou),
        youth_choice=command.youth_choice,
        classes=tuple(command.clear),
        sealed={},
    )
    return Fact(
        data,
        clause,
        time,
        stream=stream,
        subject=matter.case,
        youth=matter.youth,
        matter=command.matter,
        seal=command.clear,
    )


def forward(referral: Referral, matter: Matter, command: ForwardReferral, at: At) -> list[Fact]:
    """Go on to another agency where this one declined or could not finish. Raises Refusal.

    The new referral names the one it follows, and this one says where it went. Only the agency that asked goes on:
    whom a youth's facts go to, and what the youth says of that, is its own question to ask.
    """
    _one_agency(command, matter)
    asked = replace(referral_facts(referral, matter), recipient=command.recipient, outside=command.outside)
    clause, _ = allowed(referral, matter, "forward-referral", at, asked)
    time = happened(command.time, at, clause)
    anew = RequestReferral(
        recipient=command.recipient,
        outside=command.outside,
        to_worker=command.to_worker,
        matter=referral.matter,
        kind=command.kind or referral.kind,
        needs=referral.needs if command.needs is None else command.needs,
        urgency=command.urgency or referral.urgency,
        youth_choice=command.youth_choice,
        clear=command.clear,
    )
    said = ReferralForwarded(
        referral=referral.id,
        case=referral.case,
        forwarded_to=at.new.referral,
        recipient=command.recipient or at.caller.agency,
        outside=command.outside,
    )
    return [
        on(referral, said, clause, time),
        _requested(matter, anew, referral.id, clause, time, referral.stream, at),
    ]


def receive(referral: Referral, matter: Matter, command: ReceiveReferral, at: At) -> list[Fact]:
    """Say that the referral is in hand. Raises Refusal."""
    clause, _ = allowed(referral, matter, "receive-referral", at)
    data = ReferralReceived(referral=referral.id, case=referral.case)
    return [on(referral, data, clause, happened(command.time, at, clause))]


def accept(referral: Referral, matter: Matter, command: AcceptReferral, at: At) -> list[Fact]:
    """Say that the agency will serve the youth; it takes part in the case from now on. Raises Refusal."""
    clause, _ = allowed(referral, matter, "accept-referral", at)
    time = happened(command.time, at, clause)
    data = ReferralAccepted(
        referral=referral.id,
        case=referral.case,
        worker=command.worker,
        first_contact_by=command.first_contact_by,
    )
    return [on(referral, data, clause, time), *joins(referral, matter, clause, time)]


def joins(referral: Referral, matter: Matter, clause: str, time: datetime) -> list[Fact]:
    """The agency that serves the youth takes part in the case, if it does not yet."""
    if referral.recipient in matter.agencies:
        return []
    joined = AgencyJoined(case=referral.case, agency=referral.recipient, relation="referral-recipient")
    return [on(referral, joined, clause, time)]


def on(referral: Referral, data: Data, clause: str, time: datetime) -> Fact:
    """A fact in the referral's stream that holds nothing sealed."""
    return Fact(data, clause, time, stream=referral.stream, subject=referral.case)


def reject(referral: Referral, matter: Matter, command: RejectReferral, at: At) -> list[Fact]:
    """Say that the agency cannot take it, with a reason of the MOU's list. Raises Refusal."""
    clause, _ = allowed(referral, matter, "reject-referral", at)
    listed(at, "reject_reasons", command.reason, clause, "/reason")
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
