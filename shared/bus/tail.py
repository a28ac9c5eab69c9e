"""The last record of each partition: how the relay and the start-up comparison know what Kafka holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Any

from shared.bus.clients import kafka_away, partitions_of
from shared.bus.record import sequence_of
from shared.errors import TryLater

#: Records looked at. A relay that was paused can leave repeats of at most two batches of 500 at the very end.
WINDOW = 2_500
#: Seconds for reading all tails.
LONGEST = 30.0

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class TailRecord:
    """The record with the highest sequence among the last of a partition."""

    sequence: int
    sha256: bytes
    offset: int


@dataclass
class Tails:
    """The last records of partitions; None where a partition holds none.

    `emptied` are the partitions that had records which are all gone (by retention, or deleted).
    """

    records: dict[Place, TailRecord | None] = field(default_factory=dict)
    emptied: set[Place] = field(default_factory=set)


def tail(consumer: Any, topics: Iterable[str], meanwhile: Callable[[], object] = bool) -> Tails:
    """Read the tails of all partitions of `topics`. Re-assigns `consumer`. Blocks up to 30 s.

    `meanwhile` is called between any two waits for Kafka, none of which is longer than 5 s.
    Raises TryLater if Kafka is away, too slow, or a topic is missing; and whatever `meanwhile` raises.
    """
    places = []
    for topic in topics:
        places += partitions_of(consumer, [topic])
        meanwhile()
    with kafka_away():
        consumer.assign(places)
        begins = consumer.beginning_offsets(places, timeout_ms=5_000)
        meanwhile()
        ends = consumer.end_offsets(places, timeout_ms=5_000)
        meanwhile()
        result = Tails({(p.topic, p.partition): None for p in places})
        for place in places:
            consumer.seek(place, max(begins[place], ends[place] - WINDOW))
            if 0 < begins[place] == ends[place]:
                result.emptied.add((place.topic, place.partition))
        _read(consumer, {p for p in places if begins[p] < ends[p]}, ends, result, meanwhile)
    return result


def _read(
    consumer: Any, waiting: set[Any], ends: dict[Any, int], result: Tails, meanwhile: Callable[[], object]
) -> None:
    until = monotonic() + LONGEST
    best: dict[Any, tuple[int, Any]] = {}
    while waiting:
        if monotonic() > until:
            raise TryLater("Kafka is too slow: the last records could not be read within 30 s")
        meanwhile()
        for place, records in consumer.poll(timeout_ms=200, max_records=5_000).items():
            for record in records:
                sequence = sequence_of(record.headers)
                if sequence is not None and sequence > best.get(place, (-1, None))[0]:
                    best[place] = (sequence, record)
        waiting = {p for p in waiting if consumer.position(p, timeout_ms=1_000) < ends[p]}
    for place, (sequence, record) in best.items():
        digest = sha256(record.value or b"").digest()
        result.records[place.topic, place.partition] = TailRecord(sequence, digest, record.offset)
