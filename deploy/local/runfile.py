"""`run.json`: what runs on a data directory and where. Written by the supervisor, read by everyone else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from deploy.local.places import Places, read_json, write_private

#: Seconds that two readings of one process's start time may differ by.
_SAME = 0.05


@dataclass(frozen=True)
class Entry:
    """One process. `since` is when its state began (ISO 8601, UTC); `created` tells a pid from a later one's.

    States: starting, ready, waiting (dead; to be started again), needs-operator, held, stopped.
    """

    state: str
    since: str
    pid: int | None = None
    created: float = 0.0
    restarts: int = 0
    exit_code: int | None = None
    message: str = ""
    log: str = ""


@dataclass(frozen=True)
class Run:
    """All of `run.json`. `state`: starting, ready, degraded, stopping, stopped."""

    state: str
    since: str
    supervisor: int
    created: float
    addresses: Mapping[str, str]
    processes: Mapping[str, Entry]

    def write(self, places: Places) -> None:
        """Replace the file in one step."""
        write_private(places.run, json.dumps(asdict(self), indent=2) + "\n", durable=False)


def read_run(data: Path) -> Run | None:
    """The file's content, or None if there is none that can be read."""
    found: dict[str, Any] | None = read_json(data / "run.json")
    try:
        if found is not None:
            found["processes"] = {name: Entry(**e) for name, e in found["processes"].items()}
            return Run(**found)
    except (KeyError, TypeError):
        pass
    return None


def is_running(run: Run | None) -> bool:
    """Whether the supervisor that wrote this file is still there (and is not another process of that pid)."""
    return run is not None and is_same_process(run.supervisor, run.created)


def is_same_process(pid: int | None, created: float) -> bool:
    """Whether `pid` is alive and started at `created`."""
    if pid is None:
        return False
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < _SAME and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
