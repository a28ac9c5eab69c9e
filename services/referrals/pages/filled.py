"""From a form as it was filled in to the body of a command; what is wrong is said beside its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from services.referrals.pages.acts import Act
from shared.errors import Refusal
from shared.events.moments import write_moment
from shared.events.names import SealedClass
from shared.web.site.forms import Form
from shared.web.site.times import LIKE, NotAMoment, read_typed
from shared.web.site.visitor import Visitor
from shared.web.site.words import N_

TOO_LATE = N_("This time has not come yet.")
NUMBER = N_("Write a whole number, up to 999.")
TOO_LONG = N_("This is too long. Make it shorter.")
NOT_TAKEN = N_("This was not taken. Please check it.")
#: What is said of a field in which nothing was chosen, or nothing that can be.
CHOOSE: Mapping[str, str] = {
    "recipient": N_("Choose who is asked."),
    "kind": N_("Choose what is asked."),
    "urgency": N_("Choose how soon."),
    "youth_choice": N_("Choose what the young person said."),
    "matter": N_("Choose which matter."),
    "reason": N_("Choose why."),
    "outcome": N_("Choose how it ended."),
    "entry": N_("Choose which entry."),
    "missing": N_("Choose what is missing."),
    "question": N_("Choose which question."),
    "about": N_("Choose what kind of fact it is."),
    "called_at": LIKE,
    "called_by": N_("Choose who called."),
    "result": N_("Choose what came of it."),
}
#: Reasons that have no pointer and belong to one field.
OF_FIELD: Mapping[str, str] = {"other-agency-not-a-party": "recipient", "too-large": "words"}
#: Fields of the command -> fields of the form, where they are called otherwise.
CALLED = {"clear": "words", "outside": "recipient"}
#: The whole referral, among the entries that can be marked as wrong.
ALL = "all"
OWN_WORK = "me"


class NotRight(Exception):
    """What was typed cannot be used; the text says what to type instead."""


@dataclass(frozen=True)
class Filled:
    """The body of the command, and what is wrong, by field of the form."""

    body: Mapping[str, Any]
    errors: Mapping[str, str]


def fill(act: Act, form: Form, visitor: Visitor, zone: ZoneInfo) -> Filled:
    """What was filled in. Fields that were left empty are left out."""
    body: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name in act.fields:
        try:
            body |= READERS[name](name, form, visitor, zone)
        except NotRight as error:
            errors[name] = str(error)
    if act.required and act.required not in body and act.required not in errors:
        errors[act.required] = CHOOSE[act.required]
    return Filled(body, errors)


def refused_field(refusal: Refusal) -> tuple[str, str] | None:
    """The field of a form that a refusal is about, and what is said beside it; None if it is about no field."""
    if refusal.field:
        first = refusal.field.strip("/").split("/")[0]
        name = CALLED.get(first, first)
    elif refusal.reason in OF_FIELD:
        name = OF_FIELD[refusal.reason]
    else:
        return None
    if name == "words":
        return name, TOO_LONG
    if refusal.reason == "too-far-ahead":
        return name, TOO_LATE
    return name, CHOOSE.get(name, NOT_TAKEN)


def _code(name: str, form: Form, _: Visitor, __: ZoneInfo) -> dict[str, Any]:
    typed = form.get(name)
    return {name: typed} if typed else {}


def _moment(name: str, form: Form, _: Visitor, zone: ZoneInfo) -> dict[str, Any]:
    typed = form.get(name)
    if not typed:
        return {}
    try:
        return {name: write_moment(read_typed(typed, zone))}
    except NotAMoment as wrong:
        raise NotRight(str(wrong)) from None


def _number(name: str, form: Form, _: Visitor, __: ZoneInfo) -> dict[str, Any]:
    typed = form.get(name)
    if not typed:
        return {}
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3):
        raise NotRight(NUMBER)
    return {name: int(typed)}


def _several(name: str, form: Form, _: Visitor, __: ZoneInfo) -> dict[str, Any]:
    chosen = form.every(name)
    return {name: list(chosen)} if chosen else {}


def _worker(name: str, form: Form, visitor: Visitor, _: ZoneInfo) -> dict[str, Any]:
    return {name: visitor.caller.person} if form.get(name) == OWN_WORK else {}


def _words(_: str, form: Form, __: Visitor, ___: ZoneInfo) -> dict[str, Any]:
    return in_words(form, SealedClass.NARRATIVE)


def in_words(form: Form, cls: SealedClass) -> dict[str, Any]:
    """What was written freely, as a fact of this class."""
    typed = form.get("words")
    return {"clear": {str(cls): {"text": typed}}} if typed else {}


def _entry(name: str, form: Form, _: Visitor, __: ZoneInfo) -> dict[str, Any]:
    typed = form.get(name)
    if not typed:
        raise NotRight(CHOOSE[name])
    return {} if typed == ALL else {name: typed}


READERS: Mapping[str, Callable[[str, Form, Visitor, ZoneInfo], dict[str, Any]]] = {
    "reason": _code,
    "outcome": _code,
    "worker": _worker,
    "first_contact_by": _moment,
    "until": _moment,
    "time": _moment,
    "attempts": _number,
    "alternatives": _several,
    "missing": _several,
    "called_at": _moment,
    "called_by": _code,
    "result": _code,
    "words": _words,
    "entry": _entry,
}
