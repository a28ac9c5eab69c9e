"""Telling the story in the terminal: short lines under each step, a label in front of each."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TextIO

_LABEL = 9
_WIDEST, _NARROWEST = 118, 72


class Teller:
    """Writes to stdout. Bold and dim only on a terminal, and not with NO_COLOR."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._plain = bool(os.environ.get("NO_COLOR")) or not out.isatty()
        self.width = min(_WIDEST, max(_NARROWEST, shutil.get_terminal_size((_WIDEST, 24)).columns - 1))

    def heading(self, text: str) -> None:
        """A step's first line."""
        self._write(f"\n{self._styled('1', text)}")

    def line(self, label: str, text: str) -> None:
        """One thing that was done or seen; `label` says what kind. Wraps."""
        indent = " " * (_LABEL + 3)
        first, *more = textwrap.wrap(text, self.width - len(indent), break_on_hyphens=False) or [""]
        self._write(f"   {self._styled('2', label.ljust(_LABEL))}{first}")
        for further in more:
            self._write(f"{indent}{further}")

    def text(self, text: str = "") -> None:
        """A line as it is."""
        self._write(text)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Rows under the step; the last column takes what room is left, and wraps."""
        cells = [tuple(columns), *(tuple(row) for row in rows)]
        widths = [max(len(row[n]) for row in cells) for n in range(len(columns) - 1)]
        room = max(24, self.width - 3 - sum(widths) - 2 * len(widths))
        for number, row in enumerate(cells):
            head = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            first, *more = textwrap.wrap(row[-1], room, break_on_hyphens=False) or [""]
            text = f"   {head}  {first}"
            self._write(self._styled("2", text) if number == 0 else text)
            for further in more:
                self._write(" " * (5 + len(head)) + further)

    def _styled(self, code: str, text: str) -> str:
        return text if self._plain else f"\033[{code}m{text}\033[0m"

    def _write(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


def short(id: object) -> str:
    """The first eight characters of a random id: enough to follow it by eye."""
    return f"{str(id)[:8]}…"


def listed(words: Iterable[object]) -> str:
    """Codes as words: a, b and c."""
    said = [str(word).replace("_", " ") for word in words]
    return " and ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)
