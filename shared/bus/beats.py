"""Beats: each second, "all recorded before t is published; these are the last sequences".

A beat is a record of `accord.<service>.beats` (content-type application/json, no sequence):

    {"before": "2026-11-24T03:27:25.000000Z", "sequences": {"accord.referrals.events/0": 41, …}}

`before` is t: every event of the service that is not yet published will have a `recordedtime` later than t.
`sequences` has the last sequence published in each topic partition that holds any.

It is true because t is taken under the append's lock: whatever is recorded at or before t is committed by
then, and setting the store's clock to t makes every later append strictly later. The beat is sent once all
that was committed by then is published.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from shared.errors import Undeliverable
from shared.events.envelope import encode
from shared.events.moments import read_moment, write_moment
from shared.store.append import lock_store

CONTENT_TYPE = "application/json"


@dataclass(frozen=True)
class Beat:
    """All recorded before `before` is published; `sequences` by (topic, partition)."""

    before: datetime
    sequences: Mapping[tuple[str, int], int]

    def value(self) -> bytes:
        """The record's value."""
        places = {f"{t}/{p}": s for (t, p), s in sorted(self.sequences.items())}
        return encode({"before": write_moment(self.before), "sequences": places})


def read_beat(value: bytes | None) -> Beat:
    """The beat with this value; unknown members are ignored. Raises Undeliverable if it is none."""
    try:
        body = json.loads(value or b"")
        places = {
            (k.rpartition("/")[0], int(k.rpartition("/")[2])): int(s) for k, s in body["sequences"].items()
        }
        return Beat(read_moment(body["before"]), places)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Undeliverable("unreadable-beat") from error


@dataclass(frozen=True)
class Fence:
    """A beat to be sent once everything up to `notification_id` is published."""

    notification_id: int
    beat: Beat


def fence(connection: psycopg.Connection[Any], now: Callable[[], datetime]) -> Fence:
    """Close the past of the store at a moment t. Blocks on the append's lock, at most 5 s.

    Raises psycopg.errors.LockNotAvailable after that.
    """
    with connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = on")
        lock_store(connection)
        row = connection.execute(
            "UPDATE store_clock SET recorded = greatest(recorded, %s) RETURNING recorded,"
            " (SELECT coalesce(max(notification_id), 0) FROM stored_events)",
            [now()],
        ).fetchone()
        heads = connection.execute("SELECT topic, partition, sequence FROM heads").fetchall()
    assert row is not None, "the clock has one row"
    return Fence(int(row[1]), Beat(row[0], {(t, p): s for t, p, s in heads}))
