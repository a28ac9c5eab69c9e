"""What a person is asked, and what they typed as a value of the document. Pure.

Every text here is a sentence for people; `N_` marks those that the pages' catalogues translate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from shared.mou.editing.edits import Edit, Remove, Set
from shared.mou.findings import Finding

#: What was typed into a question's fields, by their names; what may be several things is a list of them.
Typed = Mapping[str, Sequence[str]]


def N_(text: str) -> str:
    """The text itself, marked for the catalogues."""
    return text


class Form(Enum):
    """How a field is answered."""

    TEXT = "text"
    LONG = "long"
    DAY = "day"
    NUMBER = "number"
    ONE = "one"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be chosen: as the document writes it, and as people read it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked. `present` is what stands there now, as it would be typed; `number` counts fields
    that are asked more than once."""

    name: str
    path: str
    asks: str
    form: Form
    present: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    number: int = 0

    @property
    def text(self) -> str:
        """What stands there now, on one line."""
        return ", ".join(self.present)


def spanish(path: str, present: str | None) -> Field:
    """The Spanish of the sentence at this place."""
    return Field("es", f"{path}/es", SPANISH, Form.LONG, (present,) if present else (), optional=True)


#: From a question's answers, read into values of the document, to what is changed.
Changes = Callable[[Mapping[str, Any]], Sequence[Edit]]


@dataclass(frozen=True, slots=True)
class Question:
    """A thing of the document that somebody decides: a part of its head, a clause, a duty.

    `id`     stays the same while the document is edited
    `says`   what stands there now, in plain words
    `path`   where it stands; what is found wrong below it belongs to this question
    """

    id: str
    path: str
    title: str
    fields: tuple[Field, ...]
    says: tuple[str, ...] = ()
    hint: str | None = None
    source: str | None = None
    clause: str | None = None
    confirmed: str | None = None
    changes: Changes | None = None

    def field(self, name: str) -> Field:
        """The field of this name. Raises StopIteration if there is none."""
        return next(one for one in self.fields if one.name == name)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with an answer: a sentence of its own, or what a check of the document finds."""

    sentence: str = ""
    finding: Finding | None = None

    def __str__(self) -> str:
        """ "It is too short. Say more.\""""
        if self.finding is None:
            return self.sentence
        return f"It {self.finding.problem}. {self.finding.remedy}".strip()


class NotAnAnswer(Exception):
    """What was typed cannot be taken: by field, what is wrong; what belongs to no field, under an empty name."""

    def __init__(self, errors: Mapping[str, Wrong | str]) -> None:
        super().__init__("not an answer")
        self.errors = {name: Wrong(one) if isinstance(one, str) else one for name, one in errors.items()}


#: Beside a sentence that people read stands its Spanish, if there is one.
SPANISH = N_("The same in Spanish")

NEEDED = N_("Say something here.")
NO_DAY = N_("Write the day as 2026-01-31.")
NO_NUMBER = N_("Write a whole number, in digits.")
NO_CHOICE = N_("Choose one of those that are listed.")


def values_of(question: Question, typed: Typed) -> dict[str, Any]:
    """What was typed, as values of the document; a field that was left blank and may be is None.

    A field that is not in `typed` keeps what stands there. Raises NotAnAnswer.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for one in question.fields:
        try:
            values[one.name] = value_of(one, typed.get(one.name, one.present))
        except ValueError as error:
            errors[one.name] = str(error)
    if errors:
        raise NotAnAnswer(errors)
    return values


def edits_of(question: Question, typed: Typed) -> list[Edit]:
    """What the answer changes in the document; nothing if it is what stands there. Raises NotAnAnswer."""
    values = values_of(question, typed)
    if question.changes is not None:
        return list(question.changes(values))
    return [edit for one in question.fields for edit in _edits(one, values[one.name])]


def value_of(one: Field, typed: Sequence[str]) -> Any:
    """One answer as a value of the document, None if it was left blank. Raises ValueError with a sentence."""
    given = [" ".join(part.split()) for part in typed if part.strip()]
    if not given:
        if one.optional:
            return [] if one.form is Form.SEVERAL else None
        raise ValueError(NEEDED)
    kept = tuple(given) == one.present and one.choices  # stays, though it may be on no list any more
    if one.form is Form.SEVERAL:
        return given if kept else [_chosen(one, part) for part in given]
    return given[0] if kept else _READ[one.form](one, given[0])


def _edits(one: Field, value: Any) -> list[Edit]:
    if _same(one, value):
        return []
    if value is None:
        return [Remove(one.path)] if one.present else []
    return [Set(one.path, value)]


def _same(one: Field, value: Any) -> bool:
    if one.form is Form.SEVERAL:
        return bool(value == list(one.present))
    return (str(value),) == one.present if value is not None else not one.present


def _day(one: Field, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if len(text) == 10 else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> str:
    raise ValueError(NO_DAY)


def _number(one: Field, text: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) < 10):
        raise ValueError(NO_NUMBER)
    return int(text)


def _chosen(one: Field, text: str) -> str:
    """By its code or by its label, however it is capitalised; what is nearly one of them is not guessed."""
    for choice in one.choices:
        if text.lower() in (choice.value.lower(), choice.label.lower()):
            return choice.value
    raise ValueError(NO_CHOICE)


_READ: Mapping[Form, Callable[[Field, str], Any]] = {
    Form.TEXT: lambda one, text: text,
    Form.LONG: lambda one, text: text,
    Form.DAY: _day,
    Form.NUMBER: _number,
    Form.ONE: _chosen,
}
