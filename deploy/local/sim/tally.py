"""What the agencies were told: each accepted command with its events, each refusal, and what nobody planned."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

#: What is kept word for word of what nobody planned.
MOST_SURPRISES = 200


@dataclass(frozen=True)
class Refused:
    """Why a command was refused, as the caller was told."""

    clause: str
    problem: str
    reason: str


@dataclass
class CaseIds:
    """One youth's things and entries: label -> id; the key of each step, by its label."""

    number: int
    ids: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def subjects(self) -> frozenset[str]:
        """The ids that events of this youth have as their subject."""
        return frozenset(
            i for label, i in self.ids.items() if label == "case" or label.startswith("concern-")
        )


@dataclass
class Tally:
    """Thread-safe. Grows by some hundred bytes for each accepted command, and by nothing else."""

    events: dict[bytes, str] = field(default_factory=dict)
    """Acknowledged event (16 bytes) -> the command that it came of."""
    commands: dict[bytes, str] = field(default_factory=dict)
    """Key of a form that was taken (16 bytes) -> its command: a page names no event."""
    by_pages: Counter[str] = field(default_factory=Counter)
    """Of what was accepted, what was done on pages."""
    acknowledged: set[str] = field(default_factory=set)
    """Items of the feed that somebody has in hand."""
    submitted: Counter[bytes] = field(default_factory=Counter)
    """Submission (16 bytes) -> how many records Kafka took of it."""
    agencies: set[str] = field(default_factory=set)
    """Whose systems submitted."""
    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[Refused] = field(default_factory=Counter)
    repeats: int = 0
    surprises: list[str] = field(default_factory=list)
    surprised: int = 0
    cases: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """(case, subjects) of the youths whose plan was played to its end and came to a case."""
    played: int = 0
    unanswered: int = 0
    """Steps without any answer since the last that had one."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def took(self, act: str, events: list[str]) -> None:
        """A command was accepted."""
        with self.lock:
            self.unanswered = 0
            self.accepted[act] += 1
            self.events.update((UUID(event).bytes, act) for event in events)

    def took_form(self, act: str, key: str) -> None:
        """A form was taken."""
        with self.lock:
            self.unanswered = 0
            self.accepted[act] += 1
            self.by_pages[act] += 1
            self.commands[UUID(key).bytes] = act

    def refuse(self, why: Refused) -> None:
        """A command was refused, as planned."""
        with self.lock:
            self.unanswered = 0
            self.refused[why] += 1

    def no_answer(self) -> None:
        """A step had no answer in time."""
        with self.lock:
            self.unanswered += 1

    def repeated(self) -> None:
        """A repeat was answered as the first."""
        with self.lock:
            self.repeats += 1

    def submit(self, agency: str, submission: str, records: int) -> None:
        """Kafka took so many records of a submission."""
        with self.lock:
            self.submitted[UUID(submission).bytes] += records
            self.agencies.add(agency)

    def in_hand(self, item: str, by_pages: bool = False) -> None:
        """An item was acknowledged."""
        with self.lock:
            self.by_pages["acknowledge"] += by_pages
            self.accepted["acknowledge"] += 1
            self.acknowledged.add(item)

    def surprise(self, what: str) -> None:
        """Something that nobody planned. `what` quotes nothing that was submitted."""
        with self.lock:
            self.surprised += 1
            if len(self.surprises) < MOST_SURPRISES:
                self.surprises.append(what)

    def ended(self, case: CaseIds, whole: bool) -> None:
        """A youth's plan ended; `whole`: every step was played."""
        with self.lock:
            self.played += 1
            if whole and "case" in case.ids:
                self.cases.append((case.ids["case"], case.subjects))

    def total(self) -> int:
        """Accepted commands so far."""
        with self.lock:
            return sum(self.accepted.values())
