"""What the load was told: every command that was acknowledged, and every submission that Kafka took."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Acknowledged:
    """A command that was answered with success, and the events that the answer named."""

    command: str
    thing: str
    events: tuple[str, ...]
    at: float


@dataclass
class Memory:
    """All that anyone was told is recorded. Thread-safe."""

    commands: list[Acknowledged] = field(default_factory=list)
    submissions: dict[str, str] = field(default_factory=dict)
    """Submission id -> its command; only those that Kafka acknowledged."""
    sent: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    retries: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def acknowledged(self, command: str, thing: str, body: dict[str, Any]) -> None:
        """Remember the answer of a command."""
        with self.lock:
            self.commands.append(Acknowledged(command, thing, tuple(body["events"]), time.monotonic()))

    def surprised(self, what: str) -> None:
        """Remember what no fault explains."""
        with self.lock:
            self.surprises.append(what)

    def submitted(self, command: str, submission: str) -> None:
        """Remember a record that Kafka took."""
        with self.lock:
            self.submissions[submission] = command
            self.sent[submission] += 1

    def events(self) -> dict[str, str]:
        """Every acknowledged event id -> the command that it came of."""
        with self.lock:
            return {event: done.command for done in self.commands for event in done.events}

    def first_since(self, moment: float, command: str) -> Acknowledged | None:
        """The first such command acknowledged after `moment` (monotonic seconds), if any yet."""
        with self.lock:
            return next((a for a in self.commands if a.at > moment and a.command == command), None)
