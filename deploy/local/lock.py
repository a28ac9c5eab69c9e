"""One supervisor per data directory."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.runfile import read_run
from shared.errors import AccordError


class AlreadyUp(AccordError):
    """Another supervisor holds this data directory."""

    def __init__(self, data: Path, pid: int | None) -> None:
        super().__init__(
            f"Accord already runs on {data}{f' (pid {pid})' if pid else ''}: see `accord status`, "
            "end it with `accord down`, or choose another directory with --data"
        )


@contextmanager
def data_lock(data: Path) -> Iterator[None]:
    """Hold the directory; the system frees it however we end. Raises AlreadyUp."""
    with (data / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            run = read_run(data)
            raise AlreadyUp(data, run.supervisor if run else None) from None
        yield
