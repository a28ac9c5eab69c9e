"""The four recovery rows of DESIGN 4: what a service's store holds, against what its topics hold.

equal         go
kafka-behind  acknowledged data was lost: the relay publishes the stored bytes again
kafka-ahead   the store was restored from an older copy: stop; `accord repair` re-imports from Kafka
other-bytes   the same sequence with other bytes: stop; a finding for people, never overwritten
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from shared.bus.tail import Place, TailRecord, Tails, tail
from shared.bus.topics import all_topics, kept_topics
from shared.errors import Disagreement
from shared.events.names import beats_topic

#: Topics that no retention ever empties.
KEPT = frozenset(t.name for t in kept_topics())

Row = Literal["equal", "kafka-behind", "kafka-ahead", "other-bytes"]


@dataclass(frozen=True)
class Verdict:
    """One topic partition compared. -1 stands for "holds none"."""

    topic: str
    partition: int
    row: Row
    kafka: int
    store: int


def relayed_topics(service: str) -> tuple[str, ...]:
    """The topics that the relay of `service` publishes from its store: all that it writes but its beats."""
    return tuple(t.name for t in all_topics() if t.writer == service and t.name != beats_topic(service))


def compare(consumer: Any, connection: psycopg.Connection[Any], topics: Sequence[str]) -> list[Verdict]:
    """Compare every partition of `topics`. Blocks up to 30 s on Kafka. Raises TryLater, psycopg.Error.

    Kafka is read first: a relay that runs meanwhile makes the store look equal or ahead, never behind.
    While Kafka is slow the session is used again and again: PostgreSQL ends a relay's that is silent for 10 s.
    """

    def stay() -> None:
        connection.execute("SELECT 1")

    stay()
    return verdicts(tail(consumer, topics, stay), connection)


def verdicts(tails: Tails, connection: psycopg.Connection[Any]) -> list[Verdict]:
    """Compare tails that were read before with the store as it is now."""
    places = sorted(tails.records)
    rows = connection.execute(
        "SELECT p.topic, p.partition, head.sequence, same.digest, old.sequence FROM"
        " unnest(%s::text[], %s::integer[], %s::bigint[]) AS p (topic, partition, sequence)"
        " LEFT JOIN LATERAL (SELECT kafka_sequence AS sequence FROM stored_events"
        "  WHERE kafka_topic = p.topic AND kafka_partition = p.partition"
        "  ORDER BY kafka_sequence DESC LIMIT 1) head ON true"
        " LEFT JOIN LATERAL (SELECT sha256(state) AS digest FROM stored_events"
        "  WHERE kafka_topic = p.topic AND kafka_partition = p.partition"
        "  AND kafka_sequence = p.sequence) same ON true"
        " LEFT JOIN LATERAL (SELECT kafka_sequence AS sequence FROM stored_events"
        "  WHERE kafka_topic = p.topic AND kafka_partition = p.partition"
        "  AND notification_id <= (SELECT published FROM relay_state)"
        "  ORDER BY kafka_sequence DESC LIMIT 1) old ON true",
        [[t for t, _ in places], [n for _, n in places], [_sequence(tails.records[p]) for p in places]],
    ).fetchall()
    return [_verdict(tails, row) for row in rows]


def _sequence(record: TailRecord | None) -> int:
    return -1 if record is None else record.sequence


def _verdict(tails: Tails, row: Any) -> Verdict:
    topic, partition, head, digest, old = row
    place: Place = (topic, partition)
    record, store = tails.records[place], -1 if head is None else head
    kafka = _sequence(record)
    if place in tails.emptied and old is not None and topic not in KEPT:
        # Retention took the records of a topic that is not kept: only our own record says how far it was.
        kafka = old
    row_name: Row = "equal"
    if kafka > store:
        row_name = "kafka-ahead"
    elif record is not None and digest != record.sha256:
        row_name = "other-bytes"
    elif kafka < store:
        row_name = "kafka-behind"
    return Verdict(topic, partition, row_name, kafka, store)


def require_agreement(service: str, found: Iterable[Verdict]) -> None:
    """Return if the relay may go on (equal or Kafka behind). Raises Disagreement, other bytes first."""
    for row, told in (
        ("other-bytes", "Kafka holds other bytes than the store at sequence {kafka}"),
        ("kafka-ahead", "Kafka ends at sequence {kafka}, the store at {store}"),
    ):
        wrong = [v for v in found if v.row == row]
        if wrong:
            parts = [f"{v.topic}/{v.partition}: " + told.format(kafka=v.kafka, store=v.store) for v in wrong]
            raise Disagreement(row, "; ".join(parts) + ".", f"accord repair {service}")
