"""Consuming, tails and clients on real Kafka."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest
from kafka import TopicPartition

from shared.bus import clients
from shared.bus.clients import Publisher
from shared.bus.consuming import PartitionedConsumer, continuing, seek_to_position
from shared.bus.record import Record, relay_headers, sequence_of
from shared.bus.tail import tail
from shared.errors import TryLater
from shared.store.positions import Position
from tests.integration.bus_support import EVENTS, LETTERS, Log, eventually

pytestmark = pytest.mark.platform

Place = tuple[str, int]


def publish(log: Log, sequences: Sequence[int | None], topic: str = LETTERS, partition: int = 0) -> None:
    producer = clients.producer(log.settings)
    for n, sequence in enumerate(sequences):
        headers = [] if sequence is None else relay_headers(sequence)
        producer.send(
            topic, f"value {sequence if sequence is not None else n}".encode(), b"k", headers, partition
        )
    producer.flush(timeout=10)
    producer.close()


class Applied:
    """A handler that keeps what it applied in memory."""

    def __init__(self, stands: Mapping[Place, Position] | None = None, sequenced: bool = True) -> None:
        self.stands = dict(stands or {})
        self.applied: dict[Place, list[int]] = {}
        self.again: list[Place] = []
        self.sequenced = sequenced
        self.before: Callable[[Place, Sequence[Record]], None] = lambda *_: None

    def positions(self) -> Mapping[Place, Position]:
        return self.stands

    def handle(self, place: Place, records: Sequence[Record]) -> Position:
        self.before(place, records)
        at = self.stands.get(place, Position(*place))
        later = [r for r in records if r.offset > at.offset]
        new = continuing(at, records).apply if self.sequenced else later
        if new:
            at = self.stands[place] = Position(*place, new[-1].sequence or 0, new[-1].offset)
        self.applied.setdefault(place, []).extend(
            r.sequence if r.sequence is not None else r.offset for r in new
        )
        return at

    def start_again(self, place: Place) -> None:
        self.again.append(place)
        self.stands.pop(place)


@contextmanager
def consuming(log: Log, handler: Applied, *topics: str) -> Iterator[PartitionedConsumer]:
    stop, failed = threading.Event(), []
    consumer = PartitionedConsumer(log.settings, topics or (LETTERS,), handler, handler.sequenced)

    def run() -> None:
        try:
            consumer.run(stop)
        except Exception as error:  # noqa: BLE001 - the test's own thread must not see it
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield consumer
    finally:
        stop.set()
        thread.join(15)
    assert not thread.is_alive()
    assert not failed


HERE: Place = (LETTERS, 0)


class TestConsuming:
    def test_it_goes_on_after_the_stored_position(self, log: Log) -> None:
        publish(log, range(20))
        handler = Applied({HERE: Position(*HERE, 9, 9)})
        with consuming(log, handler):
            eventually("the rest came", lambda: handler.applied.get(HERE, [])[-1:] == [19])
        assert handler.applied[HERE] == list(range(10, 20))

    def test_repeats_are_skipped(self, log: Log) -> None:
        publish(log, [*range(10), *range(4, 10), 10, 11])
        handler = Applied()
        with consuming(log, handler):
            eventually("all came", lambda: handler.applied.get(HERE, [])[-1:] == [11])
        assert handler.applied[HERE] == list(range(12))

    @pytest.mark.parametrize("offset", [-1, 3, 1_199, 99_999])
    def test_a_wrong_offset_is_only_a_hint(self, log: Log, offset: int) -> None:
        publish(log, range(1_200))
        handler = Applied({HERE: Position(*HERE, 600, offset)})
        with consuming(log, handler):
            eventually("the rest came", lambda: handler.applied.get(HERE, [])[-1:] == [1_199])
        assert handler.applied[HERE] == list(range(601, 1_200))

    def test_the_search_goes_back_from_the_tail_only_as_far_as_it_must(self, log: Log) -> None:
        publish(log, range(2_000))
        consumer = clients.consumer(log.settings)
        place = TopicPartition(*HERE)
        consumer.assign([place])
        seek_to_position(consumer, Position(*HERE, 1_700, 5), sequenced=True)
        first = next(iter(consumer.poll(timeout_ms=5_000, max_records=1)[place]))
        consumer.close()
        assert 1_200 <= sequence_of(first.headers) <= 1_701

    def test_a_store_that_fell_behind_gets_the_missing_records_without_a_new_one(self, log: Log) -> None:
        publish(log, range(30))
        handler = Applied()
        with consuming(log, handler):
            eventually("all came", lambda: len(handler.applied.get(HERE, [])) == 30)
        handler.stands[HERE] = Position(*HERE, 9, 9)
        with consuming(log, handler):
            eventually("they came again", lambda: len(handler.applied[HERE]) == 50)
        assert handler.applied[HERE][30:] == list(range(10, 30))

    def test_a_hole_is_read_again_from_the_stored_position(self, log: Log) -> None:
        publish(log, range(10))
        handler, moved = Applied(), []

        def move_back(place: Place, records: Sequence[Record]) -> None:
            if not moved and records[-1].sequence == 10:
                moved.append(True)
                handler.stands[place] = Position(*place, 4, 4)

        handler.before = move_back
        with consuming(log, handler):
            eventually("ten came", lambda: len(handler.applied.get(HERE, [])) == 10)
            publish(log, [10])
            eventually("the hole is closed", lambda: handler.applied[HERE][-1] == 10)
        assert handler.applied[HERE] == [*range(10), *range(5, 11)]

    def test_a_hole_in_the_log_itself_holds_up_that_partition_only(self, log: Log) -> None:
        publish(log, [0, 1, 3], EVENTS, 2)
        handler = Applied()
        with consuming(log, handler, EVENTS) as consumer:
            eventually("it is held", lambda: (EVENTS, 2) in consumer.held())
            publish(log, [0], EVENTS, 4)
            eventually("another goes on", lambda: handler.applied.get((EVENTS, 4)) == [0])
        assert handler.applied[EVENTS, 2] == [0, 1]

    def test_try_later_pauses_one_partition_and_loses_nothing(self, log: Log) -> None:
        busy = threading.Event()
        busy.set()
        handler = Applied()

        def refuse(place: Place, _: Sequence[Record]) -> None:
            if place == (EVENTS, 1) and busy.is_set():
                raise TryLater("busy", 0.2)

        handler.before = refuse
        publish(log, range(5), EVENTS, 1)
        publish(log, range(5), EVENTS, 3)
        with consuming(log, handler, EVENTS) as consumer:
            eventually("the other goes on", lambda: handler.applied.get((EVENTS, 3)) == list(range(5)))
            eventually("it is held", lambda: (EVENTS, 1) in consumer.held())
            publish(log, [5, 6], EVENTS, 3)
            eventually("and on", lambda: handler.applied[EVENTS, 3] == list(range(7)))
            assert (EVENTS, 1) not in handler.applied
            busy.clear()
            eventually("it came", lambda: handler.applied.get((EVENTS, 1)) == list(range(5)))
            assert consumer.held() == {}

    def test_a_topic_without_sequences_goes_by_offset(self, log: Log) -> None:
        publish(log, [None] * 6)
        handler = Applied({HERE: Position(*HERE, -1, 2)}, sequenced=False)
        with consuming(log, handler):
            eventually("the rest came", lambda: handler.applied.get(HERE, [])[-1:] == [5])
        assert handler.applied[HERE] == [3, 4, 5]
        assert handler.again == []

    def test_a_topic_without_sequences_that_lost_its_end_starts_again(self, log: Log) -> None:
        publish(log, [None] * 3)
        handler = Applied({HERE: Position(*HERE, -1, 40)}, sequenced=False)
        with consuming(log, handler):
            eventually("all came", lambda: handler.applied.get(HERE, [])[-1:] == [2])
        assert handler.again == [HERE]
        assert handler.applied[HERE] == [0, 1, 2]


class TestTails:
    def test_the_highest_sequence_counts_even_when_repeats_lie_at_the_very_end(self, log: Log) -> None:
        publish(log, [*range(1_500), *range(200, 1_200)])
        consumer = clients.consumer(log.settings)
        found = tail(consumer, [LETTERS])
        consumer.close()
        last = found.records[HERE]
        assert last is not None
        assert (last.sequence, last.offset) == (1_499, 1_499)

    def test_an_empty_partition_has_no_tail(self, log: Log) -> None:
        consumer = clients.consumer(log.settings)
        found = tail(consumer, [EVENTS])
        consumer.close()
        assert set(found.records.values()) == {None}
        assert len(found.records) == 6
        assert found.emptied == set()


class TestClients:
    def test_a_missing_topic_is_named_within_seconds(self, log: Log) -> None:
        consumer = clients.consumer(log.settings)
        began = time.monotonic()
        with pytest.raises(TryLater, match=r"accord\.nothing\.here"):
            clients.partitions_of(consumer, ["accord.nothing.here"])
        consumer.close()
        assert time.monotonic() - began < 15

    def test_kafka_away_is_try_later_within_seconds(self, log: Log) -> None:
        away = log.settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"})
        began = time.monotonic()
        for make in (clients.consumer, clients.producer, clients.admin):
            with pytest.raises(TryLater):
                make(away)
        assert time.monotonic() - began < 25

    def test_after_a_refused_record_the_publisher_sends_again(self, log: Log) -> None:
        publisher = Publisher(log.settings)
        assert publisher.publish(LETTERS, b"k", b"first") == 0
        with pytest.raises(TryLater):
            publisher.publish(LETTERS, b"k", b"x" * 80_000)
        with pytest.raises(TryLater):
            publisher.publish("accord.mou.events", b"k", b"not ours to write")
        assert publisher.publish(LETTERS, b"k", b"second") == 1
        publisher.close()
