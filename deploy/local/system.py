"""The whole local platform from Python, for tests and the demo: a supervisor of its own, seen from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.local.child import Child
from deploy.local.infrastructure import Infrastructure
from deploy.local.places import Places, read_json, write_private
from deploy.local.processes import Spec, environment_of, process_table
from deploy.local.runfile import Entry, Run, is_running, is_same_process, read_run
from shared.errors import AccordError

UP_SECONDS = 240.0
#: The supervisor's own limits, added up (three orders of services, then each server), and some for the machine.
DOWN_SECONDS = 90.0

_SUPERVISOR = (sys.executable, "-m", "deploy.local.supervisor")


class SystemFailed(AccordError):
    """The platform did not do within its limit what it was asked. The message says what and where to look."""


class System:
    """`with System(data) as system:` starts everything and waits; at the end everything is stopped.

    The supervisor is a process of its own, so its children survive nothing that a county's would not, and
    it may be killed. Data stays; delete the directory, or call `infra.remove()`, when it is not needed.
    """

    def __init__(self, data: Path, workers: int = 1, supervisor: Sequence[str] = _SUPERVISOR) -> None:
        self.places = Places(data)
        self._command = [*supervisor, "--data", str(self.places.data), "--workers", str(workers)]
        self._workers = workers
        self._supervisor: Child | None = None
        self.infra = Infrastructure(data)

    def __enter__(self) -> System:
        up = self._supervisor is not None and self._supervisor.alive
        return self if up else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, seconds: float = UP_SECONDS, *, ready: bool = True) -> System:
        """Start the supervisor and wait until all is ready, or, with `ready=False`, until Kafka and
        PostgreSQL are. Raises SystemFailed after `seconds`, with what was not ready."""
        self.places.make()
        # Its own children get bare environments; it needs ours for KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL.
        self._supervisor = Child("supervisor", self._command, os.environ, self.places.log("supervisor"))
        self._supervisor.start()
        limit = time.monotonic() + seconds
        while not (run := self._run_of_ours()) or not (
            run.state == "ready" if ready else {"kafka", "postgres"} <= run.addresses.keys()
        ):
            if not self._supervisor.alive or time.monotonic() > limit:
                told = "; ".join(self._supervisor.last_lines())
                self.stop()
                raise SystemFailed(f"not up within {seconds:.0f} s: {_unready(run)} {told}")
            time.sleep(0.1)
        self.infra.attach()
        return self

    def stop(self) -> None:
        """Stop everything in order, as Ctrl-C does. Blocks at most a minute and a half."""
        if self._supervisor is not None:
            self._supervisor.stop(DOWN_SECONDS)

    def signal_supervisor(self, number: int, seconds: float = DOWN_SECONDS) -> int | None:
        """Send the supervisor a signal and wait until it ended. Returns its exit code, None if it did not."""
        if self._supervisor is None:
            return None
        self._supervisor.signal(number)
        return self._supervisor.exit_code if self._supervisor.wait(seconds) else None

    def kill_supervisor(self) -> None:
        """SIGKILL the supervisor itself; the kernel ends its children."""
        if self._supervisor is not None:
            self._supervisor.kill()

    @property
    def run(self) -> Run:
        """`run.json` now. Raises SystemFailed if there is none."""
        run = read_run(self.places.data)
        if run is None:
            raise SystemFailed(f"there is no run.json in {self.places.data}")
        return run

    def process(self, name: str) -> Entry:
        """What `run.json` says of a process: `referrals-api`, …, `kafka`, `postgres`. Raises KeyError."""
        return self.run.processes[name]

    def url(self, service: str) -> str:
        """The base address of `referrals`, `notifications`, `audit` or `issuer`."""
        return self.run.addresses[service]

    def pid(self, name: str) -> int:
        """The live pid of a process. Raises SystemFailed if it does not run just now."""
        entry = self.process(name)
        if entry.pid is None or not is_same_process(entry.pid, entry.created):
            raise SystemFailed(f"{name} does not run just now ({entry.state})")
        return entry.pid

    def signal(self, name: str, number: int) -> int:
        """Send a signal to a process that is surely ours; returns the pid it went to."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def kill(self, name: str) -> int:
        """SIGKILL a process, `kafka` and `postgres` too; the supervisor starts it again."""
        return self.signal(name, signal.SIGKILL)

    def wait_ready(self, name: str, seconds: float = 30.0, *, not_pid: int | None = None) -> Entry:
        """Block until the process is ready, and is another one than `not_pid`. Raises SystemFailed."""
        limit = time.monotonic() + seconds
        while True:
            entry = self.process(name)
            alive = is_same_process(entry.pid, entry.created)
            if entry.state == "ready" and alive and entry.pid != not_pid:
                return entry
            if time.monotonic() > limit:
                raise SystemFailed(
                    f"{name} was not ready within {seconds:.0f} s: {entry.state} {entry.message}"
                )
            time.sleep(0.1)

    def wait_state(self, name: str, state: str, seconds: float = 15.0) -> Entry:
        """Block until the process is in this state (see `Entry`). Raises SystemFailed."""
        limit = time.monotonic() + seconds
        while (entry := self.process(name)).state != state:
            if time.monotonic() > limit:
                raise SystemFailed(f"{name} is {entry.state}, not {state}, after {seconds:.0f} s")
            time.sleep(0.1)
        return entry

    def wait_healthy(self, api: str, seconds: float = 30.0) -> None:
        """Block until the api's `/readyz` answers 200. Raises SystemFailed with its last answer's checks."""
        import httpx2

        limit, last = time.monotonic() + seconds, "no answer"
        with httpx2.Client(timeout=6.0, trust_env=False) as client:
            while time.monotonic() < limit:
                try:
                    answer = client.get(f"{self.url(api)}/readyz")
                except httpx2.HTTPError as error:
                    last = type(error).__name__
                else:
                    if answer.status_code == 200:
                        return
                    last = answer.text
                time.sleep(0.2)
        raise SystemFailed(f"{api} was not ready within {seconds:.0f} s: {last}")

    def wait_first_steps(self, seconds: float = 60.0) -> None:
        """Block until the MOU is adopted on new data. Raises SystemFailed."""
        import httpx2

        from deploy.local.first_steps import COORDINATOR, EARLIER

        limit, last = time.monotonic() + seconds, "no answer"
        with httpx2.Client(timeout=6.0, trust_env=False) as client:
            while time.monotonic() < limit:
                headers = {"Authorization": f"Bearer {self.token(COORDINATOR)}"}
                try:
                    answer = client.get(f"{self.url('referrals')}/v1/mou", headers=headers)
                    if answer.status_code == 200 and answer.json()["version"] not in EARLIER:
                        return
                    last = str(answer.status_code)
                except httpx2.HTTPError as error:
                    last = type(error).__name__
                time.sleep(0.2)
        raise SystemFailed(f"no MOU was adopted within {seconds:.0f} s: {last}")

    def hold(self, *names: str) -> None:
        """Stop these processes and keep them stopped (for restores and repairs). Blocks until they are."""
        self._set_held(self._held() | set(names))
        for name in names:
            self.wait_state(name, "held", 30.0)

    def release(self, *names: str, seconds: float = 60.0) -> None:
        """Start held processes again and wait until they are ready. No names: all that are held."""
        freed = set(names) or self._held()
        self._set_held(self._held() - freed)
        for name in sorted(freed):
            self.wait_ready(name, seconds)

    def spec(self, name: str) -> Spec:
        """The row of the process table. Raises KeyError."""
        return {spec.name: spec for spec in process_table(self._workers)}[name]

    def environment(self, name: str) -> dict[str, str]:
        """The environment of a process, to run a command as it (`accord repair`, a second relay)."""
        ports: dict[str, int] = read_json(self.places.data / "ports.json") or {}
        return environment_of(self.spec(name), self.infra, ports)

    def start_second(self, name: str) -> Child:
        """Start one more of a process, beside the supervised one; stop it yourself (`Child.stop`)."""
        spec = self.spec(name)
        child = Child(
            f"{name}-second", spec.command, self.environment(name), self.places.log(f"{name}-second")
        )
        child.start()
        return child

    def log(self, name: str) -> list[dict[str, Any]]:
        """The process's log lines that are JSON, oldest first."""
        lines = []
        for line in self.places.log(name).read_text("utf-8", "replace").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                continue
        return lines

    def token(self, person: str, **more: Any) -> str:
        """A token of the local issuer for one of the invented people (`deputy@sheriff`). `more`: ttl, audience."""
        from shared.cli.places import local_token

        return local_token(person, self.url("issuer"), **more)

    def accord(self, *arguments: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run the command `accord` on this data directory, as a person would."""
        command = [sys.executable, "-c", "from shared.cli import main; main()", *arguments]
        env = {**os.environ, "ACCORD_DATA": str(self.places.data)}
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=seconds)

    def _run_of_ours(self) -> Run | None:
        run = read_run(self.places.data)
        ours = self._supervisor is not None and run is not None and run.supervisor == self._supervisor.pid
        return run if ours and is_running(run) else None

    def _held(self) -> set[str]:
        return set(read_json(self.places.data / "hold.json") or [])

    def _set_held(self, names: set[str]) -> None:
        write_private(self.places.data / "hold.json", json.dumps(sorted(names)), durable=False)


def _unready(run: Run | None) -> str:
    if run is None:
        return "nothing started yet."
    waiting = {n: e for n, e in run.processes.items() if e.state != "ready"}
    return ", ".join(f"{name} {e.state} {e.message}".strip() for name, e in waiting.items()) + "."
