"""Where a consumer stands, kept in the same transaction as the effect.

The sequence decides what applies; the offset is a hint where to look (DECISIONS, Store).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(frozen=True)
class Position:
    """The last record of a topic partition that had its effect. -1 where none had yet."""

    topic: str
    partition: int
    sequence: int = -1
    offset: int = -1


def lock_position(connection: psycopg.Connection[Any], topic: str, partition: int) -> Position:
    """The position, its row locked until the transaction ends: two consumers of a partition take turns."""
    connection.execute(
        "INSERT INTO positions (topic, partition) VALUES (%s, %s) ON CONFLICT DO NOTHING", [topic, partition]
    )
    cursor = connection.execute(
        'SELECT sequence, "offset" FROM positions WHERE topic = %s AND partition = %s FOR UPDATE',
        [topic, partition],
    )
    row = cursor.fetchone()
    assert row is not None, "the row was just made"
    sequence, offset = row.values() if isinstance(row, dict) else row
    return Position(topic, partition, sequence, offset)


def advance(connection: psycopg.Connection[Any], position: Position) -> None:
    """Move the position; the caller holds its lock."""
    connection.execute(
        'UPDATE positions SET sequence = %s, "offset" = %s WHERE topic = %s AND partition = %s',
        [position.sequence, position.offset, position.topic, position.partition],
    )


def all_positions(
    connection: psycopg.Connection[Any], topics: Iterable[str]
) -> dict[tuple[str, int], Position]:
    """Every position of these topics, without a lock."""
    rows = connection.execute(
        'SELECT topic, partition, sequence, "offset" FROM positions WHERE topic = ANY(%s)', [list(topics)]
    ).fetchall()
    found = (Position(*(r.values() if isinstance(r, dict) else r)) for r in rows)
    return {(p.topic, p.partition): p for p in found}
