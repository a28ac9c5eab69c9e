"""A verdict in words, for a terminal: what was found, what that proves, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain.proof.bundle import Verdict
from ..domain.proof.index import EXTRACT, RAW, WITHHELD

MOST_SHOWN = 40


def told(verdict: Verdict) -> Iterator[str]:
    """The whole verdict, the outcome first."""
    yield from map(harmless, _told(verdict))


def harmless(line: str) -> str:
    """Text of somebody else's making, fit for a terminal: nothing in it moves the cursor or changes colours."""
    return "".join(c if c.isprintable() else "?" for c in line)


def _told(verdict: Verdict) -> Iterator[str]:
    yield from (_fits(verdict) if verdict.fits else _does_not_fit(verdict))
    yield from _about(verdict)
    yield ""
    yield from _rests_on(verdict)


def _fits(verdict: Verdict) -> Iterator[str]:
    counts = verdict.counts
    yield "FITS: every file is as it was sealed, and every record is in the log that the checkpoints sign."
    yield (
        f"  {counts[RAW]} records of the case are given whole, {counts[EXTRACT]} in part, {counts[WITHHELD]} not;"
        f" {counts['mou']} versions of the MOU."
    )
    yield "  Each stream of the case is here from its first event to its last as of then: none is left out."


def _does_not_fit(verdict: Verdict) -> Iterator[str]:
    count = len(verdict.problems)
    yield f"DOES NOT FIT: {count} {'problem' if count == 1 else 'problems'}. Do not rely on this bundle."
    for problem in verdict.problems[:MOST_SHOWN]:
        yield f"  {problem.member} {problem.text}."
    if count > MOST_SHOWN:
        yield f"  … and {count - MOST_SHOWN} more."


def _about(verdict: Verdict) -> Iterator[str]:
    if verdict.index is None:
        return
    said = verdict.index.document
    view = f", as {said.get('known_to')} could have known it" if said.get("known_to") else ""
    yield f"  Case {verdict.index.case} as of {said.get('as_of') or said.get('as_of_event')}{view}."
    gaps = said.get("gaps")
    for gap in gaps if isinstance(gaps, list) else ():
        yield f"  MISSING, as the ledger itself says: {gap}"
    if said.get("complete") is not True:
        yield "  When it was made, it was not yet known whether all recorded by then had reached the ledger."


def _rests_on(verdict: Verdict) -> Iterator[str]:
    yield f"Bundle: {verdict.bundle}"
    if verdict.key is None:
        yield "No signature was checked: there is no key."
        return
    yield f"Key: {verdict.key}"
    if verdict.trusted:
        yield "The key is the one you gave; so the bundle is what its holder signed."
    else:
        yield "The key came with the bundle, so this shows only that its parts fit together. Whose key it is you"
        yield "must learn by another way: compare it, or give it with --key."
    if verdict.compared.same:
        yield f"{verdict.compared.same} checkpoints or roots that you gave are of these logs, and say the same."
    for one in verdict.compared.elsewhere:
        yield f"Not compared: {one} (not a log of this bundle, or at another size)."
    if not verdict.compared.same:
        yield "No checkpoint kept elsewhere was compared: whoever holds the key could have signed another past."
