"""What the pages of an agency's administrator share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import Depends

from services.referrals.pages.work import Work
from shared.events.names import Role
from shared.mou.authority import may
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts, ThingFacts
from shared.web.problems import Problem
from shared.web.site.forms import Form
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import catalogue
from shared.web.trace import Trace

PEOPLE = "/people"


def _administrator(visitor: CurrentVisitor) -> Visitor:
    """Nobody else is told that these pages are there."""
    if Role.AGENCY_ADMIN not in visitor.caller.roles:
        raise Problem("not-found")
    return visitor


Administrator = Annotated[Visitor, Depends(_administrator)]


def may_assign(visitor: Visitor, agency: str, mou: Mou | None) -> bool:
    owner = ThingFacts("person", owner=agency)
    return mou is not None and may(CallerFacts.of(visitor.caller), "assign-role", owner, mou).allowed


def labelled(roles: list[tuple[str, str]], visitor: Visitor) -> list[tuple[str, str]]:
    words = catalogue(visitor.language)
    return [(code, words.gettext(label)) for code, label in roles]


def translated(found: Mapping[str, str], visitor: Visitor) -> dict[str, str]:
    words = catalogue(visitor.language)
    return {field: words.gettext(text) for field, text in found.items()}


def do(
    work: Work,
    command: str,
    visitor: Visitor,
    form: Form,
    trace: Trace,
    body: Mapping[str, str],
    thing: str | None = None,
) -> None:
    """One command of several that the same form may send: each has a key of its own. Raises as `Work.do`."""
    which = body.get("role") or body.get("cover") or body.get("begins", "")
    own = replace(form, key=str(uuid5(UUID(form.key), f"{command}/{which}/{thing or ''}")), based_on=None)
    work.do(command, visitor, own, trace, body, thing)
