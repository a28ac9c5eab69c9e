"""What happens to the log behind the ledger's back: topics deleted and made again, records deleted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from kafka import TopicPartition

from deploy.local.infrastructure import Infrastructure
from deploy.local.provision import make_topics
from services.audit.consumer import Consumer, TopicsChanged
from services.audit.ledger import Ledger
from services.audit.session import Session
from services.audit.source import LogMoved, Source
from shared.bus.topics import FOREVER, Topic
from shared.errors import TryLater
from tests.integration.test_audit_ledger import World, relayed

pytestmark = pytest.mark.platform


@pytest.fixture
def world(
    infra: Infrastructure, fresh_topic: Callable[..., str], fresh_database: Callable[[str], str]
) -> World:
    return World(infra, fresh_topic(partitions=1), fresh_database("accord_audit"))


@contextmanager
def running(world: World, *topics: str, may_be_gone: tuple[str, ...] = ()) -> Iterator[Consumer]:
    """A consumer that has taken in all there is, to be watched."""
    session, source = Session(world.url), Source(world.settings, topics or [world.topic], may_be_gone)
    ledger = Ledger(session)
    ledger.gone(source.gone)
    consumer = Consumer(source, ledger, beat_topics=(), read_beat=lambda _: None, stop=threading.Event())
    try:
        consumer.settle()
        ends = {place: end for place, (_, end) in source.bounds(source.places).items()}
        _until(lambda: consumer.step(0.2) >= 0 and _at_the_end(consumer, ends))
        yield consumer
    finally:
        consumer.close()
        source.close()
        session.close()


def findings(world: World) -> list[tuple[str, str, int]]:
    rows = world.rows('SELECT kind, topic, "offset" FROM findings ORDER BY id')
    return [(r["kind"], r["topic"], r["offset"]) for r in rows]


def delete_topic(world: World, topic: str) -> None:
    with world.infra.kafka_admin() as admin:
        admin.delete_topics([topic])
        _until(lambda: topic not in {t["name"] for t in admin.describe_topics()})


def make_again(world: World, topic: str) -> None:
    with world.infra.kafka_admin() as admin:
        make_topics(
            admin, [Topic(topic, 1, FOREVER, 128 * 1024, "referrals", frozenset({"referrals", "audit"}))]
        )


def soon(kind: type[Exception], act: Callable[[], None]) -> None:
    """That `act` raises this, once Kafka's brokers and clients all know what happened."""
    limit = time.monotonic() + 30
    while True:
        try:
            act()
        except kind:
            return
        except TryLater:
            pass
        assert time.monotonic() < limit, f"no {kind.__name__} within 30 s"
        time.sleep(0.1)


def _at_the_end(consumer: Consumer, ends: dict[tuple[str, int], int]) -> bool:
    consumer.finish()
    return all(consumer._stands[place].offset >= end - 1 for place, end in ends.items())


def _until(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + 20
    while not done():
        assert time.monotonic() < limit, "Kafka did not follow within 20 s"
        time.sleep(0.1)


def test_records_deleted_from_the_log_are_a_finding_while_it_runs_and_once_only(world: World) -> None:
    world.produce(relayed(30))
    with running(world) as consumer:
        consumer.watch()
        assert findings(world) == []
        with world.infra.kafka_admin() as admin:
            admin.delete_records({TopicPartition(world.topic, 0): 10})
        consumer.watch()
        consumer.watch()
        assert findings(world) == [("log-cut", world.topic, 10)]
    with running(world):
        assert findings(world) == [("log-cut", world.topic, 10)]
    assert len(world.ledger()) == 30


def test_a_topic_that_vanished_is_noticed_and_the_others_go_on(
    world: World, fresh_topic: Callable[..., str]
) -> None:
    other = fresh_topic(partitions=1)
    world.produce(relayed(30))
    with running(world, world.topic, other) as consumer:
        delete_topic(world, world.topic)
        consumer.watch()  # once may be a broker that has just come back
        soon(TopicsChanged, consumer.watch)
    with pytest.raises(TryLater, match="is not there"):
        Source(world.settings, [world.topic, other])
    gone, world.topic = world.topic, other
    world.produce(relayed(7, seed=8))
    with running(world, gone, other, may_be_gone=(gone,)) as consumer:
        assert findings(world) == [("topic-gone", gone, 29)]
        consumer.watch()
    assert len(world.ledger()) == 37


def test_a_topic_that_is_made_again_is_read_again_and_compared(world: World) -> None:
    made = relayed(30)
    world.produce(made)
    with running(world) as consumer:
        delete_topic(world, world.topic)
        make_again(world, world.topic)
        soon(LogMoved, consumer.watch)
    changed = (0, made[3][1], made[3][2].replace(b"2026.1", b"2026.2"), made[3][3])
    world.produce([*made[:3], changed, *made[4:20]])
    with running(world):
        pass
    kinds = [kind for kind, _, _ in findings(world)]
    assert kinds == ["log-rewritten", "other-bytes"]
    with running(world, may_be_gone=(world.topic,)) as consumer:
        consumer.watch()
    assert [kind for kind, _, _ in findings(world)] == kinds


def test_a_topic_that_is_there_again_is_noticed(world: World, fresh_topic: Callable[..., str]) -> None:
    other = fresh_topic(partitions=1)
    world.produce(relayed(5))
    with running(world, world.topic, other):
        delete_topic(world, world.topic)
    with running(world, world.topic, other, may_be_gone=(world.topic,)) as consumer:
        make_again(world, world.topic)
        soon(TopicsChanged, consumer.watch)
