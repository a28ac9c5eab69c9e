"""The inbox: what needs its reader, why, and what they can do about it. It holds codes, no names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.responses import RedirectResponse, Response

from services.notifications.due import DueNext
from services.notifications.feed import Change, Feed, Filter, Viewer
from services.notifications.hub import Hub
from services.notifications.pages.duties import SETTLED, next_of
from services.notifications.pages.titles import OTHER, TITLES
from shared.bus.gate import Gate
from shared.events.moments import read_moment, write_moment
from shared.events.types.notification import Tier
from shared.mou.routing import TOLD_BY_DUTIES
from shared.web import cursors
from shared.web.callers import Caller
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm
from shared.web.site.refusing import route_of
from shared.web.site.rendering import Pages
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.sse import Sent, last_event_id, sse_response
from shared.web.trace import CurrentTrace

#: Each group of the first page, most pressing first, and how many items of it are shown at most.
GROUPS = (
    (Tier.ACT_NOW, N_("Act now"), N_("Nothing needs you at once.")),
    (Tier.ACT_SOON, N_("Act soon"), N_("Nothing needs you soon.")),
    (Tier.INFORMATION, N_("For information"), N_("Nothing new.")),
)
SHOWN = 50
#: Duties that are shown as due next at most.
SHOWN_DUE = 5
#: Kinds of things that are about a youth.
NAMED = ("concern", "case", "referral")

#: How a concern was decided -> what an item that asked to decide it is called from then on.
DECIDED = {
    "evaluated-out": TITLES["accord.concern.evaluated-out.v1"],
    "attached": TITLES["accord.concern.attached.v1"],
}
YOU, YOURS = N_("You decided it"), N_("Somebody of your agency decided it")
LEAD = N_("The lead agency decided it")


@dataclass(frozen=True)
class Decided:
    """A decision on a concern: what the item is called then, by whom it was decided, when."""

    title: str
    by: str
    moment: datetime


@dataclass(frozen=True)
class Card:
    """An item as the page shows it. `path`: where the page of the thing is; `names`: where referrals may have one;
    `mine`: the reader has it in hand; `own`: it is addressed to them, `covered`: to a colleague who is away;
    `settled`: how the duty came out that it is about."""

    id: UUID
    title: str
    code: str
    path: str
    names: str
    tier: str
    reason: str
    clause: str
    recorded: datetime
    read: bool
    asks: bool
    acknowledged: datetime | None
    mine: bool
    respond_by: datetime | None
    own: bool
    covered: bool
    decided: Decided | None
    settled: str | None
    of_duty: bool

    @property
    def over(self) -> bool:
        """Whether it asks for nothing any more, whoever has it in hand."""
        return self.decided is not None or self.settled is not None

    @property
    def open(self) -> bool:
        """Whether somebody still has to say that they have it in hand or, for who is away, still can."""
        return (self.asks or self.covered) and self.acknowledged is None and not self.over


def decided_in(facts: dict[str, Any] | None, viewer: Viewer) -> Decided | None:
    """What was decided on the concern of an item, from what is known of it."""
    if not facts:
        return None
    mine, ours = facts["decided_by"] == viewer.person, facts["decided_for"] == viewer.agency
    by = YOU if mine else YOURS if ours else LEAD
    return Decided(DECIDED[facts["decided"]], by, read_moment(facts["decided_at"]))


def card(row: dict[str, Any], viewer: Viewer) -> Card:
    """The card of a row of the feed, for its reader."""
    person, decided = viewer.person, decided_in(row["decided"], viewer)
    settled = SETTLED[row["settled"]] if row["settled"] else None
    return Card(
        row["id"],
        decided.title if decided else TITLES.get(row["type"], OTHER),
        code_of(row["about_kind"], row["about"]) if row["about_kind"] else "",
        f"/{row['about_kind']}s/{row['about']}" if row["about_kind"] in NAMED else "",
        f"/names/{row['about_kind']}/{row['about']}" if row["about_kind"] in NAMED else "",
        Tier.INFORMATION if decided or settled else row["tier"],
        row["reason"],
        row["clause"],
        row["recordedtime"],
        bool(row.get("read")),
        row["needs_ack"],
        row["acknowledged_at"],
        row["acknowledged_by"] == person,
        row["respond_by"],
        row["recipient"] == person,
        row["cover"] is not None,
        decided,
        settled,
        row["type"] in TOLD_BY_DUTIES,
    )


def viewer_of(visitor: Visitor) -> Viewer:
    """Whose inbox it is."""
    caller = visitor.caller
    return Viewer.of(caller.person, caller.agency, caller.roles, caller.purpose)


def inbox_router(feed: Feed, due: DueNext, hub: Hub, gate: Gate, pages: Pages, secret: bytes) -> APIRouter:
    """`/inbox` and what its buttons send. `secret` closes the cursors."""
    router = APIRouter(route_class=route_of(pages))

    @router.get("/inbox")
    def inbox(request: Request, visitor: CurrentVisitor, done: UUID | None = None) -> Response:
        """What waits for the visitor, by how pressing it is."""
        viewer, number = viewer_of(visitor), feed.last_change()
        groups, unread = [], 0
        for tier, heading, empty in GROUPS:
            rows, unread = feed.page(viewer, Filter(waiting=True, tier=tier), None, SHOWN + 1)
            cards = [card(row, viewer) for row in rows[:SHOWN]]
            groups.append((tier, heading, empty, cards, len(rows) > SHOWN))
        touched = feed.item(viewer, done) if done else None
        coming = due.page(viewer, None, SHOWN_DUE + 1)
        return pages.answer(
            request,
            "inbox.html",
            visitor,
            groups=groups,
            unread=unread,
            number=number,
            covering=feed.covering(viewer),
            coming=[next_of(one) for one in coming[:SHOWN_DUE]],
            more_coming=len(coming) > SHOWN_DUE,
            done=card(touched, viewer) if touched else None,
        )

    @router.get("/inbox/all")
    def everything(
        request: Request,
        visitor: CurrentVisitor,
        cursor: Annotated[str | None, Query(max_length=600)] = None,
    ) -> Response:
        """Every item of the visitor's, newest first."""
        viewer = viewer_of(visitor)
        after = position(secret, visitor.caller, cursor)
        rows, unread = feed.page(viewer, Filter(), after, SHOWN + 1)
        more = None
        if len(rows) > SHOWN:
            last = rows[SHOWN - 1]
            at = [write_moment(last["recordedtime"]), str(last["id"])]
            more = cursors.encode(secret, visitor.caller, {"page": "inbox"}, at)
        cards = [card(row, viewer) for row in rows[:SHOWN]]
        return pages.answer(
            request,
            "inbox_all.html",
            visitor,
            cards_shown=cards,
            unread=unread,
            more=more,
            first=cursor is None,
        )

    @router.post("/inbox/{item}/acknowledge")
    def acknowledge(item: UUID, visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace) -> Response:
        """The visitor has it in hand. The first counts; the page then says who was first."""
        gate.require()
        found = feed.acknowledge(viewer_of(visitor), item, trace.traceparent)
        return RedirectResponse(f"/inbox?done={item}" if found else "/inbox", 303)

    @router.post("/inbox/{item}/read")
    def read(item: UUID, visitor: CurrentVisitor, form: CheckedForm) -> Response:
        """The visitor has read it."""
        feed.mark_read(viewer_of(visitor), item)
        return RedirectResponse(form.page or "/inbox", 303)

    @router.get("/inbox/badge")
    def badge(request: Request, visitor: CurrentVisitor) -> Response:
        """How many items the visitor has not read, for the navigation."""
        _, unread = feed.page(viewer_of(visitor), Filter(), None, 0)
        return pages.part(request, "badge.html", "badge", visitor, unread=unread)

    @router.get("/inbox/stream")
    async def stream(
        request: Request, visitor: CurrentVisitor, after: Annotated[int, Query(ge=0)]
    ) -> Response:
        """What changes from the page's number on. It ends when the session would lock."""
        given = last_event_id(request)
        behind = int(given) if given and given.isascii() and given.isdigit() and len(given) < 19 else after
        return live(request, hub, visitor, behind)

    return router


