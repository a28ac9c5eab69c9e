"""One supervised process and its states: started, ready, dead and to be started again, or left to a person."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from deploy.local.child import Child, created_at
from deploy.local.runfile import Entry

#: "Checked and found a problem": its store and its topic disagree; starting it again cannot help.
NEEDS_OPERATOR = 6
#: Seconds to wait before a start, by how many times in a row it died young.
BACK_OFF = (0.0, 0.5, 1.0, 2.0, 4.0, 5.0)
#: A process that ran this long (seconds) did not die young.
SETTLED = 10.0

#: Gives the child for the next start. May raise; the start counts as failed then.
MakeChild = Callable[[], Child]


class Supervised:
    """A process under supervision. `tick` is called a few times a second and never blocks for long."""

    def __init__(self, name: str, make: MakeChild, *, answers: Callable[[], bool] | None = None) -> None:
        """`answers`: whether it does its work; without it, a process is ready when its log says so."""
        self.name = name
        self._make, self._answers = make, answers
        self._asking: threading.Thread | None = None
        self._answered = False
        self.child: Child | None = None
        self.state = "stopped"
        self.since = _now()
        self.restarts = self._young_deaths = 0
        self.exit_code: int | None = None
        self.message = ""
        self._next_start = self._started = 0.0
        self._log_from = self._created = 0.0

    def start(self) -> None:
        """Start it now. A failure to start is a young death, not an exception."""
        self.exit_code, self.message = None, ""
        try:
            self.adopt(self._make())
        except Exception as error:  # noqa: BLE001 - told in status and tried again
            self.child = None
            self._died(None, str(error) or type(error).__name__)

    def adopt(self, child: Child) -> None:
        """Take over a child, started or not."""
        self._log_from = child.log.stat().st_size if child.log.exists() else 0
        if child.pid is None:
            child.start()
        self.child, self._started = child, time.monotonic()
        self._created = created_at(child.pid) if child.pid else 0.0
        self._asking, self._answered = None, False
        self._to("starting")

    def tick(self) -> bool:
        """Look at it and do what is due. Returns whether anything changed."""
        before = (self.state, self.restarts)
        if self.state in ("starting", "ready"):
            self._look()
        elif self.state == "waiting" and time.monotonic() >= self._next_start:
            self.restarts += 1
            self.start()
        return before != (self.state, self.restarts)

    def hold(self) -> None:
        """Stop it and do not start it until `release`."""
        if self.child is not None:
            self.child.stop()
        self._to("held")

    def release(self) -> None:
        """Start a held one, or one that waited for a person, again."""
        self._young_deaths = 0
        self.start()

    def stopped(self) -> None:
        """Record that it was stopped on purpose."""
        self.exit_code = self.child.exit_code if self.child else None
        self._to("stopped")

    def entry(self) -> Entry:
        """What `run.json` says of it."""
        pid = self.child.pid if self.child else None
        log = str(self.child.log) if self.child else ""
        created = self._created if pid else 0.0
        return Entry(self.state, self.since, pid, created, self.restarts, self.exit_code, self.message, log)

    def _look(self) -> None:
        assert self.child is not None
        if not self.child.alive:
            self._died(self.child.exit_code, self._last_message())
        elif self.state == "starting" and self._is_ready():
            self._to("ready")
        elif time.monotonic() - self._started > SETTLED:
            self._young_deaths = 0

    def _died(self, exit_code: int | None, message: str) -> None:
        self.exit_code, self.message = exit_code, message
        if exit_code == NEEDS_OPERATOR:
            self._to("needs-operator")
            return
        self._next_start = time.monotonic() + BACK_OFF[min(self._young_deaths, len(BACK_OFF) - 1)]
        self._young_deaths += 1
        self._to("waiting")

    def _is_ready(self) -> bool:
        if self._answers is not None:
            return self._ask(self._answers)
        assert self.child is not None
        with self.child.log.open("rb") as log:
            log.seek(int(self._log_from))
            return any(_event(line) == "ready" for line in log)

    def _ask(self, answers: Callable[[], bool]) -> bool:
        # In a thread: a server that recovers may let a question wait, and the others are to be watched.
        if self._asking is None or not self._asking.is_alive():
            if self._answered:
                return True
            child = self.child

            def ask() -> None:
                self._answered = answers() and self.child is child

            self._asking = threading.Thread(target=ask, daemon=True)
            self._asking.start()
        return False

    def _last_message(self) -> str:
        lines = [line for line in (self.child.last_lines(20) if self.child else []) if line.strip()]
        return readable(lines[-1]) if lines else ""

    def _to(self, state: str) -> None:
        if state != self.state:
            self.state, self.since = state, _now()


def readable(line: str) -> str:
    """A log line for people: of a JSON line, its event and what explains it.

    Of another line (a traceback's last) only the error's name: its text may quote what was submitted.
    """
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        name = line.partition(":")[0].strip()
        return f"{name} (see its log)" if name.replace(".", "").isidentifier() else "see its log"
    explains = ("reason", "error_type", "topic", "partition", "sequence", "remedy")
    return " · ".join(str(fields[name]) for name in ("event", *explains) if fields.get(name) is not None)


def _event(line: bytes) -> str:
    if b'"ready"' not in line:
        return ""
    try:
        fields = json.loads(line)
    except ValueError:
        return ""
    return str(fields.get("event", "")) if isinstance(fields, dict) else ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
