"""Timing, rounds in turn, and how a figure is printed."""

from __future__ import annotations

import cProfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch


def rate(work: Callable[[], object], count: int, threads: int = 1) -> float:
    """How often per second `work` ran: `count` times over so many threads."""
    ran: list[BaseException] = []

    def loop() -> None:
        try:
            for _ in range(count // threads):
                work()
        except BaseException as error:  # noqa: BLE001 - said below; a thread's own traceback would be lost
            ran.append(error)

    crew = [threading.Thread(target=loop) for _ in range(threads)]
    began = time.perf_counter()
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    if ran:
        raise ran[0]
    return count / (time.perf_counter() - began)


def in_turn(
    ours: Callable[[], float], baseline: Callable[[], float], rounds: int = 9
) -> tuple[float, float, float]:
    """Medians of ours, of the baseline, and of the ratio pair by pair; one warm-up of each first."""
    ours(), baseline()
    pairs = [(ours(), baseline()) for _ in range(rounds)]
    return (
        median(a for a, _ in pairs),
        median(b for _, b in pairs),
        median(a / b for a, b in pairs),
    )


def say(what: str, ours: str, baseline: str, ratio: float, aim: str) -> None:
    """One line of a figure."""
    print(f"{what:46} ours {ours:>14}   baseline {baseline:>14}   ratio {ratio:6.2f}   aim {aim}", flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextmanager
def profiling(owner: type, method: str) -> Iterator[list[cProfile.Profile]]:
    """Profiles every call of a method inside, in whatever thread it is made: one for each call."""
    profiles: list[cProfile.Profile] = []
    original = getattr(owner, method)

    def profiled(*arguments: Any) -> Any:
        profiles.append(cProfile.Profile())
        return profiles[-1].runcall(original, *arguments)

    with patch.object(owner, method, profiled):
        yield profiles
