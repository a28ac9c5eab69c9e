"""The life of one process: settings, log, memory; what keeps it from starting is one line that says what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

import structlog

from shared import telemetry
from shared.errors import TryLater
from shared.memory import give_back_large_blocks
from shared.settings import Misconfigured, Settings

#: Exit codes: it may come up when it is started again; it will not before a setting is changed.
AWAY, WRONGLY_SET = 1, 2


def run(service: str, process: str, work: Callable[[Settings], int]) -> int:
    """Do the work of a process and return its exit code. Blocks until its end."""
    settings = Settings()
    telemetry.configure(service, process, settings.log_level)
    give_back_large_blocks()
    log = structlog.get_logger()
    try:
        return work(settings)
    except Misconfigured as wrong:
        log.error("cannot_start", reason=str(wrong), remedy="Change the setting, then start it again.")
        return WRONGLY_SET
    except TryLater as later:
        log.error("cannot_start", reason=str(later), remedy="It is started again; see accord doctor.")
        return AWAY


def main(service: str, processes: Mapping[str, Callable[[Settings], int]], arguments: Sequence[str]) -> int:
    """`python -m services.<service> <process>`: run the named process of the service."""
    if len(arguments) != 1 or arguments[0] not in processes:
        sys.stderr.write(f"usage: python -m services.{service} {'|'.join(processes)}\n")
        return WRONGLY_SET
    return run(service, arguments[0], processes[arguments[0]])
