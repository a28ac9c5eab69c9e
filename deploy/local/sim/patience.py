"""Asking again until there is an answer or the time is up: the platform may be slow, restart, or be behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import httpx2

#: Seconds for which one call is tried.
PATIENCE = 60.0
#: Answers that say "again, a little later".
AGAIN = frozenset({429, 503})
_PAUSE, _LONGEST_PAUSE = 0.25, 5.0


class NotAnswered(Exception):
    """No final answer within PATIENCE. Names the kind of failure, never a body."""


class Stopped(Exception):
    """The simulation was asked to stop while this waited."""


class Again:
    """Patience, shared by all who ask. Thread-safe."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop, self.retries = stop, 0

    def until_answered(self, what: str, ask: Callable[[], httpx2.Response]) -> httpx2.Response:
        """The answer, if one came in time. Raises NotAnswered, Stopped."""
        until, last = time.monotonic() + PATIENCE, "no answer"
        while time.monotonic() < until:
            pause = _PAUSE
            try:
                answer = ask()
            except httpx2.TransportError as error:
                last = type(error).__name__
            else:
                if answer.status_code not in AGAIN:
                    return answer
                last, said = str(answer.status_code), answer.headers.get("retry-after", "")
                pause = min(float(said), _LONGEST_PAUSE) if said.isdigit() else _PAUSE
            self.retries += 1
            if self._stop.wait(pause):
                raise Stopped
        raise NotAnswered(f"{what}: {last}")
