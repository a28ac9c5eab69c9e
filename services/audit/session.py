"""One connection to audit's database, for the one writer of the ledger: COPY needs it to itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shared.errors import TryLater
from shared.store.connection import Connection

#: Longer than any batch takes; a paused writer must not hold its locks for ever.
OPTIONS = "-c statement_timeout=60s -c idle_in_transaction_session_timeout=30s -c lock_timeout=10s"


class Session:
    """Connects when it is first needed, and anew after a failure. Not thread-safe."""

    def __init__(self, database_url: str, options: str = OPTIONS) -> None:
        """`options` are the server's, for this session."""
        self._url, self._options = database_url, options
        self._connection: Connection[dict[str, Any]] | None = None

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """Committed at the end, rolled back on any exception. Blocks up to 5 s to connect.

        Raises TryLater if PostgreSQL is away, or the commit's answer was lost: read again what it holds.
        """
        try:
            connection = self._connected()
            with connection.transaction():
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self.close()
            raise TryLater(f"the database does not answer ({type(error).__name__})") from error

    def _connected(self) -> psycopg.Connection[dict[str, Any]]:
        if self._connection is None or self._connection.closed:
            self._connection = Connection.connect(
                self._url, autocommit=True, connect_timeout=5, options=self._options, row_factory=dict_row
            )
            self._connection.answer_seconds = 65.0
        return self._connection

    def close(self) -> None:
        """Close the connection; the next transaction makes another."""
        old, self._connection = self._connection, None
        if old is not None:
            old.close()
