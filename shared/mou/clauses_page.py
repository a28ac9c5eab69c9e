"""The page that says how Accord treats each clause of Alder County, for `accord events export`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from shared.mou.document import Mou
from shared.mou.load import load
from shared.mou.telling import TREATMENT, time_in_words, treatment

#: The county whose clauses the page lists; `accord mou explain` says the same of any other.
COUNTY = Path(__file__).parents[2] / "deploy" / "local" / "alder-county.yaml"

HEAD = """# Which clause is enforced, timed, recorded or only explained

Made from the document of Alder County, which does not exist; `accord events export` writes it. How a clause is
treated follows from the rules that cite it, so it is the same in the program and on this page. If several ways
hold, the first one stands here. `accord mou explain CLAUSE` says it of the memorandum in force, with its source.
"""


def exports() -> dict[str, str]:
    """Path from the repository's root -> text."""
    mou = load(COUNTY.read_text("utf-8"))
    return {"docs/clauses.md": "\n".join([HEAD, *_words(mou), "", *_table(mou)]) + "\n"}


def _words(mou: Mou) -> Iterator[str]:
    counted = Counter(treatment(mou, clause) for clause in mou.clauses)
    yield "| how | what it means | clauses |"
    yield "|---|---|---|"
    for word, sentence in TREATMENT.items():
        yield f"| {word} | {sentence} | {counted[word]} |"


def _table(mou: Mou) -> Iterator[str]:
    yield f"Version {mou.version}."
    yield ""
    yield "| clause | what it says | how | by when |"
    yield "|---|---|---|---|"
    for clause in mou.clauses:
        within = (duty.within for duty in mou.duties if duty.clause == clause.id and duty.mode == "timed")
        times = "; ".join(dict.fromkeys(time_in_words(mou, one) for one in within if one))
        yield f"| {clause.id} | {clause.text} | {treatment(mou, clause)} | {times} |"
