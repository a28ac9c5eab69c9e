"""Recording an act that was done outside Accord, on a concern or in a case; marking such a record as wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.referrals.domain.commands import EnterActInError, RecordAct
from services.referrals.domain.deciding import (
    AHEAD,
    At,
    case_facts,
    concern_facts,
    happened,
    in_force,
    listed,
    permit,
    take,
)
from services.referrals.domain.facts import Fact
from services.referrals.domain.parts import ActOnRecord, Concern, Matter
from services.referrals.domain.portions import require_fit
from services.referrals.domain.screenings import NOT_LISTED, NOT_STATED
from shared.errors import Refusal
from shared.events.names import Matter as MatterName
from shared.events.types.act import ActEnteredInError, ActRecorded
from shared.mou.document import Mou
from shared.mou.facts import ThingFacts
from shared.mou.terms import act_gaps
from shared.mou.vocabulary import Act


@dataclass(frozen=True)
class Place:
    """Where records of acts stand: in a matter of a case, or on a concern that belongs to no case yet."""

    facts: ThingFacts
    acts: Mapping[str, ActOnRecord]
    stream: str
    subject: str
    youth: str
    concern: str | None = None
    case: str | None = None
    matter: str = "none"


def on_concern(concern: Concern, matter: Matter | None) -> Place:
    """On the concern; once it belongs to a matter of a case, there, with the concern named."""
    if matter is not None:
        return replace(in_case(matter), acts={**concern.acts, **matter.acts}, concern=concern.id)
    facts = concern_facts(concern)
    return Place(facts, concern.acts, concern.stream, concern.subject, concern.youth, concern=concern.id)


def in_case(matter: Matter) -> Place:
    """In this matter of a case."""
    return Place(
        case_facts(matter),
        matter.acts,
        matter.stream,
        matter.case,
        matter.youth,
        None,
        matter.case,
        matter.matter,
    )


def record(place: Place, command: RecordAct, at: At, flags: tuple[str, ...] = ()) -> list[Fact]:
    """Take the record. Refused only where the caller's agency has no part in it, or no event can hold its words:
    what is unusual is flagged."""
    permission = take(at, Act.RECORD_ACT, place.facts)
    clause = permission.clause
    require_fit(command.clear, clause)
    stated = command.done_at or command.time
    late = stated is not None and stated > at.now + AHEAD
    codes, gaps = _listed(command, in_force(at, clause))
    elsewhere = ("matter-not-of-case",) if command.matter not in (None, place.matter) else ()
    data = ActRecorded(
        record=at.new.record,
        done_at=stated or at.now,
        concern=place.concern,
        case=place.case,
        matter=MatterName(place.matter) if place.case else None,
        method=command.method,
        about=command.about,
        flags=tuple(
            dict.fromkeys(
                (*permission.flags, *flags, *gaps, *elsewhere, *(("ahead.done_at",) if late else ()))
            )
        ),
        sealed={},
        **codes,
    )
    return [
        Fact(
            data,
            clause,
            at.now if late or stated is None else stated,
            stream=place.stream,
            subject=place.subject,
            youth=place.youth,
            matter=place.matter,
            seal=command.clear,
        )
    ]


def _listed(command: RecordAct, mou: Mou) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """The codes as they may stand in clear, and flags naming what is missing or not on its list."""
    gaps = act_gaps(command.act, command.to, mou)
    codes = {
        "act": NOT_LISTED if "act-not-listed" in gaps else command.act or NOT_STATED,
        "to": NOT_LISTED if "to-not-listed" in gaps else command.to,
    }
    return codes, (*gaps, *(("missing.act",) if command.act is None else ()))


def enter_in_error(place: Place, command: EnterActInError, at: At) -> list[Fact]:
    """Mark a record as made in error: by the agency that made it, or the lead. Raises Refusal."""
    found = place.acts.get(command.record)
    owner = found.agency if found else at.caller.agency
    clause = permit(at, "enter-act-in-error", replace(place.facts, owner=owner)).clause
    if found is None or found.struck is not None:
        detail, remedy = "There is no such record that counts.", "The acts on record stand where it was made."
        raise Refusal(clause, "no-such-entry", detail, remedy, "/record")
    listed(at, "error_reasons", command.reason, clause, "/reason")
    data = ActEnteredInError(
        record=command.record, reason=command.reason, concern=place.concern, case=place.case
    )
    time = happened(command.time, at, clause)
    return [Fact(data, clause, time, stream=place.stream, subject=place.subject)]
