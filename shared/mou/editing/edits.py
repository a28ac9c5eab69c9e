"""What may be changed in a document, and the text after it. Pure.

A text is changed at one place after another, and is read again after that: it has exactly the values that were
meant, or `CannotEdit` is raised and nothing was changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from shared.mou.editing.places import added, removed, replaced
from shared.mou.editing.tree import tree
from shared.mou.reading import Unreadable, pointer, read


@dataclass(frozen=True, slots=True)
class Set:
    """The value at this JSON pointer. A name that is not in its table yet is added to it, at its end or `behind`
    another name."""

    path: str
    value: Any
    behind: str | None = None


@dataclass(frozen=True, slots=True)
class Add:
    """One more item of the list at this pointer: before the item `at`, or at the end."""

    path: str
    value: Any
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """The item of a list, or the name of a table, at this pointer. A comment inside it goes with it."""

    path: str


Edit = Set | Add | Remove


class CannotEdit(Exception):
    """There is no such place in the text, or it cannot be written there."""


def changed(text: str, *edits: Edit) -> str:
    """The text after these changes, in their order. Raises CannotEdit; the rest of the text stays as it was."""
    values, mark = _values(text), "\ufeff" if text.startswith("\ufeff") else ""
    after = text.removeprefix(mark)
    for edit in edits:
        wanted = _changed(values, edit)
        for step in _steps(values, wanted, edit):
            after = _written(after, step)
        values = wanted
    if _values(mark + after) != values:
        raise CannotEdit("The change cannot be written there.")
    return mark + after


def _values(text: str) -> Any:
    try:
        return read(text)[0]
    except Unreadable as error:
        raise CannotEdit(f"The text {error.problem}.") from None


def _changed(values: Any, edit: Edit) -> Any:
    """The plain values after the change."""
    after = deepcopy(values)
    parts = _parts(edit.path)
    if isinstance(edit, Add):
        there = _at(after, parts)
        if not isinstance(there, list):
            raise CannotEdit("There is no such list.")
        there.insert(len(there) if edit.at is None else edit.at, deepcopy(edit.value))
        return after
    if not parts:
        raise CannotEdit("The whole document is not changed at once.")
    around, name = _at(after, parts[:-1]), parts[-1]
    if isinstance(around, dict) and (isinstance(edit, Set) or name in around):
        around |= {name: deepcopy(edit.value)} if isinstance(edit, Set) else {}
    elif not isinstance(around, list) or not _is_index(name, around):
        raise CannotEdit("There is no such place.")
    elif isinstance(edit, Set):
        around[int(name)] = deepcopy(edit.value)
    if isinstance(edit, Remove):
        del around[name if isinstance(around, dict) else int(name)]
    return after


def _steps(values: Any, wanted: Any, edit: Edit) -> Iterator[Edit]:
    """The change in steps that each touch one place: only what differs between two tables or lists is written."""
    if not isinstance(edit, Set):
        yield edit
        return
    *around, name = _parts(edit.path)
    before = _at(values, around)
    if isinstance(before, dict) and name not in before:
        yield edit
    else:
        key = name if isinstance(before, dict) else int(name)
        yield from _differing(edit.path, before[key], edit.value)


def _differing(path: str, before: Any, after: Any) -> Iterator[Edit]:
    if isinstance(before, dict) and isinstance(after, dict) and before and after:
        yield from (
            step
            for name in before.keys() & after.keys()
            for step in _differing(pointer(path, name), before[name], after[name])
        )
        yield from (Set(pointer(path, name), after[name]) for name in after if name not in before)
        yield from (Remove(pointer(path, name)) for name in before if name not in after)
    elif isinstance(before, list) and isinstance(after, list) and before and after:
        for index, (old, new) in enumerate(zip(before, after, strict=False)):
            yield from _differing(pointer(path, index), old, new)
        yield from (Add(path, value) for value in after[len(before) :])
        yield from (Remove(pointer(path, index)) for index in reversed(range(len(after), len(before))))
    elif type(before) is not type(after) or before != after:
        yield Set(path, after)


def _written(text: str, edit: Edit) -> str:
    root = tree(text)
    chain = [root]
    parts = _parts(edit.path)
    for part in parts[:-1]:
        entry = chain[-1].entry(part)
        assert entry is not None, "the values have been looked up before"
        chain.append(entry.node)
    if isinstance(edit, Remove):
        return removed(text, chain, parts[-1])
    if isinstance(edit, Set):
        return replaced(text, chain, parts[-1], edit.value, edit.behind)
    if parts:
        entry = chain[-1].entry(parts[-1])
        assert entry is not None, "the values have been looked up before"
        chain.append(entry.node)
    return added(text, chain, str(edit.at), edit.value)


def _parts(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _at(values: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(values, dict) and part in values:
            values = values[part]
        elif isinstance(values, list) and _is_index(part, values):
            values = values[int(part)]
        else:
            raise CannotEdit("There is no such place.")
    return values


def _is_index(part: str, items: list[Any]) -> bool:
    return part.isdecimal() and part.isascii() and int(part) < len(items)
