"""A draft of a memorandum at a glance: its questions in groups, what is wrong with it, and what it changes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from services.referrals.pages.memorandum_findings import finding_in_words
from services.referrals.pages.wording import Wording
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
    "answer-": N_("Times"),
    "undo": N_("Times"),
    "act-": N_("What people record"),
    "duty-": N_("Duties"),
}
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
class Difference:
    """A field that differs from what the draft was begun from."""

    id: str
    title: str
    field: str
    before: str
    after: str


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


def differences(base: Mou, mou: Mou, wording: Wording) -> list[Difference]:
    """Each field that differs, and each question that is new or is gone, in the document's order."""
    before = {one.id: one for one in every_question(base)}
    found: list[Difference] = []
    for question in every_question(mou):
        earlier = before.pop(question.id, None)
        title = wording.say(question.title)
        if earlier is None:
            told = " ".join(question.says)
            found.append(Difference(question.id, title, wording.say(N_("It is new")), "", told))
        else:
            found += [
                Difference(
                    question.id, title, wording.say(field.asks), _text(was, wording), _text(field, wording)
                )
                for was, field in _pairs(earlier, question)
                if was.present != field.present
            ]
    found += [
        Difference("", wording.say(one.title), wording.say(N_("It is gone")), " ".join(one.says), "")
        for one in before.values()
    ]
    return found


def _pairs(before: Question, after: Question) -> list[tuple[Field, Field]]:
    was = {one.name: one for one in before.fields}
    now = {one.name: one for one in after.fields}
    empty = {name: Field(name, "", one.asks, one.form) for name, one in {**was, **now}.items()}
    return [(was.get(name, empty[name]), now.get(name, empty[name])) for name in empty]


def _text(field: Field, wording: Wording) -> str:
    labels = {one.value: wording.say(one.label) for one in field.choices}
    return ", ".join(labels.get(value, value) for value in field.present)
