"""A YAML text as nodes that know where they begin and end in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import yaml

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Kind(Enum):
    """What a node is."""

    SCALAR = "scalar"
    TABLE = "table"
    LIST = "list"


@dataclass(slots=True)
class Node:
    """A value: its characters are `text[start:end]`, without what stands behind it on its line.

    `column`  of its first character, from 0
    `flow`    whether it is written in brackets; a scalar is neither
    """

    kind: Kind
    start: int
    end: int
    column: int
    flow: bool = False
    quoted: bool = False
    entries: list[Entry] = field(default_factory=list)

    def entry(self, name: str) -> Entry | None:
        """The entry of this key, or of this index."""
        return next((entry for entry in self.entries if entry.name == name), None)


@dataclass(slots=True)
class Entry:
    """An entry of a table, or an item of a list, whose name is its index. `start` is where its key or its
    dash begins; of an item in brackets, where the item does."""

    name: str
    start: int
    node: Node


def tree(text: str) -> Node:
    """The nodes of a text that `read` takes."""
    events = yaml.parse(text, Loader=_PARSER)
    next(events), next(events)
    return _Tree(text, events).node(next(events))


class _Tree:
    def __init__(self, text: str, events: Iterator[Any]) -> None:
        self._text, self._events = text, events

    def node(self, event: Any) -> Node:
        start, end, column = event.start_mark.index, event.end_mark.index, event.start_mark.column
        if isinstance(event, yaml.MappingStartEvent):
            return self._collection(Node(Kind.TABLE, start, end, column, bool(event.flow_style)))
        if isinstance(event, yaml.SequenceStartEvent):
            return self._collection(Node(Kind.LIST, start, end, column, bool(event.flow_style)))
        if event.style in ("|", ">"):  # its end includes the empty lines behind it
            end = start + len(self._text[start:end].rstrip())
        return Node(Kind.SCALAR, start, end, column, quoted=event.style in ("'", '"'))

    def _collection(self, node: Node) -> Node:
        event = next(self._events)
        while not isinstance(event, yaml.CollectionEndEvent):
            node.entries.append(self._entry(node, event))
            event = next(self._events)
        node.end = _end(event) if node.flow else node.entries[-1].node.end
        return node

    def _entry(self, node: Node, event: Any) -> Entry:
        if node.kind is Kind.TABLE:
            return Entry(event.value, event.start_mark.index, self.node(next(self._events)))
        inner = self.node(event)
        start = inner.start if node.flow else self._dash(node.column, inner.start)
        return Entry(str(len(node.entries)), start, inner)

    def _dash(self, column: int, start: int) -> int:
        """Where the dash of the item that begins at `start` stands: in this column, in its line or above."""
        line = line_start(self._text, start)
        while self._text[line + column : line + column + 1] != "-" or line + column >= start:
            line = line_start(self._text, line - 1)
        return line + column


def _end(event: Any) -> int:
    return int(event.end_mark.index)


def line_start(text: str, position: int) -> int:
    """Where the line of this position begins."""
    return text.rfind("\n", 0, position) + 1


def line_end(text: str, position: int) -> int:
    """Where the line of this position ends: before its line break, or at the end of the text."""
    end = text.find("\n", position)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end > position else end
