"""An answer to a question, and the document after it with what is wrong now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.mou.document import Mou
from shared.mou.editing.edits import CannotEdit, Edit, changed
from shared.mou.editing.fields import N_, NotAnAnswer, Question, Typed, Wrong, edits_of
from shared.mou.findings import Finding, InvalidMou
from shared.mou.load import examine

CANNOT = N_("This cannot be written into the document. Say it in other words.")


@dataclass(frozen=True, slots=True)
class Answered:
    """The document after an answer. `further` is what is wrong since then and was not before."""

    text: str
    mou: Mou
    findings: tuple[Finding, ...]
    further: tuple[Finding, ...] = ()


def opened(text: str) -> Answered:
    """A document as it stands. Raises InvalidMou if it cannot be read at all."""
    mou, findings = examine(text)
    if mou is None:
        raise InvalidMou(findings)
    return Answered(text, mou, tuple(findings))


def answered(before: Answered, question: Question, typed: Typed) -> Answered:
    """The document after an answer to one of its questions.

    What no document can hold is not taken: raises NotAnAnswer, with what is wrong by field. What fits badly
    with the rest is taken, and said in `further`.
    """
    return after(before, edits_of(question, typed), question)


def after(before: Answered, edits: Sequence[Edit], question: Question | None = None) -> Answered:
    """As `answered`, for changes that were made already."""
    if not edits:
        return before
    try:
        text = changed(before.text, *edits)
    except CannotEdit:
        raise NotAnAnswer({"": CANNOT}) from None
    mou, findings = examine(text)
    if mou is None:
        raise NotAnAnswer(_by_field(findings, question))
    known = {(one.path, one.problem) for one in before.findings}
    further = tuple(one for one in findings if (one.path, one.problem) not in known)
    return Answered(text, mou, tuple(findings), further)


def _by_field(findings: Iterable[Finding], question: Question | None) -> dict[str, Wrong]:
    errors: dict[str, Wrong] = {}
    for finding in findings:
        fields = question.fields if question else ()
        inside = [one.name for one in fields if f"{finding.path}/".startswith(f"{one.path}/")]
        errors.setdefault(inside[0] if inside else "", Wrong(finding=finding))
    return errors if len(errors) == 1 else {name: said for name, said in errors.items() if name}
