"""Whether a happening fits a pattern, and which rules a document has for it. Pure."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared.events.moments import read_moment
from shared.mou.duties.calendars import Calendar
from shared.mou.duties.happenings import Happening
from shared.mou.duties.rules import DutyRule, Mode, Pattern

if TYPE_CHECKING:
    from shared.mou.document import Mou


def when(pattern: Pattern, what: Happening) -> datetime | None:
    """When it happened, if it fits, else None. The pattern's type or act must have been compared already."""
    data = what.data
    for path, wanted in pattern.where.items():
        held = _field(data, path)
        if not (any(one in wanted for one in held) if isinstance(held, list | tuple) else held in wanted):
            return None
    for path in pattern.present:
        if _field(data, path) is None:
            return None
    for path in pattern.absent:
        if _field(data, path) is not None:
            return None
    return what.time if pattern.at is None else moment_in(data, pattern.at)


def moment_in(data: Mapping[str, Any], path: str) -> datetime | None:
    """The moment that a field holds; None if it is not there or is none."""
    value = _field(data, path)
    if isinstance(value, datetime):
        return value
    try:
        return read_moment(value) if isinstance(value, str) else None
    except ValueError:
        return None


def token(pattern: Pattern) -> str:
    """The event type or act that the pattern names. Types have dots and acts have none, so they never meet."""
    return pattern.event or pattern.act or ""


def _field(data: Any, path: str) -> Any:
    if "." not in path:
        return data.get(path)
    for name in path.split("."):
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


class Rulebook:
    """The duties of one version of a document, found by what opens them; and the days of its county."""

    def __init__(self, mou: Mou) -> None:
        self.rules = {rule.id: rule for rule in mou.duties if rule.mode is not Mode.OFF}
        self.calendar = Calendar(ZoneInfo(mou.time_zone), frozenset(mou.closures))
        self._opening: defaultdict[str, list[tuple[DutyRule, Pattern]]] = defaultdict(list)
        for rule in self.rules.values():
            for pattern in rule.opens:
                self._opening[token(pattern)].append((rule, pattern))

    def opened_by(self, what: Happening, tokens: Sequence[str]) -> dict[str, tuple[DutyRule, datetime]]:
        """The rules of which it opens a duty, by id, each with when it happened. `tokens` are its own."""
        found: dict[str, tuple[DutyRule, datetime]] = {}
        for name in tokens:
            for rule, pattern in self._opening.get(name, ()):
                if rule.id not in found and (at := when(pattern, what)):
                    found[rule.id] = rule, at
        return found


#: A document's own identity -> it, if it still lives, and its rules.
_BOOKS: dict[int, tuple[weakref.ref[Mou], Rulebook]] = {}


def rulebook(mou: Mou) -> Rulebook:
    """The rules of this very document, made once for as long as it lives."""
    kept = _BOOKS.get(id(mou))
    if kept is None or kept[0]() is not mou:
        kept = _BOOKS[id(mou)] = weakref.ref(mou, partial(_forget, id(mou))), Rulebook(mou)
    return kept[1]


def _forget(key: int, _: object) -> None:
    kept = _BOOKS.get(key)
    if kept is not None and kept[0]() is None:
        del _BOOKS[key]
