"""The HTTP door of notifications: the caller's feed, its open stream, acknowledging and read marks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from services.notifications.answers import PLACES, About, moment_or_none, viewer_of
from services.notifications.due import DueNext
from services.notifications.due_api import duties_router
from services.notifications.feed import Change, Feed, Filter, Viewer
from services.notifications.hub import Hub, ended
from services.notifications.pages.inbox import inbox_router
from shared.bus.gate import Gate
from shared.events.moments import read_moment, write_moment
from shared.events.types.notification import Tier
from shared.settings import Settings
from shared.web import cursors
from shared.web.app import create_app
from shared.web.callers import CurrentCaller, Verifier
from shared.web.health import Readiness
from shared.web.problems import Problem, invalid
from shared.web.site.county import county_of
from shared.web.site.rendering import Pages
from shared.web.site.site import Site, load_site
from shared.web.sse import Sent, last_event_id, sse_response
from shared.web.trace import CurrentTrace

#: Kind of a change -> the name of its event in the stream.
STREAM_EVENTS = {"delivered": "item", "acknowledged": "acknowledged", "read": "read"}


class Acknowledged(BaseModel):
    """Who has it in hand (a random id) and since when."""

    by: str
    at: str


class Links(BaseModel):
    """`about` and `rule` are addresses on the referrals service, the others here."""

    self: str
    acknowledge: str
    read: str
    rule: str
    about: str | None = None


class FeedItem(BaseModel):
    """One item of the feed. It holds codes, random ids and a sentence of the MOU; no name, no case data.

    `settled` says that nobody has to act on it any more: how the duty stands that it is of, or `evaluated-out` or
    `attached` of the concern that it asks to decide. In an open stream it is as it was when it was sent.
    `cover` is there if it is addressed to a colleague (`recipient`) for whom the caller stands in now.
    """

    id: UUID
    tier: str
    status: str
    read: bool
    recipient: str
    cover: UUID | None
    about: About | None
    event: UUID
    type: str
    reason: str
    rule: str
    clause: str
    mouversion: str
    needs_acknowledgement: bool
    urgency: str | None
    respond_by: str | None
    recordedtime: str
    acknowledged: Acknowledged | None
    settled: str | None = None
    links: Links


class FeedPage(BaseModel):
    """A page, newest first. `next` is there if there is more; `unread` counts all of the caller's items."""

    items: list[FeedItem]
    next: str | None
    unread: int


def shown(row: dict[str, Any]) -> FeedItem:
    """A row of the feed as the API shows it."""
    home = f"/v1/feed/items/{row['id']}"
    place = PLACES.get(row["about_kind"] or "")
    kept = ("id", "tier", "status", "recipient", "event", "type", "reason", "rule", "clause", "mouversion")
    return FeedItem(
        **{name: row[name] for name in kept},
        read=bool(row.get("read")),
        cover=row.get("cover"),
        about=About(kind=row["about_kind"], id=row["about"]) if row["about_kind"] else None,
        needs_acknowledgement=row["needs_ack"],
        urgency=row["urgency"],
        respond_by=moment_or_none(row["respond_by"]),
        recordedtime=write_moment(row["recordedtime"]),
        acknowledged=_acknowledged(row),
        settled=row.get("settled") or (row.get("decided") or {}).get("decided"),
        links=Links(
            self=home,
            acknowledge=f"{home}/acknowledge",
            read=f"{home}/read",
            rule="/v1/mou",
            about=place.format(id=row["about"]) if place else None,
        ),
    )


def _acknowledged(row: dict[str, Any]) -> Acknowledged | None:
    if row["acknowledged_by"] is None:
        return None
    return Acknowledged(by=row["acknowledged_by"], at=write_moment(row["acknowledged_at"]))


