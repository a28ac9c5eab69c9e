"""One event as the ledger holds it, and the two orders in which a case can be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.events import Recorded

#: Recorded later than this after it happened is marked as late.
LATE_AFTER = timedelta(minutes=15)


class Axis(StrEnum):
    """By which of an event's two times a case is told."""

    RECORDED = "recorded"
    HAPPENED = "happened"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event that has effect, and where it stands in the log of record."""

    topic: str
    partition: int
    sequence: int
    offset: int
    event: Recorded

    @property
    def recorded(self) -> datetime:
        """When Accord recorded it."""
        return self.event.envelope.recordedtime

    @property
    def happened(self) -> datetime:
        """When it happened in the world, as stated."""
        return self.event.envelope.time

    @property
    def late(self) -> bool:
        """Recorded more than 15 minutes after it happened."""
        return self.recorded - self.happened > LATE_AFTER

    def at(self, axis: Axis) -> datetime:
        """Its time on this axis."""
        return self.recorded if axis is Axis.RECORDED else self.happened

    def place(self, axis: Axis = Axis.RECORDED) -> tuple[datetime, datetime, str, int, int, int]:
        """What sorts it: its time, the time it was recorded, then topic and sequence (DESIGN 4)."""
        return (self.at(axis), self.recorded, self.topic, self.sequence, self.partition, self.offset)


@dataclass(frozen=True, slots=True)
class Cut:
    """Up to where a case is told: a moment, or an event, both inclusive; neither means all of it.

    `present`: all of it ends now, and not with the last event.
    """

    axis: Axis = Axis.RECORDED
    as_of: datetime | None = None
    as_of_event: str | None = None
    present: bool = False


def in_order(entries: Iterable[Entry], axis: Axis = Axis.RECORDED) -> list[Entry]:
    """The entries in the order of this axis, each event id once: the first that was recorded counts."""
    once: dict[str, Entry] = {}
    for entry in sorted(entries, key=Entry.place):
        once.setdefault(entry.event.envelope.id, entry)
    if axis is Axis.RECORDED:
        return list(once.values())
    return sorted(once.values(), key=lambda e: e.place(axis))


def up_to(ordered: Sequence[Entry], cut: Cut) -> list[Entry]:
    """Those of `ordered` (in the order of the cut's axis) that lie within the cut.

    Raises LookupError if `as_of_event` is not among them.
    """
    kept = list(ordered)
    if cut.as_of_event is not None:
        ids = [e.event.envelope.id for e in kept]
        if cut.as_of_event not in ids:
            raise LookupError("no such event in this case")
        kept = kept[: ids.index(cut.as_of_event) + 1]
    if cut.as_of is not None:
        kept = [e for e in kept if e.at(cut.axis) <= cut.as_of]
    return kept
