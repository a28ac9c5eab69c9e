"""The one way an event comes to be: inside the caller's transaction, under the table's lock.

The lock keeps commit order, recorded time and the sequence of each topic partition the same order. Recorded
time is taken under it (stamping before the lock let 23 of 1,200 events out of order), so the bytes become final
under it as well: in the database (`append_events`, schema.py), so that nobody waits while a client computes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
from kafka.partitioner.default import murmur2

from shared.errors import Undeliverable
from shared.events import names
from shared.events.envelope import MAX_EVENT_BYTES, Draft

LOCK_SECONDS = 5  # as in schema.py
TICK = timedelta(microseconds=1)
#: What the append puts between an event's pieces: a moment, and a version of 19 digits at most.
ADDED_BYTES = 27 + 19


@dataclass(frozen=True)
class Appended:
    """An event as it was appended: its place in its stream and in its topic."""

    draft: Draft
    version: int
    partition: int
    sequence: int
    recordedtime: datetime

    @property
    def value(self) -> bytes:
        """Its bytes."""
        return self.draft.seal_bytes(self.recordedtime, self.version)


@lru_cache(maxsize=4096)  # a case has many events, and murmur2 is pure Python here
def partition_of(topic: str, key: str) -> int:
    """The partition of `key` in a kept topic: Kafka's own default, murmur2, so that any client agrees."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % names.partitions(topic))


def lock_store(connection: psycopg.Connection[Any]) -> None:
    """Take the append lock until the transaction ends; readers are not held up. Waits at most 5 s.

    Raises psycopg.errors.LockNotAvailable after that.
    """
    connection.execute("SELECT lock_store()").fetchone()


def append(
    connection: psycopg.Connection[Any],
    drafts: Sequence[Draft],
    expected: Mapping[UUID, int],
    now: Callable[[], datetime],
) -> list[Appended]:
    """Append all of `drafts`, in order, or none, in the caller's open transaction.

    `expected` gives the version on which a stream's command was based; a stream that is not in it is appended
    at its end, whatever that is. Blocks on the table's lock (at most 5 s) and the database, never on Kafka.
    Raises Undeliverable if an event is too large, psycopg.errors.UniqueViolation of `stored_events_pkey` if a
    stream moved (Store.transaction makes it Conflict). After either the caller's transaction must be rolled back.
    """
    if not drafts:
        return []
    rows = connection.execute(
        "SELECT version, sequence, recorded FROM append_events(%s, %s::jsonb)",
        [earliest(drafts, now()), to_append(drafts, expected)],
    ).fetchall()
    return [
        Appended(draft, version, partition_of(draft.topic, str(draft.subject)), sequence, recorded)
        for draft, (version, sequence, recorded) in zip(drafts, map(_values, rows), strict=True)
    ]


def earliest(drafts: Sequence[Draft], now: datetime) -> datetime:
    """The `at` of append_events: now, and later than whatever caused one of `drafts`."""
    return max([now, *(draft.after + TICK for draft in drafts if draft.after)])


def to_append(drafts: Sequence[Draft], expected: Mapping[UUID, int]) -> str:
    """The `drafts` of append_events, in JSON. Raises Undeliverable if an event is too large."""
    return json.dumps([_row(draft, expected.get(draft.stream)) for draft in drafts])


def _row(draft: Draft, expected: int | None) -> dict[str, Any]:
    head, middle, tail = draft.pieces
    if len(head) + len(middle) + len(tail) + ADDED_BYTES > MAX_EVENT_BYTES:
        raise Undeliverable("too-large")
    key = str(draft.subject)
    return {
        "stream": str(draft.stream),
        "expected": expected,
        "type": draft.data.TYPE,
        "topic": draft.topic,
        "partition": partition_of(draft.topic, key),
        "key": key,
        "head": head,
        "middle": middle,
        "tail": tail,
    }


def _values(row: Any) -> tuple[Any, ...]:
    return tuple(row.values()) if isinstance(row, dict) else tuple(row)
