"""A draft of a memorandum at a glance: its questions in groups, what is wrong with it, and what it changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from services.referrals.pages.memorandum_findings import finding_in_words
from services.referrals.pages.wording import Wording
from shared.mou.diff import differences
from shared.mou.document import Mou
from shared.mou.editing.answering import Answered
from shared.mou.editing.fields import Field, Question
from shared.mou.editing.questions import every_question
from shared.web.site.words import N_

#: Beginning of a question's id -> its group; what begins with none of them is of the head.
GROUPS = {
    "clause-": N_("Clauses"),
    "disclosure-": N_("Who sees which facts"),
    "told-": N_("Who is told of what"),
    "answer-": N_("Hours and minutes"),
    "undo": N_("Hours and minutes"),
    "act-": N_("What people record"),
    "duty-": N_("Duties"),
}
NEW, GONE = N_("It is new"), N_("It is gone")
HEAD = N_("County, dates and who signs")


@dataclass(frozen=True)
class Line:
    """A question in its group: `state` says how it stands with it, `own` that its title is the document's own."""

    id: str
    title: str
    state: str
    own: bool


@dataclass(frozen=True)
class Told:
    """A finding: what is wrong, and the question that it belongs to, if there is one."""

    text: str
    id: str
    title: str


@dataclass(frozen=True)
class Change:
    """A sentence that says what the draft changes, in the document's language or in the reader's."""

    text: str
    own: bool


def groups_of(mou: Mou, answered: Collection[str], wording: Wording) -> list[tuple[str, list[Line]]]:
    """Every question, in the document's order, under the name of its group."""
    groups: dict[str, list[Line]] = {}
    for one in every_question(mou):
        name = next((name for start, name in GROUPS.items() if one.id.startswith(start)), HEAD)
        groups.setdefault(name, []).append(_line(one, answered, wording))
    return [(wording.say(name), lines) for name, lines in groups.items()]


def _line(question: Question, answered: Collection[str], wording: Wording) -> Line:
    if question.confirmed == "default":
        state = wording.say(N_("Not confirmed yet"))
    else:
        state = wording.say(N_("Looked at")) if question.id in answered else ""
    title = wording.say(question.title)
    return Line(question.id, title, state, title == question.title)


def located(document: Answered, wording: Wording) -> list[Told]:
    """What is wrong, each with the question whose answer puts it right."""
    asked = every_question(document.mou)
    found = []
    for finding in document.findings:
        fitting = [one for one in asked if f"{finding.path}/".startswith(f"{one.path}/")]
        question = max(fitting, key=lambda one: len(one.path), default=None)
        text = finding_in_words(finding, wording)
        found.append(
            Told(
                text,
                question.id if question else "",
                wording.say(question.title) if question else finding.path,
            )
        )
    return found


def changes_of(base: Mou, mou: Mou, wording: Wording) -> list[Change]:
    """What the draft changes: in English each difference as a sentence, else field by field."""
    if wording.language == "en":
        return [Change(one.sentence, True) for one in differences(base, mou)]
    return [Change(text, False) for text in _by_field(base, mou, wording)]


def _by_field(base: Mou, mou: Mou, wording: Wording) -> Iterator[str]:
    """Each field that differs, and each question that is new or is gone, in the document's order."""
    before = {one.id: one for one in every_question(base)}
    for question in every_question(mou):
        earlier = before.pop(question.id, None)
        title = wording.say(question.title)
        if earlier is None:
            yield f"{title}. {wording.say(NEW)}: {' '.join(question.says)}"
            continue
        for was, field in _pairs(earlier, question):
            if was.present != field.present:
                told = _instead(_text(was, wording), _text(field, wording), wording)
                yield f"{title}. {wording.say(field.asks)}: {told}"
    for one in before.values():
        yield f"{wording.say(one.title)}. {wording.say(GONE)}: {' '.join(one.says)}"


def _instead(before: str, after: str, wording: Wording) -> str:
    if before and after:
        return wording.say(N_("%(after)s instead of %(before)s"), after=after, before=before)
    return after or wording.say(N_("Not said"))


def _pairs(before: Question, after: Question) -> list[tuple[Field, Field]]:
    was = {one.name: one for one in before.fields}
    now = {one.name: one for one in after.fields}
    empty = {name: Field(name, "", one.asks, one.form) for name, one in {**was, **now}.items()}
    return [(was.get(name, empty[name]), now.get(name, empty[name])) for name in empty]


def _text(field: Field, wording: Wording) -> str:
    labels = {one.value: wording.say(one.label) for one in field.choices}
    return ", ".join(labels.get(value, value) for value in field.present)
