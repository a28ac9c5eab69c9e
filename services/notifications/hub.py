"""One LISTEN connection for all open streams: each change is read once and handed to whom it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import psycopg
import structlog
from psycopg.rows import dict_row

from services.notifications.feed import CHANGES_AFTER, Change, Feed, Viewer, change_of
from services.notifications.writing import CHANNEL

#: Seconds after which the database is asked even if no call came: a lost call costs no more than this.
POLL = 1.0
PAGE = 500
#: Changes that may wait for a slow client before its stream is ended; it comes back with its last number.
MOST_WAITING = 1_000

#: Within half a minute it is noticed that the server's host is gone: this connection mostly listens.
ALIVE: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

log = structlog.get_logger()


class Subscriber:
    """One open stream."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self._addresses = frozenset(viewer.addresses)
        self.queue: asyncio.Queue[Change | None] = asyncio.Queue()

    def seen(self, change: Change) -> Change | None:
        """The change as the viewer may see it, also by a cover that is in force; None if it is not theirs."""
        if change.person not in ("", self.viewer.person):
            return None
        if change.item["recipient"] in self._addresses:
            return change
        cover = change.covers.get(f"{self.viewer.agency}/{self.viewer.person}")
        return replace(change, item={**change.item, "cover": cover}) if cover else None


class Hub:
    """Follows the changes in the database. `run` in the app's lifespan."""

    def __init__(self, url: str, feed: Feed) -> None:
        """Connects at `run`."""
        self._url, self._feed = url, feed
        self._subscribers: set[Subscriber] = set()
        self.position: int | None = None

    async def run(self) -> None:
        """Until cancelled; after a lost connection it goes on from where it was."""
        while True:
            try:
                await self._follow()
            except psycopg.Error as error:
                log.warning("changes_lost_sight_of", error_type=type(error).__name__)
            await asyncio.sleep(POLL)

    async def _follow(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=5, row_factory=dict_row, **ALIVE
        )
        async with connection:
            # LISTEN first, so that nothing falls between reading and listening.
            await connection.execute(f"LISTEN {CHANNEL}")
            if self.position is None:
                row = await (await connection.execute("SELECT last FROM change_counter")).fetchone()
                self.position = row["last"] if row else 0
            while True:
                await self._hand_on(connection)
                async for _ in connection.notifies(timeout=POLL, stop_after=1):
                    pass

    async def _hand_on(self, connection: psycopg.AsyncConnection[dict[str, Any]]) -> None:
        while True:
            wanted = {"after": self.position, "limit": PAGE, "now": self._feed.now()}
            rows = await (await connection.execute(CHANGES_AFTER, wanted)).fetchall()
            for row in rows:
                change = change_of(row)
                self.position = change.number
                for subscriber in list(self._subscribers):
                    if (seen := subscriber.seen(change)) is not None:
                        self._give(subscriber, seen)
            if len(rows) < PAGE:
                return

    def _give(self, subscriber: Subscriber, change: Change) -> None:
        if subscriber.queue.qsize() >= MOST_WAITING:
            self._subscribers.discard(subscriber)
            subscriber.queue.put_nowait(None)
        else:
            subscriber.queue.put_nowait(change)

    async def follow(self, viewer: Viewer, after: int | None) -> AsyncGenerator[Change, None]:
        """The viewer's changes after a number (from now on, without one), each exactly once, in order.

        Ends if the client is too slow; it comes back with its last number.
        """
        subscriber = Subscriber(viewer)
        self._subscribers.add(subscriber)
        try:
            while self.position is None:
                await asyncio.sleep(0.05)
            known = self.position
            if after is not None:
                async for change in self._missed(viewer, after, known):
                    yield change
            seen = max(known, after or 0)
            while (later := await subscriber.queue.get()) is not None:
                if later.number > seen:
                    yield later
        finally:
            self._subscribers.discard(subscriber)

    async def _missed(self, viewer: Viewer, after: int, upto: int) -> AsyncIterator[Change]:
        while True:
            page = await asyncio.to_thread(self._feed.changes, viewer, after, upto, PAGE)
            for change in page:
                yield change
            if len(page) < PAGE:
                return
            after = page[-1].number


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
