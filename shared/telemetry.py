"""Logs: JSON lines on stderr, with fields from a closed list, so that no identifying fact can slip in."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

#: The only fields that a log line may carry. A field that is not here is dropped and its name is reported.
FIELDS = frozenset(
    {
        *("event", "level", "timestamp", "service", "process", "pid", "member", "slot", "port", "logger"),
        *("topic", "partition", "offset", "sequence", "position", "count", "bytes", "seconds", "lag"),
        *("case", "concern", "referral", "item", "stream", "streamversion", "event_id", "command_id", "type"),
        *("agency", "role", "purpose", "clause", "rule", "mouversion", "reason", "kind", "remedy", "kid"),
        *("route", "method", "status", "error_type", "attempt", "first", "last", "exit_code", "signal"),
        *("generation", "dropped", "incident", "where"),
    }
)


def _allow_listed(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    dropped = sorted(k for k in line if k not in FIELDS)
    for key in dropped:
        del line[key]
    if dropped:
        line["dropped"] = ",".join(dropped)
    return line


class _LibraryLine(logging.Handler):
    """A library's own log line keeps its logger and level; its text may quote data, so it is not kept."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        log = structlog.get_logger()
        log.log(record.levelno, "library_said", logger=record.name, error_type=error)


def configure(service: str, process: str, level: str = "info") -> None:
    """Set up logging for this process. Call once, at its start."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _allow_listed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(service=service, process=process)
    root = logging.getLogger()
    root.handlers[:] = [_LibraryLine()]
    root.setLevel(logging.WARNING)


def log() -> Any:
    """The logger of this process."""
    return structlog.get_logger()
