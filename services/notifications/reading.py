"""Which records of a batch continue what was applied before, and what they say. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from services.notifications.records import Incoming, Place, Sources, Stood
from shared.errors import Undeliverable
from shared.events import Recorded, Unhandled, read
from shared.mou.routing import TOLD_BY_DUTIES
from shared.store.positions import Position

#: Bytes of which the events of our own topic that we act on have one in them; others need no reading.
ACTED_ON = tuple(
    f'"type":"{name}"'.encode() for name in ("accord.notification.acknowledged.v1", *sorted(TOLD_BY_DUTIES))
)


@dataclass
class Walk:
    """The records of one partition that continue its position, and how far they reach."""

    position: Position
    fresh: list[Incoming] = field(default_factory=list)
    strays: list[Incoming] = field(default_factory=list)
    taken: int = 0
    hole: bool = False


def walk(position: Position, records: Sequence[Incoming]) -> Walk:
    """Which of one partition's records apply. A record at or before the position is a repeat and skipped.

    The sequence alone decides; what comes after a hole is left for when the hole is filled. The offset goes
    past repeats as well, so that one at the end of the log does not look like a record that was never read.
    """
    found, sequence, offset = Walk(position), position.sequence, position.offset
    for record in records:
        if record.sequence is None:
            found.strays.append(record)
            offset = max(offset, record.offset)
        elif record.sequence == sequence + 1:
            found.fresh.append(record)
            sequence, offset = record.sequence, record.offset
        elif record.sequence > sequence:
            found.hole = True
            break
        else:
            offset = max(offset, record.offset)
        found.taken += 1
    found.position = Position(position.topic, position.partition, sequence, offset)
    return found


@dataclass(frozen=True)
class Parsed:
    """A record and its event; None if it needs no acting on, an Undeliverable if it can never be read."""

    record: Incoming
    event: Recorded | Undeliverable | None

    @property
    def known(self) -> Recorded | None:
        """The event, if it is one of a type known here."""
        event = self.event
        if isinstance(event, Recorded) and not isinstance(event.data, Unhandled):
            return event
        return None


def parse(record: Incoming, own: str) -> Parsed:
    """What a record says; of our `own` topic only what is acted on is read. Raises nothing."""
    if record.topic == own and not any(mark in record.value for mark in ACTED_ON):
        return Parsed(record, None)
    try:
        return Parsed(record, read(record.value))
    except Undeliverable as error:
        return Parsed(record, error)


def in_order(walks: Mapping[Place, Walk], sources: Sources) -> list[Parsed]:
    """All that apply, MOU first and then by recorded time, so that what caused an event comes before it.

    Within a partition recorded time only grows; a record without one stays behind the one before it.
    """
    keyed: list[tuple[tuple[int, datetime, int, int], Parsed]] = []
    for (topic, partition), found in walks.items():
        moment = datetime.min.replace(tzinfo=UTC)
        for record in found.fresh:
            parsed = parse(record, sources.own)
            if isinstance(parsed.event, Recorded):
                moment = max(moment, parsed.event.envelope.recordedtime)
            keyed.append(((sources.topics.index(topic), moment, partition, record.offset), parsed))
    return [parsed for _, parsed in sorted(keyed, key=lambda pair: pair[0])]


def cut(found: Walk, records: Sequence[Incoming], held: Incoming, start: Position) -> Walk:
    """The walk as far as the record that is held; `start` is the position it began from."""
    before = records[: records.index(held)]
    fresh = [record for record in found.fresh if record.offset < held.offset]
    position = start
    if fresh:
        position = replace(start, sequence=fresh[-1].sequence or 0, offset=fresh[-1].offset)
    strays = [record for record in found.strays if record.offset < held.offset]
    return Walk(position, fresh, strays, taken=len(before))


def stood(found: Walk, why: str | None) -> Stood:
    """How far the partition got; `why` if it was held there."""
    return Stood(found.taken, held=why, hole=found.hole and why is None)
