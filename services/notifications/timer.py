"""Time: what comes of a duty of its own accord when nothing is recorded. Any worker does what no other has in hand.

That there is no record by the due time is said only once all that was recorded by then has arrived: the beats of
referrals say up to which moment it has published everything, and which sequences that were; our own positions say
whether we have taken these in. Between, a duty waits. What was missed while no worker ran is caught up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg
import structlog
from kafka import TopicPartition

from services.notifications import duty_rows as rows
from services.notifications.domain.duties import due_now, told
from services.notifications.keeping import draft_of, rule_of
from services.notifications.known import Versions
from services.notifications.records import Place, Sources
from shared.bus import clients
from shared.bus.beats import Beat, read_beat
from shared.errors import TryLater, Undeliverable
from shared.events.names import beats_topic
from shared.settings import Settings
from shared.store.append import append
from shared.store.positions import all_positions

#: Duties of one transaction at most: others wait for its locks.
MOST = 100
#: Beats that are kept until our positions reach one; the oldest goes first, a newer one tells more.
WAITING = 600

log = structlog.get_logger()
Connection = psycopg.Connection[Any]


class Beats:
    """The beats of referrals, and until when we know all by them. Blocks on Kafka; raises TryLater."""

    def __init__(self, settings: Settings, sources: Sources) -> None:
        """Connects at the first look."""
        self._settings = settings
        self._sources = sources
        self._consumer: Any = None
        self._waiting: deque[Beat] = deque(maxlen=WAITING)
        self.complete: datetime | None = None

    def look(self, connection: Connection) -> None:
        """Take in the beats that came, and see which of them our positions reach."""
        try:
            self._waiting.extend(self._come())
        except TryLater:
            self.close()
            raise
        stand = {p: at.sequence for p, at in all_positions(connection, self._sources.topics).items()}
        while (reached := latest(self._waiting, stand, self._sources.topics)) is not None:
            self.complete = max(filter(None, [self.complete, reached.before]))
            while self._waiting.popleft() is not reached:
                pass

    def _come(self) -> Iterable[Beat]:
        if self._consumer is None:
            self._consumer = clients.consumer(self._settings, auto_offset_reset="latest")
            place = TopicPartition(beats_topic("referrals"), 0)
            clients.partitions_of(self._consumer, [place.topic])
            with clients.kafka_away():
                self._consumer.assign([place])
                end = self._consumer.end_offsets([place])[place]
                self._consumer.seek(place, max(0, end - 1))
        with clients.kafka_away():
            polled = self._consumer.poll(timeout_ms=100, max_records=WAITING)
        found = []
        for record in (record for records in polled.values() for record in records):
            try:
                found.append(read_beat(record.value))
            except Undeliverable:
                log.warning("beat_unreadable", offset=record.offset)
        return found

    def close(self) -> None:
        """Let go of Kafka; the next look connects anew."""
        old, self._consumer = self._consumer, None
        if old is not None:
            old.close()


def latest(beats: Iterable[Beat], stand: Mapping[Place, int], topics: Iterable[str]) -> Beat | None:
    """The newest beat of which we have taken in every record of these topics, or None."""
    ours = frozenset(topics)
    reached = (
        beat
        for beat in beats
        if all(stand.get(p, -1) >= last for p, last in beat.sequences.items() if p[0] in ours)
    )
    return max(reached, key=lambda beat: beat.before, default=None)


def fire(
    connection: Connection,
    versions: Versions,
    now: Callable[[], datetime],
    complete: datetime | None,
    sources: Sources | None = None,
) -> int:
    """Append what time has brought about, of at most `MOST` duties, in one transaction; how many duties it was.

    Raises psycopg.Error with nothing done. Waits at most 5 s for a lock.
    """
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '5s'")
        moment, kept, drafts = now(), [], []
        for duty in rows.due(connection, moment, complete, MOST):
            mou = versions.of(connection, duty.mouversion)
            if mou is None:
                continue
            rule = rule_of(mou, duty.rule)
            after = duty
            for what in due_now(duty, rule, moment, complete):
                after, data = told(after, rule, what)
                drafts.append(draft_of(duty, data, moment, sources or Sources(), duty.opening))
            if after is not duty:
                kept.append(after)
        rows.write(connection, kept)
        append(connection, drafts, {}, now)
    return len(kept)


class Timer:
    """Looks once at a time. Not thread-safe; blocks on the database and Kafka."""

    def __init__(
        self,
        settings: Settings,
        sources: Sources,
        connect: Callable[[], Connection],
        now: Callable[[], datetime],
    ) -> None:
        """Connects at the first step."""
        self._sources, self._connect, self._now = sources, connect, now
        self._versions = Versions()
        self._beats = Beats(settings, sources)
        self._connection: Connection | None = None

    def step(self) -> int:
        """Append all that time has brought about; of how many duties. With Kafka away, only what needs no beat.

        Raises psycopg.Error; the next step has a new connection.
        """
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            try:
                self._beats.look(self._connection)
            except TryLater as error:
                log.warning("beats_not_read", reason=str(error))
            done = 0
            while (
                count := fire(
                    self._connection, self._versions, self._now, self._beats.complete, self._sources
                )
            ) > 0:
                done += count
            return done
        except BaseException:
            self._let_go()
            raise

    def _let_go(self) -> None:
        old, self._connection = self._connection, None
        if old is not None:
            old.close()

    def close(self) -> None:
        """Let go of Kafka and the database."""
        self._beats.close()
        self._let_go()
