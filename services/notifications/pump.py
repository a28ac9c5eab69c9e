"""Between Faust and the database: what came is applied in batches; Faust carries events, never truth.

Nothing here is needed for correctness after a crash: what is in memory is read again from the stored position.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Any, NamedTuple

import psycopg
import structlog

from services.notifications.records import Applied, Incoming, Place
from shared.bus.deadletters import Streak
from shared.errors import Conflict, TryLater

BATCH = 500
#: Records that may have come and not yet been looked at before Faust has to wait.
MOST_COME = 2_000
#: Records that wait for one partition before it is paused and what waits is let go, to be read again.
MOST_WAITING = 2_000
#: Seconds until a held partition is looked at again: at first, at most.
FIRST_RETRY, LAST_RETRY = 0.02, 1.0
#: Seconds until a hole that the log itself has is looked at again.
HOLE_RETRY = 5.0
#: Failures of a kind nobody foresaw, in a row, after which the process ends to be started anew.
MOST_FAILURES = 10
#: Seconds for which a partition rests after too many unreadable records in a row.
TOO_MANY_PAUSE = 60.0

log = structlog.get_logger()


class Waiting(NamedTuple):
    """A record and how to tell Faust that it is done with."""

    record: Incoming
    acknowledge: Callable[[], Any]


@dataclass
class Lane:
    """One partition: what waits, and until when it is held."""

    waiting: deque[Waiting] = field(default_factory=deque)
    held_since: float | None = None
    retry_at: float = 0.0
    retries: int = 0
    reason: str = ""
    paused: bool = False
    moved_at: float = field(default_factory=monotonic)
    streak: Streak = field(default_factory=Streak)

    def hold(self, why: str, now: float) -> None:
        """Try again later, each time a little later."""
        self.held_since = self.held_since or now
        self.reason = why
        self.retry_at = now + min(LAST_RETRY, FIRST_RETRY * 2**self.retries)
        self.retries = min(self.retries + 1, 12)

    def go_on(self, now: float) -> None:
        """The partition moved."""
        self.held_since, self.retries, self.reason, self.moved_at = None, 0, "", now


Apply = Callable[[Mapping[Place, Sequence[Incoming]]], Applied]


class Consumer(NamedTuple):
    """What the pump asks of the stream."""

    reseek: Callable[[frozenset[Place]], Awaitable[None]]
    """Read every partition again from its stored position; those named, from their beginning."""
    pause: Callable[[Place], None]


class Pump:
    """Collects records and applies them in batches, in one thread of its own."""

    def __init__(self, apply: Apply, consumer: Consumer) -> None:
        """`apply` blocks on the database; it runs in the pump's thread and raises psycopg.Error or ours."""
        self._apply, self._consumer = apply, consumer
        self._come: deque[Waiting] = deque()
        self._arrival, self._room = asyncio.Event(), asyncio.Event()
        self._room.set()
        self._thread = ThreadPoolExecutor(1, "apply")
        self.lanes: dict[Place, Lane] = {}
        self._hole_at: dict[Place, float] = {}
        self._deaf = False
        self._most = BATCH
        self._repositioning = asyncio.Lock()
        self.repositioned_at = -inf

    async def put(self, waiting: Waiting) -> None:
        """Take a record; waits while too many are under way. While the stream is repositioned it is let go."""
        if self._deaf:
            return
        self._come.append(waiting)
        self._arrival.set()
        if len(self._come) >= MOST_COME:
            self._room.clear()
            await self._room.wait()

    def forget(self) -> None:
        """Let go of all that waits: it is read again."""
        self._come.clear()
        self._room.set()
        for lane in self.lanes.values():
            lane.waiting.clear()
            lane.paused = False

    async def run(self) -> None:
        """Until cancelled. Raises nothing else that a later batch could mend."""
        failures = 0
        while True:
            await self._collect()
            batch = self._batch()
            if not batch:
                continue
            try:
                given = {place: [w.record for w in waiting] for place, waiting in batch.items()}
                loop = asyncio.get_running_loop()
                applied = await loop.run_in_executor(self._thread, self._apply, given)
            except Exception as error:
                failures += 1
                # On a busy machine a long transaction may end before it is done: less of it at once.
                self._most = max(1, self._most // 2)
                foreseen = isinstance(error, psycopg.Error | Conflict | TryLater)
                if failures >= MOST_FAILURES and not foreseen:
                    raise
                log.warning("batch_held", error_type=type(error).__name__, attempt=failures)
                await asyncio.sleep(min(2.0, 0.1 * 2 ** min(failures, 5)))
                continue
            failures, self._most = 0, min(BATCH, self._most * 2)
            await self._settle(batch, applied)

    async def _collect(self) -> None:
        """Wait for something to do, then take what has come without waiting for more."""
        if not self._come and not self._ready():
            self._arrival.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrival.wait(), self._pause())
        for _ in range(min(BATCH, len(self._come))):
            self._lane_of(self._come.popleft())
        self._room.set()

    def _lane_of(self, waiting: Waiting) -> None:
        lane = self.lanes.setdefault(waiting.record.place, Lane())
        if not lane.paused:
            lane.waiting.append(waiting)

    def _ready(self) -> list[Place]:
        now = monotonic()
        return [p for p, lane in self.lanes.items() if lane.waiting and lane.retry_at <= now]

    def _pause(self) -> float:
        held = [lane.retry_at for lane in self.lanes.values() if lane.waiting]
        return max(0.001, min([1.0, *(at - monotonic() for at in held)]))

    def _batch(self) -> dict[Place, list[Waiting]]:
        ready = self._ready()
        share = max(1, self._most // max(1, len(ready)))
        picked = {}
        for place in ready:
            waiting = self.lanes[place].waiting
            picked[place] = [waiting[n] for n in range(min(share, len(waiting)))]
        return picked

    async def _settle(self, batch: Mapping[Place, Sequence[Waiting]], applied: Applied) -> None:
        now, holes, resume = monotonic(), [], False
        for place, stood in applied.stood.items():
            lane = self.lanes[place]
            for waiting in batch[place][: stood.taken]:
                waiting.acknowledge()
                # A rebalance meanwhile lets go of all that waits, and what is read again may wait there now.
                if lane.waiting and lane.waiting[0] is waiting:
                    lane.waiting.popleft()
            if stood.taken:
                lane.go_on(now)
                resume = resume or lane.paused
            if stood.held is not None:
                lane.hold(stood.held, now)
                self._let_go(place, lane)
            if stood.hole:
                holes.append(place)
        self._note_unreadable(applied, now)
        if holes:
            await self._holes(holes, now)
        elif resume:
            await self.reposition()

    def _let_go(self, place: Place, lane: Lane) -> None:
        if len(lane.waiting) > MOST_WAITING:
            log.warning("partition_paused", topic=place[0], partition=place[1], reason=lane.reason)
            self._consumer.pause(place)
            lane.waiting = deque([lane.waiting[0]])
            lane.paused = True

    def _note_unreadable(self, applied: Applied, now: float) -> None:
        bad = {record.place for record, _ in applied.unreadable}
        for record, reason in applied.unreadable:
            log.error(
                "record_set_aside",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                reason=reason,
            )
            lane = self.lanes[record.place]
            if lane.streak.note(good=False):
                lane.hold("too many unreadable records in a row", now)
                lane.retry_at = now + TOO_MANY_PAUSE
        for place in applied.stood.keys() - bad:
            self.lanes[place].streak.note(good=True)

    async def _holes(self, holes: Sequence[Place], now: float) -> None:
        """Read again from the stored position; if that did not help a moment ago, from the beginning."""
        start = frozenset(place for place in holes if now - self._hole_at.get(place, -60.0) < 30.0)
        await self.reposition(start)
        for place in holes:
            log.warning("hole_found", topic=place[0], partition=place[1], attempt=2 if place in start else 1)
            self._hole_at[place] = monotonic()
            if place in start:
                self.lanes[place].hold("the log itself has a hole here", now)
                self.lanes[place].retry_at = monotonic() + HOLE_RETRY

    async def reposition(self, start: frozenset[Place] = frozenset()) -> None:
        """Let go of what waits and read again from the stored positions. Takes about a second; one at a time."""
        async with self._repositioning:
            self._deaf = True
            try:
                self.forget()
                await self._consumer.reseek(start)
                self.forget()
            finally:
                self._deaf = False
                self.repositioned_at = monotonic()

    def close(self) -> None:
        """Wait for the batch in hand."""
        self._thread.shutdown(wait=True)
