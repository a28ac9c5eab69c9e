"""Plain values as YAML, as the documents are written: short things in brackets, long ones in lines. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

#: Lines are broken at a space once they are longer.
WIDTH = 110

#: Text that means the same with and without quotes, to any reader of YAML; in brackets `,` and brackets end it.
_PLAIN = re.compile(r"[^\W\d_][^:#\[\]{},&*!|>'\"%@`\\]*(?<! )")
_PLAIN_LINE = re.compile(r"[^\W\d_](?:[^:#]|(?<! )#|:(?! |$))*(?<! )")
#: A day or a UUID, which are text to Accord.
_SIGNS = re.compile(r"[0-9]{4}(-[0-9]{2}){2}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Words that some readers of YAML take for something else than text. `off`, a mode, stands without quotes.
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "y", "n"})


def scalar(value: Any, in_brackets: bool, quoted: bool = False) -> str:
    """A value that is no table and no list, on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    form = _PLAIN if in_brackets else _PLAIN_LINE
    plain = (form.fullmatch(value) and value.lower() not in _WORDS) or _SIGNS.fullmatch(value)
    return value if plain and value.isprintable() and not quoted else _in_quotes(value)


def in_brackets(value: Any) -> str:
    """Any value on one line, its tables and lists in brackets."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_key(name, True)}: {in_brackets(part)}" for name, part in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(in_brackets, value)) + "]"
    return scalar(value, True)


def wrapped(line: str, used: int, indent: int, newline: str) -> str:
    """The line broken at single spaces; `used` characters stand before it, further lines are indented so far."""
    lines, left = [], WIDTH - used
    while len(line) > left:
        at = _break(line, left)
        if at < 0:
            break
        lines.append(line[:at])
        line, left = line[at + 1 :], WIDTH - indent
    return (newline + " " * indent).join([*lines, line])


def entry(name: str, value: Any, indent: int, newline: str) -> str:
    """`name: value`, as it stands in a table whose names begin in this column."""
    key = _key(name, False)
    return f"{key}:{behind(value, indent, len(key) + 1, newline)}"


def item(value: Any, indent: int, newline: str) -> str:
    """`- value`, as it stands in a list whose dashes begin in this column."""
    if isinstance(value, dict) and not _fits(value, indent + 2):
        return "- " + lines(value, indent + 2, newline)
    return f"-{behind(value, indent, 1, newline)}"


def lines(value: Any, indent: int, newline: str) -> str:
    """A table or a list that is not empty, in lines from this column on; the first without its indentation."""
    if isinstance(value, dict):
        parts = [entry(name, part, indent, newline) for name, part in value.items()]
    else:
        parts = [item(part, indent, newline) for part in value]
    return (newline + " " * indent).join(parts)


def behind(value: Any, indent: int, used: int, newline: str) -> str:
    """What stands behind the colon of a key, or a dash, that begins in column `indent` and is `used` long."""
    if isinstance(value, dict | list) and value and not _fits(value, indent + used + 1):
        return f"{newline}{' ' * (indent + 2)}{lines(value, indent + 2, newline)}"
    text = in_brackets(value) if isinstance(value, dict | list) else scalar(value, False)
    return " " + wrapped(text, indent + used + 1, indent + 2, newline)


def _fits(value: Any, used: int) -> bool:
    """Whether it is written in brackets: codes always are, and a table that fits on its line."""
    if isinstance(value, list):
        return not any(isinstance(part, dict | list) for part in value)
    return used + len(in_brackets(value)) <= WIDTH


def _key(name: str, bracketed: bool) -> str:
    return scalar(name, bracketed)


def _break(line: str, left: int) -> int:
    """The last single space at which the line may be broken, or the first one beyond; -1 if there is none."""
    places = [found.start() for found in re.finditer(r"(?<=[^ \\]) (?=[^ #])", line)]
    return max((place for place in places if place <= left), default=min(places, default=-1))


def _in_quotes(value: str) -> str:
    return "".join(_escaped(json.dumps(value, ensure_ascii=False)))


def _escaped(text: str) -> Iterator[str]:
    for one in text:
        yield (
            one if one.isprintable() else f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"
        )
