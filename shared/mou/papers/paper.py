"""What a paper is made of. Frozen; nothing of it is markup, so nothing that a county wrote is ever run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.mou.words import Language, Words


@dataclass(frozen=True, slots=True)
class Span:
    """Some words. `language` where it is not the paper's own."""

    text: str
    weight: Literal["plain", "strong", "lead", "quiet", "date"] = "plain"
    language: Language | None = None


#: Words that stand in one line, one paragraph or one cell.
Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; those of level 2 stand in the table of contents of a book."""

    text: Line
    level: Literal[2, 3] = 2
    anchor: str | None = None
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    text: Line
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class SetOff:
    """Lines that are set off: what is due under a clause."""

    lines: tuple[Line, ...]
    kind: Literal["set-off"] = "set-off"


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Line, ...]
    kind: Literal["items"] = "items"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `widths` are the columns' shares of the page."""

    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Line, ...], ...]
    kind: Literal["table"] = "table"


Block = Heading | Paragraph | SetOff | Items | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper to be read, printed and sent.

    `form`     a `sheet` is one page in two columns; a `book` and the denser `pack` have page numbers
    `contents` what its table of contents is called; None: it has none
    `sizes`    sizes of type in points, the largest first; the first by which it fits `pages` is taken, or the last
    `pages`    how many it should have; None: as many as it needs
    """

    title: str
    language: Language
    version: str
    dated: date
    head: tuple[Line, ...]
    blocks: tuple[Block, ...]
    form: Literal["sheet", "book", "pack"] = "book"
    contents: str | None = None
    page_word: str = "Page"
    sizes: tuple[float, ...] = (10.5,)
    pages: int | None = None


def plain(text: str) -> Span:
    """Words of the paper's own language."""
    return Span(text)


def strong(text: str) -> Span:
    """Words that stand out."""
    return Span(text, "strong")


def lead(text: str) -> Span:
    """Words that begin a line as a heading does."""
    return Span(text, "lead")


def quiet(text: str) -> Span:
    """Words that stand back: a source, the number of a clause."""
    return Span(text, "quiet")


def said(words: Words, text: str, translated: str | None) -> Span:
    """A sentence of the document, marked with its language if nobody translated it there."""
    foreign = words.language != "en" and not translated
    return Span(words.of(text, translated), language="en" if foreign else None)


def text_of(paper: Paper) -> str:
    """All that it says, a line for each line, item and row."""
    lines = [paper.title, *map(_line, paper.head)]
    for block in paper.blocks:
        match block:
            case Heading() | Paragraph():
                lines.append(_line(block.text))
            case Items():
                lines += map(_line, block.items)
            case SetOff():
                lines += map(_line, block.lines)
            case Table():
                lines += ["\t".join(map(_line, row)) for row in block.rows]
    return "\n".join(lines)


def _line(line: Line) -> str:
    return "".join(span.text for span in line)
