"""Server-Sent Events from an async iterator: sent at once, kept alive, ended promptly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from shared.web.shares import AtOnce

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that nobody between takes the stream for dead."""
RETRY = 1_000
"""Milliseconds after which a client connects again."""


@dataclass(frozen=True)
class Sent:
    """One event: `id` comes back as Last-Event-ID, `data` is sent as JSON."""

    id: str
    event: str
    data: Any


def _wire(sent: Sent) -> bytes:
    data = json.dumps(sent.data, separators=(",", ":"), ensure_ascii=True)
    return format_sse_event(data_str=data, event=sent.event, id=sent.id)


def sse_response(
    request: Request, events: AsyncIterator[Sent], *, heartbeat: float = HEARTBEAT
) -> StreamingResponse:
    """The answer that streams `events` until they end, the client leaves, or the process must end.

    `events` is closed in each case. The first bytes go out at once, so a client knows that it is connected.
    Raises Problem 503 with Retry-After if as many streams are open as this process takes.
    """
    state = request.app.state
    state.streams.require_room()
    body = _counted(_stream(events, state.draining, heartbeat), state.streams)
    return StreamingResponse(body, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _counted(stream: AsyncGenerator[bytes, None], streams: AtOnce) -> AsyncGenerator[bytes, None]:
    with streams.one_more():
        async with aclosing(stream):
            async for part in stream:
                yield part


async def _stream(
    events: AsyncIterator[Sent], draining: asyncio.Event, heartbeat: float
) -> AsyncGenerator[bytes, None]:
    end = asyncio.ensure_future(draining.wait())
    upcoming: asyncio.Future[Sent] | None = None
    try:
        yield format_sse_event(retry=RETRY, comment="open")
        while not end.done():
            upcoming = upcoming or asyncio.ensure_future(anext(events))
            waiting: set[asyncio.Future[Any]] = {upcoming, end}
            await asyncio.wait(waiting, timeout=heartbeat, return_when=asyncio.FIRST_COMPLETED)
            if upcoming.done():
                try:
                    sent = upcoming.result()
                except StopAsyncIteration:
                    return
                upcoming = None
                yield _wire(sent)
            elif not end.done():
                yield KEEPALIVE_COMMENT
    finally:
        await _close(events, upcoming, end)


async def _close(events: AsyncIterator[Sent], *waiting: asyncio.Future[Any] | None) -> None:
    for future in waiting:
        if future is not None:
            future.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await future
    if isinstance(events, AsyncGenerator):
        await events.aclose()


def last_event_id(request: Request) -> str | None:
    """The header Last-Event-ID: where a client that was cut off wants to go on. Untrusted text."""
    return request.headers.get("last-event-id") or None
