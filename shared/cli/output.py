"""What a command writes: data on stdout, everything else on stderr. No colour where nobody looks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def _plain() -> bool:
    return bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()


def emit_json(document: Any) -> None:
    """One JSON document, for --json."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def emit_line(document: Any) -> None:
    """One JSON document on one line, at once, for --jsonl."""
    sys.stdout.write(json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def emit_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table for people. When stdout is no terminal: tab-separated lines, nothing cut off."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            sys.stdout.write("\t".join(_cell(value) for value in row) + "\n")
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="" if _plain() else "bold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    Console(no_color=_plain(), highlight=False).print(table)


def emit_fields(fields: Mapping[str, Any]) -> None:
    """One thing for people: a line for each of its fields."""
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        sys.stdout.write(f"{name.ljust(width)}  {_cell(value)}\n")


def emit_text(lines: Iterable[str]) -> None:
    """Sentences for people, a line each."""
    for line in lines:
        sys.stdout.write(f"{line}\n")


def say(text: str) -> None:
    """A message for people, on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(one) for one in value)
    return str(value)
