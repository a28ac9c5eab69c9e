"""What is shown while it plays, on stderr, and the result, on stdout."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from deploy.local.sim.lag import Lag
from deploy.local.sim.lines import Line
from deploy.local.sim.tally import Tally
from shared.cli.output import emit_table, say

#: Seconds between two lines where nobody watches a bar.
EACH_SECONDS = 10.0


@dataclass
class Progress:
    """A bar where stderr is a terminal, plain lines elsewhere. Use it in a `with`."""

    cases: int
    tally: Tally
    began: float = field(default_factory=time.monotonic)
    _said: float = 0.0
    _bar: Any = None
    _task: Any = None
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            columns = (BarColumn(20), TextColumn("{task.description}"))
            self._bar = self._stack.enter_context(Bar(*columns, console=Console(stderr=True), transient=True))
            self._task = self._bar.add_task("", total=self.cases)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stack.close()

    def show(self, lag: Lag | None) -> None:
        """Where it stands."""
        if self._bar is not None:
            self._bar.update(self._task, completed=self.tally.played, description=self.brief(lag))
        elif time.monotonic() - self._said > EACH_SECONDS:
            self._said = time.monotonic()
            say(f"{time.monotonic() - self.began:.0f} s: {self.standing(lag)}")

    def brief(self, lag: Lag | None) -> str:
        """What fits behind a bar in 80 columns."""
        seconds = max(0.001, time.monotonic() - self.began)
        behind = f", {lag.total:,} behind" if lag is not None else ""
        text = f"{self.tally.played:,} of {self.cases:,} youths, {self.tally.total() / seconds:.0f}/s{behind}"
        return f"{text}, {self.tally.surprised:,} unplanned" if self.tally.surprised else text

    def standing(self, lag: Lag | None = None) -> str:
        """One line."""
        tally, seconds = self.tally, max(0.001, time.monotonic() - self.began)
        total = tally.total()
        text = (
            f"{tally.played:,} of {self.cases:,} youths, {total:,} commands accepted ({total / seconds:.0f}/s),"
            f" {sum(tally.refused.values()):,} refused as planned, {tally.surprised:,} unplanned"
        )
        return f"{text}; {lag}" if lag is not None else text


@dataclass(frozen=True)
class Result:
    """What a run came to."""

    cases: int
    seed: int
    speed: str
    seconds: float
    checking: float
    """Seconds that the checks took after the play."""
    tally: Tally
    most: Lag
    end: Lag | None
    retries: int
    lines: list[Line]

    @property
    def good(self) -> bool:
        """Whether every check holds."""
        return not any(line.wrong for line in self.lines)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        tally = self.tally
        refused = [
            {"clause": why.clause, "problem": why.problem, "reason": why.reason, "count": count}
            for why, count in tally.refused.most_common()
        ]
        return {
            "cases": self.cases,
            "seed": self.seed,
            "speed": self.speed,
            "seconds": round(self.seconds, 1),
            "seconds_checking": round(self.checking, 1),
            "accepted": tally.total(),
            "accepted_per_second": round(tally.total() / self.seconds, 1),
            "accepted_by_command": dict(tally.accepted.most_common()),
            "refused": refused,
            "by_pages": dict(tally.by_pages.most_common()),
            "repeats": tally.repeats,
            "submissions": sum(tally.submitted.values()),
            "asked_again": self.retries,
            "lag": {"most": self.most.as_dict(), "end": self.end.as_dict() if self.end else None},
            "checks": [line.as_dict() for line in self.lines],
            "good": self.good,
        }

    def tell(self) -> None:
        """Readable."""
        tally, per_second = self.tally, self.tally.total() / self.seconds
        out = sys.stdout
        out.write(
            f"{self.cases:,} youths, seed {self.seed}, speed {self.speed}: played in {self.seconds:.0f} s,"
        )
        out.write(f" checked in {self.checking:.0f} s\n")
        out.write(f"{tally.total():,} commands accepted, {per_second:.1f} a second; ")
        out.write(f"{sum(tally.by_pages.values()):,} of them on pages; ")
        out.write(f"{tally.repeats:,} repeats answered as the first; ")
        out.write(f"{sum(tally.submitted.values()):,} records submitted over Kafka\n")
        out.write(f"Most that was behind: {self.most}\nAt the end: {self.end or 'not known'}\n\n")
        out.write(f"{sum(tally.refused.values()):,} commands refused, as planned, by clause:\n")
        out.flush()
        ordered = sorted(tally.refused.items(), key=lambda pair: (pair[0].clause, -pair[1]))
        rows = [(why.clause, why.problem, why.reason or None, count) for why, count in ordered]
        emit_table(("clause", "answer", "reason", "count"), rows)
        out.write("\nWhat must be none:\n")
        out.write("\n".join(map(str, self.lines)) + "\n")
        out.flush()
