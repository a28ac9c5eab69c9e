"""The vault on PostgreSQL: a database and a login of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool, PoolTimeout

from services.referrals.vault import making
from services.referrals.vault.addresses import Addresses
from services.referrals.vault.county_keys import CountyKeys
from services.referrals.vault.deadletters import DeadLetters
from services.referrals.vault.drafts import Drafts, draft_id
from services.referrals.vault.key_file import Wrapping, read_key_file
from services.referrals.vault.port import DeadLetter, Forgotten, OpenedDeadLetter, ToOpen, ToSeal, Which
from shared.errors import Disagreement, TryLater
from shared.events.names import SealedClass
from shared.events.sealing import CannotOpen
from shared.store.connection import Connection
from shared.store.store import system_clock

CONNECT_SECONDS = 5
#: The server gives up on a statement before the pool's other users lose patience.
_OPTIONS = "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
_NO_ID = UUID(int=0)

_INSERT = """
INSERT INTO keys (kid, youth, class, matter, subject, event_id, wrapped, created)
SELECT *, %s FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::bytea[])
ON CONFLICT DO NOTHING
"""
_FIND = """
SELECT kid, wrapped, NULL FROM keys WHERE kid = ANY(%(kids)s)
UNION ALL SELECT kid, NULL, at FROM destructions WHERE kid = ANY(%(kids)s)
"""
_FORGET = sql.SQL(
    """
    WITH gone AS (DELETE FROM keys WHERE {} RETURNING kid),
    noted AS (
        INSERT INTO destructions SELECT kid, %(at)s, %(by)s FROM gone ON CONFLICT DO NOTHING
    )
    SELECT kid FROM gone ORDER BY kid
    """
)
_APPLY = """
WITH gone AS (DELETE FROM keys WHERE kid = ANY(%(kids)s) RETURNING kid),
noted AS (
    INSERT INTO destructions SELECT unnest(%(kids)s::uuid[]), %(at)s, %(by)s ON CONFLICT DO NOTHING
)
SELECT count(*) FROM gone
"""


class Vault:
    """Keeps `VaultPort`. Thread-safe; `close` when done."""

    def __init__(
        self,
        database_url: str,
        key_file: Path,
        now: Callable[[], datetime] = system_clock,
        pool_size: int = 4,
    ) -> None:
        """Open the pool (blocks up to 5 s) of a migrated database.

        Raises TryLater if PostgreSQL is away, Disagreement if `key_file` is not this vault's.
        """
        self._now = now
        self._wrapping = Wrapping(read_key_file(key_file))
        self._pool = ConnectionPool(
            database_url,
            connection_class=Connection,
            kwargs={"autocommit": True, "connect_timeout": CONNECT_SECONDS, "options": _OPTIONS},
            min_size=1,
            max_size=pool_size,
            timeout=CONNECT_SECONDS,
            open=False,
        )
        self._county = CountyKeys(self._wrapping, now)
        self._letters = DeadLetters(self._wrapping, now)
        self._drafts = Drafts(self._wrapping, now)
        self.addresses = Addresses(self._wrapping, now, self._connection)
        try:
            self._prove_key()
        except BaseException:
            self._pool.close()
            raise

    def seal_all(self, items: Sequence[ToSeal]) -> list[str]:
        """`VaultPort.seal_all`: one statement, one commit, one round trip for all of them."""
        made = [making.make(item) for item in items]
        if not made:
            return []
        columns: list[list[Any]] = [
            [m.kid for m in made],
            [i.youth for i in items],
            [i.cls.value for i in items],
            [i.matter for i in items],
            [i.subject for i in items],
            [i.event_id for i in items],
            [self._wrapping.wrap(m.data_key, "data", m.kid) for m in made],
        ]
        with self._connection() as connection:
            connection.execute(_INSERT, [self._now(), *columns])
        return [m.sealed for m in made]

    def open(
        self, sealed: str, subject: UUID | str, event_id: UUID | str, cls: SealedClass
    ) -> dict[str, Any] | Forgotten:
        """`VaultPort.open`."""
        opened = self.open_many([ToOpen(sealed, subject, event_id, cls)])[0]
        if isinstance(opened, CannotOpen):
            raise opened
        return opened

    def open_many(self, parts: Sequence[ToOpen]) -> list[dict[str, Any] | Forgotten | CannotOpen]:
        """`VaultPort.open_many`: one query."""
        kids = [making.kid_of(part) for part in parts]
        found = self._find(sorted({kid for kid in kids if isinstance(kid, UUID)}))
        return [
            kid if isinstance(kid, CannotOpen) else making.open_with(found.get(kid), part)
            for kid, part in zip(kids, parts, strict=True)
        ]

    def keys(self, which: Which) -> list[UUID]:
        """`VaultPort.keys`."""
        condition, values = _where(which)
        query = sql.SQL("SELECT kid FROM keys WHERE {} ORDER BY kid").format(condition)
        with self._connection() as connection:
            return [row[0] for row in connection.execute(query, values)]

    def forget(self, which: Which, by_event: UUID) -> list[UUID]:
        """`VaultPort.forget`."""
        condition, values = _where(which)
        values |= {"at": self._now(), "by": by_event}
        with self._connection() as connection:
            return [row[0] for row in connection.execute(_FORGET.format(condition), values)]

    def apply_destructions(self, kids: Sequence[UUID], by_event: UUID, at: datetime) -> int:
        """`VaultPort.apply_destructions`."""
        with self._connection() as connection:
            row = connection.execute(_APPLY, {"kids": list(kids), "at": at, "by": by_event}).fetchone()
        return int(row[0]) if row else 0

    def regroup(self, youth_from: UUID, youth_to: UUID, matter: str | None = None) -> int:
        """`VaultPort.regroup`."""
        with self._connection() as connection:
            return connection.execute(
                "UPDATE keys SET youth = %s, matter = coalesce(%s, matter) WHERE youth = %s",
                [youth_to, matter, youth_from],
            ).rowcount

    def county_jwks(self) -> dict[str, Any]:
        """`VaultPort.county_jwks`."""
        with self._connection() as connection:
            return {"keys": [self._county.current(connection)]}

    def open_submission(self, sealed: str, submission: UUID | str, cls: SealedClass) -> dict[str, Any]:
        """`VaultPort.open_submission`; asks the database only for a key not seen before."""
        opened = self._county.open_known(sealed, submission, cls)
        if opened is not None:
            return opened
        with self._connection() as connection:
            return self._county.open(connection, sealed, submission, cls)

    def rotate(self) -> dict[str, Any]:
        """`VaultPort.rotate`."""
        with self._connection() as connection:
            return {"keys": [self._county.rotate(connection)]}

    def keep_deadletter(
        self,
        *,
        topic: str,
        partition: int,
        offset: int,
        reason: str,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> DeadLetter:
        """`VaultPort.keep_deadletter`."""
        letter = making.describe(topic, partition, offset, reason, value, self._now())
        with self._connection() as connection:
            return self._letters.keep(connection, letter, making.pack(key, value, headers))

    def show_deadletter(self, letter: UUID) -> OpenedDeadLetter | None:
        """`VaultPort.show_deadletter`."""
        with self._connection() as connection:
            return self._letters.show(connection, letter)

    def keep_draft(self, person: UUID, place: str, text: bytes) -> None:
        """`VaultPort.keep_draft`."""
        with self._connection() as connection:
            self._drafts.keep(connection, draft_id(person, place), text)

    def draft(self, person: UUID, place: str) -> bytes | None:
        """`VaultPort.draft`."""
        with self._connection() as connection:
            return self._drafts.show(connection, draft_id(person, place))

    def drop_draft(self, person: UUID, place: str) -> None:
        """`VaultPort.drop_draft`."""
        with self._connection() as connection:
            self._drafts.drop(connection, draft_id(person, place))

    def purge(self, now: datetime) -> int:
        """`VaultPort.purge`."""
        with self._connection() as connection, connection.transaction():
            kept = (self._letters, self._drafts, self._county, self.addresses)
            return sum(one.purge(connection, now) for one in kept)

    def ping(self) -> None:
        """`VaultPort.ping`."""
        with self._connection() as connection:
            connection.execute("SELECT 1")

    def close(self) -> None:
        """`VaultPort.close`."""
        self._pool.close()

    def _find(self, kids: list[UUID]) -> dict[UUID, bytes | Forgotten | CannotOpen]:
        found: dict[UUID, bytes | Forgotten | CannotOpen] = {}
        if not kids:
            return found
        with self._connection() as connection:
            rows = connection.execute(_FIND, {"kids": kids}).fetchall()
        for kid, wrapped, at in rows:
            if at is not None:
                found[kid] = Forgotten(kid, at)
            elif kid not in found:
                found[kid] = self._unwrapped(kid, bytes(wrapped))
        return found

    def _unwrapped(self, kid: UUID, wrapped: bytes) -> bytes | CannotOpen:
        try:
            return self._wrapping.unwrap(wrapped, "data", kid)
        except Disagreement:
            # The key file was proven at the start, so it is this one row that was altered.
            return CannotOpen("damaged")

    def _prove_key(self) -> None:
        try:
            self._pool.open(wait=True, timeout=CONNECT_SECONDS)
        except PoolTimeout as error:
            raise TryLater("the vault's database does not answer") from error
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO key_proof (wrapped) VALUES (%s) ON CONFLICT DO NOTHING",
                [self._wrapping.wrap(b"accord", "proof", _NO_ID)],
            )
            row = connection.execute("SELECT wrapped FROM key_proof").fetchone()
        if row:
            self._wrapping.unwrap(bytes(row[0]), "proof", _NO_ID)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            # After a restart of the database every idle connection is dead: one failure replaces them all.
            self._pool.drain()
            raise TryLater("the vault's database does not answer") from error


def _where(which: Which) -> tuple[sql.Composed, dict[str, Any]]:
    given = {
        "kid": which.kid,
        "youth": which.youth,
        "class": which.cls.value if which.cls else None,
        "matter": which.matter,
        "event_id": which.event_id,
    }
    values = {column: value for column, value in given.items() if value is not None}
    equal = [sql.SQL("{} = {}").format(sql.Identifier(c), sql.Placeholder(c)) for c in values]
    return sql.SQL(" AND ").join(equal), values
