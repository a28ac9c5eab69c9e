"""`/concerns` and `/cases`: lists, a page at a time. They hold codes and no names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.referrals.application.finding import Finding
from services.referrals.application.listing import Lists, Place, hears_of_all
from services.referrals.application.views import Viewer
from services.referrals.pages.wording import CONCERN_STATES, MATTERS, Wording
from services.referrals.pages.work import Work
from shared.events.moments import read_moment
from shared.events.names import Purpose
from shared.mou.facts import CallerFacts
from shared.web import cursors
from shared.web.callers import Caller
from shared.web.site.codes import code_of
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor

#: How many are shown on a page.
SHOWN = 50
Cursor = Annotated[str | None, Query(max_length=600)]


@dataclass(frozen=True)
class Card:
    """A line of a list: where it leads, its code, its state, and what else is said of it."""

    path: str
    code: str
    state: str
    text: str
    moment: datetime
    urgent: bool = False
    id: str = ""


def concern_card(view: Mapping[str, Any], wording: Wording) -> Card:
    """A concern in a list."""
    return Card(
        f"/concerns/{view['id']}",
        code_of("concern", view["id"]),
        wording.word(CONCERN_STATES, view["status"]),
        wording.agency(view["reported_by"]),
        read_moment(view["reported_at"]),
        view["immediate_danger"] == "yes",
        view["id"],
    )


def case_card(view: Mapping[str, Any], wording: Wording) -> Card:
    """A matter of a case in a list."""
    [matter] = view["matters"]
    return Card(
        f"/cases/{view['id']}",
        code_of("case", view["id"]),
        wording.word(MATTERS, matter["matter"]),
        wording.agency(matter["lead"]),
        read_moment(matter["opened_at"]),
    )


@dataclass(frozen=True)
class Pager:
    """Pages of lists, with cursors that only their reader can use."""

    lists: Lists
    secret: bytes

    def page(
        self, name: str, viewer: Viewer, caller: Caller, cursor: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """What stands on the page at this cursor, and the cursor of the next. Raises Problem for another's."""
        bound = {"list": name}
        after: Place | None = None
        if cursor is not None:
            at, id = cursors.decode(self.secret, caller, bound, cursor)
            after = at, id
        found = self.lists.page(name, viewer, after, SHOWN)
        more = found.following
        return found.items, cursors.encode(self.secret, caller, bound, more) if more else None


def listing_router(work: Work) -> APIRouter:
    """The lists."""
    pages = work.pages
    router = APIRouter(route_class=route_of(pages))
    lists, finding = Lists(work.doors.referrals.questions), Finding(work.doors.referrals.questions)
    pager = Pager(lists, work.doors.referrals.secret)

    @router.get("/concerns")
    def concerns(
        request: Request, visitor: CurrentVisitor, own: bool = False, cursor: Cursor = None
    ) -> Response:
        """Those that wait for a decision, for who decides; else, and with `own`, those that the agency reported."""
        responding = visitor.acting(Purpose.RESPOND)
        viewer = lists.viewer(CallerFacts.of(responding.caller))
        decides = hears_of_all(viewer)
        name = "waiting" if decides and not own else "reported"
        found, more = pager.page(name, viewer, responding.caller, cursor)
        wording = Wording(visitor.language, viewer.mou)
        return pages.answer(
            request,
            "concerns.html",
            visitor,
            cards=[concern_card(view, wording) for view in found],
            decides=decides,
            waiting=name == "waiting",
            more=more,
            first=cursor is None,
        )

    @router.get("/cases")
    def cases(
        request: Request, visitor: CurrentVisitor, left: UUID | None = None, cursor: Cursor = None
    ) -> Response:
        """The cases that the visitor's agency takes part in, opened last first. `left`: one that it just left."""
        viewer = lists.viewer(CallerFacts.of(visitor.caller))
        found, more = pager.page("cases", viewer, visitor.caller, cursor)
        wording = Wording(visitor.language, viewer.mou)
        return pages.answer(
            request,
            "cases.html",
            visitor,
            cards=[case_card(view, wording) for view in found],
            left=bool(left) and finding.left(str(left), visitor.caller),
            more=more,
            first=cursor is None,
        )

    return router
