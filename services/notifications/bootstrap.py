"""Wiring: the one place where notifications' parts are put together from settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.notifications.feed import Feed
from services.notifications.hub import Hub
from shared.errors import TryLater
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.pulse import judged
from shared.store.store import Store, system_clock
from shared.web.health import Check

MIGRATIONS = Path(__file__).parent / "migrations"
HELD_LONG = timedelta(minutes=10)
#: Seconds that what time brought about for a duty may wait before it shows.
TIMERS_LATE = 30.0
#: A worker that was silent for so long, while others run, is one of an earlier number of workers.
FORGOTTEN = 3_600.0


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
    found = [Check("database", "ok"), _timers(feed.waits(now))]
    found += _workers(workers, now)
    for hold in held:
        where = f"{hold['topic']}/{hold['partition']}: {hold['reason']}"
        remedy = "It goes on by itself; if not within 10 minutes, see the worker's log."
        long = now - hold["since"] > HELD_LONG
        found.append(Check("held", "fail" if long else "warn", where, remedy, "worker"))
    if unreadable:
        remedy = "See accord.notifications.deadletters: topic, partition, offset and reason."
        found.append(Check("unreadable", "warn", f"{unreadable} records could not be read", remedy))
    return found


def _timers(waits: float) -> Check:
    """How long what time brought about for a duty waits to be told."""
    if waits <= TIMERS_LATE:
        return Check("timers", "ok")
    said = f"The oldest duty that is to be told of waits {waits:,.0f} s."
    remedy = "See the worker's log; that a duty has no record also waits for the beats of referrals' relay."
    return Check("timers", "fail" if waits > HELD_LONG.total_seconds() else "warn", said, remedy, "worker")


def _workers(workers: Sequence[Mapping[str, Any]], now: datetime) -> list[Check]:
    """A line for each worker by its last word, or the one that there is none."""
    silent = {w["slot"]: (now - w["seen"]).total_seconds() for w in workers}
    if not silent:
        return [Check(*judged("worker", None, 0))]
    last = min(silent.values())
    return [
        Check(*judged(f"worker-{w['slot']}", silent[w["slot"]], w["lag"]))
        for w in workers
        if silent[w["slot"]] < FORGOTTEN or silent[w["slot"]] == last
    ]
