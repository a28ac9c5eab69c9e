"""The gate before commands: shut until store and topics are compared, and while too much is unpublished."""

from __future__ import annotations

import threading
import time
from math import isinf
from typing import Any

import psycopg
import structlog

from shared.bus import clients
from shared.bus.compare import compare, relayed_topics, require_agreement
from shared.errors import Disagreement, TryLater
from shared.settings import Settings
from shared.store.connection import Connection
from shared.store.pulse import FAIL_AFTER, WARN_AFTER, Said

#: With Kafka away, commands are kept up to this many unpublished events (DECISIONS, HTTP).
MOST_UNPUBLISHED = 10_000
EACH_SECONDS = 1.0
#: A relay that has not moved for so long, with something to publish, does not keep up.
STANDS_STILL = 2.0

#: More than a busy second leaves.
MANY_UNPUBLISHED = 500
LOOK = (
    "See that Kafka runs, and the relay's log with `accord status`."
    " If the relay stands still, end it by its pid: it is started again."
)

log = structlog.get_logger()


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
        self._beat = time.monotonic()  # when the relay's last beat was; not before this process began to look
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

    def checks(self) -> list[Said]:
        """Two lines for `/readyz`: the comparison, and how the relay stands."""
        if found := self._disagreement:
            first = Said("store-and-log", "fail", found.detail, f"Run `{found.remedy}`.")
        elif not self._compared.is_set():
            first = Said("store-and-log", "fail", self._waits_for, "Wait, or run `accord doctor`.")
        else:
            first = Said("store-and-log", "ok", "the store and its topics agree")
        if self._unpublished > MOST_UNPUBLISHED:
            return [first, Said("relay", "fail", _waiting(self._unpublished), LOOK)]
        return [first, relay_stands(self._unpublished, time.monotonic() - self._beat)]

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
        published, silent = int(row[0]) if row else 0, last_beat(connection)
        if silent is not None:
            self._beat = time.monotonic() - silent
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


def last_beat(connection: psycopg.Connection[Any]) -> float | None:
    """Seconds since the service's relay said that it published a beat; None if it never did."""
    row = connection.execute(
        "SELECT extract(epoch FROM clock_timestamp() - seen)::float8 FROM pulses WHERE process = 'relay'"
    ).fetchone()
    return float(row[0]) if row else None


def relay_stands(unpublished: int, silent: float) -> Said:
    """`silent`: seconds since the relay's last beat, which says that all before it is on Kafka. Pure."""
    waiting = _waiting(unpublished)
    if silent > WARN_AFTER:
        beat = "no beat was published yet" if isinf(silent) else f"the last beat is {silent:.0f} s old"
        detail = f"{beat}; {waiting}"
        return Said("relay", "fail" if silent > FAIL_AFTER else "warn", detail, LOOK, "relay")
    return Said("relay", "warn" if unpublished > MANY_UNPUBLISHED else "ok", waiting, LOOK, "relay")


def _waiting(unpublished: int) -> str:
    return f"{unpublished} events wait to be published"


def unpublished(connection: psycopg.Connection[Any]) -> int:
    """How many events wait for the relay, counted to one more than the most that may."""
    row = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM stored_events WHERE notification_id >"
        " (SELECT published FROM relay_state) LIMIT %s) AS waiting",
        [MOST_UNPUBLISHED + 1],
    ).fetchone()
    return int(row[0]) if row else 0
