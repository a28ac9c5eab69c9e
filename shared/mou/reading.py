"""YAML text to plain values, and where in the text each of them stands. No I/O.

Read from the parser's events, so nothing is built that the text does not spell out: no aliases, no tags, no
repeated keys. `4.10` stays text, and only true and false are booleans. The text itself is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

#: Largest YAML text that is read, in characters.
MAX_TEXT = 524_288
#: How deep values may lie in each other, and how many there may be.
MAX_DEPTH, MAX_VALUES = 24, 60_000

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"^(0|[1-9][0-9]{0,15})$")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the text, counted from 1, as editors do."""

    line: int
    column: int


@dataclass(slots=True)
class Places:
    """JSON pointer -> where the value stands, and where its key does."""

    values: dict[str, Place] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)

    def of(self, pointer: str, key: bool = False) -> Place | None:
        """Where this stands, or the nearest thing around it; None if nothing is known."""
        if key and pointer in self.keys:
            return self.keys[pointer]
        while pointer and pointer not in self.values:
            pointer = pointer.rpartition("/")[0]
        return self.values.get(pointer)


class Unreadable(Exception):
    """The text cannot be read. Says what, where and what to do; never repeats the text."""

    def __init__(self, problem: str, remedy: str, place: Place) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.place = problem, remedy, place


def read(text: str) -> tuple[Any, Places]:
    """The values of a YAML text of one document, and their places. Raises Unreadable."""
    if len(text) > MAX_TEXT:
        place = Place(text.count("\n", 0, MAX_TEXT) + 1, 1)
        raise Unreadable("is too large to read", "Shorten it; the limit is reached at this line.", place)
    try:
        return _Reading(yaml.parse(text, Loader=_PARSER)).document()
    except yaml.MarkedYAMLError as error:
        raise Unreadable("is not YAML", "Correct the text there.", _place(error.problem_mark)) from None
    except yaml.reader.ReaderError as error:
        place = Place(text.count("\n", 0, error.position) + 1, 1)
        raise Unreadable("is not YAML", "Remove the control character there.", place) from None
    except UnicodeEncodeError as error:
        place = Place(text.count("\n", 0, error.start) + 1, 1)
        raise Unreadable("is not Unicode text", "Save the file as UTF-8.", place) from None


def pointer(path: str, part: str | int) -> str:
    """The JSON pointer of a part of what stands at `path`."""
    return f"{path}/{str(part).replace('~', '~0').replace('/', '~1')}"


class _Reading:
    def __init__(self, events: Iterator[Any]) -> None:
        self._events, self._places, self._count = events, Places(), 0

    def document(self) -> tuple[Any, Places]:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise Unreadable("is empty", "Start from one of shared/mou/documents.", Place(1, 1))
        value = self._value(next(self._events), "", 0)
        next(self._events)  # the document's end
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            _refuse("holds more than one document", "Keep one.", event)
        return value, self._places

    def _value(self, event: Any, path: str, depth: int) -> Any:
        self._guard(event, depth)
        self._places.values[path] = _place(event.start_mark)
        if isinstance(event, yaml.MappingStartEvent):
            return dict(self._entries(path, depth))
        if isinstance(event, yaml.SequenceStartEvent):
            return list(self._items(path, depth))
        return _scalar(event)

    def _guard(self, event: Any, depth: int) -> None:
        self._count += 1
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            _refuse("has an anchor or an alias", "Write the words out: each rule is read by itself.", event)
        if event.tag is not None:
            _refuse("has a tag", "Remove it: only plain text, numbers, lists and tables are read.", event)
        if depth > MAX_DEPTH:
            _refuse("lies too deep", "Take out the brackets or the indentation.", event)
        if self._count > MAX_VALUES:
            _refuse("holds too many values", "Shorten the document.", event)

    def _entries(self, path: str, depth: int) -> Iterator[tuple[str, Any]]:
        seen: dict[str, Place] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                _refuse("has a key that is not text", "Write `name: value`.", event)
            self._guard(event, depth)
            key, place = event.value, _place(event.start_mark)
            if key in seen:
                _refuse("has a key twice", f"Keep one; the first is in line {seen[key].line}.", event)
            seen[key] = self._places.keys[pointer(path, key)] = place
            yield key, self._value(next(self._events), pointer(path, key), depth + 1)

    def _items(self, path: str, depth: int) -> Iterator[Any]:
        index = 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._value(event, pointer(path, index), depth + 1)
            index += 1


def _scalar(event: Any) -> Any:
    text = event.value
    if not event.implicit[0]:  # in quotes, or a block of text
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.match(text) else text


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _refuse(problem: str, remedy: str, event: Any) -> NoReturn:
    raise Unreadable(problem, remedy, _place(event.start_mark))
