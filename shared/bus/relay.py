"""The relay: one process per service that publishes its notification log to Kafka, in order.

What is lost if it dies, in each state:

    before the send           nothing; the next one reads Kafka's tail and goes on from there
    sent, not checkpointed    nothing, and nothing doubled: what is at or before the tail is skipped
    paused, another took over repeats are possible: same sequence, same bytes; every reader skips them

It never goes on after a failure: it logs, exits non-zero, and the next one starts from the tail.
"""

from __future__ import annotations

import os
import signal
import threading
from time import monotonic, sleep
from typing import Any

import psycopg
import structlog
from kafka.errors import KafkaError

from shared.bus import beats, clients
from shared.bus.compare import Verdict, compare, relayed_topics, require_agreement
from shared.bus.lease import Lease, Row
from shared.bus.record import relay_headers
from shared.errors import Disagreement, TryLater
from shared.events.names import beats_topic
from shared.settings import Settings
from shared.store.store import system_clock

BATCH = 500
#: Seconds to wait when the last holder left no clean release: longer than a record lives in a producer.
TAKE_OVER_WAIT = 7.0
#: Seconds for Kafka and the database to come at the start, before the supervisor starts us again.
START_WAIT = 60.0
#: Seconds within which a batch must be handed over after the lock was looked at.
BATCH_LIFE = 3.0
POLL = 0.5
BEAT = 1.0
NEEDS_OPERATOR = 6

log = structlog.get_logger()


class Stopped(Exception):
    """SIGTERM came while waiting at the start."""


class Failed(Exception):
    """This relay must not go on; the message names no data."""


