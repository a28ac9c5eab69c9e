"""Who looked at a case: what, when, for which purpose, of which agency; and who was not shown it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints
from starlette.responses import Response

from services.audit.domain.entry import Entry
from services.audit.domain.words_life import plain
from services.audit.pages.desk import Desk, Page
from services.audit.pages.story import choices
from services.audit.pages.values import Reader
from services.audit.pages.wanted import Wanted, address
from shared.events.names import Agency, Purpose
from shared.events.types.evidence import EvidenceMade, EvidenceOpened
from shared.events.types.record import RecordDenied, RecordRead
from shared.web.site.codes import code_of
from shared.web.site.components import Facet, Filter
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

#: Rows on a page.
SHOWN = 100
KINDS: dict[type, tuple[str, str]] = {
    RecordRead: ("read", N_("Read")),
    RecordDenied: ("not-shown", N_("Asked for and not shown")),
    EvidenceMade: ("evidence", N_("Took evidence")),
    EvidenceOpened: ("opened", N_("Opened evidence")),
}
HOW: dict[str, str] = dict(KINDS.values())
Code = Annotated[str, StringConstraints(max_length=40)]


@dataclass(frozen=True)
class Access:
    """One look: when, who (codes), why, how, at what."""

    recorded: datetime
    agency: str
    person: str
    purpose: str
    how: str
    what: str
    path: str


def access_router(desk: Desk) -> APIRouter:
    """`/access/{case}`, for those whom `/v1` shows a case's history."""
    router = APIRouter(route_class=route_of(desk.pages))

    @router.get("/access/{case}")
    def access(
        case: UUID,
        request: Request,
        visitor: CurrentVisitor,
        trace: CurrentTrace,
        agency: Annotated[tuple[Agency, ...], Query()] = (),
        purpose: Annotated[tuple[Purpose, ...], Query()] = (),
        how: Annotated[tuple[Code, ...], Query()] = (),
        number: Annotated[int, Query(alias="page", ge=1, le=1_000)] = 1,
    ) -> Response:
        """Every look at the case, newest first."""
        (page,) = desk.open(str(case), visitor, trace, Wanted())
        looks = [e for e in reversed(page.view.replay.entries) if type(e.event.data) in KINDS]
        chosen = tuple(frozenset(map(str, some)) for some in (agency, purpose, [h for h in how if h in HOW]))
        kept = [e for e in looks if _keeps(e, chosen)]
        first = (number - 1) * SHOWN
        path, pairs = f"/access/{case}", zip(("agency", "purpose", "how"), chosen, strict=True)
        given = [(name, value) for name, values in pairs for value in sorted(values)]

        def at(place: int) -> str:
            return address(path, *given, *((("page", str(place)),) if place > 1 else ()))

        return desk.pages.answer(
            request,
            "access.html",
            visitor,
            page=page,
            filter=Filter(path, _facets(looks, chosen, page.say), len(kept), len(looks)),
            counts=_counts(looks, page.say),
            looks=[_told(e, page) for e in kept[first : first + SHOWN]],
            earlier=at(number - 1) if number > 1 else "",
            further=at(number + 1) if len(kept) > first + SHOWN else "",
        )

    return router


def _marks(entry: Entry) -> tuple[str, str, str]:
    envelope = entry.event.envelope
    return envelope.agency, envelope.purpose, KINDS[type(entry.event.data)][0]


def _keeps(entry: Entry, chosen: tuple[frozenset[str], ...]) -> bool:
    return all(not some or mark in some for mark, some in zip(_marks(entry), chosen, strict=True))


def _facets(looks: list[Entry], chosen: tuple[frozenset[str], ...], say: Reader) -> tuple[Facet, ...]:
    legends = (("agency", say(N_("Agency"))), ("purpose", say(N_("Purpose"))), ("how", say(N_("How"))))
    labels: tuple[Callable[[str], str], ...] = (say.agency, plain, lambda kind: say(HOW.get(kind, kind)))
    found = []
    for place, ((name, legend), label) in enumerate(zip(legends, labels, strict=True)):
        counts = Counter(_marks(entry)[place] for entry in looks)
        found.append(Facet(name, legend, choices(counts, chosen[place], label)))
    return tuple(found)


def _counts(looks: list[Entry], say: Reader) -> list[tuple[str, int]]:
    """How often each agency looked, most first."""
    counts = Counter(entry.event.envelope.agency for entry in looks)
    return [(say.agency(agency), number) for agency, number in counts.most_common()]


def _told(entry: Entry, page: Page) -> Access:
    e, data, say = entry.event.envelope, entry.event.data, page.say
    what = plain(getattr(data, "about_kind", ""))
    classes = ", ".join(plain(name) for name in getattr(data, "classes", ()))
    return Access(
        e.recordedtime,
        say.agency(e.agency),
        code_of("person", e.actor) if e.actor else "–",
        plain(e.purpose) or "–",
        say(KINDS[type(data)][1]),
        f"{what}: {classes}" if classes else what,
        page.of_event(e.id),
    )
