"""One batch, one transaction: positions, facts, items, own events, changes, and the wake-up call.

Locks are always taken in this order, here and in feed.py: positions, books, duties, items, the append lock, the
counter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg

from services.notifications import writing
from services.notifications.books import Books
from services.notifications.deciding import Decided, Decider, ids_needed
from services.notifications.domain.duties import happening_of
from services.notifications.domain.facts import Facts
from services.notifications.domain.items import NO_MOU, Item
from services.notifications.keeping import Keeper
from services.notifications.known import Versions, load_facts
from services.notifications.reading import Parsed, Walk, cut, in_order, stood, walk
from services.notifications.records import Applied, Incoming, Place, Sources
from shared.bus.deadletters import deadletter_draft
from shared.bus.record import Record
from shared.events import Draft, Recorded
from shared.events.types.duty import DutyOpened
from shared.events.types.notification import NotificationDelivered
from shared.store.append import append
from shared.store.positions import Position

Connection = psycopg.Connection[Any]
SERVICE = "/services/notifications"
#: A dead letter's id is made of where the record lies, in this space.
LETTERS = UUID("c2a1b7de-0f64-4f0b-8c5b-9b1b6a6f7a11")


class Applier:
    """Applies batches over one connection. Not thread-safe; blocks on the database."""

    def __init__(self, now: Callable[[], datetime], sources: Sources | None = None) -> None:
        self._now, self.sources = now, sources or Sources()
        self._versions = Versions()
        self._books = Books(self._versions.of)

    def apply(
        self,
        connection: Connection,
        batch: Mapping[Place, Sequence[Incoming]],
    ) -> Applied:
        """Apply the records of each partition, in order, or none of them; commits.

        Raises psycopg.Error and Conflict with nothing done. Waits at most 5 s for a lock.
        """
        try:
            return self._apply(connection, batch)
        except BaseException:
            self._books.forget()
            raise

    def _apply(self, connection: Connection, batch: Mapping[Place, Sequence[Incoming]]) -> Applied:
        with connection.transaction():
            start = lock_positions(connection, batch)
            walks = {place: walk(start[place], records) for place, records in batch.items()}
            parsed = in_order(walks, self.sources)
            known = load_facts(connection, ids_needed(parsed))
            decided = self._decider(connection, known).decide(parsed)
            for place, (held, _) in decided.held.items():
                walks[place] = cut(walks[place], batch[place], held, start[place])
            self._write(connection, decided, walks, start)
        done = Applied(events=decided.events, items=len(decided.items))
        for place, found in walks.items():
            done.stood[place] = stood(found, decided.held[place][1] if place in decided.held else None)
            done.unreadable += [(stray, "no-sequence") for stray in found.strays]
        done.unreadable += decided.unreadable
        return done

    def run_kept(self, connection: Connection, batch: Sequence[Parsed]) -> list[Incoming]:
        """Give kept events their effect, in the caller's transaction, positions untouched. Those that ran."""
        known = load_facts(connection, ids_needed(batch))
        # What waited for a newer version comes out of order, so books are read anew, in order.
        self._books.forget()
        decided = self._decider(connection, known).decide(batch)
        self._write(connection, decided, {}, {})
        stopped = {place: held.sequence or 0 for place, (held, _) in decided.held.items()}
        return [
            p.record
            for p in batch
            if p.record.place not in stopped or (p.record.sequence or 0) < stopped[p.record.place]
        ]

    def _decider(self, connection: Connection, known: dict[str, Facts]) -> Decider:
        return Decider(known, lambda version: self._versions.of(connection, version), self.sources.referrals)

    def _write(
        self,
        connection: Connection,
        decided: Decided,
        walks: Mapping[Place, Walk],
        start: Mapping[Place, Position],
    ) -> None:
        strays = [(stray, "no-sequence") for found in walks.values() for stray in found.strays]
        self._projections(connection, decided, walks, start)
        letters = writing.unreadable(connection, [*decided.unreadable, *strays], self._now())
        duties = self._duties(connection, decided, recording=True)
        numbered = self._items(
            connection, decided.items, [self._letter(r, why) for r, why in letters], duties
        )
        numbered += [
            (item, "acknowledged") for item in writing.acknowledged(connection, decided.acknowledged)
        ]
        writing.changes(connection, numbered)

    def _projections(
        self,
        connection: Connection,
        decided: Decided,
        walks: Mapping[Place, Walk],
        start: Mapping[Place, Position],
    ) -> None:
        """What routing knows, who covers for whom, what waits for a newer version, and the positions."""
        with connection.pipeline():
            writing.facts(connection, decided.changed)
            writing.mou_versions(connection, decided.adopted)
            writing.covers(connection, decided.covers)
            writing.unhandled(connection, decided.unhandled)
            writing.positions(connection, [w.position for p, w in walks.items() if w.position != start[p]])

    def _duties(self, connection: Connection, decided: Decided, *, recording: bool) -> list[Draft]:
        """How the duties stand by what came; the events to append because of it."""
        found = [happening_of(event) for event in decided.happenings]
        read = self._books.read(connection, found, adopted=bool(decided.adopted))
        return Keeper(connection, self._books, self.sources, self._now(), recording).keep(read)

    def _items(
        self,
        connection: Connection,
        items: Sequence[tuple[Item, Recorded]],
        letters: Sequence[Draft],
        duties: Sequence[Draft],
    ) -> list[tuple[UUID, str]]:
        """Store the new items; append what is said of duties, and `notification.delivered` for the items that never
        were. Their changes."""
        if not items and not letters and not duties:
            return []
        new = writing.items(connection, [item for item, _ in items])
        told = writing.told_before(connection, new | {letter.stream for letter in letters})
        drafts = [letter for letter in letters if letter.stream not in told]
        drafts += [delivered(item, event) for item, event in items if item.id in new and item.id not in told]
        expected = {draft.stream: 0 for draft in drafts}
        expected |= {draft.stream: 0 for draft in duties if isinstance(draft.data, DutyOpened)}
        append(connection, [*drafts, *duties], expected, self._now)
        again = [item for item in told if told[item] is not None]
        writing.restore_acknowledged(connection, [told[item] for item in again])
        order = [item.id for item, _ in items if item.id in new]
        return [(id, "delivered") for id in order] + [(id, "acknowledged") for id in again]

    def _letter(self, record: Incoming, reason: str) -> Draft:
        whole = Record(record.topic, record.partition, record.offset, 0, None, (), record.value)
        letter = uuid5(LETTERS, f"{record.topic}/{record.partition}/{record.offset}")
        return deadletter_draft("notifications", whole, reason, letter, uuid4(), self._now(), NO_MOU)


