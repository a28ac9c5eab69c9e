"""What is asked of audit: a case's history and state at a point of either axis. Each read is recorded first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.audit.access import NO_MOU, may_read_history, record
from services.audit.domain.corrections import with_corrections
from services.audit.domain.entry import Axis, Cut, Entry, up_to
from services.audit.domain.gaps import gaps
from services.audit.domain.line import Line
from services.audit.entries import Entries
from services.audit.reading import Adopted, Reader, in_force, parsed, snapshot
from services.audit.told import Cases, Told
from shared.events.types.concern import ConcernLinked
from shared.mou import CallerFacts
from shared.store.store import Store

BEGINNING = datetime.min.replace(tzinfo=UTC)


class NotYours(Exception):
    """There is no such case, or the caller may not know of it. The two are never told apart."""


class NoSuchEvent(Exception):
    """The event named by `as_of_event` is not one of this case. `place` says in which of several cuts."""

    def __init__(self, place: int) -> None:
        super().__init__("no such event in this case")
        self.place = place


@dataclass(frozen=True)
class Replay:
    """The events of a case within a cut, in order, and how far that reaches."""

    case: str
    cut: Cut
    entries: Sequence[Entry]
    complete_until: datetime | None
    mouversion: str | None
    adopted: Sequence[Adopted]
    gaps: list[str]
    positions: list[dict[str, object]]
    statement: str
    line: Line
    """The case's fold in recorded order, of which this is a part."""

    @property
    def as_of(self) -> datetime | None:
        """The moment it is told for: the one asked for, or that of the event asked for."""
        return self.cut.as_of or _moment(self.cut, self.entries)

    @property
    def complete(self) -> bool:
        """Whether nothing recorded up to `as_of` can be missing; never so for what happened, which may be
        recorded later."""
        if self.cut.axis is Axis.HAPPENED or self.complete_until is None or self.as_of is None:
            return False
        return self.as_of <= self.complete_until


@dataclass(frozen=True)
class Questions:
    """Answers questions. Thread-safe. Blocks on the database; raises TryLater."""

    store: Store
    require_open: Callable[[], None]
    """Raises unless audit may append (the gate of shared/bus)."""
    entries: Entries = field(default_factory=Entries)
    cases: Cases = field(default_factory=Cases)

    def snapshot(self) -> AbstractContextManager[Reader]:
        """The ledger as it is now, for one answer. Raises TryLater."""
        return snapshot(self.store, self.entries)

    def replay(self, case: str, caller: CallerFacts, cut: Cut, correlation: str) -> Replay:
        """The case up to the cut. The read, or the denial, is recorded before the answer is given.

        Raises NotYours, NoSuchEvent, TryLater.
        """
        return self.replays(case, caller, [cut], correlation)[0]

    def replays(self, case: str, caller: CallerFacts, cuts: Sequence[Cut], correlation: str) -> list[Replay]:
        """The case up to each of the cuts, out of the same ledger; otherwise as `replay`."""
        self.require_open()
        with self.snapshot() as reader:
            now = self._now(reader)
            adopted = in_force(reader.mous(), now)
            allowed = may_read_history(caller, parsed(adopted))
            known = reader.known(case)
            found = self._all_told(reader, case, cuts, now) if known and allowed else None
        if known:
            version = adopted.version if adopted else NO_MOU
            record(self.store, caller, case, denied=not allowed, mouversion=version, correlation=correlation)
        if found is None:
            raise NotYours
        return found

    def _now(self, reader: Reader) -> datetime:
        """Never before what the ledger is complete for: a clock that was set back makes nothing unrecorded."""
        return max(self.store.now(), reader.complete_until() or BEGINNING)

    def _all_told(self, reader: Reader, case: str, cuts: Sequence[Cut], now: datetime) -> list[Replay]:
        told = []
        for place, cut in enumerate(cuts):
            try:
                told.append(self._told(reader, case, cut, now))
            except LookupError as error:
                raise NoSuchEvent(place) from error
        return told

    def _told(self, reader: Reader, case: str, cut: Cut, now: datetime) -> Replay:
        told = self.cases.told(reader, case)
        until, positions = reader.complete_until(), reader.positions()
        cut = _settled(cut, told, until, now)
        entries = _within(told, cut)
        at = cut.as_of or _moment(cut, entries) or now
        mous = reader.mous()
        adopted = in_force(mous, at)
        holes = [] if told.dense else _gaps(entries, reader)
        if told.unreadable:
            holes.append(
                f"{told.unreadable} records about the case are no events that this version can read."
            )
        return Replay(
            case,
            cut,
            entries,
            until,
            adopted.version if adopted else None,
            mous,
            holes,
            positions,
            _statement(entries, cut, bool(holes)),
            told.line,
        )


def _within(told: Told, cut: Cut) -> list[Entry]:
    """The entries within the cut. Raises LookupError if `as_of_event` is not among them."""
    if cut.axis is Axis.RECORDED:
        return told.line.entries[: told.line.count(cut, told.count)]
    ordered = told.ordered(cut.axis)
    return with_corrections(up_to(ordered, cut), ordered, cut.axis)


def _moment(cut: Cut, entries: Sequence[Entry]) -> datetime | None:
    """That of the event the cut names, else of the last one. By what happened, corrections may stand behind it."""
    named = (e for e in reversed(entries) if cut.as_of_event in (None, e.event.envelope.id))
    return next((entry.at(cut.axis) for entry in named), None)


def _gaps(entries: Sequence[Entry], reader: Reader) -> list[str]:
    return gaps(entries, reader.versions({e.event.envelope.stream for e in entries} | _linked(entries)))


def _linked(entries: Sequence[Entry]) -> set[str]:
    return {e.event.data.concern for e in entries if isinstance(e.event.data, ConcernLinked)}


def _settled(cut: Cut, told: Told, until: datetime | None, now: datetime) -> Cut:
    """The cut with a moment: without one, all that the ledger holds; later than now, until when it is complete."""
    if cut.as_of_event is not None:
        return cut
    if cut.as_of is not None:
        return cut if cut.as_of <= now else Cut(cut.axis, until or now)
    if cut.present:
        return Cut(cut.axis, now)
    times = [entry.at(cut.axis) for entry in told.ordered(cut.axis)[-1:]]
    return Cut(cut.axis, max([until or BEGINNING, *times]))


def _statement(entries: Sequence[Entry], cut: Cut, holes: bool) -> str:
    if not entries:
        word = "recorded" if cut.axis is Axis.RECORDED else "said to have happened"
        return f"Nothing of this case was {word} by then."
    noun = "event" if len(entries) == 1 else "events"
    what = f"{len(entries)} {noun}, in the order in which they " + (
        "were recorded" if cut.axis is Axis.RECORDED else "happened"
    )
    return what + (". Something is missing: see gaps." if holes else "; no gap in any of its streams.")
