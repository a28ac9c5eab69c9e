"""What differs between two versions of the memorandum, in plain sentences. Pure.

Everything of a document is compared, field by field: what `words` has no sentence for is told by a general
one, so that no difference is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel

from shared.mou.diff.pairing import key_of, pairs
from shared.mou.diff.words import (
    ABOUT_CLAUSES,
    ADDED,
    ATOMS,
    GENERAL,
    MESSAGES,
    MOVED,
    REMOVED,
    REORDERED,
    SECTIONS,
    entry_name,
    field_words,
    list_says,
    name_of,
    titled,
    turned,
    turned_says,
    words,
)
from shared.mou.document import Clause, Mou
from shared.mou.duties.rules import DutyRule

Kind = Literal["added", "removed", "changed", "moved"]
#: A count has at most so many words: "in 2 court days".
A_COUNT = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. `message` and `values` make its sentence, so that a page can put it into words.

    `section`  a code of SECTIONS
    `path`     where it stands: names of fields, and what the entries of lists are called
    `clauses`  the clauses that it rests on, as they were and as they are now
    `old` `new`  plain JSON values; None where there is nothing
    """

    section: str
    kind: Kind
    path: str
    clauses: tuple[str, ...]
    message: str
    values: Mapping[str, str]
    old: Any = None
    new: Any = None

    @property
    def sentence(self) -> str:
        """ "The initial team meeting is due in 7 days instead of 10 (clause 9.2)." """
        return f"{self.message % self.values}{self._cited}."

    @property
    def _cited(self) -> str:
        if not self.clauses or self.section == ABOUT_CLAUSES:
            return ""
        word = "clause" if len(self.clauses) == 1 else "clauses"
        return f" ({word} {', '.join(self.clauses)})"

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "section": self.section,
            "kind": self.kind,
            "path": self.path,
            "clauses": list(self.clauses),
            "sentence": self.sentence,
            "old": self.old,
            "new": self.new,
        }


