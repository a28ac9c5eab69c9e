"""The clauses of a document as a page shows them: each with what Accord does by it. In the document's own words."""

from __future__ import annotations

from dataclasses import dataclass

from shared.mou.document import Mou
from shared.mou.telling import TREATMENT, duty_in_words, treatments


@dataclass(frozen=True)
class Read:
    """A clause. `duties`: what is due under it, a line each, the first one the duty's own sentence."""

    id: str
    title: str
    text: str
    source: str
    by_counsel: bool
    treatment: str
    duties: tuple[tuple[str, ...], ...]


def clauses_of(mou: Mou) -> tuple[Read, ...]:
    """Every clause, in the document's order."""
    words, duties = treatments(mou), _duties(mou)
    return tuple(
        Read(
            clause.id,
            clause.title,
            clause.text,
            clause.source,
            clause.confirmed == "counsel",
            TREATMENT[words[clause.id]],
            tuple(duties.get(clause.id, ())),
        )
        for clause in mou.clauses
    )


def _duties(mou: Mou) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for duty in mou.duties:
        lines = tuple(line.strip() for line in duty_in_words(mou, duty))
        found.setdefault(duty.clause, []).append(lines)
    return found
