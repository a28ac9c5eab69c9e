"""`accord mou new`: asks a person at a terminal about a document; can be left and resumed at any time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from shared.mou.editing.answering import Answered, answered
from shared.mou.editing.fields import Field, Form, NotAnAnswer, Question, Wrong
from shared.mou.editing.own_duty import own_duty
from shared.mou.editing.questions import questions

#: What is typed at any question.
LATER, BACK = "later", "back"
_CONFIRM, _CHANGE = ("y", "yes"), ("c", "change")
#: So many choices are listed; of more, `?` lists them.
_LISTED = 8


class Later(Exception):
    """The person goes on another time."""


class Back(Exception):
    """The person wants the question before."""


class Guide:
    """The conversation about one file. What was answered is in the file as soon as it was answered.

    Beside it, until all is answered, `FILE.answered` holds the ids of the questions that were.
    """

    def __init__(self, file: Path, document: Answered) -> None:
        self._file, self._document = file, document
        self._beside = file.with_name(f"{file.name}.answered")
        self._done = _lines(self._beside)

    def go_through(self) -> bool:
        """Every question that was not answered yet. True if none is left, False if the person goes on later."""
        left = [one.id for one in questions(self._document.mou) if one.id not in self._done]
        everything = len(questions(self._document.mou))
        _say(f"{everything - len(left)} of {everything} questions are answered. {_HELP}")
        place = 0
        try:
            while place < len(left):
                place = self._one(left, place)
                left += [i for i in self._waiting() if i not in left]
        except (Later, EOFError, KeyboardInterrupt):
            return False
        self._beside.unlink(missing_ok=True)
        return True

    def add_duty(self) -> bool:
        """A duty of the county's own. True if it was added."""
        question = own_duty(self._document.mou)
        _say(f"\n{question.title}. An answer of `later` adds nothing.")
        try:
            typed = _typed(question)
            while wrong := self._refused(question, typed):
                typed |= _typed(question, [name for name in wrong if name] or None)
        except (Later, Back, EOFError, KeyboardInterrupt):
            return False
        _say("Added: its clause, its duty, and what people record for it.")
        return True

    @property
    def document(self) -> Answered:
        """What stands in the file."""
        return self._document

    def _waiting(self) -> Iterator[str]:
        return (one.id for one in questions(self._document.mou) if one.id not in self._done)

    def _one(self, left: Sequence[str], place: int) -> int:
        """Asks the question at this place; the place of the next one."""
        question = next((one for one in questions(self._document.mou) if one.id == left[place]), None)
        if question is None:  # an earlier answer took it away, or counsel has confirmed it meanwhile
            return place + 1
        _say(f"\n[{place + 1} of {len(left)}] {question.title}")
        for line in question.says if question.confirmed is not None else ():
            _say(f"  {line}")
        if question.source and question.source not in "".join(question.says):
            _say(f"  Source: {question.source}")
        if question.hint:
            _say(f"  Hint: {question.hint}")
        try:
            typed = self._decided(question)
        except Back:
            return max(place - 1, 0)
        if typed is not None and self._refused(question, typed):
            return place
        self._done[question.id] = None
        _write(self._beside, "".join(f"{one}\n" for one in self._done))
        return place + 1

    def _decided(self, question: Question) -> dict[str, Sequence[str]] | None:
        """What was typed; None if it stays as it is."""
        if question.confirmed is None:
            return _typed(question)
        while True:
            word = _read("  Enter: it stays as it is. c: change it. y: counsel has confirmed it > ").lower()
            if not word:
                return None
            if word in _CONFIRM:
                return {"confirmed": ["counsel"]}
            if word in _CHANGE:
                return _typed(question)
            _say("  Type c, y, later or back, or only Enter.")

    def _refused(self, question: Question, typed: dict[str, Sequence[str]]) -> Sequence[str]:
        """The fields whose answers were not taken, and what is wrong was said; none if all were."""
        try:
            after = answered(self._document, question, typed)
        except NotAnAnswer as error:
            for name, wrong in error.errors.items():
                where = next((f"{one.asks}: " for one in question.fields if one.name == name), "")
                _say(f"  {where}{wrong}")
            return list(error.errors)
        for finding in after.further:
            _say(f"  Since this answer: {finding.path} {Wrong(finding=finding)}")
        if after.text != self._document.text:
            _write(self._file, after.text)
        self._document = after
        return ()


_HELP = "Enter keeps what stands there; `back` goes back, `later` leaves: what you answered stays."


def _typed(question: Question, names: Sequence[str] | None = None) -> dict[str, Sequence[str]]:
    """The answers to its fields, or to those of these names."""
    return {one.name: _asked(one) for one in question.fields if names is None or one.name in names}


def _asked(one: Field) -> Sequence[str]:
    """What was typed for a field. A single `-` empties one that may be left out."""
    if one.choices and len(one.choices) <= _LISTED:
        _list(one)
    more = " (? lists them)" if len(one.choices) > _LISTED else ""
    many = ", several with commas between" if one.form is Form.SEVERAL else ""
    empty = (
        ", - for nothing" if one.optional and one.present else ", Enter for nothing" if one.optional else ""
    )
    present = f" [{one.text}]" if one.present else ""
    number = f" ({one.number})" if one.number else ""
    while True:
        typed = _read(f"  {one.asks}{number}{many}{empty}{more}{present} > ")
        if typed == "?" and one.choices:
            _list(one)
        elif not typed:
            return one.present
        elif typed == "-" and one.optional:
            return ()
        else:
            return _codes(one, typed)


def _codes(one: Field, typed: str) -> Sequence[str]:
    """The choices by what was typed: their codes, their labels, or their numbers in the list."""
    parts = typed.split(",") if one.form is Form.SEVERAL else [typed]
    return [_by_number(one, part.strip()) for part in parts]


def _by_number(one: Field, part: str) -> str:
    if one.choices and part.isdecimal() and 0 < int(part) <= len(one.choices):
        return one.choices[int(part) - 1].value
    return part


def _list(one: Field) -> None:
    for number, choice in enumerate(one.choices, 1):
        _say(f"    {number}  {choice.label}  ({choice.value})")


def _read(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        _say("")
        raise EOFError
    word = " ".join(line.split())
    if word.lower() == LATER:
        raise Later
    if word.lower() == BACK:
        raise Back
    return word


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _lines(file: Path) -> dict[str, None]:
    return dict.fromkeys(file.read_text("utf-8").split()) if file.exists() else {}


def _write(file: Path, text: str) -> None:
    """Whole or not at all: a conversation that is broken off leaves the answer before it."""
    beside = file.with_name(f"{file.name}.writing")
    beside.write_text(text, encoding="utf-8", newline="")
    os.replace(beside, file)


def finding_lines(document: Answered) -> Iterator[str]:
    """What is still wrong with the document, a line each."""
    return (f"{one.line}:{one.column}: {one.path} {Wrong(finding=one)}" for one in document.findings)
