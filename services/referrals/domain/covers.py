"""Absence and cover: a colleague of the same agency takes in hand what is addressed to a person who is away. Pure.

A cover is a span of time. It begins and ends by the clock, and nothing runs when it does. Nobody covers for whom
a colleague covers: there is no chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from services.referrals.domain.commands import ArrangeCover, EndCover
from services.referrals.domain.deciding import At, happened, permit
from services.referrals.domain.facts import Fact
from shared.errors import Refusal
from shared.events import Recorded
from shared.events.names import Agency
from shared.events.types.cover import CoverArranged, CoverEnded
from shared.mou.facts import ThingFacts

#: Covers for one person live in a stream of their own, found from the person's random id.
COVERS = UUID("0d9b5f5e-6d0f-4c55-9b3a-2a8f6c7d4e19")
LONGEST = timedelta(days=366)


def covers_stream(person: str) -> str:
    """The stream of the covers for a person."""
    return str(uuid5(COVERS, person))


@dataclass(frozen=True)
class Cover:
    """`covering` stands in for `person` from `begins` on and before `until`, unless it was ended."""

    id: str
    person: str
    covering: str
    agency: str
    begins: datetime
    until: datetime
    ended: datetime | None = None
    reason: str | None = None

    def over(self, now: datetime) -> bool:
        """Whether it is no more."""
        return self.ended is not None or now >= self.until

    def in_force(self, now: datetime) -> bool:
        """Whether the colleague stands in now. It begins at `begins` itself, and at `until` it is over."""
        return self.begins <= now and not self.over(now)

    def overlaps(self, begins: datetime, until: datetime) -> bool:
        """Whether there is a moment in both spans."""
        return begins < self.until and self.begins < until


@dataclass(frozen=True)
class Person:
    """Somebody who may be away, as an order about them finds them. `version` is that of the stream of covers."""

    id: str
    held: frozenset[str] = frozenset()
    covering_held: frozenset[str] = frozenset()
    covers: tuple[Cover, ...] = ()
    version: int = 0

    def facts(self, agency: str) -> ThingFacts:
        """What the MOU needs to know, where the person is one of `agency`."""
        return ThingFacts("person", owner=agency, person=self.id)


def covers_of(events: Iterable[Recorded]) -> list[Cover]:
    """The covers that these events speak of, in the order in which they were arranged."""
    found: dict[str, Cover] = {}
    for event in events:
        data = event.data
        if isinstance(data, CoverArranged):
            span = (data.begins, data.until)
            found[data.cover] = Cover(data.cover, data.person, data.covering, str(data.agency), *span)
        elif isinstance(data, CoverEnded) and data.cover in found:
            at = event.envelope.recordedtime
            found[data.cover] = replace(found[data.cover], ended=at, reason=str(data.reason))
    return list(found.values())


def arrange(person: Person, command: ArrangeCover, at: At) -> list[Fact]:
    """A colleague covers for the person. Raises Refusal."""
    clause = permit(at, "arrange-cover", person.facts(at.caller.agency)).clause
    _require_colleague(person, command.covering, clause)
    _require_span(command, at.now, clause)
    own = [cover for cover in person.covers if cover.agency == at.caller.agency and not cover.over(at.now)]
    if any(cover.overlaps(command.begins, command.until) for cover in own):
        detail = "A colleague covers for this person in a part of that time already."
        remedy = "End the other cover first, or choose a time before or after it."
        raise Refusal(clause, "cover-overlaps", detail, remedy, "/begins")
    data = CoverArranged(
        cover=at.new.cover,
        person=person.id,
        covering=command.covering,
        agency=Agency(at.caller.agency),
        begins=command.begins,
        until=command.until,
    )
    return [_fact(data, clause, command.time, at)]


def end(person: Person, command: EndCover, at: At) -> list[Fact]:
    """A cover is over from now on. Raises Refusal."""
    clause = permit(at, "end-cover", person.facts(at.caller.agency)).clause
    known = next((c for c in person.covers if c.id == command.cover and c.agency == at.caller.agency), None)
    if known is None:
        detail, remedy = "There is no such cover for this person.", "Read the person's covers again."
        raise Refusal(clause, "invalid-field", detail, remedy, "/cover")
    if known.over(at.now):
        detail = "This cover is over already."
        raise Refusal(clause, "illegal-transition", detail, "Read the person's covers again.", "/cover")
    data = CoverEnded(
        cover=known.id,
        person=person.id,
        covering=known.covering,
        agency=Agency(known.agency),
        reason=command.reason,
    )
    return [_fact(data, clause, command.time, at)]


def _fact(data: CoverArranged | CoverEnded, clause: str, stated: datetime | None, at: At) -> Fact:
    time = happened(stated, at, clause)
    return Fact(data, clause, time, stream=covers_stream(data.person), subject=data.person)


def _require_colleague(person: Person, covering: str, clause: str) -> None:
    if covering == person.id or not person.covering_held:
        detail = "Only a colleague who holds a role at the same agency can cover."
        remedy = (
            "Choose somebody of the agency: they are known once they have signed in, or were given a role."
        )
        raise Refusal(clause, "not-a-colleague", detail, remedy, "/covering")


def _require_span(command: ArrangeCover, now: datetime, clause: str) -> None:
    if command.until <= now or command.until <= command.begins:
        detail, remedy = "The cover would be over before it began, or is past.", "State a later end."
        raise Refusal(clause, "invalid-field", detail, remedy, "/until")
    if command.until - command.begins > LONGEST:
        detail = f"A cover lasts {LONGEST.days} days at most."
        raise Refusal(clause, "invalid-field", detail, "State an earlier end.", "/until")
