"""How far a long command is: a bar where somebody looks, else a line every few seconds. On stderr."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from time import monotonic
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

#: Seconds between two lines where nobody looks, and over which the rate is taken.
EVERY = 5.0
WINDOW = 20.0


class Pace:
    """How quickly it goes, over the last seconds, and what is left of it. Time is an argument, in seconds."""

    def __init__(self, total: int, done: int, now: float) -> None:
        """`done` is what an earlier run had done: it says nothing of this one's rate."""
        self.total, self.done = total, done
        self._marks: deque[tuple[float, int]] = deque([(now, done)])

    def at(self, done: int, now: float) -> None:
        """So much is done by now. The total grows with it if it turns out to be more."""
        self.done, self.total = done, max(self.total, done)
        self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[1][0] <= now - WINDOW:
            self._marks.popleft()

    @property
    def per_second(self) -> float | None:
        """The rate; None before there is one."""
        (began, first), (ended, last) = self._marks[0], self._marks[-1]
        return (last - first) / (ended - began) if ended > began else None

    @property
    def seconds_left(self) -> float | None:
        """At that rate; 0 at the end, None while nobody can tell."""
        left, rate = self.total - self.done, self.per_second
        if left <= 0:
            return 0.0
        return left / rate if rate else None

    def __str__(self) -> str:
        rate, left = self.per_second, self.seconds_left
        told = [f"{self.done:,} of {self.total:,}"]
        if rate is not None:
            told.append(f"{rate:,.0f}/s")
        if left:
            told.append(f"{lasting(left)} left")
        return ", ".join(told)


def lasting(seconds: float) -> str:
    """A time for people: `8 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60:02} min"


class Shown:
    """Shows it: `begin` each part of the work, `at` how far it is."""

    def __init__(self, *, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._what, self._pace, self._said = "", Pace(0, 0, now()), now()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        if sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)

    def __enter__(self) -> Shown:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, what: str, total: int = 0, done: int = 0) -> None:
        """A part of the work; `total` 0: nobody knows how much it is."""
        self._what, self._pace, self._said = what, Pace(total, done, self._now()), self._now()
        if self._bar is None:
            _say(f"{what}{f': {self._pace}' if total else ''}")
            return
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(what, total=total or None, completed=done, told="")

    def at(self, done: int) -> None:
        """So much of this part is done."""
        now = self._now()
        self._pace.at(done, now)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=self._pace.total, told=str(self._pace))
        elif now - self._said >= EVERY:
            self._said = now
            _say(f"{self._what}: {self._pace}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
