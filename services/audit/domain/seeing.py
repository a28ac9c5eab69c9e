"""What one agency may see of a case under one version of the MOU. Pure. The tables at the foot are all of it.

`could_see` of DESIGN 4: the fields that some person of the agency, in whatever roles the MOU lists for it and for
whatever purpose it allows, may be shown. Referrals shows a thing's own fields to whoever may read the thing, and
its sealed facts by class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from services.audit.domain.state import CaseState, Happening
from services.audit.domain.things import Key
from shared.events.names import Purpose, Role
from shared.mou import CallerFacts, Mou, ThingFacts, disclosable, may, sees
from shared.mou.parties import party_of


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether a thing can be seen, and which classes of its sealed facts can be opened."""

    readable: bool = False
    opens: frozenset[str] = frozenset()


NOTHING = Sight()
#: The things of one matter are looked at together; the facts of each.
Together = tuple[ThingFacts, ...]


@dataclass
class Eyes:
    """One agency under one version of the MOU, or under none yet. Remembers what it was asked."""

    agency: str
    mou: Mou | None
    _seen: dict[tuple[Together, str | None], tuple[Sight, ...]] = field(default_factory=dict)

    def look(self, things: Together, people: Mapping[str, str], also: str | None = None) -> tuple[Sight, ...]:
        """What it sees of things that are shown together, of one kind; `people` says who works for whom.

        `also` is an act that the MOU must allow besides reading what the things are part of.
        """
        mine = (tuple(self._mine(thing, people) for thing in things), also)
        known = self._seen.get(mine)
        if known is None:
            known = self._seen[mine] = tuple(self._look(*mine))
        return known

    def _mine(self, thing: ThingFacts, people: Mapping[str, str]) -> ThingFacts:
        """The thing's facts as far as they bear on this agency: what others are to it no rule asks."""
        us = frozenset({self.agency})
        own = frozenset(w for w in thing.workers if people.get(w) == self.agency)
        return replace(
            thing, participants=thing.participants & us, reporters=thing.reporters & us, workers=own
        )

    def _look(self, things: Together, also: str | None) -> Iterable[Sight]:
        if self.mou is None:
            # As long as there is no MOU, an agency sees what is its own, and nothing sealed.
            own = (self.agency in t.reporters or self.agency == t.lead for t in things)
            return [Sight(readable and also is None) for readable in own]
        sights = [NOTHING for _ in things]
        for viewer in self._viewers(frozenset(w for t in things for w in t.workers)):
            if any(may(viewer, f"read-{t.kind}", t, self.mou).allowed for t in things):
                sights = [self._with(s, viewer, t, also) for s, t in zip(sights, things, strict=True)]
        return sights

    def _with(self, sight: Sight, viewer: CallerFacts, thing: ThingFacts, also: str | None) -> Sight:
        assert self.mou is not None, "asked by _look"
        if not sees(viewer, thing, self.mou):
            return sight
        if also is not None:
            asked = may(viewer, also, thing, self.mou)
            if not asked.allowed and asked.reason != "purpose-may-not":
                return sight
        opens = {d.sealed_class for d in disclosable(viewer, viewer.purpose or "", thing, self.mou)}
        return Sight(True, sight.opens | opens)

    def _viewers(self, own: frozenset[str]) -> Iterable[CallerFacts]:
        """Whoever could look: every purpose, every role of the agency at once, and each of its people at work."""
        party = party_of(self.mou, self.agency) if self.mou else None
        if party is None:
            return
        roles = frozenset({*(str(role) for role in party.roles), str(Role.SYSTEM)})
        for purpose in Purpose:
            for person in own or {None}:
                yield CallerFacts(self.agency, roles, str(purpose), True, person)


def concern_facts(state: CaseState, id: str) -> ThingFacts:
    """What the MOU needs to know of a concern."""
    reporter = state.concerns[id].reported_by
    return ThingFacts("concern", reporters=frozenset({reporter} if reporter else ()))


def matter_facts(state: CaseState, id: str) -> ThingFacts:
    """What the MOU needs to know of a matter of the case."""
    matter = state.matters[id]
    return ThingFacts(
        "case",
        lead=matter.lead,
        participants=frozenset(matter.agencies),
        reporters=frozenset(matter.concerns.values()),
        workers=frozenset(matter.workers),
    )


def referral_facts(state: CaseState, id: str) -> ThingFacts:
    """What the MOU needs to know of a referral."""
    referral = state.referrals[id]
    matter = state.matters.get(referral.stream or "")
    return ThingFacts(
        "referral",
        lead=matter.lead if matter else None,
        participants=frozenset(matter.agencies if matter else ()),
        sender=referral.sender,
        recipient=None if referral.outside else referral.recipient,
        workers=frozenset(matter.workers if matter else ()),
        outside=referral.outside,
    )


