"""The worker process: gate, stream, pump, and once a second a look at whether all that is there was read."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import Any

import psycopg
import structlog

from services.notifications.apply import Applier
from services.notifications.pump import Pump
from services.notifications.records import Applied, Place, Sources
from services.notifications.stream import GROUP, Stream, make_app
from services.notifications.timer import Timer
from services.notifications.unhandled import run_known
from shared.bus import clients
from shared.bus.compare import compare, relayed_topics, require_agreement
from shared.errors import Conflict, Disagreement, TryLater
from shared.settings import Settings
from shared.store.connection import Connection
from shared.store.positions import Position, all_positions

NEEDS_OPERATOR = 6
#: Seconds without a step while records are there: then the stored positions are sought again, and later
#: the process ends to be started anew.
REREAD_AFTER, GIVE_UP_AFTER = 3.0, 15.0
#: Seconds for Kafka and the database to come at the start.
START_WAIT = 60.0
#: A hold of this age is the operator's.
RAISE_AFTER = 600.0

log = structlog.get_logger()


class Database:
    """The pump's own connection, made anew after a failure. Used by one thread at a time."""

    def __init__(self, url: str, applier: Applier) -> None:
        """Connects at the first use."""
        self._url, self._applier = url, applier
        self._connection: psycopg.Connection[Any] | None = None

    def apply(self, batch: Mapping[Place, Any]) -> Applied:
        """`Applier.apply`. Raises psycopg.Error, Conflict; the next call has a new connection."""
        try:
            return self._applier.apply(self._open(), batch)
        except BaseException:
            self.close()
            raise

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url)
        return self._connection

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection whose transactions end when this process is paused: its locks must hold up nobody."""
    connection: Connection[Any] = Connection.connect(url, autocommit=True, connect_timeout=5)
    connection.answer_seconds = 25.0
    connection.execute("SET idle_in_transaction_session_timeout = '3s'")
    connection.execute("SET statement_timeout = '20s'")
    return connection


class Worker:
    """One worker of the feed. `run` until SIGTERM."""

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], datetime],
        sources: Sources | None = None,
        group: str = GROUP,
    ) -> None:
        self._settings, self._now, self._group = settings, now, group
        self._sources = sources or Sources()
        self._url = settings.database_url.get_secret_value()
        self._applier = Applier(now, self._sources)
        self._watch: psycopg.Connection[Any] | None = None
        self._stop = asyncio.Event()
        self._moved: dict[Place, tuple[int, float]] = {}

    async def run(self) -> int:
        """Read until SIGTERM or SIGINT. The exit code: 0 stopped, 1 start me again, 6 needs an operator."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        try:
            await asyncio.to_thread(self._gate)
        except Disagreement as found:
            log.error("store_and_log_disagree", kind=found.kind, where=str(found), remedy=found.remedy)
            return NEEDS_OPERATOR
        except TryLater as error:
            log.error("worker_failed", reason=str(error))
            return 1
        return 0 if self._stop.is_set() else await self._consume()

    def _gate(self) -> None:
        """Compare the own store with its topics, and run events whose types are known by now."""
        until = monotonic() + START_WAIT
        while not self._stop.is_set():
            try:
                consumer = clients.consumer(self._settings)
                try:
                    with Connection.connect(self._url, autocommit=True, connect_timeout=5) as connection:
                        topics = relayed_topics("notifications")
                        require_agreement("notifications", compare(consumer, connection, topics))
                        count = run_known(connection, self._applier)
                        if count:
                            log.info("kept_events_run", count=count)
                        return
                finally:
                    consumer.close()
            except (TryLater, psycopg.Error) as error:
                if monotonic() > until:
                    raise TryLater("Kafka or the database does not answer") from error
            time.sleep(0.5)

    async def _consume(self) -> int:
        database = Database(self._url, self._applier)
        app = make_app(self._settings, self._group)
        stream = Stream(app, self._sources, self._positions, lambda consumer: Pump(database.apply, consumer))
        app.finalize()
        await app.start()
        pump = asyncio.create_task(stream.pump.run())
        timing = asyncio.create_task(self._time())
        try:
            return await self._until_stopped(app, stream, pump)
        finally:
            pump.cancel()
            self._stop.set()
            await asyncio.gather(pump, timing, return_exceptions=True)
            await asyncio.to_thread(stream.pump.close)
            with suppress(TimeoutError):
                await asyncio.wait_for(app.stop(), 10)
            database.close()

    async def _until_stopped(self, app: Any, stream: Stream, pump: asyncio.Task[None]) -> int:
        ready = False
        while not self._stop.is_set():
            if not ready and stream.assigned.is_set():
                ready = True
                await self._look(stream)
                log.info("ready", slot=self._settings.worker_slot)
            await self._sleep(0.05 if not ready else 1.0)
            if pump.done() or app.crashed or app.should_stop:
                log.error("worker_failed", error_type=type(_failure(pump, app)).__name__)
                return 1
            if ready:
                await self._look(stream)
        log.info("worker_stopped")
        return 0

    async def _time(self) -> None:
        """What time brings about for duties, once a second; a failure is tried again."""
        timer = Timer(self._settings, self._sources, lambda: connect(self._url), self._now)
        try:
            while not self._stop.is_set():
                try:
                    await asyncio.to_thread(timer.step)
                except (psycopg.Error, Conflict, LookupError) as error:
                    log.warning("timer_held", error_type=type(error).__name__)
                await self._sleep(1.0)
        finally:
            await asyncio.to_thread(timer.close)

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    async def _look(self, stream: Stream) -> None:
        """Read again what was skipped: the last record of a partition has none after it that would show it."""
        ends = stream.behind()
        held = {p: lane for p, lane in stream.pump.lanes.items() if lane.held_since is not None}
        try:
            stored = await asyncio.to_thread(self._report, ends, held)
        except psycopg.Error:
            return
        now, stuck = monotonic(), 0.0
        for place, end in ends.items():
            offset = stored[place].offset if place in stored else -1
            seen = self._moved.get(place)
            if seen is None or seen[0] != offset or offset >= end - 1 or place in held:
                self._moved[place] = (offset, now)
            else:
                stuck = max(stuck, now - seen[1])
        if stuck > GIVE_UP_AFTER:
            log.error("worker_stalled", seconds=round(stuck))
            # Whatever hangs would hang an orderly end as well; nothing in memory is needed again.
            os._exit(1)
        # What was sought a moment ago needs time to come: on a busy machine nothing would get through else.
        rested = now - stream.pump.repositioned_at
        if min(stuck, rested) > REREAD_AFTER and not any(lane.waiting for lane in stream.pump.lanes.values()):
            log.warning("unread_records_found", seconds=round(stuck, 1))
            await stream.pump.reposition()

    def _positions(self) -> dict[Place, Position]:
        with Connection.connect(self._url, connect_timeout=5) as connection:
            return all_positions(connection, self._sources.topics)

    def _report(self, ends: Mapping[Place, int], held: Mapping[Place, Any]) -> dict[Place, Position]:
        """Say how far behind this worker is; the stored positions. Blocks."""
        if self._watch is None or self._watch.closed:
            self._watch = connect(self._url)
        stored = all_positions(self._watch, self._sources.topics)
        lag = sum(max(0, end - 1 - (stored[p].offset if p in stored else -1)) for p, end in ends.items())
        now = self._now()
        with self._watch.transaction():
            self._watch.execute(
                "INSERT INTO workers VALUES (%s, %s, %s, %s) ON CONFLICT (slot) DO UPDATE"
                " SET seen = excluded.seen, lag = excluded.lag, held = excluded.held",
                [self._settings.worker_slot, now, lag, len(held)],
            )
            self._watch.execute(
                "DELETE FROM holds WHERE (topic, partition) IN (SELECT * FROM unnest(%s::text[], %s::int[]))"
                " AND NOT (topic, partition) IN (SELECT * FROM unnest(%s::text[], %s::int[]))",
                [*_columns(ends), *_columns(held)],
            )
            for (topic, partition), lane in held.items():
                self._watch.execute(
                    "INSERT INTO holds VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                    [topic, partition, now, lane.reason],
                )
        for (topic, partition), lane in held.items():
            if monotonic() - lane.held_since > RAISE_AFTER:
                log.error("partition_held_long", topic=topic, partition=partition, reason=lane.reason)
        return stored


def _columns(places: Mapping[Place, Any]) -> tuple[list[str], list[int]]:
    return [topic for topic, _ in places], [partition for _, partition in places]


def _failure(pump: asyncio.Task[None], app: Any) -> BaseException | None:
    if pump.done() and not pump.cancelled():
        return pump.exception()
    reason: BaseException | None = getattr(app, "_crash_reason", None)
    return reason
