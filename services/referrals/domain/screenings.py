"""Recording a screening: the band that a tool gave, and nothing of what was asked or answered."""

from __future__ import annotations

from services.referrals.domain.commands import EnterScreeningInError, RecordScreening
from services.referrals.domain.deciding import AHEAD, At, case_facts, happened, in_force, listed, permit, take
from services.referrals.domain.facts import Fact
from services.referrals.domain.parts import Matter
from shared.errors import Refusal
from shared.events.types.screening import ScreeningEnteredInError, ScreeningRecorded
from shared.mou.document import Mou
from shared.mou.facts import ThingFacts
from shared.mou.terms import listed_codes, screening_gaps
from shared.mou.vocabulary import Act, CodeList

#: Written where the caller did not say it, and for a code that the MOU does not list: a name can be written like
#: one (codes.py), and a screening seals nothing.
NOT_STATED, NOT_LISTED = "not-stated", "not-listed"


def record(matter: Matter, command: RecordScreening, at: At, flags: tuple[str, ...] = ()) -> list[Fact]:
    """Take a screening. Refused only where the caller's agency is not on the team: what is unusual is flagged."""
    permission = take(at, Act.RECORD_SCREENING, case_facts(matter))
    stated = command.screened_at or command.time
    late = stated is not None and stated > at.now + AHEAD
    missing = tuple(f"missing.{name}" for name in ("tool", "band") if getattr(command, name) is None)
    codes, gaps = _listed(command, in_force(at, permission.clause))
    elsewhere = ("matter-not-of-case",) if command.matter not in (None, matter.matter) else ()
    ahead = ("ahead.screened_at",) if late else ()
    data = ScreeningRecorded(
        screening=at.new.screening,
        case=matter.case,
        matter=matter.matter,
        screened_at=command.screened_at or command.time or at.now,
        flags=tuple(dict.fromkeys((*permission.flags, *flags, *missing, *gaps, *elsewhere, *ahead))),
        **codes,
    )
    time = at.now if late or stated is None else stated
    return [Fact(data, permission.clause, time, stream=matter.stream, subject=matter.case)]


def _listed(command: RecordScreening, mou: Mou) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """The codes as they may stand in clear, and flags naming those that the MOU does not list."""
    said = (command.tool, command.tool_version, command.band)
    gaps = set(screening_gaps(*said, mou)) - ({"tool-not-listed"} if command.tool is None else set())
    known = command.trigger is None or command.trigger in listed_codes(CodeList.TRIGGER, mou)
    codes = {
        "tool": NOT_LISTED if "tool-not-listed" in gaps else command.tool or NOT_STATED,
        "tool_version": NOT_LISTED if "version-not-listed" in gaps else command.tool_version,
        "band": NOT_LISTED if "band-not-listed" in gaps else command.band or NOT_STATED,
        "trigger": command.trigger if known else NOT_LISTED,
    }
    return codes, (*sorted(gaps), *(() if known else ("trigger-not-listed",)))


def enter_in_error(matter: Matter, command: EnterScreeningInError, at: At) -> list[Fact]:
    """Mark a screening as recorded in error: by the agency that recorded it, or the lead. Raises Refusal."""
    found = matter.screenings.get(command.screening)
    facts = case_facts(matter)
    thing = ThingFacts(
        "case",
        lead=facts.lead,
        participants=facts.participants,
        reporters=facts.reporters,
        workers=facts.workers,
        owner=found.agency if found else at.caller.agency,
    )
    clause = permit(at, "enter-screening-in-error", thing).clause
    if found is None or found.struck is not None:
        detail, remedy = "The case has no such screening that counts.", "Its screenings stand in the case."
        raise Refusal(clause, "no-such-entry", detail, remedy, "/screening")
    listed(at, "error_reasons", command.reason, clause, "/reason")
    data = ScreeningEnteredInError(screening=command.screening, case=matter.case, reason=command.reason)
    time = happened(command.time, at, clause)
    return [Fact(data, clause, time, stream=matter.stream, subject=matter.case)]
