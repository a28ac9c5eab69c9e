"""The whole document as people read it: who signs, then clause after clause with what is due under each. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from shared.mou.document import Clause, Mou
from shared.mou.papers.paper import (
    Block,
    Heading,
    Items,
    Line,
    Paper,
    Paragraph,
    SetOff,
    Span,
    plain,
    quiet,
    strong,
)
from shared.mou.parties import party_of
from shared.mou.telling import TREATMENT, duty_in_words, treatment


def memorandum(mou: Mou) -> Paper:
    """The paper of the whole document."""
    return Paper(
        title=f"Memorandum of understanding of {mou.county}",
        language="en",
        version=mou.version,
        dated=mou.effective,
        head=tuple(_head(mou)),
        blocks=(*_signing(mou), *(block for clause in mou.clauses for block in _clause(mou, clause))),
        contents="Contents",
    )


def _head(mou: Mou) -> Iterator[Line]:
    open_points = sum(clause.confirmed == "default" for clause in mou.clauses)
    until = f" until {mou.term.until.isoformat()}" if mou.term and mou.term.until else ""
    yield (plain(f"Version {mou.version}, in effect from {mou.effective.isoformat()}{until}."),)
    yield (plain(f"County counsel has still to confirm {open_points} of {len(mou.clauses)} clauses."),)


def _signing(mou: Mou) -> Iterator[Block]:
    if not mou.signatories:
        return
    yield Heading((plain("Who signs"),))
    lines: list[Line] = []
    for one in mou.signatories:
        party = party_of(mou, one.agency)
        name = party.name if party else one.agency
        county = f", {one.county.replace('-', ' ').title()} County" if one.county else ""
        who = plain(f"{one.office}, {name}{county}: ")
        if one.signed:
            lines.append((who, plain("signed "), Span(one.signed.isoformat(), "date")))
        else:
            lines.append((who, plain("not yet signed")))
    yield Items(tuple(lines))


def _clause(mou: Mou, clause: Clause) -> Iterator[Block]:
    counsel = (
        "Confirmed by county counsel."
        if clause.confirmed == "counsel"
        else "Counsel has still to confirm it."
    )
    yield Heading((plain(f"{clause.id} {clause.title}"),), anchor=f"clause-{clause.id}")
    yield Paragraph((plain(clause.text),))
    yield Paragraph((quiet(f"Source: {clause.source}. {counsel}"),))
    yield Paragraph((quiet(TREATMENT[treatment(mou, clause)]),))
    for duty in mou.duties:
        if duty.clause == clause.id:
            what, *terms = duty_in_words(mou, duty)
            yield SetOff(((strong(what),), *((plain(term.strip()),) for term in terms)))
