"""Dropping the feed's projections so that they are built anew, and a digest to compare two of them by.

Own events, change numbers and read marks stay: who was told, who acknowledged, and which number a change has,
are facts. So a rebuild gives the same feed, appends nothing and sends nothing to an open stream.
"""

from __future__ import annotations

import hashlib
from typing import Any

import psycopg

PROJECTIONS = ("items", "facts", "mou_versions", "unhandled", "holds", "positions")

#: What the digest covers: the feed as its viewers see it, and what routing knows.
_COVERED = (
    "SELECT to_jsonb(i)::text FROM items i ORDER BY id",
    "SELECT to_jsonb(f)::text FROM facts f ORDER BY id",
    "SELECT to_jsonb(m)::text FROM mou_versions m ORDER BY version",
    "SELECT to_jsonb(u)::text FROM unhandled u ORDER BY topic, partition, sequence",
)


def drop_projections(connection: psycopg.Connection[Any]) -> None:
    """Empty the projections and the positions, in one transaction; the worker then reads from the beginning.

    A worker that runs notices within a few seconds. Blocks on its locks, at most 30 s.
    """
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '30s'")
        # Positions first, as a batch takes them: a batch under way ends before.
        for table in ("positions", *PROJECTIONS[:-1]):
            connection.execute(f"TRUNCATE {table}")


def digest(connection: psycopg.Connection[Any]) -> str:
    """SHA-256 over every row of the feed's projections, in a fixed order. Blocks; reads all of it."""
    found = hashlib.sha256()
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for query in _COVERED:
            for (row,) in connection.execute(query):
                found.update(len(row).to_bytes(8, "big") + row.encode())
    return found.hexdigest()
