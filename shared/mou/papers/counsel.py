"""The pack for county counsel: what is still a default, its source, and what Accord does because of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from shared.mou.document import Clause, Mou
from shared.mou.duties.rules import DutyRule, Mode
from shared.mou.papers.paper import Block, Heading, Line, Paper, Paragraph, Span, Table, plain, quiet, strong
from shared.mou.papers.sharing import CLASSES, named, of_what
from shared.mou.telling import TREATMENT, clock_in_words, holder_in_words, treatment
from shared.mou.words import ENGLISH

#: No smaller: counsel reads it on paper.
SIZES = (9.5, 9.25, 9.0, 8.75, 8.5)
PAGES = 6
MARK = "☐    ☐"
MARKED = "Yes\u00a0No"
#: What every default says of itself, and the head of the pack says once for all.
UNCONFIRMED = ", to be confirmed by county counsel"


def counsel(mou: Mou) -> Paper:
    """The pack. It aims at PAGES; a county with many rules of its own gets more."""
    return Paper(
        title=f"For county counsel: the memorandum of {mou.county}",
        language="en",
        version=mou.version,
        dated=mou.effective,
        head=tuple(_head(mou)),
        blocks=(*_legend(mou), *_clauses(mou), *_disclosure(mou), *_off(mou)),
        form="pack",
        sizes=SIZES,
        pages=PAGES,
    )


def _head(mou: Mou) -> Iterator[Line]:
    confirmed = [clause.id for clause in mou.clauses if clause.confirmed == "counsel"]
    done = f" Confirmed already: {', '.join(confirmed)}." if confirmed else ""
    yield (
        plain(
            f"Version {mou.version}. {len(mou.clauses) - len(confirmed)} of {len(mou.clauses)} clauses are "
            "defaults: proposals after public sources, some of which were not read in full. Each stands here "
            "with its source and with what Accord does because of it. Mark each: yes, it may stand, and becomes "
            f"“confirmed: counsel” in the document; no, it is changed there.{done}"
        ),
    )


def _legend(mou: Mou) -> Iterator[Block]:
    used = dict.fromkeys(treatment(mou, clause) for clause in mou.clauses)
    words = ((strong(f"{word}: "), plain(f"{TREATMENT[word]} ")) for word in TREATMENT if word in used)
    yield Paragraph(tuple(span for line in words for span in line))


def _clauses(mou: Mou) -> Iterator[Block]:
    rows = tuple(_row(mou, clause) for clause in mou.clauses if _asked(mou, clause))
    if rows:
        yield Heading((plain("Clauses and times"),))
        yield Table(("What it says", "Source", "What Accord does", MARKED), (58, 20, 23, 6), rows)


def _asked(mou: Mou, clause: Clause) -> bool:
    rows = [row.confirmed for row in mou.disclosure if row.clause == clause.id]
    return "default" in [clause.confirmed, *rows, *(duty.confirmed for duty in _duties(mou, clause))]


def _duties(mou: Mou, clause: Clause) -> list[DutyRule]:
    return [duty for duty in mou.duties if duty.clause == clause.id]


def _row(mou: Mou, clause: Clause) -> tuple[Line, ...]:
    duties = _duties(mou, clause)
    hints = [clause.hint or "", *(duty.hint or "" for duty in duties)]
    sentences = _once(sentence for hint in hints for sentence in re.split(r"(?<=\.) ", hint))
    cited = [clause.source, *(duty.source for duty in duties)]
    sources = _once(source for one in cited for source in one.replace(UNCONFIRMED, "").split("; "))
    says: Line = (strong(f"{clause.id} {clause.title}. "), plain(clause.text))
    return (
        (*says, quiet(f" {' '.join(sentences)}")) if sentences else says,
        (plain("; ".join(sources)),),
        tuple(_consequence(mou, clause, duties)),
        (plain(MARK),),
    )


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _consequence(mou: Mou, clause: Clause, duties: list[DutyRule]) -> Iterator[Span]:
    yield strong(treatment(mou, clause))
    answers = [f"{one.urgency} {one.hours} hours" for one in mou.respond_within if one.clause == clause.id]
    owed = [duty for duty in duties if duty.mode is not Mode.OFF]
    terms = _once([*answers, *(_time(mou, duty) for duty in owed)])
    holders = _once(holder_in_words(mou, duty.owed_by) for duty in owed if duty.owed_by)
    if terms:
        yield plain(f": {'; '.join(terms)}")
    if holders:
        yield plain(f"; by {', '.join(holders)}")


def _time(mou: Mou, duty: DutyRule) -> str:
    return clock_in_words(mou, duty.within)[0] if duty.within else "without a time"


def _disclosure(mou: Mou) -> Iterator[Block]:
    rows = tuple(
        (
            (
                strong(named(mou, row.agencies)),
                plain(f", {of_what(row, ENGLISH, own=False)}"),
                quiet(f" ({', '.join(row.roles)}; to {', '.join(row.purposes)})"),
            ),
            (plain(", ".join(CLASSES[sealed] for sealed in row.classes)),),
            (plain(f"{row.basis} [{row.clause}]"),),
            (plain(MARK),),
        )
        for row in mou.disclosure
        if row.confirmed == "default"
    )
    if rows:
        yield Heading((plain("Who is shown what; whatever has no row is shown to nobody"),))
        yield Table(("Who", "Sees", "Basis", MARKED), (36, 30, 33, 7), rows)


def _off(mou: Mou) -> Iterator[Block]:
    rows = tuple(
        (
            (strong(f"{duty.row} " if duty.row else ""), plain(duty.says), quiet(f" [{duty.clause}]")),
            (plain(duty.source.replace(UNCONFIRMED, "")),),
            (plain(duty.why_off or ""),),
            (plain(MARK),),
        )
        for duty in mou.duties
        if duty.mode is Mode.OFF
    )
    if rows:
        yield Heading((plain("What Accord leaves alone, and why"),))
        yield Table(("What it says", "Source", "Why it is off", MARKED), (44, 22, 33, 7), rows)
    yield Paragraph((plain("Name, date and signature of counsel: " + "_" * 60),))
