"""What is really there afterwards: the kept topics, the receipts, the ledger and the feed, as stored."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from kafka import KafkaConsumer, TopicPartition

from deploy.local.infrastructure import Infrastructure
from shared.bus.record import Record
from shared.bus.topics import kept_topics
from shared.events.names import receipts_topic, submissions_topic

Told = tuple[str, str, str]
"""(event, rule, recipient): what there is one feed item for."""

READ_SECONDS = 60.0
DELIVERED = "accord.notification.delivered.v1"


@dataclass(frozen=True)
class Event:
    """One record of a kept topic, read."""

    record: Record
    envelope: dict[str, Any]

    @property
    def id(self) -> str:
        """The event's id."""
        return str(self.envelope["id"])

    @property
    def type(self) -> str:
        """The event's type."""
        return str(self.envelope["type"])


@dataclass(frozen=True)
class Kept:
    """A row of the ledger."""

    topic: str
    partition: int
    offset: int
    sequence: int | None
    standing: str
    event: str


@dataclass
class Found:
    """Everything at one moment. Records of a partition are in the order of their offsets."""

    events: list[Event] = field(default_factory=list)
    submitted: Counter[str] = field(default_factory=Counter)
    receipts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    ledger: list[Kept] = field(default_factory=list)
    findings: Counter[str] = field(default_factory=Counter)
    items: list[Told] = field(default_factory=list)
    """In the order in which the feed gave them out."""
    referrals: dict[str, str] = field(default_factory=dict)

    @property
    def delivered(self) -> list[Told]:
        """What the delivered events say, repeats skipped."""
        seen = {e.id: e.envelope["data"] for e in self.events if e.type == DELIVERED}
        return [(d["event"], d["rule"], d["recipient"]) for d in seen.values()]


def look(infra: Infrastructure, agencies: Sequence[str]) -> Found:
    """Read everything. Blocks up to a minute or two; fails rather than give a part."""
    found = Found()
    for record in read_topics(infra, [topic.name for topic in kept_topics()]):
        found.events.append(Event(record, json.loads(record.value or b"")))
    for record in read_topics(infra, [submissions_topic(agency) for agency in agencies]):
        found.submitted[(record.key or b"").decode()] += 1
    for record in read_topics(infra, [receipts_topic(agency) for agency in agencies]):
        data = json.loads(record.value or b"")["data"]
        found.receipts.setdefault(data["submission"], []).append(data)
    with psycopg.connect(infra.database_url("accord_audit")) as audit:
        rows = audit.execute(
            'SELECT topic, partition, "offset", sequence, standing, event_id::text FROM ledger'
            ' ORDER BY topic, partition, generation, "offset"'
        )
        found.ledger = [Kept(*row) for row in rows]
        found.findings = Counter(kind for (kind,) in audit.execute("SELECT kind FROM findings"))
    with psycopg.connect(infra.database_url("accord_notifications")) as feed:
        found.items = feed.execute(
            "SELECT event::text, rule, recipient FROM items JOIN changes ON changes.item = items.id"
            " WHERE kind = 'delivered' ORDER BY number"
        ).fetchall()
    with psycopg.connect(infra.database_url("accord_referrals")) as referrals:
        found.referrals = dict(
            referrals.execute("SELECT id::text, status FROM parts WHERE kind = 'referral'").fetchall()
        )
    return found


def read_topics(infra: Infrastructure, topics: Iterable[str]) -> list[Record]:
    """Every record that these topics hold now, read by the administrator. Raises TimeoutError."""
    consumer = KafkaConsumer(**infra.kafka_options("admin"), group_id=None, enable_auto_commit=False)
    try:
        places = [
            TopicPartition(t, p) for t in topics for p in sorted(consumer.partitions_for_topic(t) or ())
        ]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        records: list[Record] = []
        until = time.monotonic() + READ_SECONDS
        while any(consumer.position(place) < ends[place] for place in places):
            if time.monotonic() > until:
                raise TimeoutError(f"the topics could not be read within {READ_SECONDS:.0f} s")
            for polled in consumer.poll(timeout_ms=200, max_records=5_000).values():
                records += map(Record.from_kafka, polled)
        return records
    finally:
        consumer.close()