def differences(old: Mou, new: Mou) -> tuple[Difference, ...]:
    """Everything that differs, section by section as people read a document; none if both say the same."""
    comparison = _Comparison(old, new)
    return tuple(
        found
        for section, (_, fields) in SECTIONS.items()
        for field in fields
        for found in comparison.walk(
            _Place(section, (field,), (field,), titled(field)), getattr(old, field), getattr(new, field)
        )
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where two values stand: `fields` is the path without names of entries; `what` names whatever holds them."""

    section: str
    path: tuple[str, ...]
    fields: tuple[str, ...]
    what: str
    clauses: tuple[str, ...] = ()
    owned: bool = False

    @property
    def field(self) -> str:
        return ".".join(self.fields)

    @property
    def subject(self) -> str:
        """What is told of: whoever holds the field, and the field."""
        return f"{self.what}: {field_words(self.fields[-1])}" if self.owned else self.what

    def inside(self, name: str) -> _Place:
        """A field of what stands here."""
        return replace(self, path=(*self.path, name), fields=(*self.fields, name), owned=True)

    def entry(self, name: str, what: str, clauses: tuple[str, ...]) -> _Place:
        """An entry of the list that stands here."""
        held = f"{self.subject}, {what}" if self.owned else what
        return replace(self, path=(*self.path, name), what=held, clauses=clauses or self.clauses, owned=False)


@dataclass(frozen=True, slots=True)
class _Comparison:
    old: Mou
    new: Mou

    def walk(self, place: _Place, old: Any, new: Any) -> Iterator[Difference]:
        """What differs between these two values of the same place."""
        if old == new:
            return
        atom = ATOMS.get(place.field)
        if atom is not None and (old is None or new is None or atom(self.old, old) != atom(self.new, new)):
            yield self._changed(place, old, new)
        elif isinstance(old, BaseModel) and isinstance(new, BaseModel):
            yield from self._fields(place, old, new)
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from self._names(place, old, new)
        elif any(isinstance(one, BaseModel) for one in (*_listed(old), *_listed(new))):
            yield from self._entries(place, old, new)
        else:
            yield self._changed(place, old, new)

    def _fields(self, place: _Place, old: BaseModel, new: BaseModel) -> Iterator[Difference]:
        cited = _cited(old, new)
        within = replace(place, clauses=cited) if cited else place
        for name in type(old).model_fields:
            yield from self.walk(within.inside(name), getattr(old, name), getattr(new, name))

    def _names(self, place: _Place, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
        for name in [*old, *(name for name in new if name not in old)]:
            if name not in new:
                yield self._gone(place, str(name), str(name), old[name])
            elif name not in old:
                yield self._begun(place, str(name), str(name), new[name])
            else:
                what = f"{place.subject}, {name}"
                at = replace(place, path=(*place.path, str(name)), what=what, owned=False)
                yield from self.walk(at, old[name], new[name])

    def _entries(
        self, place: _Place, old: Sequence[BaseModel], new: Sequence[BaseModel]
    ) -> Iterator[Difference]:
        found = pairs(old, new)
        for left, right in found:
            if left is None and right is not None:
                one = new[right]
                yield self._begun(place, key_of(one), name_of(place.field, self.new, one), one)
            elif right is None and left is not None:
                one = old[left]
                yield self._gone(place, key_of(one), name_of(place.field, self.old, one), one)
            elif left is not None and right is not None and old[left] != new[right]:
                yield from self._entry(place, old[left], new[right])
        both = [right for left, right in found if left is not None and right is not None]
        if both != sorted(both):
            yield self._told(place, "moved", MOVED, {}, old, new)

    def _entry(self, place: _Place, old: BaseModel, new: BaseModel) -> Iterator[Difference]:
        at = place.entry(key_of(old), entry_name(place.field, self.old, old), _cited(old, new))
        if isinstance(old, DutyRule) and isinstance(new, DutyRule) and turned(old, new):
            message, why = turned_says(self.new, new)
            yield self._told(at, "changed", message, {"why": why}, old, new)
        else:
            yield from self._fields(at, old, new)

    def _begun(self, place: _Place, name: str, what: str, one: Any) -> Difference:
        at = replace(place, path=(*place.path, name), clauses=_cited(one) or place.clauses)
        message, values = list_says(ADDED, place.field, self.new, one)
        return self._told(at, "added", message, {"item": what, **values}, None, one)

    def _gone(self, place: _Place, name: str, what: str, one: Any) -> Difference:
        at = replace(place, path=(*place.path, name), clauses=_cited(one) or place.clauses)
        message, values = list_says(REMOVED, place.field, self.old, one)
        return self._told(at, "removed", message, {"item": what, **values}, one, None)

    def _changed(self, place: _Place, old: Any, new: Any) -> Difference:
        says = MESSAGES.get(place.field) or MESSAGES.get(f"*.{place.fields[-1]}")
        kind: Kind = "added" if old is None else "removed" if new is None else "changed"
        message = says and {"added": says.begun, "removed": says.ended}.get(kind, says.changed)
        if message:
            return self._told(
                place, kind, message, {"what": place.what, **self._values(place, old, new)}, old, new
            )
        if isinstance(old, tuple) and isinstance(new, tuple):
            return self._listed(place, old, new)
        general = {"added": GENERAL.begun, "removed": GENERAL.ended}.get(kind, GENERAL.changed)
        return self._told(place, kind, str(general), self._values(place, old, new), old, new)

    def _listed(self, place: _Place, old: tuple[Any, ...], new: tuple[Any, ...]) -> Difference:
        more, less = [one for one in new if one not in old], [one for one in old if one not in new]
        message = REORDERED[bool(more), bool(less)]
        values = {"more": words("", tuple(more)), "less": words("", tuple(less)), "new": words("", new)}
        return self._told(place, "changed", message, values, old, new)

    def _values(self, place: _Place, old: Any, new: Any) -> dict[str, str]:
        atom = ATOMS.get(place.field)
        if atom is not None:
            said = [
                atom(mou, one) if one is not None else "" for mou, one in ((self.old, old), (self.new, new))
            ]
        else:
            said = [words(place.fields[-1], old), words(place.fields[-1], new)]
        return {"old": _without_unit(*said), "new": said[1]}

    def _told(
        self, place: _Place, kind: Kind, message: str, values: Mapping[str, str], old: Any, new: Any
    ) -> Difference:
        path = "/" + "/".join(place.path)
        told = {"what": place.subject, **values}
        return Difference(place.section, kind, path, place.clauses, message, told, _plain(old), _plain(new))


def _listed(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()


def _cited(*ones: Any) -> tuple[str, ...]:
    """The clauses that these rest on, each once."""
    ids = (one.id if isinstance(one, Clause) else getattr(one, "clause", None) for one in ones)
    return tuple(dict.fromkeys(str(clause) for clause in ids if clause))


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _without_unit(old: str, new: str) -> str:
    """What was, without the words that it shares with what is now: "10" beside "in 7 days"."""
    before, after = old.split(), new.split()
    alike = len(before) == len(after) <= A_COUNT and [a for a in after if not a.isdigit()] == [
        b for b in before if not b.isdigit()
    ]
    numbers = [one for one in before if one.isdigit()]
    return numbers[0] if alike and len(numbers) == 1 else old


__all__ = ["SECTIONS", "Difference", "Kind", "differences"]