def feed_router(feed: Feed, gate: Gate, secret: bytes) -> APIRouter:
    """The list, one item, and what can be done with it. `secret` closes the cursors."""
    router = APIRouter(tags=["feed"])

    @router.get("/v1/feed", summary="Your items and those of your queues, newest first")
    def page(
        caller: CurrentCaller,
        unread: Annotated[bool, Query(description="Only what you have not read.")] = False,
        open: Annotated[
            bool, Query(description="Only what nobody has acknowledged and nothing has settled.")
        ] = False,
        tier: Annotated[Tier | None, Query()] = None,
        cursor: Annotated[str | None, Query(max_length=600)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> FeedPage:
        bound = {"unread": str(unread), "open": str(open), "tier": tier or ""}
        after = _position(cursors.decode(secret, caller, bound, cursor)) if cursor else None
        wanted = Filter(unread, open, tier)
        rows, count = feed.page(viewer_of(caller), wanted, after, limit + 1)
        items = rows[:limit]
        more = None
        if len(rows) > limit:
            last = [write_moment(items[-1]["recordedtime"]), str(items[-1]["id"])]
            more = cursors.encode(secret, caller, bound, last)
        return FeedPage(items=[shown(row) for row in items], next=more, unread=count)

    @router.get("/v1/feed/items/{item}", summary="One item of yours")
    def one(item: UUID, caller: CurrentCaller) -> FeedItem:
        return _found(feed.item(viewer_of(caller), item))

    @router.post(
        "/v1/feed/items/{item}/acknowledge",
        summary="Say that you have it in hand; the first person counts, again changes nothing",
    )
    def acknowledge(item: UUID, caller: CurrentCaller, trace: CurrentTrace) -> FeedItem:
        gate.require()
        return _found(feed.acknowledge(viewer_of(caller), item, trace.traceparent))

    @router.post("/v1/feed/items/{item}/read", summary="Mark it as read, for you only")
    def read(item: UUID, caller: CurrentCaller) -> FeedItem:
        return _found(feed.mark_read(viewer_of(caller), item))

    return router


def _found(row: dict[str, Any] | None) -> FeedItem:
    if row is None:
        raise Problem("not-found")
    return shown(row)


def _position(position: Any) -> tuple[datetime, UUID]:
    time, id = position
    return read_moment(time), UUID(id)


def stream_router(feed: Feed, hub: Hub) -> APIRouter:
    """The open stream."""
    router = APIRouter(tags=["feed"])

    @router.get(
        "/v1/feed/stream",
        summary="Your feed as it changes (Server-Sent Events)",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def stream(request: Request, caller: CurrentCaller) -> StreamingResponse:
        """Events `item`, `acknowledged` and `read`, each with the item as data and a growing number as id.

        With `Last-Event-ID` it goes on behind that number, each change exactly once; without, from now on.
        `reset` says that the number was never given out (the store was restored): load the list anew.
        """
        after = _number(last_event_id(request))
        last = await asyncio.to_thread(feed.last_change) if after is not None else 0
        return sse_response(request, _events(hub, viewer_of(caller), after, last))

    return router


async def _events(hub: Hub, viewer: Viewer, after: int | None, last: int) -> AsyncIterator[Sent]:
    if after is not None and after > last:
        after = None
        yield Sent(str(last), "reset", {"reason": "unknown-last-event-id"})
    async for change in hub.follow(viewer, after):
        yield _sent(change)


def _sent(change: Change) -> Sent:
    return Sent(str(change.number), STREAM_EVENTS[change.kind], shown(change.item).model_dump(mode="json"))


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise invalid("must be the id of an event of this stream", header="Last-Event-ID")
    return int(text)


def make_app(
    feed: Feed,
    hub: Hub,
    gate: Gate,
    verifier: Verifier,
    settings: Settings,
    readiness: Readiness,
    secret: bytes,
    site: Site | None = None,
) -> FastAPI:
    """The app; its hub runs as long as it does. With a `site` (that of the settings) it serves pages, too.

    Raises Misconfigured.
    """
    site = site or load_site(settings)
    pages = Pages(county_of(settings), Path(__file__).parent / "pages" / "templates")

    due = DueNext(feed)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        following = asyncio.create_task(hub.run())
        try:
            yield
        finally:
            await ended(following)

    return create_app(
        "notifications",
        verifier=verifier,
        readiness=readiness,
        routers=[
            stream_router(feed, hub),
            feed_router(feed, gate, secret),
            duties_router(due, secret),
        ],
        settings=settings,
        lifespan=lifespan,
        site=site,
        pages=[inbox_router(feed, due, hub, gate, pages, secret)],
    )
