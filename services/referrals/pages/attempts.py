"""Sending a form that may come back: with what is wrong by field, or since somebody else wrote first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.referrals.application.finding import Changed
from services.referrals.application.orders import Outcome
from services.referrals.pages.flags import OfClause
from services.referrals.pages.wording import CHANGES, Wording
from services.referrals.pages.work import Work
from shared.errors import Refusal
from shared.events.moments import read_moment
from shared.web.problems import Problem
from shared.web.site.forms import Form
from shared.web.site.visitor import Visitor
from shared.web.trace import Trace

#: Pointer of a refusal -> the form's field, and what it says there.
Fields = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Returned:
    """A form that was not carried out. `errors` are messages by field; `stale`: it rests on what has changed."""

    errors: Mapping[str, str] = field(default_factory=dict)
    stale: bool = False


def attempt(
    work: Work,
    command: str,
    visitor: Visitor,
    form: Form,
    trace: Trace,
    body: Mapping[str, Any],
    thing: str,
    fields: Fields,
) -> Outcome | Returned:
    """Carry out the command, or say why the form comes back. Raises what has no field of the form to stand at."""
    try:
        return work.do(command, visitor, form, trace, body, thing)
    except Problem as problem:
        if problem.slug != "stale":
            raise
        return Returned(stale=True)
    except Refusal as refusal:
        found = fields.get(refusal.field or "")
        if found is None:
            raise
        name, message = found
        return Returned({name: OfClause.of(message, refusal)})


def seen_until(form: Form | None) -> datetime | None:
    """Up to when the sender of a form had seen what was recorded."""
    try:
        return read_moment(form.get("seen")) if form else None
    except ValueError:
        return None


def in_words(changes: list[Changed], wording: Wording) -> list[tuple[str, str, datetime]]:
    """What, by whom, when: as `casework.stale` takes it."""
    return [(wording.word(CHANGES, c.type), wording.agency(c.agency), c.recorded) for c in changes]
