"""Each caller's share of an API, and how much it does at once. Counted in this process alone, in memory.

What is over it is answered at once, with when to try again, so that one caller's loop does not slow the others.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from shared.web.problems import Problem, retry_after

FULL = "This service has as much at work as it takes. Repeat the request with the same Idempotency-Key."


class Shares:
    """How many requests a caller may make in a minute; 0: as many as they like. Thread-safe; never blocks long.

    `spared` are operations that are counted and never refused: what a youth's safety depends on.
    """

    def __init__(self, per_minute: int, spared: Iterable[str] = ()) -> None:
        self.spared = frozenset(spared)
        self._share = RateLimitItemPerMinute(per_minute) if per_minute > 0 else None
        self._counted = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, caller: str, operation: str | None) -> None:
        """Count a request. Raises Problem 429 with Retry-After if it is more than the caller's share."""
        if self._share is None or self._counted.hit(self._share, caller) or operation in self.spared:
            return
        over = self._counted.get_window_stats(self._share, caller).reset_time - time.time()
        raise Problem("too-many-requests", headers=retry_after(over))


class AtOnce:
    """How many of a kind are at work at the same time. For one event loop; not thread-safe."""

    def __init__(self, most: int) -> None:
        self.most, self.now = most, 0

    def require_room(self) -> None:
        """Raises Problem 503 with Retry-After if as many are at work as there may be."""
        if self.now >= self.most:
            raise Problem("try-later", FULL, headers=retry_after(1))

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count one for as long as this is open."""
        self.now += 1
        try:
            yield
        finally:
            self.now -= 1
