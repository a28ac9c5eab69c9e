"""The timeline of a case: as of any moment, by either of its two times, and as an agency could have known it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import StringConstraints
from starlette.responses import Response

from services.audit.domain.entry import Axis
from services.audit.pages.desk import Desk, Page
from services.audit.pages.standing import sections
from services.audit.pages.story import Chosen, Row, Telling, facets, rows_of
from services.audit.pages.titles import KINDS
from services.audit.pages.wanted import AskedOfPage, Wanted, address
from shared.events.names import Agency
from shared.web.site.components import Filter, by_day
from shared.web.site.cookie import Language
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_, catalogue
from shared.web.trace import CurrentTrace

#: Entries on a page; things of each kind beside them, and on the page that has all of the state.
SHOWN, BESIDE, ALL = 50, 3, 200
Code = Annotated[str, StringConstraints(max_length=40)]
LEGENDS = (N_("Agency"), N_("What happened"), N_("Referral"), N_("Reads of the case"))


@dataclass(frozen=True)
class Arranged:
    """How the list is arranged: what filters leave, in which order, how much of each, and which page of it."""

    chosen: Chosen
    order: str
    view: str
    page: int

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Order and length, as parameters of an address."""
        order = (("order", self.order),) if self.order != "oldest" else ()
        return order + ((("view", self.view),) if self.view != "full" else ())


def _arranged(
    agency: Annotated[tuple[Agency, ...], Query()] = (),
    kind: Annotated[tuple[Code, ...], Query()] = (),
    referral: Annotated[tuple[UUID, ...], Query()] = (),
    reads: Literal["on", ""] = "",
    order: Literal["oldest", "newest"] = "oldest",
    view: Literal["full", "short"] = "full",
    page: Annotated[int, Query(ge=1, le=1_000)] = 1,
) -> Arranged:
    referrals = frozenset(str(id) for id in referral)
    kinds = frozenset(kind) & KINDS.keys()
    chosen = Chosen(frozenset(map(str, agency)), kinds, referrals, reads == "on")
    return Arranged(chosen, order, view, page)


def timeline_router(desk: Desk) -> APIRouter:
    """`/timeline/{case}` and its state."""
    router = APIRouter(route_class=route_of(desk.pages))

    @router.get("/timeline/{case}")
    def timeline(
        case: UUID,
        request: Request,
        visitor: CurrentVisitor,
        trace: CurrentTrace,
        asked: AskedOfPage,
        arranged: Annotated[Arranged, Depends(_arranged)],
    ) -> Response:
        """What happened, in order, with the state that it led to."""
        if asked.wrong:
            return not_right(desk, request, visitor, asked, f"/timeline/{case}")
        (page,) = desk.open(str(case), visitor, trace, asked)
        return desk.pages.answer(
            request,
            "timeline.html",
            visitor,
            as_of=asked.past,
            sections=sections(page, BESIDE),
            **framed(page),
            **_listed(page, arranged),
        )

    @router.get("/timeline/{case}/state")
    def state(
        case: UUID, request: Request, visitor: CurrentVisitor, trace: CurrentTrace, asked: AskedOfPage
    ) -> Response:
        """All of the state at that moment."""
        if asked.wrong:
            return not_right(desk, request, visitor, asked, f"/timeline/{case}/state")
        (page,) = desk.open(str(case), visitor, trace, asked)
        return desk.pages.answer(
            request,
            "state.html",
            visitor,
            as_of=asked.past,
            sections=sections(page, ALL),
            **framed(page, "/state"),
        )

    return router


def framed(page: Page, more: str = "") -> dict[str, Any]:
    """What the frame of every page of a case shows: the bar, for whom, how far the answer reaches."""
    return {
        "page": page,
        "more": more,
        "bar": page.bar(more),
        "asked": page.asked,
        "agencies": agencies(page),
        "reach": page.view.reach(),
        "nothing": page.view.nothing,
    }


def agencies(page: Page) -> list[tuple[str, str]]:
    """Each agency's code and name."""
    return [(str(agency), page.say.agency(str(agency))) for agency in Agency if agency != Agency.COUNTY]


def translated(found: dict[str, str], language: Language) -> dict[str, str]:
    """What is wrong, in the reader's language."""
    say = catalogue(language).gettext
    return {field: say(text) for field, text in found.items()}


def not_right(desk: Desk, request: Request, visitor: Visitor, asked: Wanted, path: str) -> Response:
    """The page that says what is not right about what was asked, with what was typed."""
    found = translated(dict(asked.wrong), visitor.language)
    say = desk.reader(visitor.language, [])
    listed = [(str(agency), say.agency(str(agency))) for agency in Agency if agency != Agency.COUNTY]
    return desk.pages.answer(
        request,
        "wanted.html",
        visitor,
        status=422,
        found=found,
        asked=asked,
        path=path,
        agencies=listed,
    )


def _listed(page: Page, arranged: Arranged) -> dict[str, Any]:
    rows, chosen, say = rows_of(page.view), arranged.chosen, page.say
    legends = [say(text) for text in LEGENDS]
    kept = [row for row in rows if chosen.keeps(row)]
    shown = _of_page(kept, arranged)
    telling = Telling.of(page.view, rows, say, page.of_event, arranged.view == "short")
    entries = [telling.entry(row) for row in shown]
    happened = page.asked.axis is Axis.HAPPENED
    fixed = (*page.asked.all, *arranged.pairs)
    given = Filter(page.path, facets(rows, chosen, say, legends), len(kept), len(rows), fixed)

    def at(**changes: str) -> str:
        settled = {"order": arranged.order, "view": arranged.view, "page": "1"} | changes
        told = [(n, v) for n, v in settled.items() if (n, v) not in PLAIN]
        return address(page.path, *page.asked.all, *chosen.pairs, *told)

    return {
        "days": by_day(entries, say.county.zone, happened=happened),
        "filter": given,
        "reads_hidden": 0 if chosen.reads else sum(1 for row in rows if row.read),
        "newest": arranged.order == "newest",
        "short": arranged.view == "short",
        "other_order": at(order="oldest" if arranged.order == "newest" else "newest"),
        "other_length": at(view="full" if arranged.view == "short" else "short"),
        "earlier": at(page=str(arranged.page - 1)) if arranged.page > 1 else "",
        "further": at(page=str(arranged.page + 1)) if len(kept) > arranged.page * SHOWN else "",
        "first": (arranged.page - 1) * SHOWN + 1,
        "last": (arranged.page - 1) * SHOWN + len(shown),
    }


#: What an address need not say.
PLAIN = frozenset({("order", "oldest"), ("view", "full"), ("page", "1")})


def _of_page(kept: list[Row], arranged: Arranged) -> list[Row]:
    """Those of one page. What comes meanwhile may move one to the next page; none is left out."""
    first = (arranged.page - 1) * SHOWN
    ordered = kept[::-1] if arranged.order == "newest" else kept
    return ordered[first : first + SHOWN]