def delivered(item: Item, event: Recorded) -> Draft:
    """The event that says that the item stands in its recipient's feed. Its stream is the item's."""
    return Draft(
        id=uuid4(),
        topic=Sources().own,
        source=SERVICE,
        subject=item.subject,
        time=event.envelope.recordedtime,
        stream=item.id,
        commandid=str(item.id),
        correlationid=item.correlation,
        actor="notifications",
        agency="county",
        purpose="coordinate",
        mouversion=item.mouversion,
        clause=item.clause,
        causationid=event.envelope.id,
        traceparent=event.envelope.traceparent,
        after=event.envelope.recordedtime,
        data=NotificationDelivered(
            item=str(item.id),
            event=event.envelope.id,
            rule=item.rule,
            recipient=item.recipient,
            tier=item.tier,
            channel="feed",
        ),
    )


def lock_positions(connection: Connection, places: Mapping[Place, Any]) -> dict[Place, Position]:
    """The positions of these partitions, locked in one order, so that two workers take turns."""
    columns = [[topic for topic, _ in places], [partition for _, partition in places]]
    with connection.pipeline():
        connection.execute("SET LOCAL lock_timeout = '5s'")
        connection.execute(
            "INSERT INTO positions (topic, partition) SELECT * FROM unnest(%s::text[], %s::integer[])"
            " ORDER BY 1, 2 ON CONFLICT DO NOTHING",
            columns,
        )
        rows = connection.execute(
            'SELECT topic, partition, sequence, "offset" FROM positions'
            " WHERE (topic, partition) IN (SELECT * FROM unnest(%s::text[], %s::integer[]))"
            " ORDER BY topic, partition FOR UPDATE",
            columns,
        )
    return {(row[0], row[1]): Position(*row) for row in rows.fetchall()}
