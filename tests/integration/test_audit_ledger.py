"""The ledger on real Kafka and real PostgreSQL."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from psycopg.rows import dict_row

from deploy.local.infrastructure import Infrastructure
from services.audit.beats import Beat
from services.audit.consumer import Consumer
from services.audit.domain.proof.leaf import unframed_headers
from services.audit.ledger import Ledger, Place, Stand
from services.audit.records import kept
from services.audit.session import Session
from services.audit.source import Source
from shared.bus.beats import Beat as Sent
from shared.bus.beats import read_beat
from shared.settings import Settings
from shared.store.migrate import migrate
from tests.integration.bus_support import eventually
from tests.unit.audit.made import MONDAY, Case, Log

pytestmark = pytest.mark.platform
MIGRATIONS = Path("services/audit/migrations")


class World:
    """One topic, one ledger."""

    def __init__(self, infra: Infrastructure, topic: str, url: str) -> None:
        self.infra, self.topic, self.url = infra, topic, url
        self.settings = Settings(
            database_url=url,
            kafka_bootstrap_servers=infra.bootstrap,
            kafka_username="audit",
            kafka_password=infra.kafka_credentials("audit")[1],
        )
        migrate(url, MIGRATIONS)

    def produce(self, records: Sequence[tuple[int, bytes | None, bytes | None, list[Any]]]) -> None:
        producer = KafkaProducer(**self.infra.kafka_options("referrals"), linger_ms=5)
        sent = [
            producer.send(self.topic, value=value, key=key, headers=headers, partition=partition)
            for partition, key, value, headers in records
        ]
        for future in sent:
            future.get(timeout=20)
        producer.close()

    def on_kafka(self) -> list[tuple[Any, ...]]:
        """What a plain client reads: the oracle."""
        consumer = KafkaConsumer(
            **self.infra.kafka_options("admin"), auto_offset_reset="earliest", enable_auto_commit=False
        )
        places = [TopicPartition(self.topic, p) for p in sorted(consumer.partitions_for_topic(self.topic))]
        consumer.assign(places)
        ends, found = consumer.end_offsets(places), []
        while any(consumer.position(tp) < ends[tp] for tp in places):
            for records in consumer.poll(timeout_ms=500).values():
                found += records
        consumer.close()
        return sorted(
            (r.partition, r.offset, r.timestamp, r.key, r.value, list(r.headers or [])) for r in found
        )

    def consume(self, batch: int = 5000, rounds: int = 200, beats: Sequence[str] = ()) -> Consumer:
        """Until the ledger holds as many offsets as the topic. `beats` are topics that speak for referrals."""
        session = Session(self.url)
        source = Source(self.settings, [self.topic, *beats])
        consumer = Consumer(
            source,
            Ledger(session),
            beat_topics=beats,
            read_beat=as_referrals,
            stop=threading.Event(),
            batch=batch,
        )
        try:
            consumer.settle()
            for _ in range(rounds):
                consumer.step(0.2)
                consumer.finish()
                ends = source.bounds(source.places)
                done = [
                    consumer._stands[p].offset >= ends[p][1] - 1 for p in source.places if p[0] == self.topic
                ]
                if all(done) and not consumer.step(0.3 if beats else 0):
                    return consumer
            raise AssertionError("the consumer did not come to the end")
        finally:
            consumer.close()
            source.close()
            session.close()

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, row_factory=dict_row) as c:
            return c.execute(sql).fetchall()

    def ledger(self) -> list[tuple[Any, ...]]:
        rows = self.rows('SELECT * FROM ledger ORDER BY partition, "offset"')
        return [
            (
                *(r["partition"], r["offset"], r["stamped"], r["key"], r["value"]),
                unframed_headers(r["headers"]),
            )
            for r in rows
        ]

    def digest(self) -> str:
        rows = self.rows('SELECT * FROM ledger ORDER BY topic, partition, generation, "offset"')
        return hashlib.sha256(repr([sorted(r.items()) for r in rows]).encode()).hexdigest()


def as_referrals(record: Any) -> Beat:
    beat = read_beat(record.value)
    return Beat("referrals", beat.before, beat.sequences)


@pytest.fixture
def world(
    infra: Infrastructure, fresh_topic: Callable[..., str], fresh_database: Callable[[str], str]
) -> World:
    return World(infra, fresh_topic(partitions=3), fresh_database("accord_audit"))


def relayed(count: int, partition: int = 0, start: int = 0, seed: int = 7) -> list[tuple[Any, ...]]:
    log = Log(seed)
    while len(log.made) < count + start:
        Case(log).open().refer()
    return [
        (partition, m.key, m.value, [("content-type", b"x"), ("sequence", b"%020d" % n)])
        for n, m in enumerate(log.made[: start + count])
    ][start:]


def test_the_ledger_is_what_kafka_holds_byte_for_byte(world: World) -> None:
    chance = random.Random(3)
    odd = [
        (1, b"tombstone", None, []),
        (1, None, b"no key", []),
        (1, b"", b"", [("", b""), ("a", b"once"), ("a", b"twice"), ("\u00e9\u4e16", b"\xff\x00")]),
        (1, b"\xff\xfe", b"{not json", [("sequence", b"12")]),
        (2, b"k", b"[1, 2", [("sequence", b"%020d" % 0), ("sequence", b"%020d" % 1)]),
        (2, b"k", b'{"id": "\\u0000", "type": "a\\u0000b", "time": "9999-12-31T23:59:59-14:00"}', []),
        (2, b"k", chance.randbytes(60_000), [("sequence", b"\xd9\xa1" * 10)]),
    ]
    world.produce([*relayed(300), *odd])
    world.consume(batch=17)
    assert world.ledger() == world.on_kafka()
    assert len(world.ledger()) == 307


def test_repeats_holes_other_bytes_and_foreign_records_are_kept_and_are_findings(world: World) -> None:
    made = relayed(6)
    key, value, headers = made[2][1:]
    foreign = (0, key, value, [("content-type", b"x")])
    other = (0, key, value.replace(b"2026.1", b"2026.2"), headers)
    world.produce([*made[:4], made[2], other, foreign, made[5], made[4]])
    world.consume()
    standings = [r["standing"] for r in world.rows('SELECT standing FROM ledger ORDER BY "offset"')]
    assert standings == [*["first"] * 4, "repeat", "other-bytes", "foreign", "hole-before", "out-of-order"]
    kinds = world.rows('SELECT kind, "offset", sequence FROM findings ORDER BY "offset"')
    assert [(f["kind"], f["offset"], f["sequence"]) for f in kinds] == [
        ("repeat", 4, 2),
        ("other-bytes", 5, 2),
        ("foreign", 6, None),
        ("hole-before", 7, 5),
        ("out-of-order", 8, 4),
    ]
    assert world.rows("SELECT * FROM holes") == []


def test_a_hole_that_never_fills_stays_known(world: World) -> None:
    made = relayed(9)
    world.produce([*made[:2], made[5], made[8], made[3]])
    world.consume(batch=1)
    assert [(h["first"], h["last"]) for h in world.rows("SELECT * FROM holes ORDER BY first")] == [
        (2, 2),
        (4, 4),
        (6, 7),
    ]


def test_an_event_id_under_a_second_sequence_is_a_finding(world: World) -> None:
    (first, second) = relayed(2)
    world.produce([first, second, (0, first[1], first[2], [("sequence", b"%020d" % 2)])])
    world.consume()
    assert [f["kind"] for f in world.rows("SELECT kind FROM findings")] == ["event-id-again"]


def test_a_rebuild_from_kafka_gives_the_same_ledger(world: World) -> None:
    made = relayed(400)
    world.produce([*made[:100], made[50], *made[100:390], made[395], (1, None, b"x", [])])
    world.consume(batch=37)
    before, positions = world.digest(), world.rows("SELECT * FROM positions ORDER BY topic, partition")
    with psycopg.connect(world.url, autocommit=True) as c:
        c.execute("DROP SCHEMA public CASCADE")
        c.execute("CREATE SCHEMA public")
    migrate(world.url, MIGRATIONS)
    world.consume(batch=211)
    assert world.digest() == before
    assert world.rows("SELECT * FROM positions ORDER BY topic, partition") == positions


def test_it_goes_on_where_it_stopped_and_compares_the_last_record_first(world: World) -> None:
    made = relayed(60)
    world.produce(made[:40])
    world.consume()
    world.produce(made[40:])
    world.consume()
    assert len(world.ledger()) == 60
    assert world.rows("SELECT * FROM findings") == []


def test_a_log_that_holds_other_records_than_the_ledger_is_read_again_and_is_a_finding(
    world: World, fresh_topic: Callable[..., str]
) -> None:
    made = relayed(30)
    world.produce(made)
    world.consume()
    # The same topic, deleted and made again with only part of its records: seen from the ledger, another topic.
    other = fresh_topic(partitions=3)
    with psycopg.connect(world.url, autocommit=True) as c:
        for table in ("ledger", "positions", "generations"):
            c.execute(f"UPDATE {table} SET topic = %s", [other])
    world.topic = other
    changed = (0, made[3][1], made[3][2].replace(b"2026.1", b"2026.2"), made[3][3])
    world.produce([*made[:3], changed, *made[4:20]])
    world.consume()
    findings = world.rows("SELECT kind, generation, sequence FROM findings ORDER BY id")
    assert [(f["kind"], f["generation"], f["sequence"]) for f in findings] == [
        ("log-rewritten", 1, None),
        ("other-bytes", 1, 3),
    ]
    world.produce(made[20:])
    world.produce(relayed(5, start=30))
    world.consume()
    kept = world.rows("SELECT sequence FROM ledger WHERE standing = 'first' ORDER BY sequence")
    assert [r["sequence"] for r in kept] == list(range(35))


def test_another_consumer_of_the_same_ledger_is_noticed_before_anything_is_written(world: World) -> None:
    from shared.errors import Conflict

    world.produce(relayed(10))
    session = Session(world.url)
    ledger = Ledger(session)
    stale = ledger.stands([(world.topic, 0)])
    world.consume()
    record: Any = type("R", (), {})()
    record.topic, record.partition, record.offset, record.timestamp = world.topic, 0, 0, 0
    record.key, record.value, record.headers = b"k", b"v", []
    with pytest.raises(Conflict):
        ledger.write([kept(record)], stale)
    session.close()
    assert len(world.ledger()) == 10


def test_a_ledger_that_moves_while_a_consumer_starts_is_looked_at_again(world: World) -> None:
    world.produce(relayed(10))
    place, stop = (world.topic, 0), threading.Event()

    class Overtaken(Ledger):
        """Another consumer, or the switch of a rebuild, comes between the first look and what follows it."""

        overtaken = False

        def stands(self, places: Iterable[Place]) -> dict[Place, Stand]:
            found = super().stands(places)
            if not self.overtaken:
                self.overtaken = True
                world.consume()
            return found

    hopeless = threading.Timer(20, stop.set)  # a consumer that turns in a circle ends here, too
    hopeless.start()
    session, source = Session(world.url), Source(world.settings, [world.topic])
    consumer = Consumer(
        source, Overtaken(session), beat_topics=(), read_beat=as_referrals, stop=stop, batch=5000
    )
    running = threading.Thread(target=consumer.run)
    running.start()
    world.produce(relayed(3, start=10))
    eventually(
        "it is where the log ends", lambda: getattr(consumer._stands.get(place), "offset", -1) == 12, 15
    )
    stop.set()
    running.join(20)
    hopeless.cancel()
    source.close()
    session.close()
    assert len(world.ledger()) == 13


def test_the_ledger_is_complete_until_the_last_beat_all_of_which_it_holds(
    world: World, fresh_topic: Callable[..., str]
) -> None:
    beats, made = fresh_topic(partitions=1, name="beats"), relayed(8)

    def beat(second: int, sequence: int) -> None:
        value = Sent(MONDAY + timedelta(seconds=second), {(world.topic, 0): sequence}).value()
        topic, world.topic = world.topic, beats
        world.produce([(0, None, value, [])])
        world.topic = topic

    def until() -> list[Any]:
        return [r["until"] for r in world.rows("SELECT until FROM complete")]

    world.produce(made[:4])
    beat(1, 3)
    beat(2, 5)
    world.consume(beats=[beats])
    assert until() == [MONDAY + timedelta(seconds=1)]
    world.produce([made[5]])  # 4 is missing: what the beat names is not all there
    world.consume(beats=[beats])
    assert until() == [MONDAY + timedelta(seconds=1)]
    world.produce([made[4]])
    world.consume(beats=[beats])
    assert until() == [MONDAY + timedelta(seconds=2)]
