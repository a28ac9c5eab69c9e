"""Wiring: the one place where notifications' parts are put together from settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from services.notifications.feed import Feed
from services.notifications.hub import Hub
from shared.errors import TryLater
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.store import Store, system_clock
from shared.web.health import Check

MIGRATIONS = Path(__file__).parent / "migrations"
#: A worker that has said nothing for so long does not run.
SILENT = timedelta(seconds=5)
HELD_LONG = timedelta(minutes=10)


@dataclass(frozen=True)
class Notifications:
    """What the API works with."""

    store: Store
    feed: Feed
    hub: Hub
    secret: bytes

    def close(self) -> None:
        """Close every connection."""
        self.store.close()


def prepare(settings: Settings) -> str:
    """Migrate the database; its address. Raises TryLater."""
    url = settings.database_url.get_secret_value()
    migrate(url, MIGRATIONS)
    return url


def bootstrap(
    settings: Settings, now: Callable[[], datetime] = system_clock, pool_size: int = 6
) -> Notifications:
    """The API's parts. Migrates the database first. Raises TryLater if it is away."""
    url = prepare(settings)
    store = Store(url, pool_size, now)
    feed = Feed(store)
    return Notifications(store, feed, Hub(url, feed), feed.secret("web", os.urandom(32)))


def checks(feed: Feed, now: datetime) -> list[Check]:
    """The database, the workers as far as they said, what is held, what could not be read. Blocks."""
    try:
        workers, held, unreadable = feed.workers()
    except TryLater:
        return [
            Check("database", "fail", "It does not answer.", "Start PostgreSQL, or look at DATABASE_URL.")
        ]
    found = [Check("database", "ok")]
    running = [w for w in workers if now - w["seen"] < SILENT]
    lag = sum(w["lag"] for w in running)
    if running:
        found.append(Check("worker", "ok", f"{len(running)} run, {lag} records behind"))
    else:
        found.append(
            Check("worker", "warn", "no worker has said anything for 5 s", "See that the worker runs.")
        )
    for hold in held:
        where = f"{hold['topic']}/{hold['partition']}: {hold['reason']}"
        remedy = "It goes on by itself; if not within 10 minutes, see the worker's log."
        found.append(Check("held", "fail" if now - hold["since"] > HELD_LONG else "warn", where, remedy))
    if unreadable:
        remedy = "See accord.notifications.deadletters: topic, partition, offset and reason."
        found.append(Check("unreadable", "warn", f"{unreadable} records could not be read", remedy))
    return found
