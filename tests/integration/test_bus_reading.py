"""Tails, seeking and clients on real Kafka."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest
from kafka import TopicPartition

from shared.bus import clients
from shared.bus.clients import Publisher
from shared.bus.compare import compare
from shared.bus.lease import Lease
from shared.bus.record import relay_headers, sequence_of
from shared.bus.seeking import seek_near
from shared.bus.tail import tail
from shared.errors import TryLater
from tests.integration.bus_support import EVENTS, LETTERS, Log

pytestmark = pytest.mark.platform

HERE = (LETTERS, 0)


def publish(log: Log, sequences: Sequence[int | None]) -> None:
    producer = clients.producer(log.settings)
    for n, sequence in enumerate(sequences):
        headers = [] if sequence is None else relay_headers(sequence)
        value = f"value {sequence if sequence is not None else n}".encode()
        producer.send(LETTERS, value, b"k", headers, 0)
    producer.flush(timeout=10)
    producer.close()


class TestSeekingASequence:
    def sought(self, log: Log, sequence: int) -> int | None:
        """The sequence of the record that comes first after the seek."""
        consumer, place = clients.consumer(log.settings), TopicPartition(*HERE)
        consumer.assign([place])
        begin, end = (ends([place])[place] for ends in (consumer.beginning_offsets, consumer.end_offsets))
        seek_near(consumer, place, sequence, begin, end)
        first = next(iter(consumer.poll(timeout_ms=5_000, max_records=1)[place]))
        consumer.close()
        return sequence_of(first.headers)

    def test_goes_back_from_the_tail_only_as_far_as_it_must(self, log: Log) -> None:
        publish(log, range(2_000))
        assert 1_200 <= (self.sought(log, 1_700) or 0) <= 1_700

    def test_is_not_misled_by_repeats_or_records_without_one(self, log: Log) -> None:
        publish(log, [*range(600), *range(100, 500), None, *range(600, 900)])
        assert (self.sought(log, 599) or 0) <= 599

    def test_of_none_goes_to_the_beginning(self, log: Log) -> None:
        publish(log, range(600))
        assert self.sought(log, -1) == 0


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


class TestASlowKafka:
    def test_does_not_cost_the_relay_its_session_while_store_and_log_are_compared(self, log: Log) -> None:
        log.append(3)
        lease, consumer = Lease(log.settings), clients.consumer(log.settings)
        lease.connection.execute("SET idle_session_timeout = '1s'")
        poll, slow_until = consumer.poll, time.monotonic() + 3.0

        def slowly(**options: Any) -> Any:
            if time.monotonic() > slow_until:
                return poll(**options)
            time.sleep(options["timeout_ms"] / 1000)
            return {}

        publish(log, range(3))
        consumer.poll = slowly
        try:
            found = compare(consumer, lease.connection, [LETTERS])
        finally:
            consumer.close()
            lease.close()
        assert time.monotonic() > slow_until
        assert [(v.row, v.kafka, v.store) for v in found] == [("kafka-ahead", 2, -1)]


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
