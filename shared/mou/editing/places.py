"""Writing at one place of a text: a value in the place of another, one more entry, one entry less. Pure.

`chain` are the nodes from the whole document down to the table or the list that the change is in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.mou.editing.tree import Entry, Kind, Node, line_end, line_start
from shared.mou.editing.writing import behind, entry, in_brackets, item, lines, scalar, wrapped


def replaced(text: str, chain: Sequence[Node], name: str, value: Any, after: str | None = None) -> str:
    """With another value under this name of the table or list; a table that has no such name gets it, behind the
    name `after` if it has that."""
    found = chain[-1].entry(name)
    if found is None and after is not None and (place := chain[-1].entry(after)) and not chain[-1].flow:
        end, newline, column = line_end(text, place.node.end), newline_of(text), chain[-1].column
        return text[:end] + newline + " " * column + entry(name, value, column, newline) + text[end:]
    if found is None:
        return _one_more(text, chain, None, name, value)
    return _in_place_of(text, chain, found, value)


def added(text: str, chain: Sequence[Node], at: str, value: Any) -> str:
    """With one more item of the list, before the item `at` or at the end."""
    node = chain[-1]
    if node.flow and not node.entries and len(chain) > 1 and not any(one.flow for one in chain[:-1]):
        # An empty list of brackets that stands in a line of its own becomes lines.
        around = next(one for one in chain[-2].entries if one.node is node)
        return _in_place_of(text, chain[:-1], around, [value])
    before = node.entry(at)
    return _one_more(text, chain, before, None, value)


def removed(text: str, chain: Sequence[Node], name: str) -> str:
    """Without this entry."""
    node = chain[-1]
    index = next(index for index, one in enumerate(node.entries) if one.name == name)
    gone = node.entries[index]
    if node.flow:
        return _without_bracketed(text, node, index)
    if len(node.entries) == 1:
        return _emptied(text, node)
    first = line_start(text, gone.start)
    if not text[first : gone.start].strip():
        end = line_end(text, gone.node.end)
        return text[:first] + text[end + len(_newline_at(text, end)) :]
    following = node.entries[index + 1].start  # it is the first, behind the dash of what is around it
    if "#" in text[gone.node.end : following]:
        following = line_end(text, gone.node.end) if gone.node.end == gone.start else gone.node.end
    return text[: gone.start] + text[following:]


def _in_place_of(text: str, chain: Sequence[Node], old: Entry, value: Any) -> str:
    node, newline, indent = old.node, newline_of(text), _indent(chain)
    before, after = text[: node.start], text[node.end :]
    quoted = node.quoted and isinstance(value, str)
    bracketed = any(one.flow for one in chain)
    if bracketed or not (isinstance(value, dict | list) and value):
        before = _one_line(before) if node.entries and not node.flow else _spaced(before)
        written = scalar(value, bracketed, True) if quoted else _on_one_line(value, bracketed)
        return (
            before + wrapped(written, len(before) - line_start(before, len(before)), indent, newline) + after
        )
    if node.entries and not node.flow:
        if (node.kind is Kind.TABLE) == isinstance(value, dict):
            return before + lines(value, node.column, newline) + after
        before = _one_line(before)
        if not before.endswith((": ", "- ")):
            return before + lines(value, node.column + 2, newline) + after
    head = before.rstrip(" ")
    if head.endswith("\n"):
        return before + behind(value, node.column - 2, 1, newline).lstrip() + after
    return (
        head
        + behind(value, indent - 2, len(head) - line_start(head, len(head)) - indent + 2, newline)
        + after
    )


def _on_one_line(value: Any, bracketed: bool) -> str:
    return in_brackets(value) if isinstance(value, dict | list) else scalar(value, bracketed)


def _one_line(before: str) -> str:
    """Up to where a value begins that stood in lines of its own and is short now: behind its key or its dash."""
    head = before.rstrip()
    if head.endswith((":", "-")) and "#" not in before[line_start(before, len(head)) : len(head)]:
        return f"{head} "
    return before + "  "  # there is a comment between


def _one_more(text: str, chain: Sequence[Node], before: Entry | None, name: str | None, value: Any) -> str:
    node, newline = chain[-1], newline_of(text)
    if node.flow:
        return _one_more_bracketed(text, chain, before, name, value)
    written = item(value, node.column, newline) if name is None else entry(name, value, node.column, newline)
    if before is not None:
        return text[: before.start] + written + newline + " " * node.column + text[before.start :]
    end = line_end(text, node.entries[-1].node.end)
    return text[:end] + newline + " " * node.column + written + text[end:]


def _one_more_bracketed(
    text: str, chain: Sequence[Node], before: Entry | None, name: str | None, value: Any
) -> str:
    node = chain[-1]
    written = in_brackets(value) if name is None else in_brackets({name: value})[1:-1]
    if before is not None:
        return f"{text[: before.start]}{written}, {text[before.start :]}"
    if not node.entries:
        return text[: node.start + 1] + written + text[node.start + 1 :]
    end = node.entries[-1].node.end
    here = end - line_start(text, end) + 2
    return f"{text[:end]}, {wrapped(written, here, _indent(chain), newline_of(text))}{text[end:]}"


def _without_bracketed(text: str, node: Node, index: int) -> str:
    """Its comma goes with it: the one before it, or the one behind it if it is the first."""
    gone = node.entries[index]
    if len(node.entries) == 1:
        comma = _comma(text, gone.node.end, node.end - 1)
        rest = text[gone.node.end :] if comma is None else text[gone.node.end : comma] + text[comma + 1 :]
        return text[: gone.start] + rest
    if index == 0:
        following = node.entries[1].start
        comma = _comma(text, gone.node.end, following)
        assert comma is not None, "there are two"
        behind_comma = text[comma + 1 : following]
        kept = text[gone.node.end : comma] + (behind_comma if "#" in behind_comma else "")
        return text[: gone.start] + kept + text[following:]
    before = node.entries[index - 1].node.end
    comma = _comma(text, before, gone.start)
    assert comma is not None, "there are two"
    between = text[before:comma] + text[comma + 1 : gone.start]
    return text[:before] + (between if "#" in between else "") + text[gone.node.end :]


def _comma(text: str, start: int, end: int) -> int | None:
    """The comma between two entries, and not one of a comment."""
    place = start
    while place < end:
        if text[place] == ",":
            return place
        place = line_end(text, place) if text[place] == "#" else place + 1
    return None


def _emptied(text: str, node: Node) -> str:
    return _one_line(text[: node.start]) + ("{}" if node.kind is Kind.TABLE else "[]") + text[node.end :]


def _indent(chain: Sequence[Node]) -> int:
    """In which column a further line of a value begins: beyond the nearest table or list in lines."""
    return 2 + next((one.column for one in reversed(chain) if not one.flow), 0)


def _spaced(before: str) -> str:
    """An empty value stands right behind its colon."""
    return before + " " if before.endswith((":", "-")) else before


def newline_of(text: str) -> str:
    """The line break that the text uses."""
    return "\r\n" if "\r\n" in text else "\n"


def _newline_at(text: str, place: int) -> str:
    return next((one for one in ("\r\n", "\n") if text.startswith(one, place)), "")
