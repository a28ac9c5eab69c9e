"""The platform that the story plays on: the one that runs on this data, or one of our own; its progress is told."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.cli import NotUp
from deploy.local.infrastructure import Infrastructure, say
from deploy.local.runfile import Run, is_running, read_run
from deploy.local.system import System, SystemFailed

#: The first time, the jars are fetched as well (seconds).
UP_SECONDS = 600.0
#: Seconds that something may be down while everything starts at once.
SETTLE_SECONDS = 30.0
#: After so many seconds of silence it says what it waits for.
_SILENCE = 5.0
_LOOK = 0.2


@contextmanager
def platform(data: Path) -> Iterator[tuple[Infrastructure, Run, bool]]:
    """Servers, `run.json` and whether the platform is ours; ours is stopped at the end. Raises NotUp."""
    run = read_run(data)
    if run is not None and is_running(run):
        say(f"Accord already runs on {data}: the story is played on it")
        yield Infrastructure(data).attach(), _ready(data, run.supervisor, time.monotonic()), False
        return
    system = System(data)
    began = time.monotonic()
    system.places.make()
    with _stop_on_sigterm(), _Relay(system.places.log("supervisor")) as relay:
        try:
            yield system.infra, _started(system, relay, began), True
        finally:
            say("stopping everything; the data stays")
            system.stop()


def _started(system: System, relay: _Relay, began: float) -> Run:
    data = system.places.data
    say(f"starting the platform on {data}")
    try:
        system.start(UP_SECONDS, ready=False)
    except SystemFailed as failed:
        raise NotUp("The platform did not start.", f"{failed}\nIts logs are in {data / 'logs'}.") from failed
    run = _ready(data, system.run.supervisor, began)
    relay.end()
    say(f"ready after {time.monotonic() - began:.1f} s")
    return run


def _ready(data: Path, supervisor: int, began: float) -> Run:
    """The run once everything is ready; says what it waits for. Raises NotUp."""
    patience, limit = time.monotonic() + SETTLE_SECONDS, began + UP_SECONDS
    told = time.monotonic()
    while True:
        run, now = read_run(data), time.monotonic()
        if run is None or run.supervisor != supervisor or not is_running(run):
            raise NotUp("The platform ended while starting.", f"Its logs are in {data / 'logs'}.")
        if run.state == "ready":
            return run
        waiting = [name for name, entry in run.processes.items() if entry.state != "ready"]
        patience = patience if run.state == "degraded" else now + SETTLE_SECONDS
        if now > min(patience, limit):
            raise NotUp(
                f"Not ready: {', '.join(waiting)}.", f"`accord status` says more; logs: {data / 'logs'}."
            )
        if now - told > _SILENCE and waiting:
            told = now
            say(f"{now - began:.0f} s: waiting for {', '.join(waiting)}")
        time.sleep(_LOOK)


@contextmanager
def _stop_on_sigterm() -> Iterator[None]:
    """SIGTERM ends us as Ctrl-C does, so that what is ours is stopped in order."""

    def end(*_: object) -> None:
        raise SystemExit(143)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Relay:
    """Shows what the supervisor says from now on, as it says it."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._at = log.stat().st_size if log.exists() else 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Relay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Show the rest, and no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _run(self) -> None:
        while True:
            last = self._stop.wait(_LOOK)
            self._show()
            if last:
                return

    def _show(self) -> None:
        if not self._log.exists():
            return
        with self._log.open("rb") as log:
            log.seek(self._at)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._at += len(whole)
        sys.stderr.write(whole.decode("utf-8", "replace"))
        sys.stderr.flush()
