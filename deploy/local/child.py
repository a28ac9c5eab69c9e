"""One child process of ours: it dies with us, it is stopped by its own pid, and only if it is still ours."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
#: Below the range from which the system takes ports for outgoing connections, so that a port that is free
#: while its server restarts is not taken meanwhile.
_PORTS = (15_000, 31_000)


@dataclass(frozen=True)
class User:
    """Whom a child runs as."""

    uid: int
    gid: int
    name: str


def run_as(user: User | None) -> dict[str, Any]:
    """Options of `subprocess` for running as this user; none for us."""
    return {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}


class Child:
    """One process. Start it from a thread that lives as long as the child should: the kernel ends the child
    with `death_signal` when that thread ends, even by SIGKILL (Linux)."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        *,
        user: User | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name, self.command, self.env, self.log = name, list(command), dict(env), log
        self._user, self._stop_signal, self._death_signal = user, stop_signal, death_signal
        self._process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0

    def start(self) -> None:
        """Start it; its output is appended to the log file. Does not wait."""
        death, parent = self._death_signal, os.getpid()

        def die_with_parent() -> None:
            if _LIBC is not None:
                _LIBC.prctl(_PR_SET_PDEATHSIG, int(death), 0, 0, 0)
                if os.getppid() != parent:  # it died between fork and prctl
                    os._exit(1)

        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self.command,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                start_new_session=True,  # a Ctrl-C in the terminal is for us; we stop children in order
                preexec_fn=die_with_parent,  # runs after the change of user, which would undo it
                **run_as(self._user),
            )
        self.started_at = time.time()

    @property
    def pid(self) -> int | None:
        """Its process id, or None while it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """Negative for a signal; None while it runs or was never started."""
        return None if self._process is None else self._process.poll()

    @property
    def alive(self) -> bool:
        """Whether it runs (a paused process runs)."""
        return self.pid is not None

    def signal(self, number: int) -> None:
        """Send a signal to it, if it runs. Popen reaps it, so the pid cannot be another's."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def begin_stop(self) -> None:
        """Ask it to stop; a paused one is woken, so that it can hear."""
        self.signal(self._stop_signal)
        self.signal(signal.SIGCONT)

    def stop(self, seconds: float = 10.0) -> int | None:
        """Ask it to stop, wait for at most `seconds`, then SIGKILL. Returns its exit code."""
        self.begin_stop()
        if not self.wait(seconds):
            self.kill()
        return self.exit_code

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self.wait(10.0)

    def wait(self, seconds: float) -> bool:
        """Whether it ended within `seconds`."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_lines(self, count: int = 5) -> list[str]:
        """The end of its log, for a message about a failed start."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - 8192))
                return log.read().decode("utf-8", "replace").splitlines()[-count:]
        except FileNotFoundError:
            return []


def free_port(taken: frozenset[int] = frozenset()) -> int:
    """A loopback port that nothing listens on just now. It is free when this returns, not promised later."""
    chooser = random.SystemRandom()
    for _ in range(200):
        port = chooser.randrange(*_PORTS)
        if port not in taken and port_is_free(port):
            return port
    raise OSError(f"no free port between {_PORTS[0]} and {_PORTS[1]} on 127.0.0.1")


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def end_left_over(pid: int, created: float, seconds: float = 10.0) -> bool:
    """End a process that an earlier supervisor left, if it is still that one: pid and start time both agree.

    Returns whether there was one. Blocks at most `seconds`.
    """
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - created) > 0.05:
            return False
        process.kill()
        process.wait(seconds)
    except psutil.NoSuchProcess:
        return False
    return True


def created_at(pid: int) -> float:
    """When the process started, as the system knows it; 0.0 if it is gone."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0