def position(secret: bytes, caller: Caller, cursor: str | None) -> tuple[datetime, UUID] | None:
    """Where a page begins. Raises Problem for a cursor that is not this visitor's."""
    if cursor is None:
        return None
    time, id = cursors.decode(secret, caller, {"page": "inbox"}, cursor)
    return read_moment(time), UUID(id)


def live(request: Request, hub: Hub, visitor: Visitor, after: int) -> StreamingResponse:
    """Each change of the visitor's items: its kind, and the item's id. Nothing else leaves by the stream."""
    return sse_response(request, _changes(hub, visitor, after))


async def _changes(hub: Hub, visitor: Visitor, after: int) -> AsyncIterator[Sent]:
    seconds = (visitor.seen_until - datetime.now(visitor.seen_until.tzinfo)).total_seconds()
    changes = hub.follow(viewer_of(visitor), after)
    until = asyncio.get_running_loop().time() + max(0.0, min(seconds, 86_400.0))
    async for change in _until(changes, until):
        yield Sent(str(change.number), change.kind, {"item": str(change.item["id"])})


async def _until(changes: AsyncGenerator[Change, None], until: float) -> AsyncIterator[Change]:
    """The changes until this moment of the event loop's clock."""
    try:
        while True:
            async with asyncio.timeout_at(until):
                change = await anext(changes)
            yield change
    except (TimeoutError, StopAsyncIteration):
        return
    finally:
        await changes.aclose()