def run(settings: Settings, service: str) -> int:
    """Publish until SIGTERM. Returns the exit code: 0 stopped, 6 needs an operator, 1 start me again."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    lease: Lease | None = None
    relay: Relay | None = None
    try:
        lease = _lease(settings, stop)
        relay = Relay(settings, service, lease)
        relay.start(stop)
        log.info("ready")
        relay.loop(stop)
        log.info("relay_stopped", position=relay.published)
    except Stopped:
        return 0
    except Disagreement as found:
        log.error("store_and_log_disagree", kind=found.kind, reason=found.detail, remedy=found.remedy)
        return NEEDS_OPERATOR
    except (TryLater, Failed, KafkaError, psycopg.Error) as error:
        known = isinstance(error, TryLater | Failed)
        log.error("relay_failed", error_type=type(error).__name__, reason=str(error) if known else None)
        return 1
    finally:
        if relay:
            relay.close()
        if lease:
            lease.close()
    return 0


def _lease(settings: Settings, stop: threading.Event) -> Lease:
    """A session that holds the lock. Raises Stopped, or TryLater after a minute without a database."""
    until, said = monotonic() + START_WAIT, False
    while True:
        try:
            lease = Lease(settings)
            break
        except TryLater:
            if monotonic() > until:
                raise
            _pause(stop, POLL)
    while not lease.acquire():
        if not said:
            log.info("lock_awaited", reason="another relay of this service runs")
            said = True
        _pause(stop, POLL)
    return lease


def _pause(stop: threading.Event, seconds: float) -> None:
    if stop.wait(seconds):
        raise Stopped


class Relay:
    """Publishes from a lease that is held. `start`, then `loop`; `close` in any case."""

    def __init__(self, settings: Settings, service: str, lease: Lease) -> None:
        """Connects at `start`."""
        self.settings, self.service, self.lease = settings, service, lease
        self.published = 0
        self._read = 0
        self._last: dict[tuple[str, int], int] = {}
        self._producer: Any = None
        self._fence: beats.Fence | None = None
        self._next_beat = 0.0
        self._test_pause = float(os.environ.get("ACCORD_TEST_RELAY_PAUSE_AFTER_SEND", "0"))

    def start(self, stop: threading.Event) -> None:
        """Compare the store with Kafka's tail and find where to go on.

        Blocks: 7 s after an unclean end, a minute at most for Kafka. Raises Disagreement, TryLater, Stopped.
        """
        if not self.lease.take_over():
            log.info("take_over_awaited", seconds=TAKE_OVER_WAIT)
            until = monotonic() + TAKE_OVER_WAIT
            while monotonic() < until:
                _pause(stop, min(POLL, max(0.0, until - monotonic())))
                self._require_lock()
        try:
            found = self._compare(stop)
            require_agreement(self.service, found)
        except (Disagreement, Stopped):
            # It sent nothing, and what the one before it sent has arrived: the next one need not wait.
            self.lease.release()
            raise
        self._last = {(v.topic, v.partition): v.kafka for v in found}
        behind = [v for v in found if v.row == "kafka-behind"]
        # No row is missed: the lock's order makes a later commit's id higher than any that compare saw.
        self._read = self.published = self.lease.id_before(
            [(v.topic, v.partition, v.kafka + 1) for v in behind]
        )
        self.lease.save(self.published)
        for verdict in behind:
            log.info(
                "log_was_behind", topic=verdict.topic, partition=verdict.partition,
                sequence=verdict.kafka, count=verdict.store - verdict.kafka,
            )  # fmt: skip
        self._producer = clients.producer(self.settings)
        self.lease.say_published()

    def _compare(self, stop: threading.Event) -> list[Verdict]:
        until, said = monotonic() + START_WAIT, False
        while True:
            try:
                consumer = clients.consumer(self.settings)
                try:
                    return compare(consumer, self.lease.connection, relayed_topics(self.service))
                finally:
                    consumer.close()
            except TryLater as error:
                if monotonic() > until:
                    raise
                if not said:
                    log.warning("kafka_awaited", reason=str(error))
                    said = True
            _pause(stop, POLL)
            self._require_lock()

    def loop(self, stop: threading.Event) -> None:
        """Publish until `stop`; then finish what is under way and release.

        While catching up, one batch is read and handed over while the broker answers for the one before.
        """
        under_way: tuple[list[Any], int] | None = None
        while not stop.is_set():
            self._require_lock()
            rows = self.lease.rows_after(self._read, BATCH)
            sent = self._send(rows, monotonic() + BATCH_LIFE) if rows else None
            if under_way:
                self._settle(*under_way)
            under_way = sent
            if under_way and len(rows) < BATCH:
                self._settle(*under_way)
                under_way = None
            self._beat()
            if not rows:
                self.lease.wait(max(0.0, min(POLL, self._next_beat - monotonic())))
        if under_way:
            self._settle(*under_way)
        self.lease.save(self.published, released=True)

    def _require_lock(self) -> None:
        if not self.lease.held():
            raise Failed("the lock is lost")

    def _send(self, rows: list[Row], until: float) -> tuple[list[Any], int]:
        futures, last, send = [], self._last, self._producer.send
        for row in rows:
            place = (row.topic, row.partition)
            before = last.get(place, -1)
            if row.sequence <= before:
                continue
            if row.sequence != before + 1:
                raise Failed("the sequence of the store has a hole")
            if monotonic() > until:
                raise Failed("paused for too long")
            futures.append(send(row.topic, row.value, row.key, relay_headers(row.sequence), row.partition))
            last[place] = row.sequence
        self._read = rows[-1].notification_id
        return futures, self._read

    def _settle(self, futures: list[Any], upto: int) -> None:
        """Wait for every future of a batch and save the checkpoint. Raises KafkaError if any failed."""
        until = monotonic() + clients.DELIVERY_MS / 1000 + 1
        for future in futures:
            future.get(timeout=max(0.0, until - monotonic()))
        if self._test_pause:
            sleep(self._test_pause)
        self.published = upto
        self.lease.save(upto)

    def _beat(self) -> None:
        now = monotonic()
        if self._fence is None and now >= self._next_beat:
            self._next_beat = now + BEAT
            try:
                self._fence = beats.fence(self.lease.connection, system_clock)
            except psycopg.errors.LockNotAvailable:
                log.warning("beat_skipped", reason="the append lock is held for too long")
        if self._fence is not None and self.published >= self._fence.notification_id:
            sent = self._producer.send(
                beats_topic(self.service),
                self._fence.beat.value(),
                headers=[("content-type", beats.CONTENT_TYPE.encode())],
                partition=0,
            )
            sent.get(timeout=clients.DELIVERY_MS / 1000 + 1)
            self._fence = None
            self.lease.say_published()

    def close(self) -> None:
        """Close the producer; after a failure what is still in it is dropped."""
        if self._producer is not None:
            self._producer.close(timeout=1)
