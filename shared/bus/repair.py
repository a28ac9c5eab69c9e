"""`accord repair`: bring back into a restored store what Kafka holds and the store has lost.

Kafka ahead: the missing records are stored again, byte for byte, in their places and in the order in which
they were recorded. Other bytes at one sequence: nothing is changed, by anybody but people who looked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import entry_points
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
from kafka import TopicPartition

from shared.bus import clients
from shared.bus.compare import KEPT, Verdict, compare, relayed_topics
from shared.bus.lease import Lease
from shared.bus.record import Record
from shared.bus.seeking import seek_near
from shared.errors import Disagreement, TryLater, Undeliverable
from shared.events.reading import read
from shared.settings import Settings
from shared.store.append import lock_store, partition_of
from shared.store.connection import PatientConnection

#: Entry points `SERVICE = "module:after_repair"`: (settings) -> str, which rebuilds what derives from the store.
HOOKS = "accord.repair"
#: Seconds without a record while reading one partition to its end.
LONGEST_SILENCE = 30.0


@dataclass
class Report:
    """What was found and done. `remains` is empty if store and log agree now."""

    service: str
    found: list[Verdict]
    imported: dict[str, int] = field(default_factory=dict)
    remains: list[str] = field(default_factory=list)
    rebuilt: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class Import:
    """One record on its way back into the store."""

    record: Record
    sequence: int
    stream: UUID
    version: int
    type: str
    recordedtime: datetime


def look(settings: Settings, service: str) -> list[Verdict]:
    """Compare without changing anything. Blocks up to 45 s. Raises TryLater."""
    with _session(settings) as (consumer, lease):
        return compare(consumer, lease.connection, relayed_topics(service))


def repair(settings: Settings, service: str) -> Report:
    """Import what is missing, in one transaction, then run the service's rebuild. Blocks for as long as it takes.

    The relay must not run. Raises TryLater (away, or the relay runs: nothing was changed), Disagreement
    (what Kafka holds does not fit the store: nothing was changed).
    """
    with _session(settings) as (consumer, lease):
        if not lease.acquire():
            raise TryLater("the relay of this service runs; stop it first")
        connection = lease.connection
        connection.answer_seconds = PatientConnection.answer_seconds
        connection.execute("SET idle_session_timeout = 0; SET statement_timeout = 0")
        report = Report(service, compare(consumer, connection, relayed_topics(service)))
        other = [v for v in report.found if v.row == "other-bytes"]
        ahead = [v for v in report.found if v.row == "kafka-ahead"]
        if other:
            report.remains = [_other_bytes(v) for v in other]
            return report
        missing = [one for v in ahead for one in _missing(consumer, connection, service, v)]
        if missing:
            missing.sort(key=lambda one: one.recordedtime)
            with connection.transaction():
                lock_store(connection)
                _require_streams(connection, service, missing)
                _insert(connection, missing)
        report.imported = {f"{v.topic}/{v.partition}": _count(missing, v) for v in ahead}
        after = compare(consumer, connection, relayed_topics(service))
        report.remains = [f"{v.topic}/{v.partition}: {v.row}" for v in after if v.row not in _FINE]
    if ahead and not report.remains:
        report.rebuilt = "; ".join(hook(settings) for hook in hooks(service))
    return report


_FINE = ("equal", "kafka-behind")


def hooks(service: str) -> list[Callable[[Settings], str]]:
    """The service's own rebuilds of what derives from its store."""
    return [point.load() for point in entry_points(group=HOOKS, name=service)]


class _session:
    """A consumer and a database session, closed at the end. Raises TryLater."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> tuple[Any, Lease]:
        self._lease = Lease(self._settings)
        try:
            self._consumer = clients.consumer(self._settings)
        except BaseException:
            self._lease.close()
            raise
        return self._consumer, self._lease

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
        self._lease.close()


def _other_bytes(verdict: Verdict) -> str:
    return (
        f"{verdict.topic}/{verdict.partition}: at sequence {verdict.kafka} Kafka and the store hold different"
        " bytes. One of them was altered. Nothing was changed: keep both, and compare them with the"
        " ledger (`accord audit`)."
    )


def _count(missing: Iterable[Import], verdict: Verdict) -> int:
    place = (verdict.topic, verdict.partition)
    return sum(1 for one in missing if (one.record.topic, one.record.partition) == place)


def _missing(
    consumer: Any, connection: psycopg.Connection[Any], service: str, verdict: Verdict
) -> list[Import]:
    """The records after the store's last one, each once, dense; those before it are compared on the way."""
    found: dict[int, Record] = {}
    for record in _from(consumer, verdict):
        sequence = record.sequence
        if sequence is None:
            continue
        first = found.setdefault(sequence, record)
        if (first.key, first.value) != (record.key, record.value):
            raise _refused(service, verdict, sequence, "two records of other bytes have it")
    for sequence in sorted(s for s in found if s <= verdict.store):
        if not _is_stored(connection, verdict, sequence, found[sequence]):
            raise _refused(service, verdict, sequence, "the store holds other bytes there")
    wanted = sorted(s for s in found if s > verdict.store)
    # Retention may have taken the first missing ones of a topic that is not kept; of a kept one it may not.
    first_wanted = verdict.store + 1 if verdict.topic in KEPT or not wanted else wanted[0]
    if wanted != list(range(first_wanted, verdict.kafka + 1)):
        raise _refused(service, verdict, verdict.store + 1, "from there on Kafka lacks records, too")
    return [_read(service, verdict, sequence, found[sequence]) for sequence in wanted]


