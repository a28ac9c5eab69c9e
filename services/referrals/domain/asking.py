"""What the two agencies of a referral say to each other besides its answer: questions, what is told, calls.

None of it changes how the referral stands, and none stops a clock.
"""

from __future__ import annotations

from uuid import UUID

from services.referrals.domain.codes import require_all_listed
from services.referrals.domain.commands import AskInformation, GiveInformation, StateReferralCall
from services.referrals.domain.deciding import AHEAD, At, happened, in_force, referral_facts
from services.referrals.domain.facts import Fact
from services.referrals.domain.life_cycle import allowed
from services.referrals.domain.parts import Matter, Referral
from services.referrals.domain.referrals import on
from shared.errors import Refusal
from shared.events.names import Purpose, SealedClass
from shared.events.types.referral import (
    ReferralCallStated,
    ReferralInformationAsked,
    ReferralInformationGiven,
)
from shared.mou.disclosure import disclosable
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts
from shared.mou.parties import party_of
from shared.mou.vocabulary import CodeList


def ask(referral: Referral, matter: Matter, command: AskInformation, at: At) -> list[Fact]:
    """Say what has to be known first, by the codes of the MOU's list. Raises Refusal."""
    clause, _ = allowed(referral, matter, "ask-information", at)
    mou = in_force(at, clause)
    missing = require_all_listed(CodeList.MISSING, command.missing, mou, clause, "/missing")
    data = ReferralInformationAsked(
        referral=referral.id, case=referral.case, missing=tuple(dict.fromkeys(missing)), sealed={}
    )
    return [_sealed(referral, matter, data, clause, command, at)]


def give(referral: Referral, matter: Matter, command: GiveInformation, at: At) -> list[Fact]:
    """Answer an open question, in words that the agency that was asked may see. Raises Refusal."""
    clause, _ = allowed(referral, matter, "give-information", at)
    if command.question not in {question.event for question in referral.open_questions}:
        detail = "The referral has no such question that waits for an answer."
        raise Refusal(clause, "no-such-question", detail, "Its questions stand in the referral.", "/question")
    _require_shown(referral, matter, command, clause, in_force(at, clause))
    asked = next(step for step in referral.steps if step.event == command.question)
    data = ReferralInformationGiven(
        referral=referral.id,
        case=referral.case,
        question=command.question,
        asked_by=None if referral.outside else _person(asked.person),
        sealed={},
    )
    return [_sealed(referral, matter, data, clause, command, at)]


def _person(actor: str) -> str | None:
    """The person's random id; None for an agency's system, which is told by the agency's queue."""
    try:
        return str(UUID(actor))
    except ValueError:
        return None


def shown_to_recipient(referral: Referral, matter: Matter, mou: Mou) -> tuple[SealedClass, ...]:
    """The classes that somebody of the agency that was asked may open on this referral, whatever they work as.

    For an agency outside, what the agency that asked may open: it tells the other one itself.
    """
    party = party_of(mou, referral.recipient)
    roles = frozenset(str(role) for role in party.roles) if party else frozenset()
    facts = referral_facts(referral, matter)
    viewers = (CallerFacts(referral.recipient, roles, str(purpose), True) for purpose in Purpose)
    shown = {d.sealed_class for one in viewers for d in disclosable(one, one.purpose or "", facts, mou)}
    return tuple(cls for cls in SealedClass if cls in shown)


def _require_shown(
    referral: Referral, matter: Matter, command: GiveInformation, clause: str, mou: Mou
) -> None:
    """Raises Refusal unless something is told, and all of it to somebody who may see it."""
    told = [cls for cls, facts in command.clear.items() if facts]
    if not told:
        detail = "Nothing is told."
        raise Refusal(clause, "invalid-field", detail, "Say at least one fact, by its class.", "/clear")
    shown = shown_to_recipient(referral, matter, mou)
    for cls in told:
        if cls not in shown:
            detail = "The agency that was asked may not see facts of this class on this referral."
            remedy = f"Tell it under one of: {', '.join(shown)}; or call."
            raise Refusal(clause, "class-not-shown", detail, remedy, f"/clear/{cls}")


def call(referral: Referral, matter: Matter, command: StateReferralCall, at: At) -> list[Fact]:
    """Record that they telephoned, however the referral stands. Raises Refusal."""
    clause, _ = allowed(referral, matter, "state-referral-call", at)
    late = command.called_at > at.now + AHEAD
    data = ReferralCallStated(
        referral=referral.id,
        case=referral.case,
        called_at=command.called_at,
        called_by=command.called_by,
        result=command.result,
        flags=("ahead.called_at",) if late else (),
    )
    return [on(referral, data, clause, at.now if late else command.called_at)]


def _sealed(
    referral: Referral,
    matter: Matter,
    data: ReferralInformationAsked | ReferralInformationGiven,
    clause: str,
    command: AskInformation | GiveInformation,
    at: At,
) -> Fact:
    return Fact(
        data,
        clause,
        happened(command.time, at, clause),
        stream=referral.stream,
        subject=referral.case,
        youth=matter.youth,
        matter=referral.matter,
        seal=command.clear,
    )
