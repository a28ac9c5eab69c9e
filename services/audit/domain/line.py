"""A case's fold kept along its whole length: what each thing was after each event that touched it. Pure.

So the case as of any event is put together from parts that are there already, instead of folding all that came
before. It is disposable: folding the same entries gives the same line, digest for digest.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.audit.domain.entry import Cut, Entry
from services.audit.domain.fold import Folding, happening
from services.audit.domain.state import CaseState
from services.audit.domain.things import CASE, SECTIONS, Key

#: Of the case itself, what is kept along the line beside its things.
OF_THE_CASE = ("known", "youth", "lead", "reads", "denials", "refusals")


@dataclass(slots=True)
class Version:
    """What a thing was from its `place`-th event on (counted from 1); None where it was taken back.

    `text` is for whoever writes it out more than once.
    """

    place: int
    thing: Any
    text: bytes | None = None


@dataclass
class Line:
    """The case after each of its events, in recorded order. It only grows; a new order needs a new line."""

    case: str
    entries: list[Entry] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    things: dict[str, dict[str, list[Version]]] = field(default_factory=lambda: {s: {} for s in SECTIONS})
    rest: list[Version] = field(default_factory=list)
    told: list[Version] = field(default_factory=list)
    unread: list[Version] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._folding = Folding(CaseState(self.case))
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 over every entry's place in the log and bytes, in order: what the line was made from."""
        return self._digest.hexdigest()

    def add(self, entry: Entry) -> None:
        """One more event, behind all others."""
        touched = self._folding.apply(entry)
        self.entries.append(entry)
        self.times.append(entry.recorded)
        place = self.places[entry.event.envelope.id] = len(self.entries)
        self._digest.update(f"{entry.topic}/{entry.partition}/{entry.sequence}/".encode())
        self._digest.update(hashlib.sha256(entry.event.value).digest())
        for key in dict.fromkeys(touched):
            self._keep(place, key)

    def _keep(self, place: int, key: Key) -> None:
        state = self._folding.state
        if key == CASE:
            _push(self.rest, place, tuple(getattr(state, name) for name in OF_THE_CASE))
            _push(self.told, place, tuple(state.notices))
            _push(self.unread, place, tuple(state.unhandled))
            return
        thing = getattr(state, key[0]).get(key[1])
        _push(self.things[key[0]].setdefault(key[1], []), place, _frozen(thing))

    def count(self, cut: Cut, most: int) -> int:
        """How many of the first `most` entries lie within the cut.

        Raises LookupError if `as_of_event` is not among them.
        """
        count = most
        if cut.as_of_event is not None:
            count = self.places.get(cut.as_of_event, most + 1)
            if count > most:
                raise LookupError("no such event in this case")
        if cut.as_of is not None:
            count = min(count, bisect_right(self.times, cut.as_of))
        return count

    def at(self, count: int, section: str) -> list[Version]:
        """The things of a section after the first `count` events."""
        found = (_version(versions, count) for versions in self.things[section].values())
        return [version for version in found if version is not None and version.thing is not None]

    def state(self, count: int) -> CaseState:
        """The case after the first `count` events. Its things are the line's own: not to be changed."""
        state = CaseState(self.case)
        for name, value in zip(OF_THE_CASE, self.value(self.rest, count) or (), strict=False):
            setattr(state, name, value)
        state.notices = list(self.value(self.told, count) or ())
        state.unhandled = list(self.value(self.unread, count) or ())
        for section in SECTIONS:
            table = getattr(state, section)
            for id, versions in self.things[section].items():
                found = _version(versions, count)
                if found is not None and found.thing is not None:
                    table[id] = found.thing
        state.last = happening(self.entries[count - 1]) if count else None
        return state

    @staticmethod
    def value(versions: list[Version], count: int) -> Any:
        """What it was after the first `count` events; None before it was anything."""
        found = _version(versions, count)
        return found.thing if found is not None else None


def _version(versions: list[Version], count: int) -> Version | None:
    place = bisect_right(versions, count, key=lambda v: v.place)
    return versions[place - 1] if place else None


def _push(versions: list[Version], place: int, thing: Any) -> None:
    if not versions or versions[-1].thing != thing:
        versions.append(Version(place, thing))


def _frozen(thing: Any) -> Any:
    """The thing as it is now: later events change the fold's own."""
    if thing is None:
        return None
    kept = copy(thing)
    for name in type(thing).__slots__:
        value = getattr(thing, name)
        if isinstance(value, list | dict):
            setattr(kept, name, copy(value))
    return kept