def _from(consumer: Any, verdict: Verdict) -> Iterable[Record]:
    """The records of a partition from about the store's last one to the end."""
    place = TopicPartition(verdict.topic, verdict.partition)
    consumer.assign([place])
    with clients.kafka_away():
        begin = consumer.beginning_offsets([place], timeout_ms=5_000)[place]
        end = consumer.end_offsets([place], timeout_ms=5_000)[place]
    seek_near(consumer, place, verdict.store, begin, end)
    heard = monotonic()
    while consumer.position(place) < end:
        with clients.kafka_away():
            polled = consumer.poll(timeout_ms=500).get(place, [])
        heard = monotonic() if polled else heard
        if monotonic() - heard > LONGEST_SILENCE:
            raise TryLater("Kafka is too slow: no record for 30 s")
        yield from map(Record.from_kafka, polled)


def _is_stored(connection: psycopg.Connection[Any], verdict: Verdict, sequence: int, record: Record) -> bool:
    row = connection.execute(
        "SELECT state, kafka_key FROM stored_events"
        " WHERE kafka_topic = %s AND kafka_partition = %s AND kafka_sequence = %s",
        [verdict.topic, verdict.partition, sequence],
    ).fetchone()
    if row is None:
        # Not imported by an earlier repair because retention had taken it from this unkept topic.
        return verdict.topic not in KEPT
    return (bytes(row[0]), row[1].encode()) == (record.value, record.key)


def _read(service: str, verdict: Verdict, sequence: int, record: Record) -> Import:
    try:
        event = read(record.value or b"")
        key = (record.key or b"").decode("ascii")
        if partition_of(record.topic, key) != record.partition or key != event.envelope.partitionkey:
            raise Undeliverable("key")
        stream, version = UUID(event.envelope.stream), int(event.envelope.streamversion)
    except (Undeliverable, ValueError) as error:
        raise _refused(service, verdict, sequence, "the record is no event of this service") from error
    return Import(record, sequence, stream, version, event.type, event.envelope.recordedtime)


def _refused(service: str, verdict: Verdict, sequence: int, why: str) -> Disagreement:
    detail = f"{verdict.topic}/{verdict.partition}, sequence {sequence}: {why}. Nothing was changed."
    return Disagreement(
        "other-bytes", detail, f"Restore a newer copy, or the ledger; then accord repair {service}"
    )


def _require_streams(connection: psycopg.Connection[Any], service: str, missing: Iterable[Import]) -> None:
    """Every stream goes on where it ends in the store, without a hole."""
    ends: dict[UUID, int] = {}
    rows = connection.execute(
        "SELECT originator_id, max(originator_version) FROM stored_events"
        " WHERE originator_id = ANY(%s) GROUP BY originator_id",
        [list({one.stream for one in missing})],
    )
    ends.update(rows.fetchall())
    for one in missing:
        if one.version != ends.get(one.stream, 0) + 1:
            place = Verdict(one.record.topic, one.record.partition, "kafka-ahead", one.sequence, -1)
            raise _refused(service, place, one.sequence, "its stream does not go on there")
        ends[one.stream] = one.version


def _insert(connection: psycopg.Connection[Any], missing: list[Import]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state,"
            " kafka_topic, kafka_partition, kafka_sequence, kafka_key) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    *(one.stream, one.version, one.type, one.record.value),
                    *(one.record.topic, one.record.partition, one.sequence, (one.record.key or b"").decode()),
                )
                for one in missing
            ],
        )
    connection.execute(
        "INSERT INTO heads SELECT kafka_topic, kafka_partition, max(kafka_sequence) FROM stored_events"
        " GROUP BY kafka_topic, kafka_partition"
        " ON CONFLICT (topic, partition) DO UPDATE SET sequence = excluded.sequence"
    )
    connection.execute("UPDATE store_clock SET recorded = greatest(recorded, %s)", [missing[-1].recordedtime])
    connection.execute("NOTIFY stored_events")
