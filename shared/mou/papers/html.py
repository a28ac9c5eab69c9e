"""A paper as one page of HTML that loads nothing from anywhere. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from shared.mou.papers.paper import (
    Block,
    Heading,
    Items,
    Line,
    Paper,
    Paragraph,
    SetOff,
    Span,
    Table,
    text_of,
)

_STYLE = """
body { font: 1rem/1.5 Georgia, serif; color: #1b1b1b; background: #fff; }
body { margin: 0 auto; max-width: 46rem; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; }
h1, h2, h3 { font-family: system-ui, sans-serif; line-height: 1.25; }
h2 { font-size: 1.15rem; margin: 2rem 0 0.25rem; border-top: 1px solid #767676; padding-top: 0.75rem; }
h3 { font-size: 1rem; margin: 0.75rem 0 0.25rem; }
p { margin: 0.35rem 0; }
.lead { color: #1a5fb4; }
.quiet { color: #454545; font-size: 0.9rem; }
time { white-space: nowrap; }
.due { border-left: 4px solid #1a5fb4; margin: 0.75rem 0; padding-left: 0.75rem; }
ul { margin: 0.25rem 0; padding-left: 1.25rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; overflow-wrap: normal; }
th, td { border-bottom: 1px solid #767676; padding: 0.3rem 0.4rem; text-align: left; vertical-align: top; }
@page { size: letter; margin: 1.5cm; }
@media print { body { padding: 0; } h2, h3 { break-after: avoid; } li, tr, .due { break-inside: avoid; } }
"""
_SHEET = """
@media screen { body { max-width: 64rem; } }
@media screen and (min-width: 60rem) { .blocks { columns: 2; column-gap: 2rem; } }
@page { margin: 0.9cm; }
@media print { body { font-family: "Times New Roman", "Liberation Serif", serif; line-height: 1.15; }
  body { max-width: none; }
  .blocks { columns: 2; column-gap: 0.6cm; } p { margin: 0; } ul { margin: 0; padding-left: 1.2rem; }
  h1 { font-size: 1.5rem; margin: 0; } h2 { border: 0; margin: 0.4rem 0 0.1rem; padding: 0; }
  h3 { margin: 0.1rem 0; } }
"""
#: A browser cannot choose the size of type by the room there is: so many letters of one point fit a printed sheet.
_LETTERS = 420_000


def as_html(paper: Paper) -> str:
    """The whole page. Whatever a county wrote is text on it."""
    title = escape(paper.title)
    style = _STYLE + (_SHEET + _printed(paper) if paper.form == "sheet" else "")
    body = "\n".join(
        [
            f"<h1>{title}</h1>",
            *(f"<p>{_spans(line)}</p>" for line in paper.head),
            '<div class="blocks">',
            *(html for block in paper.blocks for html in _block(block)),
            "</div>",
        ]
    )
    return (
        f'<!doctype html>\n<html lang="{paper.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}, {escape(paper.version)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _printed(paper: Paper) -> str:
    size = min(paper.sizes[0], math.sqrt(_LETTERS / len(text_of(paper))))
    return f"@media print {{ html {{ font-size: {size:.1f}pt; }} }}\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            anchor = f' id="{escape(block.anchor)}"' if block.anchor else ""
            yield f"<h{block.level}{anchor}>{_spans(block.text)}</h{block.level}>"
        case Paragraph():
            yield f"<p>{_spans(block.text)}</p>"
        case SetOff():
            yield '<div class="due">'
            yield from (f"<p>{_spans(line)}</p>" for line in block.lines)
            yield "</div>"
        case Items():
            yield "<ul>"
            yield from (f"<li>{_spans(line)}</li>" for line in block.items)
            yield "</ul>"
        case Table():
            yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    yield '<div class="wide" tabindex="0">\n<table>\n<thead>'
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    yield f"<tr>{heads}</tr>"
    yield "</thead>\n<tbody>"
    for row in table.rows:
        cells = "".join(f"<td>{_spans(cell)}</td>" for cell in row)
        yield f"<tr>{cells}</tr>"
    yield "</tbody>\n</table>\n</div>"


def _spans(line: Line) -> str:
    return "".join(map(_span, line))


def _span(span: Span) -> str:
    text = escape(span.text)
    language = f' lang="{span.language}"' if span.language else ""
    match span.weight:
        case "strong":
            return f"<strong{language}>{text}</strong>"
        case "lead":
            return f'<strong class="lead"{language}>{text}</strong>'
        case "quiet":
            return f'<span class="quiet"{language}>{text}</span>'
        case "date":
            return f"<time>{text}</time>"
        case _:
            return f"<span{language}>{text}</span>" if language else text
