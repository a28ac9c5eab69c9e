"""A case as a flat table of fields, and what each event changed in it. Pure.

A field is named `section/id/name`, e.g. `referrals/4efe…/status`; its value is plain JSON. Whatever the fold adds
to a thing becomes a field by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any

from services.audit.domain.entry import Entry
from services.audit.domain.fold import TELLING, Folding
from services.audit.domain.state import CaseState
from services.audit.domain.things import CASE, Key, notices_of
from shared.events.moments import write_moment

#: Of the case itself; the rest of it are its sections, its notices, and counts that any read would move.
OF_THE_CASE = ("known", "youth", "lead")


@dataclass(frozen=True, slots=True)
class Field:
    """A value, and the event that last set it."""

    value: Any
    event: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an event did to a field; `value` is None if the field is gone."""

    thing: Key
    name: str
    value: Any

    @property
    def path(self) -> str:
        """The field's name in full."""
        return path_of(self.thing, self.name)


def path_of(thing: Key, name: str) -> str:
    """`section/id/name`; of the case itself, `case/name`."""
    return "/".join(part for part in (*thing, name) if part)


@dataclass
class Tracing:
    """A fold that keeps, of every field, its value and the event that set it."""

    folding: Folding
    fields: dict[Key, dict[str, Field]] = field(default_factory=dict)
    touched: list[Key] = field(default_factory=list)
    """What the last event may have changed."""

    @classmethod
    def of(cls, case: str) -> Tracing:
        """Before the first event."""
        return cls(Folding(CaseState(case)))

    @property
    def state(self) -> CaseState:
        """The case so far."""
        return self.folding.state

    def apply(self, entry: Entry) -> list[Change]:
        """Every field that the event changed, by this event."""
        self.touched = self.folding.apply(entry)
        changed: list[Change] = []
        for thing in self.touched:
            changed += self._compare(thing, self._values(thing), entry.event.envelope.id)
        if type(entry.event.data) in TELLING:
            item = vars(entry.event.data)["item"]
            notice = next(n for n in reversed(notices_of(self.state, self.touched[0])) if n.item == item)
            changed += self._compare(("notices", item), flat(notice), entry.event.envelope.id)
        return changed

    def _values(self, thing: Key) -> dict[str, Any]:
        if thing == CASE:
            return {n: v for n in OF_THE_CASE if (v := getattr(self.state, n))}
        found = getattr(self.state, thing[0]).get(thing[1])
        return flat(found) if found is not None else {}

    def _compare(self, thing: Key, values: dict[str, Any], event: str) -> list[Change]:
        known = self.fields.setdefault(thing, {})
        changed = [Change(thing, n, v) for n, v in values.items() if n not in known or known[n].value != v]
        changed += [Change(thing, n, None) for n in known if n not in values]
        for change in changed:
            if change.value is None:
                del known[change.name]
            else:
                known[change.name] = Field(change.value, event)
        return changed

    def table(self) -> dict[str, Field]:
        """Every field by its full name."""
        return {path_of(thing, n): f for thing, known in self.fields.items() for n, f in known.items()}


def trace(case: str, entries: Iterable[Entry]) -> Tracing:
    """The case after `entries`, field by field."""
    tracing = Tracing.of(case)
    for entry in entries:
        tracing.apply(entry)
    return tracing


def history_of(case: str, entries: Iterable[Entry], path: str) -> list[tuple[Entry, Any]]:
    """Each event that changed this field, and to what; None where it took the field away."""
    tracing = Tracing.of(case)
    return [(e, c.value) for e in entries for c in tracing.apply(e) if c.path == path]


#: A thing's fields; not its id, which is in the path, nor its notices, which are things of their own.
_NAMES: dict[type, tuple[str, ...]] = {}


def _names(kind: type) -> tuple[str, ...]:
    if kind not in _NAMES:
        _id, *rest = (f.name for f in fields(kind))
        _NAMES[kind] = tuple(name for name in rest if name != "notices")
    return _NAMES[kind]


def flat(thing: Any) -> dict[str, Any]:
    """The thing's fields that say anything, as plain JSON; a table in it gives a field for each of its rows."""
    found: dict[str, Any] = {}
    for name in _names(type(thing)):
        value = getattr(thing, name)
        if isinstance(value, dict):
            found |= {f"{name}.{key}": plain(inner) for key, inner in value.items()}
        elif value is not None and value != ():
            found[name] = plain(value)
    return found


def plain(value: Any) -> Any:
    """The value as JSON has it. Raises TypeError for what the state never holds."""
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return write_moment(value)
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    raise TypeError(f"a state holds no {type(value).__name__}")


def values(table: Mapping[str, Field]) -> dict[str, Any]:
    """The values alone."""
    return {path: field.value for path, field in table.items()}
