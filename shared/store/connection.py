"""A connection that never waits for ever: also not for a server that is there and does nothing.

A stopped process keeps its sockets open and its host answers for it, so neither TCP's own limits nor the server's
(`statement_timeout`, `lock_timeout`) end a call to it. The caller's own wait does.
"""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import Row

#: Longer than the server's own limits for a command (a lock: 5 s), so that those speak first.
ANSWER_SECONDS = 10.0

T = TypeVar("T")


class NoAnswer(psycopg.OperationalError):
    """The server did not answer in time. Whether it carries out what it was sent is not known."""


class Connection(psycopg.Connection[Row]):
    """psycopg's, closed when one answer takes longer than `answer_seconds`: then NoAnswer is raised."""

    answer_seconds = ANSWER_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """psycopg's: every call goes through it. A caller with a `timeout` of its own keeps that."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answer_seconds)
        except psycopg.errors._WaitTimeout as error:
            self.close()  # an answer that came now would be taken for that of the next question
            raise NoAnswer(f"no answer within {self.answer_seconds:.0f} s") from error


class PatientConnection(Connection[Any]):
    """For work of the operator's, whose statements may run long."""

    answer_seconds = 3_600.0