def screening_facts(state: CaseState, id: str) -> ThingFacts:
    """What the MOU needs to know of a screening: the matter that it was made in."""
    stream = state.screenings[id].stream
    return matter_facts(state, stream) if stream in state.matters else ThingFacts("case")


def act_facts(state: CaseState, id: str) -> ThingFacts:
    """What the MOU needs to know of an act on record: the matter that it stands in, or the concern."""
    act = state.acts[id]
    if act.stream in state.matters:
        return matter_facts(state, act.stream)
    return concern_facts(state, act.concern) if act.concern in state.concerns else ThingFacts("case")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Section of the state -> what the MOU needs to know of a thing in it. What is in no row nobody is said to see.
FACTS: Mapping[str, Callable[[CaseState, str], ThingFacts]] = {
    "matters": matter_facts,
    "concerns": concern_facts,
    "referrals": referral_facts,
    "screenings": screening_facts,
    "acts": act_facts,
}

#: Section -> an act that the MOU must allow besides reading the case: for parts of it that not all who read it see.
ALSO: Mapping[str, str] = {"screenings": "read-screening", "acts": "read-act"}

#: Section -> the fields that whoever may read the thing is shown. A field in neither table fails a test.
SHOWN: Mapping[str, frozenset[str]] = {
    "matters": _names("matter lead opened agencies workers concerns"),
    "concerns": _names(
        "status case reported_by reported immediate_danger exploitation_kind signs age_years known_since called_at"
        " called_line flags evaluated_out_reason sealed"
    ),
    "referrals": _names(
        "status matter sender recipient kind needs urgency respond_by youth_choice requested received answered"
        " reason alternatives worker first_contact_by to_worker outside started held held_until ended outcome"
        " attempts flags sealed follows forwarded_to missing asked told called_at called_by result"
    ),
    "screenings": _names("agency tool tool_version band trigger screened_at flags reason"),
    "acts": _names("concern agency act to method about done_at flags reason sealed"),
    "notices": _names("recipient rule event tier channel delivered acknowledged"),
}

#: Fields that not all who may read the thing are shown: that there is another referral is for whoever asked and
#: for the lead.
CHAIN = frozenset({("referrals", "follows"), ("referrals", "forwarded_to")})

#: Fields that no agency is shown, and why.
HIDDEN: Mapping[str, str] = {
    "matters/concern": "Which concern it was opened with; all of a matter's concerns are shown.",
    "concerns/linked": "How the case took it in is told by the case.",
    "concerns/linked_version": "A number of events is for proof.",
    "referrals/stream": "An inner id.",
    "referrals/questions": "Inner ids; what was asked and has no answer is told by `missing`.",
    "referrals/answers": "Inner ids; that there was an answer is told by `told`.",
    "referrals/corrections": "Why an entry counts no longer; that it does not is told by the other fields.",
    "screenings/stream": "An inner id.",
    "screenings/recorded": "When it was made is told by `screened_at`.",
    "screenings/corrected": "That it was entered in error is told by `reason`.",
    "acts/stream": "An inner id.",
    "acts/recorded": "When it was done is told by `done_at`.",
    "acts/corrected": "That it was entered in error is told by `reason`.",
    "agencies/*": "Told by the matter, for those who may see the matter.",
    "workers/*": "Told by the matter, for those who may see the matter.",
    "case/*": "The youth's random id is for no agency; the lead is told by the matter.",
}

HAPPENING = frozenset(f.name for f in fields(Happening))
#: Facts of an event that its own writer did not state and is not shown: ids made inside, numbers for proof.
INNER = frozenset({"sealed", "youth", "case_stream", "concern_version"})


def is_shown(section: str, name: str) -> bool:
    """Whether a field is shown to whoever may read its thing."""
    return name.split(".")[0] in SHOWN.get(section, ())


def is_shown_to(agency: str, facts: ThingFacts, section: str, name: str) -> bool:
    """Whether a field is shown to this agency, which may read the thing."""
    if (section, name) in CHAIN and agency not in (facts.sender, facts.lead):
        return False
    return is_shown(section, name)


def shown_value(value: Any) -> Any:
    """A value as agencies are shown it: of what happened, by whom and when, only the when."""
    if isinstance(value, list):
        return [shown_value(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.keys() >= HAPPENING:
        return value["happened"]
    return {name: shown_value(inner) for name, inner in value.items()}


def things_with_facts(state: CaseState) -> list[Key]:
    """Every thing of the state that the MOU can be asked about."""
    return [(section, id) for section in FACTS for id in getattr(state, section)]
