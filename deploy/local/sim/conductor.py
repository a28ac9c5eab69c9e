"""Who plays what when: some threads, and a queue of cases by when their next step is due."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from deploy.local.sim.patience import Stopped
from deploy.local.sim.player import Astray, Player
from deploy.local.sim.speeds import Speed
from deploy.local.sim.steps import Plan, Step
from deploy.local.sim.tally import CaseIds, Tally

#: Cases that are open at a time at most, so that memory does not grow with their number.
MOST_OPEN = {"max": 64, "realtime": 2_000}
#: Seconds that threads are given to finish the step in hand.
FINISH_SECONDS = 90.0


@dataclass(order=True)
class _Open:
    """A case that is played: when its next step is due (monotonic seconds)."""

    due: float
    place: int
    steps: Iterator[Step] = field(compare=False)
    case: CaseIds = field(compare=False)
    next: Step | None = field(compare=False, default=None)


class Conductor:
    """Plays all of `plans`; `run` blocks until they are done or `stop` is set."""

    def __init__(
        self,
        plans: Iterator[Plan],
        player: Player,
        tally: Tally,
        speed: Speed,
        threads: int,
        stop: threading.Event,
    ) -> None:
        self._plans, self._player, self._tally, self._stop = plans, player, tally, stop
        self._waits = speed is Speed.REALTIME
        self._most = MOST_OPEN[speed]
        self._lock = threading.Condition()
        self._queue: list[_Open] = []
        self._count, self._open, self._all = itertools.count(), 0, False
        self._coming: Plan | None = None
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def begin(self) -> None:
        """Begin. Does not block."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait so long at most; whether all is played."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def end(self) -> None:
        """Ask every thread to stop after the step in hand, and wait for that."""
        self._stop.set()
        with self._lock:
            self._lock.notify_all()
        self.wait(FINISH_SECONDS)

    def _work(self) -> None:
        while (one := self._take()) is not None:
            try:
                assert one.next is not None, "taken with a step"
                self._player.play(one.next, one.case)
            except Astray:
                self._close(one, whole=False)
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - told in the verdict; a thread that dies says nothing
                self._tally.surprise(
                    f"youth {one.case.number}: the simulator failed ({type(error).__name__})"
                )
                self._close(one, whole=False)
            else:
                self._put_back(one)

    def _take(self) -> _Open | None:
        """The case whose step is due first, once it is; None if there is nothing more to play."""
        with self._lock:
            while not self._stop.is_set():
                self._admit()
                now = time.monotonic()
                if self._queue and self._queue[0].due <= now:
                    return heapq.heappop(self._queue)
                if self._all and not self._open:
                    self._lock.notify_all()
                    return None
                due = [one.due for one in self._queue[:1]]
                due += [self._arrival(self._coming)] if self._coming else []
                self._lock.wait(min([0.5, *(max(0.001, at - now) for at in due)]))
        return None

    def _admit(self) -> None:
        """Open the cases that have arrived, as far as there is room."""
        while not self._all and self._open < self._most:
            self._coming = self._coming or next(self._plans, None)
            if self._coming is None:
                self._all = True
            elif self._arrival(self._coming) > time.monotonic():
                return
            else:
                plan, self._coming = self._coming, None
                self._open += 1
                self._advance(_Open(0.0, next(self._count), iter(plan.steps), CaseIds(plan.number)))

    def _arrival(self, plan: Plan) -> float:
        return self._began + (plan.arrives if self._waits else 0.0)

    def _advance(self, one: _Open) -> None:
        """Queue the case with its next step, or close it."""
        one.next = next(one.steps, None)
        if one.next is None:
            self._open -= 1
            self._tally.ended(one.case, whole=True)
            return
        one.due, one.place = time.monotonic() + (one.next.wait if self._waits else 0.0), next(self._count)
        heapq.heappush(self._queue, one)

    def _put_back(self, one: _Open) -> None:
        with self._lock:
            self._advance(one)
            self._lock.notify()

    def _close(self, one: _Open, *, whole: bool) -> None:
        with self._lock:
            self._open -= 1
            self._tally.ended(one.case, whole)
            self._lock.notify_all()
