"""The duties of a case, worked out anew from its events, and since when each stands as it does. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.audit.domain.duties_said import SAID
from services.audit.domain.entry import Entry
from shared.events import Recorded
from shared.events.types.case import CaseOpened
from shared.events.types.concern import ConcernLinked
from shared.mou import Mou
from shared.mou.duties.book import Shelf
from shared.mou.duties.happenings import Happening
from shared.mou.duties.states import Duty, at

#: The `mouversion` of what was recorded before there was a memorandum.
NO_MOU = "none"


@dataclass(frozen=True, slots=True)
class Turn:
    """From `since` on the duty stood so, as if time stood still, because of an event. None: it was taken back."""

    since: datetime
    because: str
    duty: Duty | None


@dataclass(frozen=True)
class Owed:
    """Every duty that the events of a case ever opened: its key -> its turns, the first one first.

    `unknown` are versions of the memorandum that are named by events and are not in the ledger.
    """

    turns: Mapping[str, Sequence[Turn]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()

    def turn(self, key: str, moment: datetime) -> Turn | None:
        """How the duty stood at that moment, by what was recorded until then; None before it was first opened."""
        turns = self.turns.get(key, ())
        place = bisect_right(turns, moment, key=lambda turn: turn.since)
        return turns[place - 1] if place else None

    def after(self, key: str, moment: datetime) -> Sequence[Turn]:
        """Its turns later than that moment."""
        turns = self.turns.get(key, ())
        return turns[bisect_right(turns, moment, key=lambda turn: turn.since) :]

    def standing(self, moment: datetime) -> list[Duty]:
        """Every duty as of that moment, the earliest opened first."""
        last = (self.turn(key, moment) for key in self.turns)
        found = [at(turn.duty, moment) for turn in last if turn is not None and turn.duty is not None]
        return sorted(found, key=lambda duty: (duty.opened_at, duty.key))


@dataclass(frozen=True, slots=True)
class Documents:
    """The versions of the memorandum that can be read; the one adopted first, and since when that is known.

    Each event counts under the version that it names; what names none, or one that is not here, under the first.
    Before there was any, nothing was owed.
    """

    versions: Mapping[str, Mou]
    first: Mou
    since: datetime

    def of(self, version: str) -> Mou:
        """The document by which what was recorded under this version is counted."""
        return self.versions.get(version, self.first)


def owed(happened: Sequence[Happening], documents: Documents | None) -> Owed:
    """The duties that this history opens; none without a document."""
    if documents is None:
        return Owed()
    unknown = frozenset(one.mouversion for one in happened) - {NO_MOU, *documents.versions}
    shelf = Shelf(documents.of)
    turns: dict[str, list[Turn]] = {}
    before: dict[str, Duty] = {}
    for what in sorted(happened, key=lambda one: one.order):
        if not shelf.add(what) or not shelf.reached:
            continue
        now = {duty.key: duty for duty in shelf.duties()}
        for key in {**before, **now}:
            was, duty = before.get(key), now.get(key)
            if was is not duty and was != duty:
                since = max(what.recordedtime, documents.since)
                turns.setdefault(key, []).append(Turn(since, what.id, duty))
        before = now
    return Owed(turns, unknown)


def happenings(case: str, entries: Iterable[Entry]) -> list[Happening]:
    """What a duty may be opened, met or ended by: what is recorded on the case and its concerns.

    What notifications recorded of duties is what is checked, and never what it is checked by.
    """
    listed = [entry.event for entry in entries if not isinstance(entry.event.data, SAID)]
    subjects = {case, *filter(None, (_concern(case, event) for event in listed))}
    return [Happening.of(event.envelope) for event in listed if event.envelope.subject in subjects]


def _concern(case: str, event: Recorded) -> str | None:
    data = event.data
    if event.envelope.subject != case or not isinstance(data, ConcernLinked | CaseOpened):
        return None
    return data.concern
