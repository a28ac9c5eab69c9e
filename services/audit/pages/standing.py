"""The state of a case as a page shows it: each field in words, with what is withheld, sealed or missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.audit.domain.entry import Axis
from services.audit.domain.fields import OF_THE_CASE, flat, plain
from services.audit.domain.fold import fold
from services.audit.domain.knowledge import KnownThing
from services.audit.domain.state import CaseState
from services.audit.domain.things import SECTIONS as TABLES
from services.audit.pages.desk import Page
from services.audit.pages.titles import EXPECTED, INNER, SECTIONS
from services.audit.pages.values import Reader
from services.audit.views import View
from shared.web.site.words import N_

#: How a fact is marked: in words of its own, sealed, withheld from the agency, or by nobody recorded.
SAID, SEALED, WITHHELD, ABSENT = "", "sealed", "withheld", "absent"
NOT_OPENED = N_("the MOU did not let this agency open it")
COULD_OPEN = N_("This agency could have opened it")


@dataclass(frozen=True)
class Fact:
    """A field: what it is called, what it says, how it is marked, and the address of its history.

    `english`: its words are the record's own.
    """

    label: str
    text: str
    mark: str = SAID
    path: str = ""
    english: bool = False


@dataclass(frozen=True)
class Thing:
    """One thing of a section. `until` says when an agency's sight of it ended."""

    name: str
    facts: tuple[Fact, ...]
    until: str = ""


@dataclass(frozen=True)
class Section:
    """The things of one kind, newest last; `more` are left out."""

    heading: str
    things: tuple[Thing, ...]
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.things)


def state_of(view: View) -> CaseState:
    """The case at the view's point, the auditor's view."""
    replay = view.replay
    if replay.cut.axis is Axis.RECORDED:
        return replay.line.state(len(replay.entries))
    return fold(replay.case, replay.entries)


def sections(page: Page, most: int) -> list[Section]:
    """The state, section by section, each with the last `most` of its things; empty sections are left out."""
    found = _known(page) if page.view.knowledge is not None else _whole(page)
    told = []
    for name, (heading, _, _) in SECTIONS.items():
        things = found.get(name, [])
        if things:
            last = things[-most:]
            shown = tuple(_thing(page, name, id, fields, known) for id, fields, known in last)
            told.append(Section(page.say(heading), shown, len(things)))
    return told


_Things = list[tuple[str, Mapping[str, Any], KnownThing | None]]


def _whole(page: Page) -> dict[str, _Things]:
    state = state_of(page.view)
    own = {name: plain(value) for name in OF_THE_CASE if (value := getattr(state, name))}
    found: dict[str, _Things] = {"case": [("", own, None)] if own else []}
    for section in TABLES:
        found[section] = [(id, flat(thing), None) for id, thing in getattr(state, section).items()]
    return found


def _known(page: Page) -> dict[str, _Things]:
    found: dict[str, _Things] = {}
    knowledge = page.view.knowledge
    for (section, id), thing in knowledge.things.items() if knowledge else ():
        fields = {name: field.value for name, field in thing.fields.items()}
        found.setdefault(section, []).append((id, fields, thing))
    return found


def _thing(page: Page, section: str, id: str, fields: Mapping[str, Any], known: KnownThing | None) -> Thing:
    say = page.say
    until = say.moment(known.until) if known and known.until else ""
    return Thing(say.thing(section, id), tuple(_facts(page, section, id, fields, known)), until)


def _facts(
    page: Page, section: str, id: str, fields: Mapping[str, Any], known: KnownThing | None
) -> Iterator[Fact]:
    say, inner = page.say, INNER.get(section, frozenset())
    for name, value in fields.items():
        if name.split(".")[0] in inner:
            continue
        path = f"{section}/{id}/{name}" if id else f"{section}/{name}"
        history = page.to("/field", ("field", path))
        if name == "sealed":
            yield from _sealed(say, value, known, history)
        else:
            words, english = say.value(name, value), say.coded(name, value)
            yield Fact(say.field(name, section), words, path=history, english=english)
    for name in EXPECTED.get(section, ()):
        if name not in fields:
            yield Fact(say.field(name, section), "", ABSENT)


def _sealed(say: Reader, classes: list[str], known: KnownThing | None, history: str) -> Iterator[Fact]:
    for one in classes:
        label = one.replace("_", " ")
        if known is None:
            yield Fact(say.field("sealed") + f": {label}", "", SEALED, history)
        elif one in known.opens:
            yield Fact(say.field("sealed") + f": {label}", say(COULD_OPEN), SAID, history)
        else:
            yield Fact(say.field("sealed") + f": {label}", say(NOT_OPENED), WITHHELD, history)
