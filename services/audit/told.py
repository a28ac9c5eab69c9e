"""Cases kept between questions, so that a question reads and folds only what is new. Thread-safe; disposable.

Nothing of it is stored. Before a case is used its last row is looked up in the ledger and compared byte for byte;
and all of it is forgotten when the ledger's tables were emptied or made anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from services.audit.domain.entry import Axis, Entry, in_order
from services.audit.domain.line import Line
from services.audit.entries import Key
from services.audit.reading import Place, Reader, Stand, concern_of
from shared.events.types.concern import ConcernLinked

#: Questions of one case wait for one another; those of others mostly do not.
TURNS = 64
#: Where the ledger of a partition stands before its first record.
NOWHERE: Stand = (-1, -1)
#: Events of all kept cases together; about 250 MB (6 KB each, measured). What was asked for longest ago goes first.
MOST = 40_000


@dataclass
class Holes:
    """Which streams of a case lack a version before their last, or before the one that the case named."""

    held: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    last: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lacking: set[str] = field(default_factory=set)

    def take(self, entry: Entry) -> None:
        """One more event."""
        self._note(entry.event.envelope.stream, entry.event.version, held=True)
        if isinstance(entry.event.data, ConcernLinked):
            self._note(entry.event.data.concern, entry.event.data.concern_version, held=False)

    def _note(self, stream: str, version: int, held: bool) -> None:
        if held:
            self.held[stream].add(version)
        self.last[stream] = max(self.last[stream], version)
        if len(self.held[stream]) == self.last[stream]:
            self.lacking.discard(stream)
        else:
            self.lacking.add(stream)


@dataclass
class Told:
    """One case as far as the ledger went when it was last asked for."""

    case: str
    line: Line
    stands: dict[Place, Stand] = field(default_factory=dict)
    subjects: set[str] = field(default_factory=set)
    things: set[str] = field(default_factory=set)
    count: int = 0
    """How many of the line's entries the reader's ledger held: others may let the line grow meanwhile."""
    keys: dict[Key, Entry | None] = field(default_factory=dict)
    holes: Holes = field(default_factory=Holes)
    unreadable: int = 0
    """Records about the case that are no events which this version can read."""

    @property
    def dense(self) -> bool:
        """Whether no stream of the case has a hole, so that no part of it has one."""
        return not self.holes.lacking

    def ordered(self, axis: Axis) -> list[Entry]:
        """Every event of the case in the order of this axis."""
        entries = self.line.entries[: self.count]
        return entries if axis is Axis.RECORDED else sorted(entries, key=lambda entry: entry.place(axis))

    def take(self, found: Iterable[tuple[Key, Entry | None]]) -> None:
        """More rows. The line grows, or is begun anew where one of them belongs before its end."""
        new = {key: entry for key, entry in found if key not in self.keys}
        self.keys |= new
        came = sorted((e for e in new.values() if e is not None), key=Entry.place)
        self.unreadable += len(new) - len(came)
        for entry in came:
            self.holes.take(entry)
        last = self.line.entries[-1].place() if self.line.entries else None
        if came and (last is None or came[0].place() > last):
            for entry in came:
                if entry.event.envelope.id not in self.line.places:
                    self.line.add(entry)
        elif came:
            line = Line(self.case)
            for entry in in_order(e for e in self.keys.values() if e is not None):
                line.add(entry)
            self.line = line


class Cases:
    """The kept cases."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._lock = most, threading.Lock()
        self._kept: OrderedDict[str, Told] = OrderedDict()
        self._turns = [threading.Lock() for _ in range(TURNS)]
        self._ledger: object = None

    def told(self, reader: Reader, case: str) -> Told:
        """The case as the reader's ledger has it. Reads what is new; blocks on the database."""
        stands = reader.stands()
        self._forget_another_ledger(reader)
        with self._turns[hash(case) % TURNS]:
            with self._lock:
                kept = self._kept.pop(case, None)  # a failure below leaves nothing half-grown behind
            if kept is not None and _is_ahead(kept, stands):
                # Another question came later and was quicker: this one is answered without.
                self._keep(kept)
                return _as_of_now(_grown(Told(case, Line(case)), stands, reader))
            if kept is None or not _still_held(kept, reader):
                kept = Told(case, Line(case))
            told = _grown(kept, stands, reader)
            self._keep(told)
            return _as_of_now(told)

    def _forget_another_ledger(self, reader: Reader) -> None:
        """Tables that were emptied or made anew are another ledger, in which a row's key may name other bytes."""
        ledger = reader.ledger()
        with self._lock:
            if self._ledger not in (None, ledger):
                self._kept.clear()
                reader.forget()
            self._ledger = ledger

    def _keep(self, told: Told) -> None:
        with self._lock:
            self._kept[told.case] = told
            while len(self._kept) > 1 and sum(len(t.keys) for t in self._kept.values()) > self._most:
                self._kept.popitem(last=False)


def _as_of_now(told: Told) -> Told:
    return replace(told, count=len(told.line.entries))


def _is_ahead(kept: Told, stands: Mapping[Place, Stand]) -> bool:
    """Whether what is kept holds more than the reader's ledger."""
    return any(stands.get(place, NOWHERE) < stand for place, stand in kept.stands.items())


def _still_held(kept: Told, reader: Reader) -> bool:
    """Whether the ledger still holds the last of the kept rows, byte for byte."""
    last = next(((key, entry) for key, entry in reversed(kept.keys.items()) if entry is not None), None)
    return last is None or reader.holds(last[0], last[1].event.value)


def _grown(told: Told, stands: Mapping[Place, Stand], reader: Reader) -> Told:
    """The case with what came since it was last asked for; and with what only now turns out to belong to it."""
    moved = {
        place: told.stands.get(place, NOWHERE) for place, s in stands.items() if s != told.stands.get(place)
    }
    found = dict(reader.since(told.subjects, told.things, moved))
    while True:
        subjects, things = _belonging(told, found.values())
        if not subjects and not things:
            break
        found |= dict(reader.all_of(subjects, things))
        told.subjects |= subjects
        told.things |= things
    told.take(found.items())
    told.stands = dict(stands)
    return told


def _belonging(told: Told, entries: Iterable[Entry | None]) -> tuple[set[str], set[str]]:
    """Subjects of its events, and things of which others may speak, that were not known to belong to the case."""
    own = [e for e in entries if e is not None and e.event.envelope.subject == told.case]
    concerns = {c for e in own if (c := concern_of(e.event)) is not None}
    referrals = {str(r) for e in own if (r := vars(e.event.data).get("referral")) is not None}
    subjects = {told.case, *concerns}
    return subjects - told.subjects, (subjects | referrals) - told.things
