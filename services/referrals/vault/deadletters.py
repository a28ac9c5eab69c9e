"""What could not be read, sealed: it may be about a child, and it may identify one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from services.referrals.vault.key_file import Wrapping
from services.referrals.vault.making import unpack
from services.referrals.vault.port import DeadLetter, OpenedDeadLetter

Connection = psycopg.Connection[tuple[Any, ...]]

_INSERT = """
INSERT INTO deadletters (id, topic, partition, "offset", reason, size, sha256, expires_at, wrapped)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (topic, partition, "offset") DO NOTHING
"""
_SAME_RECORD = """
SELECT id, topic, partition, "offset", reason, size, sha256, expires_at FROM deadletters
WHERE topic = %s AND partition = %s AND "offset" = %s
"""
_SHOW = """
SELECT id, topic, partition, "offset", reason, size, sha256, expires_at, wrapped FROM deadletters
WHERE id = %s AND expires_at > %s
"""


class DeadLetters:
    """Rows of `deadletters`, on connections handed in (autocommit)."""

    def __init__(self, wrapping: Wrapping, now: Callable[[], datetime]) -> None:
        self._wrapping, self._now = wrapping, now

    def keep(self, connection: Connection, new: DeadLetter, packed: bytes) -> DeadLetter:
        """Store `new`, or give the one that the same record has already."""
        wrapped = self._wrapping.wrap(packed, "deadletter", new.id)
        place = [new.topic, new.partition, new.offset]
        about = [new.reason, new.size, new.sha256, new.expires_at]
        if connection.execute(_INSERT, [new.id, *place, *about, wrapped]).rowcount:
            return new
        row = connection.execute(_SAME_RECORD, place).fetchone()
        return DeadLetter(*row) if row else new

    def show(self, connection: Connection, letter: UUID) -> OpenedDeadLetter | None:
        """The record's bytes. Raises Disagreement if the row was altered."""
        row = connection.execute(_SHOW, [letter, self._now()]).fetchone()
        if row is None:
            return None
        key, value, headers = unpack(self._wrapping.unwrap(bytes(row[-1]), "deadletter", letter))
        return OpenedDeadLetter(DeadLetter(*row[:-1]), key, value, headers)

    def purge(self, connection: Connection, now: datetime) -> int:
        """Remove what is past its time."""
        return connection.execute("DELETE FROM deadletters WHERE expires_at <= %s", [now]).rowcount
