"""What each process says of itself, each second, in its service's own database; and what follows from its silence.

A frozen process keeps its pid, its sockets and its place: only its silence tells that nothing gets done (DESIGN 1,
the operator). A process says it from the loop that does the work, so a loop that hangs is silent, too. All times
are the database's own: no two clocks are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal, NamedTuple

import psycopg
import structlog
from psycopg.rows import tuple_row

from shared.store.connection import Connection

EACH_SECONDS = 1.0
#: Seconds of silence that are said, and that are a failure.
WARN_AFTER, FAIL_AFTER = 5.0, 15.0
#: Seconds after which what waits is the operator's (DECISIONS, HTTP).
WAITS_LONG = 600.0
#: Seconds that a process's work waits at most until its word is taken.
ANSWER_SECONDS = 5.0

PULSES = """
CREATE TABLE pulses (
    process text PRIMARY KEY, seen timestamptz NOT NULL, lag bigint NOT NULL DEFAULT 0,
    waits_for text, waits_since timestamptz
);
"""
#: Topics that rest while the others go on. `urgent`: this does not mend itself.
HOLDS = """
CREATE TABLE holds (
    topic text NOT NULL, partition integer NOT NULL, since timestamptz NOT NULL, reason text NOT NULL,
    urgent boolean NOT NULL, PRIMARY KEY (topic, partition)
);
"""
_SAY = """
INSERT INTO pulses AS p (process, seen, lag, waits_for, waits_since)
VALUES (%(process)s, clock_timestamp(), coalesce(%(lag)s::bigint, 0), %(waits)s::text,
    CASE WHEN %(waits)s::text IS NOT NULL THEN clock_timestamp() END)
ON CONFLICT (process) DO UPDATE SET seen = excluded.seen, lag = coalesce(%(lag)s::bigint, p.lag),
    waits_for = excluded.waits_for, waits_since = CASE WHEN excluded.waits_for IS NOT NULL
        THEN coalesce(p.waits_since, excluded.waits_since) END
"""

Place = tuple[str, int]
Grade = Literal["ok", "warn", "fail"]
log = structlog.get_logger()


class Said(NamedTuple):
    """A line of readiness, with the fields of `shared.web.health.Check`."""

    name: str
    status: Grade
    detail: str = ""
    remedy: str = ""
    process: str = ""


class Hold(NamedTuple):
    """Why a topic partition rests, and whether that does not mend itself."""

    reason: str
    urgent: bool = False


def say(
    connection: psycopg.Connection[Any], process: str, lag: int | None = 0, waits: str | None = None
) -> None:
    """`process` lives, is so many records behind (None: as before), and waits for this, if for anything."""
    connection.execute(_SAY, {"process": process, "lag": lag, "waits": waits})


@dataclass
class Pulse:
    """A process's own word, on a connection of its own. Not thread-safe."""

    database_url: str
    process: str
    monotonic: Callable[[], float] = monotonic
    _due: float = 0.0
    _connection: psycopg.Connection[Any] | None = None

    def due(self) -> bool:
        """Whether it is time to say something again."""
        return self.monotonic() >= self._due

    def say(
        self, lag: int | None, waits: str | None = None, holds: Mapping[Place, Hold] | None = None
    ) -> None:
        """`say`, and which partitions rest (None: this process has no such table).

        Blocks up to 5 s if the database is slow; never raises: then the silence says it.
        """
        self._due = self.monotonic() + EACH_SECONDS
        try:
            connection = self._open()
            with connection.transaction():
                say(connection, self.process, lag, waits)
                if holds is not None:
                    _keep(connection, holds)
        except psycopg.Error as error:
            log.warning("pulse_unsaid", error_type=type(error).__name__)
            self.close()

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            options = "-c statement_timeout=3s -c lock_timeout=3s -c synchronous_commit=off"
            connection: Connection[Any] = Connection.connect(
                self.database_url, autocommit=True, connect_timeout=5, options=options
            )
            connection.answer_seconds = ANSWER_SECONDS
            self._connection = connection
        return self._connection

    def close(self) -> None:
        """Close the connection; the next word makes another."""
        old, self._connection = self._connection, None
        if old is not None:
            old.close()


def _keep(connection: psycopg.Connection[Any], holds: Mapping[Place, Hold]) -> None:
    places = [[topic for topic, _ in holds], [partition for _, partition in holds]]
    connection.execute(
        "DELETE FROM holds WHERE (topic, partition) NOT IN (SELECT * FROM unnest(%s::text[], %s::integer[]))",
        places,
    )
    for (topic, partition), hold in holds.items():
        connection.execute(
            "INSERT INTO holds VALUES (%s, %s, clock_timestamp(), %s, %s) ON CONFLICT (topic, partition)"
            " DO UPDATE SET reason = excluded.reason, urgent = excluded.urgent",
            [topic, partition, *hold],
        )


def told(connection: psycopg.Connection[Any], process: str) -> Said:
    """How a process stands by its last word. One query."""
    row = connection.cursor(row_factory=tuple_row).execute(
        "SELECT extract(epoch FROM clock_timestamp() - seen)::float8, lag, waits_for,"
        " extract(epoch FROM clock_timestamp() - waits_since)::float8 FROM pulses WHERE process = %s",
        [process],
    ).fetchone()  # fmt: skip
    return judged(process, *(row or (None, 0, None, None)))


def judged(
    process: str, silent: float | None, lag: int, waits: str | None = None, waited: float | None = None
) -> Said:
    """`silent`: seconds since its last word, None if it never said any; `waited`: since when it waits. Pure."""
    remedy = "See its log with `accord status`. If it stands still, end it by its pid: it is started again."
    if silent is None:
        return Said(process, "fail", "it has not said anything yet", remedy, process)
    if silent > WARN_AFTER:
        grade: Grade = "fail" if silent > FAIL_AFTER else "warn"
        was = f"it has said nothing for {silent:.0f} s, and was {lag} records behind"
        return Said(process, grade, was, remedy, process)
    if waits is not None:
        long = (waited or 0.0) > WAITS_LONG
        detail = f"it has waited for {waited or 0.0:.0f} s: {waits}"
        return Said(process, "fail" if long else "warn", detail, "It goes on by itself.", process)
    return Said(process, "ok", f"{lag} records behind", "", process)


def held(connection: psycopg.Connection[Any], process: str) -> list[Said]:
    """A line for each partition that rests; `process` is whose log says more. One query."""
    rows = connection.cursor(row_factory=tuple_row).execute(
        "SELECT topic, partition, reason, urgent, extract(epoch FROM clock_timestamp() - since)::float8"
        " FROM holds ORDER BY topic, partition"
    ).fetchall()  # fmt: skip
    remedy = f"See the log of {process}, and ask the agency if it is the topic's own records."
    return [
        Said(
            "held",
            "fail" if urgent or since > WAITS_LONG else "warn",
            f"{topic}/{partition} has rested for {since:.0f} s: {reason}",
            remedy,
            process,
        )
        for topic, partition, reason, urgent, since in rows
    ]
