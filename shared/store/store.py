"""An event store: the `eventsourcing` library's PostgreSQL module with a closed mapper and our stamp.

The library gives the connection pool, the table, the reads of a stream and of the notification log. Writing
goes through `append`, also when it is the library that saves: its recorder is told to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import psycopg
from eventsourcing.persistence import Mapper, PersistenceError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from shared.errors import Conflict, TryLater
from shared.events import Draft, Recorded, read
from shared.store.append import LOCK_SECONDS, Appended, append
from shared.store.connection import Connection, NoAnswer


def system_clock() -> datetime:
    """The host's clock, in UTC. The only clock that is not an argument."""
    return datetime.now(UTC)


class ContractMapper(Mapper[UUID]):
    """Stored type = the contract's name; stored state = the event's exact bytes (STYLE R8)."""

    def __init__(self) -> None:
        """Needs no transcoder, compressor or cipher: the bytes are the contract's."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """An event is stored by `append` only, which alone can stamp it. Raises TypeError."""
        raise TypeError("events are appended through shared.store.append")

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The recorded event with these bytes. Raises Undeliverable if they are none."""
        return read(bytes(stored_event.state))


class StampingRecorder(PostgresApplicationRecorder):
    """The library's recorder, reading only: an insert that passes by the stamp is refused."""

    def _insert_stored_events(self, curs: Any, stored_events: Sequence[StoredEvent], **_: Any) -> None:
        raise TypeError("events are appended through shared.store.append")


def datastore(database_url: str, pool_size: int, max_overflow: int = 0) -> PostgresDatastore:
    """The library's pool of connections for `postgresql://user:password@host:port/name`."""
    url = urlsplit(database_url)
    return PostgresDatastore(
        dbname=url.path.lstrip("/"),
        host=url.hostname or "127.0.0.1",
        port=url.port or 5432,
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        connect_timeout=5,
        idle_in_transaction_session_timeout=30,
        pool_size=pool_size,
        max_overflow=max_overflow,
        lock_timeout=LOCK_SECONDS,
    )


#: What the database says -> what it means to us.
AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.AdminShutdown,
    psycopg.errors.CrashShutdown,
)
WRITTEN_FIRST = (psycopg.errors.UniqueViolation, psycopg.errors.SerializationFailure)


def _ours(error: BaseException | None) -> TryLater | Conflict | None:
    """The failure of ours that this is, if it is one. WRITTEN_FIRST before AWAY, of which some are kinds."""
    if isinstance(error, WRITTEN_FIRST):
        return Conflict("written at the same time")
    if isinstance(error, AWAY):
        return TryLater("the database does not answer")
    return None


class Store:
    """A service's event store. Thread-safe; `close` when done."""

    def __init__(
        self,
        database_url: str,
        pool_size: int = 4,
        now: Callable[[], datetime] = system_clock,
        connection_class: type[Connection[Any]] = Connection,
    ) -> None:
        """Open the pool (blocks up to 5 s). Raises TryLater if PostgreSQL is away."""
        self.now = now
        self.datastore = datastore(database_url, pool_size)
        self.datastore.pool.connection_class = connection_class
        self.mapper = ContractMapper()
        try:
            # Opened here, once: the library's own `pool_open_timeout` fails when threads meet in it.
            self.datastore.pool.open(wait=True, timeout=5)
            self.recorder = StampingRecorder(self.datastore)
        except (PersistenceError, psycopg.Error) as error:
            self.datastore.close()
            raise TryLater("the database does not answer") from error

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A connection on which each statement is a transaction of its own.

        Raises TryLater if PostgreSQL is away or the append lock is not to be had, Conflict if somebody wrote
        the same first.
        """
        try:
            with self.datastore.get_connection() as connection:
                yield connection
        except PersistenceError as error:
            self._renew(error.__cause__)
            raise _ours(error.__cause__) or error from error
        except psycopg.Error as error:
            self._renew(error)
            raise _ours(error) or error from error

    @contextmanager
    def transaction(self, *, pipelined: bool = True) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A transaction in pipeline mode: committed at the end, rolled back on any exception.

        A statement is sent when a result is fetched or at the end, so what needs no answer costs no round trip.
        COPY does not work so: for it, `pipelined=False`. Raises what `connection` does.
        """
        with (
            self.connection() as connection,
            connection.pipeline() if pipelined else nullcontext() as pipeline,
            connection.transaction(),
        ):
            yield connection
            # Now, so that an error is the statement's own and not that of the commit behind it.
            if pipeline is not None:
                pipeline.sync()

    def _renew(self, error: BaseException | None) -> None:
        """After a lost connection: drop the other dead ones as well, else each of them fails one caller more.

        Not after a server that did not answer: it would be asked again, by each connection.
        """
        away = isinstance(_ours(error), TryLater)
        if away and not isinstance(error, psycopg.errors.LockNotAvailable | NoAnswer):
            self.datastore.pool.check()

    def append(
        self, connection: psycopg.Connection[Any], drafts: Sequence[Draft], expected: dict[UUID, int]
    ) -> list[Appended]:
        """`shared.store.append.append` with this store's clock."""
        return append(connection, drafts, expected, self.now)

    def stream(self, stream: UUID, after: int = 0) -> list[Recorded]:
        """The events of a stream, in order, from version `after` + 1 on. Raises TryLater."""
        try:
            stored = self.recorder.select_events(stream, gt=after)
        except PersistenceError as error:
            raise TryLater("the database does not answer") from error
        return [self.mapper.to_domain_event(s) for s in stored]

    def ping(self) -> None:
        """Raises TryLater unless the database answers within 10 s."""
        with self.transaction() as connection:
            connection.execute("SELECT 1")

    def unpublished(self) -> int:
        """How many events wait for the relay. Raises TryLater."""
        with self.transaction() as connection:
            row = connection.execute(
                "SELECT count(*) AS n FROM stored_events"
                " WHERE notification_id > (SELECT published FROM relay_state)"
            ).fetchone()
        return int(row["n"]) if row else 0

    def close(self) -> None:
        """Close the pool."""
        self.datastore.close()
