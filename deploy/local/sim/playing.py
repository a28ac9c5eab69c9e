"""A run from its beginning to its verdict: the county is played, and what came of it is checked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from deploy.local.sim.calls import Calls
from deploy.local.sim.cli import SimStopped
from deploy.local.sim.conductor import Conductor
from deploy.local.sim.found import Auditor
from deploy.local.sim.habits import habits
from deploy.local.sim.lag import Lag, ask
from deploy.local.sim.patience import NotAnswered, Stopped
from deploy.local.sim.place import Place, find
from deploy.local.sim.planner import plans
from deploy.local.sim.player import Player
from deploy.local.sim.speeds import Speed
from deploy.local.sim.submissions import Submissions
from deploy.local.sim.tally import Tally
from deploy.local.sim.telling import Progress, Result
from deploy.local.sim.verdict import Judge
from shared.cli.output import say

#: Seconds between two looks at what is behind.
LOOK = 1.0
#: Seconds that what the checks have read may take to be in the ledger.
SETTLE = 10.0
#: Steps without an answer, one after another, after which the platform counts as gone.
GIVE_UP = 16


@dataclass
class Lags:
    """What is behind: now, and the most that was."""

    place: Place
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=6.0, trust_env=False))
    now: Lag | None = None
    most: Lag = field(default_factory=Lag)

    def look(self) -> Lag | None:
        """Ask the services."""
        self.now = ask(self.http, self.place.addresses)
        self.most = self.most.most(self.now or Lag())
        return self.now


def play(data: Path, cases: int, seed: int, speed: Speed, threads: int) -> Result:
    """Play so many youths of a seed, and judge. Blocks until the end.

    Raises Usage, Unreachable, SimStopped (after Ctrl-C), NotAnswered, TryLater.
    """
    place, stop, tally = find(data), threading.Event(), Tally()
    with closing(Calls(place, stop)) as calls, _submissions(place, stop) as submissions:
        finding = max((one["id"] for one in Auditor(calls).findings()), default=0)
        player, lags = Player.of(calls, submissions, tally, stop), Lags(place)
        conductor = Conductor(plans(seed, cases), player, tally, speed, threads, stop)
        progress = Progress(cases, tally)
        try:
            with progress:
                seconds = _played(conductor, progress, lags)
            played = time.monotonic()
            judge = Judge(place, calls, tally, seed, finding, say, lambda: not (lags.look() or _UNKNOWN).none)
            lines = judge.lines()
        except (KeyboardInterrupt, Stopped) as error:
            conductor.end()
            raise SimStopped(f"Stopped: {progress.standing()}.", "Nothing was checked.") from error
        checking, end = time.monotonic() - played, _at_the_end(lags)
        return Result(
            cases, seed, speed, seconds, checking, tally, lags.most, end, calls.retries, lines
        )  # fmt: skip


#: A service that does not say how far it is counts as behind.
_UNKNOWN = Lag(unpublished=1)


def _played(conductor: Conductor, progress: Progress, lags: Lags) -> float:
    """Seconds that the play took."""
    began = time.monotonic()
    conductor.begin()
    while not conductor.wait(LOOK):
        progress.show(lags.look())
        if progress.tally.unanswered >= GIVE_UP:
            conductor.end()
            raise NotAnswered(f"{GIVE_UP} steps had no answer; {progress.standing()}")
    return max(0.001, time.monotonic() - began)


def _at_the_end(lags: Lags) -> Lag | None:
    """What is behind once the reads of the checks, which are events too, had a few seconds to be taken in."""
    until = time.monotonic() + SETTLE
    while (now := lags.look()) is None or not now.none:
        if time.monotonic() > until:
            break
        time.sleep(LOOK / 2)
    return now


@contextmanager
def _submissions(place: Place, stop: threading.Event) -> Iterator[Submissions]:
    agencies = tuple(habits().table("kafka"))
    with closing(Submissions(place, agencies, stop)) as submissions:
        submissions.open()
        yield submissions
