"""The county's submission keys: agencies' systems seal to the public half, the vault alone opens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from services.referrals.vault.key_file import Wrapping
from services.referrals.vault.making import RETIRED_KEPT, make_county_key
from shared.events.names import SealedClass
from shared.events.sealing import CannotOpen, county_key_id, open_for_county

#: Advisory lock of whoever makes a submission key. Any number that nothing else locks by.
LOCK = 4_203_101

Connection = psycopg.Connection[tuple[Any, ...]]


class CountyKeys:
    """Rows of `county_keys`, on connections handed in (autocommit).

    Private keys once read are kept in memory.
    """

    def __init__(self, wrapping: Wrapping, now: Callable[[], datetime]) -> None:
        self._wrapping, self._now = wrapping, now
        self._private: dict[str, dict[str, Any]] = {}

    def current(self, connection: Connection) -> dict[str, Any]:
        """The public key now in use; made under a lock if there is none."""
        public = self._read_current(connection)
        if public is not None:
            return public
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return self._read_current(connection) or self._make(connection)

    def rotate(self, connection: Connection) -> dict[str, Any]:
        """Retire the key in use and make a new one."""
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            connection.execute("UPDATE county_keys SET retired = %s WHERE retired IS NULL", [self._now()])
            return self._make(connection)

    def open_known(self, sealed: str, submission: UUID | str, cls: SealedClass) -> dict[str, Any] | None:
        """As `open`, or None if the key has not been read from the database yet. Raises CannotOpen."""
        private = self._private.get(county_key_id(sealed))
        return None if private is None else open_for_county(private, sealed, submission, cls)

    def open(
        self, connection: Connection, sealed: str, submission: UUID | str, cls: SealedClass
    ) -> dict[str, Any]:
        """What an agency sealed to any of the county's keys. Raises CannotOpen."""
        try:
            kid = UUID(county_key_id(sealed))
        except ValueError:
            raise CannotOpen("unknown-key") from None
        row = connection.execute("SELECT wrapped FROM county_keys WHERE kid = %s", [kid]).fetchone()
        if row is None:
            raise CannotOpen("unknown-key")
        private: dict[str, Any] = json.loads(self._wrapping.unwrap(bytes(row[0]), "county", kid))
        self._private[str(kid)] = private
        return open_for_county(private, sealed, submission, cls)

    def purge(self, connection: Connection, now: datetime) -> int:
        """Remove keys retired so long ago that nothing sealed to them can still arrive."""
        self._private.clear()
        return connection.execute("DELETE FROM county_keys WHERE retired < %s", [now - RETIRED_KEPT]).rowcount

    def _read_current(self, connection: Connection) -> dict[str, Any] | None:
        row = connection.execute("SELECT public FROM county_keys WHERE retired IS NULL").fetchone()
        return dict(row[0]) if row else None

    def _make(self, connection: Connection) -> dict[str, Any]:
        key = make_county_key()
        wrapped = self._wrapping.wrap(json.dumps(key.private).encode("ascii"), "county", key.kid)
        connection.execute(
            "INSERT INTO county_keys (kid, public, wrapped, created) VALUES (%s, %s, %s, %s)",
            [key.kid, Jsonb(key.public), wrapped, self._now()],
        )
        return key.public
