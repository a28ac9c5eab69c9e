"""A document as one page of HTML that can be read, printed and sent; nothing is loaded from anywhere. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from shared.mou.document import Clause, Mou
from shared.mou.parties import party_of
from shared.mou.telling import TREATMENT, duty_in_words, treatment

_STYLE = """
body { font: 1rem/1.5 Georgia, serif; color: #1b1b1b; background: #fff; }
body { margin: 0 auto; max-width: 46rem; padding: 1rem; }
h1 { font-size: 1.6rem; }
time { white-space: nowrap; }
h1, h2, h3 { font-family: system-ui, sans-serif; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 0.25rem; border-top: 1px solid #767676; padding-top: 0.75rem; }
p { margin: 0.35rem 0; }
.source { color: #454545; font-size: 0.9rem; }
.duty { border-left: 4px solid #1a5fb4; margin: 0.75rem 0; padding-left: 0.75rem; }
.duty p + p { font-size: 0.95rem; }
ul { padding-left: 1.25rem; }
@media print { h2, .duty { break-inside: avoid; } h2 { break-after: avoid; } }
"""


def page(mou: Mou) -> str:
    """The whole document: who signs, then clause after clause with what is due under each."""
    title = f"Memorandum of understanding of {mou.county}"
    body = "\n".join([*_head(mou, title), *(line for clause in mou.clauses for line in _clause(mou, clause))])
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}, version {escape(mou.version)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _head(mou: Mou, title: str) -> Iterator[str]:
    open_points = sum(clause.confirmed == "default" for clause in mou.clauses)
    until = f" until {mou.term.until.isoformat()}" if mou.term and mou.term.until else ""
    yield f"<h1>{escape(title)}</h1>"
    yield _p(f"Version {mou.version}, in effect from {mou.effective.isoformat()}{until}.")
    yield _p(f"County counsel has still to confirm {open_points} of {len(mou.clauses)} clauses.")
    if mou.signatories:
        yield "<h2>Who signs</h2>\n<ul>"
        for one in mou.signatories:
            party = party_of(mou, one.agency)
            name = party.name if party else one.agency
            county = f", {one.county.replace('-', ' ').title()} County" if one.county else ""
            signed = f"signed <time>{one.signed.isoformat()}</time>" if one.signed else "not yet signed"
            yield f"<li>{escape(f'{one.office}, {name}{county}')}: {signed}</li>"
        yield "</ul>"


def _clause(mou: Mou, clause: Clause) -> Iterator[str]:
    confirmed = (
        "Confirmed by county counsel."
        if clause.confirmed == "counsel"
        else "Counsel has still to confirm it."
    )
    yield f'<h2 id="clause-{escape(clause.id)}">{escape(f"{clause.id} {clause.title}")}</h2>'
    yield _p(clause.text)
    yield _p(f"Source: {clause.source}. {confirmed}", "source")
    yield _p(TREATMENT[treatment(mou, clause)], "source")
    for duty in mou.duties:
        if duty.clause == clause.id:
            said = "\n".join(_p(line.strip()) for line in duty_in_words(mou, duty))
            yield f'<div class="duty">\n{said}\n</div>'


def _p(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"
