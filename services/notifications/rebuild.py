"""The feed's projections anew from Kafka, beside the live ones. Nothing is appended, numbered or sent.

Own events, change numbers and read marks stay: who was told, who acknowledged, and which number a change has,
are facts. So the new generation is the same feed, and an open stream hears nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from time import monotonic
from typing import Any

import psycopg
from kafka import TopicPartition

from services.notifications import duty_rows as rows
from services.notifications import writing
from services.notifications.apply import Applier
from services.notifications.deciding import Decided
from services.notifications.domain.duties import Kept, said_of, with_next, with_said
from services.notifications.keeping import rule_of
from services.notifications.reading import Walk
from services.notifications.records import Incoming, Place, Sources
from shared.bus import clients
from shared.bus.rebuild import connected
from shared.bus.rebuild_options import Reason
from shared.bus.rebuild_parts import Builder, Compared, Difference, NotEnough
from shared.bus.record import sequence_of
from shared.errors import TryLater
from shared.events import Recorded, read
from shared.settings import Settings
from shared.store.generations import DIGEST, ROW_HASH, Tables
from shared.store.positions import Position, all_positions
from shared.store.store import system_clock

TABLES = Tables(
    switched=(
        "positions",
        "unhandled",
        "facts",
        "mou_versions",
        "covers",
        "happenings",
        "duty_groups",
        "duties",
        "items",
    )
)
#: Records of one transaction at most, and seconds without one while some are missing.
BATCH, LONGEST_SILENCE = 2_000, 30.0

#: What is compared: each table's rows in order, by what names one. The sequence decides; the offset is a hint.
COMPARED: Mapping[str, tuple[str, str]] = {
    "items": ("*", "id"),
    "facts": ("*", "id"),
    "mou_versions": ("*", 'version COLLATE "C"'),
    "covers": ("*", "cover"),
    "happenings": ("*", "id"),
    "duty_groups": ("*", "member"),
    "duties": ("*", "duty"),
    "unhandled": ("*", 'topic COLLATE "C", partition, sequence'),
    "positions": ("topic, partition, sequence", 'topic COLLATE "C", partition'),
}


class Again(Applier):
    """Gives records their effect on the projections alone."""

    def _write(
        self,
        connection: psycopg.Connection[Any],
        decided: Decided,
        walks: Mapping[Place, Walk],
        start: Mapping[Place, Position],
    ) -> None:
        self._projections(connection, decided, walks, start)
        self._duties(connection, decided, recording=False)
        new = writing.items(connection, [item for item, _ in decided.items]) if decided.items else set()
        writing.restore_acknowledged(connection, list(writing.told_before(connection, new).values()))
        writing.acknowledged(connection, decided.acknowledged)

    def level(self, connection: psycopg.Connection[Any]) -> None:
        """Duties as far as the own events speak of them by now."""
        moved = rows.moved(connection)
        said = rows.own_events(connection, [kept.duty for kept in moved])
        rows.write(connection, [self._said(connection, kept, said.get(kept.duty, [])) for kept in moved])
        self._books.forget()

    def _said(self, connection: psycopg.Connection[Any], kept: Kept, events: Sequence[Recorded]) -> Kept:
        said = said_of(events)
        if said is None:
            return kept
        rule = rule_of(self._books.mou(connection, kept.mouversion), kept.rule)
        return with_next(with_said(kept, said), rule)


class FeedBuilder(Builder):
    """Builds a generation of the feed."""

    service, tables = "notifications", TABLES
    #: As a batch takes them, and a start that runs kept events.
    locked = TABLES.switched

    def __init__(self, settings: Settings, schema: str, sources: Sources | None = None) -> None:
        """Connects. Raises TryLater."""
        self._sources = sources or Sources()
        self._again = Again(system_clock, self._sources)
        self._stack = ExitStack()
        self._live = self._stack.enter_context(connected(settings.database_url.get_secret_value()))
        self._new = self._stack.enter_context(connected(settings.database_url.get_secret_value(), schema))
        self._new.execute("SET synchronous_commit = off")
        self._consumer = clients.consumer(settings, auto_offset_reset="none", fetch_max_bytes=16 << 20)
        self._stack.callback(self._consumer.close)

    def lacking(self) -> list[str]:
        """What the log no longer has of what the feed was made of."""
        with clients.kafka_away():
            present = frozenset(self._consumer.topics())
        gone = [topic for topic in self._sources.topics if topic not in present]
        if gone:
            return [f"The topic {topic} is gone, or may not be read." for topic in gone]
        found, targets = [], self.targets(self._live)
        places = clients.partitions_of(self._consumer, self._sources.topics)
        with clients.kafka_away():
            begins, ends = self._consumer.beginning_offsets(places), self._consumer.end_offsets(places)
        for place in places:
            name, last = f"{place.topic}/{place.partition}", targets.get((place.topic, place.partition), -1)
            if begins[place] > 0:
                found.append(f"{name}: Offsets 0 to {begins[place] - 1} were deleted from the log.")
            elif ends[place] <= last:
                found.append(f"{name}: Its log ends before the last record that the feed took from it.")
        return found

    def targets(self, c: psycopg.Connection[Any]) -> dict[Place, int]:
        """Where the live feed stands."""
        rows = c.execute(
            'SELECT topic, partition, "offset" FROM public.positions WHERE topic = ANY(%s)',
            [list(self._sources.topics)],
        )
        return {(topic, partition): offset for topic, partition, offset in rows}

    def stands(self) -> dict[Place, int]:
        """Where the new feed stands."""
        found = all_positions(self._new, self._sources.topics)
        return {place: position.offset for place, position in found.items()}

    def read_to(self, targets: Mapping[Place, int], at: Callable[[int], None]) -> None:
        """The MOU first, which the others need; then what items are made of; then what was said of them."""
        for topic in (self._sources.mou, self._sources.referrals, self._sources.own):
            stands = self.stands()
            missing = {
                place: target
                for place, target in targets.items()
                if place[0] == topic and stands.get(place, -1) < target
            }
            if missing:
                self._read(missing, stands, at)

    def _read(self, missing: dict[Place, int], stands: dict[Place, int], at: Callable[[int], None]) -> None:
        places = {TopicPartition(*place): stands.get(place, -1) for place in missing}
        self._consumer.assign(list(places))
        for place, offset in places.items():
            self._consumer.seek(place, offset + 1)
        waiting: dict[Place, list[Incoming]] = {}
        heard = monotonic()
        while any(stands.get(place, -1) < target for place, target in missing.items()):
            came = self._poll(missing, waiting)
            moved = self._apply(waiting, stands)
            at(sum(offset + 1 for offset in stands.values()))
            if came or moved:
                heard = monotonic()
            elif monotonic() - heard > LONGEST_SILENCE:
                raise TryLater("no record could be applied for 30 s")

    def _poll(self, missing: Mapping[Place, int], waiting: dict[Place, list[Incoming]]) -> bool:
        """Add what came and lies before the targets to what waits; whether anything did."""
        with clients.kafka_away():
            polled = self._consumer.poll(timeout_ms=200, max_records=BATCH)
        for tp, records in polled.items():
            place = (tp.topic, tp.partition)
            waiting.setdefault(place, []).extend(
                Incoming(r.topic, r.partition, r.offset, sequence_of(r.headers), r.value or b"")
                for r in records
                if r.offset <= missing[place]
            )
        return bool(polled)

    def _apply(self, waiting: dict[Place, list[Incoming]], stands: dict[Place, int]) -> bool:
        """Apply what waits as far as it can be; whether anything could."""
        batch = {place: records for place, records in waiting.items() if records}
        if not batch:
            return False
        applied = self._again.apply(self._new, batch)
        for place, stood in applied.stood.items():
            if stood.hole:
                offset = batch[place][stood.taken].offset
                raise NotEnough([f"{place[0]}/{place[1]}: records before offset {offset} are missing."])
            if stood.taken:
                stands[place] = max(stands.get(place, -1), batch[place][stood.taken - 1].offset)
            waiting[place] = batch[place][stood.taken :]
        return any(stood.taken for stood in applied.stood.values())

    def level(self) -> None:
        """Who acknowledged what since, and what time brought about for duties: in the own store at once, on Kafka a
        moment later."""
        self._again.level(self._new)
        rows = self._new.execute(
            "SELECT state FROM stored_events s JOIN items i ON i.id = s.originator_id"
            " WHERE s.topic = 'accord.notification.acknowledged.v1' AND i.acknowledged_by IS NULL"
            " ORDER BY s.notification_id"
        ).fetchall()
        writing.restore_acknowledged(self._new, [read(bytes(state)) for (state,) in rows])

    def compare(self, live: psycopg.Connection[Any], new: psycopg.Connection[Any]) -> Compared:
        """Every table as a whole; where two differ, how many rows, and the first of them."""
        found = Compared()
        for table in COMPARED:
            mine, theirs = _digest(live, table), _digest(new, table)
            found.digests[table] = mine.hex(), theirs.hex()
            if mine != theirs:
                found.differences.append(_difference(new, table))
        return found

    def switching(
        self, c: psycopg.Connection[Any], schema: str, compared: Compared, reason: Reason | None
    ) -> None:
        """Nothing else: what people set and were told stands in other tables."""

    def close(self) -> None:
        """Let go of Kafka and the database."""
        self._stack.close()


def _digest(c: Any, table: str) -> bytes:
    columns, order = COMPARED[table]
    keys = order.replace(' COLLATE "C"', "")
    each = f"SELECT {keys}, {ROW_HASH} FROM (SELECT {columns} FROM {table}) o OFFSET 0"  # noqa: S608 - ours
    query = f"SELECT {DIGEST.format(order=order)} AS digest FROM ({each}) each"  # noqa: S608 - ours
    return bytes(c.execute(query).fetchone()["digest"] or b"")


def _difference(new: Any, table: str) -> Difference:
    columns, order = COMPARED[table]
    keys = order.replace(' COLLATE "C"', "")
    rows: Sequence[dict[str, Any]] = new.execute(
        f"SELECT {keys}, count(*) OVER () AS differing, min(side) AS side FROM ("  # noqa: S608 - ours
        f" SELECT {keys}, to_jsonb(o) AS one, 'live' AS side FROM (SELECT {columns} FROM public.{table}) o"
        f" UNION ALL SELECT {keys}, to_jsonb(o), 'rebuilt' FROM (SELECT {columns} FROM {table}) o) both_of_them"
        f" GROUP BY {keys} HAVING count(*) = 1 OR count(DISTINCT one) > 1 ORDER BY {keys} LIMIT 1"
    ).fetchall()
    if not rows:
        return Difference(table, 0, "Their rows are equal and are stored otherwise.")
    first = dict(rows[0])
    count, _ = first.pop("differing"), first.pop("side")
    return Difference(
        table, count, f"The first: {', '.join(f'{name} {value}' for name, value in first.items())}."
    )
