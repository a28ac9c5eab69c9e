"""A case's duties for a test: a worker's hand, a clock that the test moves, our own events as they come back."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg

from services.notifications.apply import Applier
from services.notifications.bootstrap import MIGRATIONS
from services.notifications.feed import Feed, Filter, Viewer
from services.notifications.known import Versions
from services.notifications.records import Incoming
from services.notifications.timer import fire
from services.notifications.worker import connect
from shared.events import Recorded, read
from shared.events.data import Data
from shared.events.moments import write_moment
from shared.events.types.act import ActEnteredInError, ActRecorded
from shared.store.migrate import migrate
from shared.store.store import Store
from tests.integration.notifications_support import OWN, START, Author, Made

TICK = timedelta(milliseconds=1)


class Timed:
    """Notifications without processes. `at` is what the clock says."""

    def __init__(self, url: str, mou: bool = True) -> None:
        migrate(url, MIGRATIONS)
        self.url, self.author, self.at = url, Author(), START
        self.connection = connect(url)
        self.versions, self.workers = Versions(), [self._worker()]
        self.store = Store(url, 2, lambda: self.at)
        self.feed = Feed(self.store)
        self._offsets: dict[tuple[str, int], int] = defaultdict(int)
        self._given = 0
        if mou:
            self.apply([self.author.mou()])

    def _worker(self) -> Applier:
        return Applier(lambda: self.at)

    def another_worker(self) -> None:
        """Whatever is applied from now on, a worker applies that has read nothing."""
        self.workers.insert(0, self._worker())

    def apply(self, records: Iterable[Made]) -> None:
        self._incoming([(r.topic, r.partition, r.sequence, r.value) for r in records])

    def _incoming(self, records: Iterable[tuple[str, int, int, bytes]]) -> None:
        batch: dict[tuple[str, int], list[Incoming]] = {}
        for topic, partition, sequence, value in records:
            offset = self._offsets[topic, partition]
            self._offsets[topic, partition] += 1
            batch.setdefault((topic, partition), []).append(
                Incoming(topic, partition, offset, sequence, value)
            )
        applied = self.workers[0].apply(self.connection, batch)
        assert not [s for s in applied.stood.values() if s.held or s.hole]

    def hear(self) -> None:
        """Our own events come back, as the relay publishes them."""
        rows = self.rows(
            "SELECT kafka_topic, kafka_partition, kafka_sequence, state, notification_id FROM stored_events"
            " WHERE kafka_topic = %s AND notification_id > %s ORDER BY notification_id",
            [OWN, self._given],
        )
        self._given = rows[-1][4] if rows else self._given
        self._incoming(
            (topic, partition, sequence, bytes(value)) for topic, partition, sequence, value, _ in rows
        )

    def time(self, at: datetime, complete: datetime | None = None) -> int:
        """The clock says `at`, the timer looks, and all that was recorded by `complete` (or then) has arrived."""
        self.at, done = at, 0
        while count := fire(self.connection, self.versions, lambda: self.at, complete or at):
            done += count
        self.hear()
        return done

    def told(self, kind: str = "", rule: str = "") -> list[Recorded]:
        """What was recorded of duties, in order."""
        rows = self.rows(
            "SELECT state FROM stored_events WHERE topic LIKE %s ORDER BY notification_id",
            [f"accord.duty.{kind or '%'}.v1"],
        )
        events = [read(bytes(state)) for (state,) in rows]
        return [event for event in events if not rule or vars(event.data)["rule"] == rule]

    def kinds(self, rule: str) -> list[str]:
        return [event.type.split(".")[2] for event in self.told(rule=rule)]

    def items(self, queue: str, **wanted: Any) -> list[dict[str, Any]]:
        agency, _, role = queue.partition("/")
        found, _ = self.feed.page(Viewer.of(str(uuid4()), agency, [role]), Filter(**wanted), None, 500)
        return [row for row in found if row["type"].startswith("accord.duty.")]

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, values).fetchall()

    def duty(self, rule: str) -> dict[str, Any]:
        with psycopg.connect(self.url, row_factory=psycopg.rows.dict_row) as connection:
            found = connection.execute("SELECT * FROM duties WHERE rule = %s", [rule]).fetchone()
        assert found is not None, rule
        return found

    def act(
        self, subject: str, act: str, done: datetime, recorded: datetime | None = None, **said: Any
    ) -> Made:
        """An act on record: done at one time, recorded at that time or later."""
        data = ActRecorded(record=str(uuid4()), act=act, done_at=done, sealed={}, **said)
        return self.recorded(data, subject, done, recorded)

    def wrong(self, subject: str, act: Made, at: datetime, **said: Any) -> Made:
        """An act that was recorded was wrong."""
        record = vars(read(act.value).data)["record"]
        return self.recorded(ActEnteredInError(record=record, reason="wrong-youth", **said), subject, at, at)

    def recorded(
        self, data: Data, subject: str, happened: datetime, recorded: datetime | None = None
    ) -> Made:
        self.author.at = max(self.author.at, (recorded or happened) - TICK)
        made = self.author.event(data, subject)
        value = json.loads(made.value) | {"time": write_moment(happened)}
        return replace(made, value=json.dumps(value).encode())

    def close(self) -> None:
        self.store.close()
        self.connection.close()
