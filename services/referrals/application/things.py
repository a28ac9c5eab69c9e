"""What was loaded for an order, and which part of it the order means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.referrals.domain import acts
from services.referrals.domain import commands as c
from services.referrals.domain.covers import Person
from services.referrals.domain.deciding import At
from services.referrals.domain.duties import Owed, Said
from services.referrals.domain.parts import Concern, Matter, Referral
from services.referrals.domain.proposals import Proposal
from services.referrals.domain.versions import Memorandum
from shared.errors import Refusal


@dataclass(frozen=True)
class Things:
    """What was loaded for an order: the concern; the matters of the case; the referral and its matter; a person; a
    proposed version of the MOU, and the versions there have been.

    `owed` and `said` are what the caller may see of the duties, by their keys, and of what was said of them, by its
    event; loaded for a command on a duty only.
    """

    concern: Concern | None = None
    matters: tuple[Matter, ...] = ()
    referral: Referral | None = None
    person: Person | None = None
    proposal: Proposal | None = None
    memorandum: Memorandum | None = None
    owed: Mapping[str, Owed] = field(default_factory=dict)
    said: Mapping[str, Said] = field(default_factory=dict)

    @property
    def attached_to(self) -> Matter | None:
        """The matter that the concern is attached to, if it is."""
        stream = self.concern and self.concern.case_stream
        return next((m for m in self.matters if m.stream == stream), None)

    def matter(self, name: str | None = None) -> Matter:
        """The matter of this name, or any if there is none such."""
        named = [m for m in self.matters if m.matter == name]
        return (named or list(self.matters))[0]


def concern_of(things: Things) -> Concern:
    assert things.concern is not None, "loaded by the spec's kind"
    return things.concern


def referral_of(things: Things) -> tuple[Referral, Matter]:
    assert things.referral is not None, "loaded by the spec's kind"
    return things.referral, things.matters[0]


def person_of(things: Things) -> Person:
    assert things.person is not None, "loaded by the spec's kind"
    return things.person


def proposal_of(things: Things) -> Proposal:
    assert things.proposal is not None, "loaded by the spec's kind"
    return things.proposal


def memorandum_of(things: Things) -> Memorandum:
    assert things.memorandum is not None, "loaded by the command's name"
    return things.memorandum


def own_matters(things: Things, at: At) -> list[Matter]:
    """The matters that the caller's agency takes part in: of others it is not told that there are any."""
    return [m for m in things.matters if at.caller.agency in (m.lead, *m.agencies)]


def matter_meant(things: Things, body: c.OfMatter, at: At) -> Matter:
    """The matter that is meant. Raises Refusal where it is not clear: who takes part in one may not see another."""
    own = own_matters(things, at)
    meant = [m for m in own if body.matter in (None, m.matter)]
    if not own or len(meant) == 1:
        return (meant or things.matters)[0]
    detail = "Which matter of the case is meant has to be said." if meant else "The case has no such matter."
    raise Refusal("none", "invalid-field", detail, "Its matters stand in the case: read it again.", "/matter")


def matter_asked(things: Things, body: c.RequestReferral, at: At) -> Matter:
    """The matter that is named; where the case has none such yet, one that the caller's agency takes part in."""
    named = [m for m in things.matters if m.matter == body.matter]
    return (named or own_matters(things, at) or list(things.matters))[0]


def matter_recorded(things: Things, body: c.RecordScreening | c.RecordAct, at: At) -> Matter:
    """The matter that is named, else the first one that the caller's agency takes part in."""
    own = own_matters(things, at)
    named = [m for m in own if m.matter == body.matter]
    return (named or own or list(things.matters))[0]


def unclear(things: Things, body: c.RecordScreening | c.RecordAct, at: At) -> tuple[str, ...]:
    """It is taken all the same (DESIGN 1, rule 4): that its matter was not said is flagged."""
    return ("missing.matter",) if body.matter is None and len(own_matters(things, at)) > 1 else ()


def matter_screened(things: Things, screening: str) -> Matter:
    """The matter that holds the screening, or any."""
    return next((m for m in things.matters if screening in m.screenings), things.matter())


def place_of_record(things: Things, record: str) -> acts.Place:
    """The place that holds the record of an act: the concern, or the matter of the case, or any."""
    if things.concern is not None:
        return acts.on_concern(things.concern, things.attached_to)
    return acts.in_case(next((m for m in things.matters if record in m.acts), things.matter()))


def place_of_duty(things: Things, about: Owed | Said | None, at: At) -> acts.Place:
    """Where things are said of this duty: on the concern, in the matter that it stands in, or in the first that the
    caller's agency takes part in."""
    if things.concern is not None:
        return acts.on_concern(things.concern, things.attached_to)
    matters = own_matters(things, at) or list(things.matters)
    return acts.in_case(next((m for m in things.matters if about and m.stream == about.stream), matters[0]))
