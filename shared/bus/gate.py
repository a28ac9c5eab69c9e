"""The gate before commands: shut until store and topics are compared, and while too much is unpublished."""

from __future__ import annotations

import threading
import time
from typing import Any, Literal, NamedTuple

import psycopg
import structlog

from shared.bus import clients
from shared.bus.compare import compare, relayed_topics, require_agreement
from shared.errors import Disagreement, TryLater
from shared.settings import Settings
from shared.store.connection import Connection

#: With Kafka away, commands are kept up to this many unpublished events (DECISIONS, HTTP).
MOST_UNPUBLISHED = 10_000
EACH_SECONDS = 1.0
#: A relay that has not moved for so long, with something to publish, does not keep up.
STANDS_STILL = 2.0

log = structlog.get_logger()


class GateCheck(NamedTuple):
    """A line of readiness, with the fields of `shared.web.health.Check`."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str = ""
    remedy: str = ""


class Gate:
    """One per process of a service that takes commands. Its thread starts with it; `close` ends it.

    The thread compares until that succeeds once (every 5 s while they disagree, so a repair opens the gate),
    then counts what is unpublished each second.
    """

    def __init__(self, settings: Settings, service: str) -> None:
        """Returns at once."""
        self._settings, self._service = settings, service
        self._stop = threading.Event()
        self._compared = threading.Event()
        self._waits_for = "the store and Kafka are being compared"
        self._disagreement: Disagreement | None = None
        self._unpublished = 0
        self._published, self._moved = -1, time.monotonic()
        self._thread = threading.Thread(target=self._run, name="gate", daemon=True)
        self._thread.start()

    def require(self) -> None:
        """Return if commands may be taken. Never blocks. Raises TryLater, or Disagreement until repaired."""
        if self._disagreement:
            raise Disagreement(self._disagreement.kind, self._disagreement.detail, self._disagreement.remedy)
        if not self._compared.is_set():
            raise TryLater(self._waits_for)
        if self._unpublished > MOST_UNPUBLISHED:
            raise TryLater("too many events wait to be published")

    def keeps_up(self) -> bool:
        """Whether the relay publishes what is appended, as far as is known; False once it stands still for 2 s."""
        return not self._unpublished or time.monotonic() - self._moved < STANDS_STILL

    def wait(self, seconds: float) -> bool:
        """Wait until compared, or until it is known that they disagree. Whether that came in time."""
        return self._compared.wait(seconds)

    def checks(self) -> list[GateCheck]:
        """Two lines for `/readyz`: the comparison, and what waits for the relay."""
        if found := self._disagreement:
            first = GateCheck("store-and-log", "fail", found.detail, f"Run `{found.remedy}`.")
        elif not self._compared.is_set():
            first = GateCheck("store-and-log", "fail", self._waits_for, "Wait, or run `accord doctor`.")
        else:
            first = GateCheck("store-and-log", "ok", "the store and its topics agree")
        waiting = f"{self._unpublished} events wait to be published"
        if self._unpublished > MOST_UNPUBLISHED:
            return [first, GateCheck("relay", "fail", waiting, "See that Kafka and the relay run.")]
        return [first, GateCheck("relay", "warn" if self._unpublished > 500 else "ok", waiting)]

    def close(self) -> None:
        """End the thread. Blocks up to 2 s."""
        self._stop.set()
        self._thread.join(2)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with Connection.connect(
                    self._settings.database_url.get_secret_value(), autocommit=True, connect_timeout=5
                ) as connection:
                    connection.execute("SET statement_timeout = '10s'")
                    while not self._stop.is_set():
                        if self._disagreement or not self._compared.is_set():
                            self._compare(connection)
                        self._count(connection)
                        self._stop.wait(5 * EACH_SECONDS if self._disagreement else EACH_SECONDS)
            except TryLater as error:
                self._waits_for = str(error)
            except psycopg.Error:
                self._waits_for = "the database does not answer"
            self._stop.wait(EACH_SECONDS)

    def _count(self, connection: psycopg.Connection[Any]) -> None:
        row = connection.execute("SELECT published FROM relay_state").fetchone()
        published = int(row[0]) if row else 0
        self._unpublished = unpublished(connection)
        if published != self._published or not self._unpublished:
            self._published, self._moved = published, time.monotonic()

    def _compare(self, connection: psycopg.Connection[Any]) -> None:
        consumer = clients.consumer(self._settings)
        try:
            require_agreement(self._service, compare(consumer, connection, relayed_topics(self._service)))
            self._disagreement = None
        except Disagreement as found:
            if not self._disagreement:
                log.error("store_and_log_disagree", kind=found.kind, where=found.detail, remedy=found.remedy)
            self._disagreement = found
        finally:
            consumer.close()
        self._compared.set()


def unpublished(connection: psycopg.Connection[Any]) -> int:
    """How many events wait for the relay, counted to one more than the most that may."""
    row = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM stored_events WHERE notification_id >"
        " (SELECT published FROM relay_state) LIMIT %s) AS waiting",
        [MOST_UNPUBLISHED + 1],
    ).fetchone()
    return int(row[0]) if row else 0
