"""What a step expects, and how it says that it saw something else. No message ever quotes a fact on a youth."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
#: Seconds between two looks; what arrives by itself is looked for more often than a person could tell.
_LOOK = 0.01


class Unexpected(Exception):
    """A step did not show what it should: what was expected, and what was seen instead."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}; saw {seen}")
        self.expected, self.seen = expected, seen


def expect(holds: bool, expected: str, seen: object) -> None:
    """Raises Unexpected unless `holds`. `seen` is a code, a number or an id, never a fact on a youth."""
    if not holds:
        raise Unexpected(expected, str(seen))


def wait_for(
    look: Callable[[], _T | None],
    seconds: float,
    expected: str,
    seen: Callable[[], str] = lambda: "nothing",
    every: float = _LOOK,
) -> _T:
    """What `look` returns as soon as it is not None. Blocks up to `seconds`; then raises Unexpected."""
    limit = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > limit:
            raise Unexpected(f"{expected} within {seconds:.0f} s", seen())
        time.sleep(every)
    return found
