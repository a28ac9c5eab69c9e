"""The relay's one session with its service's database: the lock, the checkpoint, the rows to publish.

A lock does not fence a paused holder (STACK, The relay). So: the server ends a session that was silent for
10 s, which lets another relay take over; that one waits until nothing the old one sent can still arrive,
unless the old one said that it had finished; and every batch begins by looking whether the lock is still ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg

from shared.errors import TryLater
from shared.settings import Settings
from shared.store.connection import Connection
from shared.store.pulse import say

#: Any number that nothing else locks by; each service has its own database.
LOCK = 4_203_002
SESSION = (
    "SET idle_session_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s';"
    " SET statement_timeout = '30s'"
)


class Row(NamedTuple):
    """One stored event as the relay publishes it."""

    notification_id: int
    topic: str
    partition: int
    sequence: int
    key: bytes
    value: bytes


class Lease:
    """The session. Not thread-safe. Every call may raise psycopg.Error, which ends the relay."""

    def __init__(self, settings: Settings) -> None:
        """Connect and listen. Blocks up to 5 s. Raises TryLater if the database is away."""
        try:
            self.connection: Connection[Any] = Connection.connect(
                settings.database_url.get_secret_value(),
                autocommit=True,
                connect_timeout=5,
                tcp_user_timeout=10_000,
            )
        except psycopg.OperationalError as error:
            raise TryLater("the database does not answer") from error
        self.connection.answer_seconds = 35.0
        self.connection.execute(SESSION)

    def acquire(self) -> bool:
        """Take the lock if it is free. Does not wait."""
        row = self.connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if row != (True,):
            return False
        self.connection.execute("LISTEN stored_events")
        return True

    def held(self) -> bool:
        """Whether this session lives and still has the lock."""
        row = self.connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
            " AND pid = pg_backend_pid() AND granted",
            [LOCK],
        ).fetchone()
        return row == (1,)

    def take_over(self) -> bool:
        """Whether the last holder released it properly; from now on it is not released."""
        row = self.connection.execute(
            "UPDATE relay_state SET released = false RETURNING (SELECT released FROM relay_state AS before)"
        ).fetchone()
        # From here on only the checkpoint is written, and the beats' fence, which asks for the disk itself.
        self.connection.execute("SET synchronous_commit = off")
        return row == (True,)

    def release(self) -> None:
        """Say that nothing of this holder is under way. The session's own lock is what makes it true."""
        self.connection.execute("UPDATE relay_state SET released = true")

    def rows_after(self, notification_id: int, limit: int) -> list[Row]:
        """The next events in the order of the notification log."""
        cursor = self.connection.cursor(binary=True)
        cursor.execute(
            "SELECT notification_id, kafka_topic, kafka_partition, kafka_sequence,"
            " convert_to(kafka_key, 'UTF8'), state FROM stored_events"
            " WHERE notification_id > %s ORDER BY notification_id LIMIT %s",
            [notification_id, limit],
            prepare=True,
        )
        return [Row._make(row) for row in cursor]

    def id_before(self, missing: Sequence[tuple[str, int, int]]) -> int:
        """The id after which to read so that these (topic, partition, sequence) come; else the last id."""
        row = self.connection.execute(
            "SELECT coalesce((SELECT min(notification_id) - 1 FROM stored_events"
            " JOIN unnest(%s::text[], %s::integer[], %s::bigint[]) AS m (topic, partition, sequence)"
            " ON kafka_topic = m.topic AND kafka_partition = m.partition AND kafka_sequence = m.sequence),"
            " (SELECT max(notification_id) FROM stored_events), 0)",
            [[m[i] for m in missing] for i in range(3)],
        ).fetchone()
        assert row is not None, "an aggregate gives a row"
        return int(row[0])

    def save(self, published: int, released: bool = False) -> None:
        """Save the checkpoint. It is a hint (Kafka's tail decides), so it need not wait for the disk."""
        self.connection.execute("UPDATE relay_state SET published = %s, released = %s", [published, released])

    def say_published(self) -> None:
        """Say that this relay lives, and that what it was asked to publish is on Kafka."""
        say(self.connection, "relay")

    def wait(self, seconds: float) -> None:
        """Return when something was appended, at the latest after `seconds`."""
        for _ in self.connection.notifies(timeout=seconds, stop_after=1):
            break
        for _ in self.connection.notifies(timeout=0):
            pass

    def close(self) -> None:
        """End the session; the lock goes with it."""
        self.connection.close()
