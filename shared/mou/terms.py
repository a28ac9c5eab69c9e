"""The small terms of the document: response times, coded reasons, when it takes effect. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.mou.document import Authority, CodedReason, EvaluatedOutReason, ListedCode, Mou
from shared.mou.parties import includes
from shared.mou.vocabulary import CodeList


def respond_within(urgency: str, mou: Mou) -> timedelta:
    """How long the agency that was asked has for its first answer, in elapsed time.

    An urgency that is not known here gets the shortest time: better too early than too late.
    """
    hours = {str(entry.urgency): entry.hours for entry in mou.respond_within}
    return timedelta(hours=hours.get(urgency, min(hours.values())))


def reject_reasons(mou: Mou) -> dict[str, CodedReason]:
    """The reasons for which an agency may decline a referral, by code, in the document's order."""
    return coded(mou, "reject_reasons")


#: The lists of coded reasons, outcomes and agencies that a document holds.
CODED = (
    "reject_reasons",
    "cancel_reasons",
    "hold_reasons",
    "fail_reasons",
    "outcomes",
    "error_reasons",
    "outside_agencies",
    "close_reasons",
    "waiver_reasons",
)


def coded(mou: Mou, part: str) -> dict[str, CodedReason]:
    """One of the lists of `CODED`, by code, in the document's order."""
    return {reason.code: reason for reason in getattr(mou, part)}


def authorities(act: str, rule: str, roles: frozenset[str], mou: Mou) -> dict[str, Authority]:
    """The authorities on which somebody in these roles may do `act` to a duty of this rule, by code."""
    return {
        one.code: one
        for one in mou.authorities
        if act in one.allows
        and (not one.duties or rule in one.duties)
        and includes(one.roles, mou.role_sets, roles)
    }


def screening_gaps(tool: str | None, version: str | None, band: str | None, mou: Mou) -> tuple[str, ...]:
    """What of a screening the document does not list, as flags; a screening is never refused for it.

    Versions and bands are those of the tool; where that is not listed, those of any.
    """
    known = [one for one in mou.screening_tools if one.code == tool]
    tools = known or mou.screening_tools
    checks = {
        "tool-not-listed": bool(known),
        "version-not-listed": version is None or any(version in one.versions for one in tools),
        "band-not-listed": band is None or any(band in one.bands for one in tools),
    }
    return tuple(flag for flag, listed in checks.items() if not listed)


def act_gaps(act: str | None, to: str | None, mou: Mou) -> tuple[str, ...]:
    """What of a recorded act the document does not list, as flags; a record is never refused for it.

    Whom it was told to is one of those that the act names; where the act is not listed, one of any.
    """
    known = [one for one in mou.acts if one.code == act]
    told = {code for one in known or mou.acts for code in one.to}
    checks = {"act-not-listed": act is None or bool(known), "to-not-listed": to is None or to in told}
    return tuple(flag for flag, listed in checks.items() if not listed)


def evaluated_out_reasons(mou: Mou) -> dict[str, EvaluatedOutReason]:
    """The reasons for which a concern may be evaluated out, by code, in the document's order."""
    return {str(reason.code): reason for reason in mou.evaluated_out}


def listed_codes(name: CodeList, mou: Mou | None) -> dict[str, ListedCode]:
    """The codes that this field may hold, in the document's order; none while there is no document or no list."""
    return {entry.code: entry for entry in mou.codes.get(name, ())} if mou else {}


def undo_within(mou: Mou) -> timedelta:
    """For how long a person may take back what they did by mistake."""
    return timedelta(minutes=mou.undo.minutes)


def effective_at(mou: Mou) -> datetime:
    """The moment, in UTC, at which the document takes effect: the start of that day in the county."""
    return datetime.combine(mou.effective, time(), ZoneInfo(mou.time_zone)).astimezone(UTC)


@dataclass(frozen=True)
class Signer:
    """An office that signs for a party, for one county if there are several; `signed` as the document has it."""

    agency: str
    county: str | None = None
    office: str | None = None
    signed: date | None = None

    @property
    def of(self) -> tuple[str, str | None, str | None]:
        """What tells it from the others."""
        return self.agency, self.county, self.office

    @property
    def words(self) -> str:
        """The agency's code, the county if there are several, and the office."""
        return ", ".join(part for part in (self.agency, self.county, self.office) if part)


def signers(mou: Mou) -> tuple[Signer, ...]:
    """Whose signatures the document needs, in its order; in the first format, the parties that sign."""
    if not mou.signatories:
        return tuple(Signer(str(party.agency)) for party in mou.parties if party.signatory)
    return tuple(Signer(str(s.agency), s.county, s.office, s.signed) for s in mou.signatories)


def unsigned(mou: Mou, signed_by: Iterable[str]) -> tuple[str, ...]:
    """The signatories that are not among `signed_by`; a version comes into force when there are none."""
    signed = frozenset(signed_by)
    return tuple(str(p.agency) for p in mou.parties if p.signatory and p.agency not in signed)
