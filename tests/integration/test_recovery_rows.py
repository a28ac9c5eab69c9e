"""The four recovery rows of DESIGN 4, on real Kafka and PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from shared.bus import clients
from shared.bus.compare import Verdict, compare, relayed_topics
from shared.bus.gate import Gate
from shared.bus.record import relay_headers
from shared.errors import Disagreement, TryLater
from tests.integration.bus_support import EVENTS, LETTERS, SERVICE, Log, draft, eventually

pytestmark = pytest.mark.platform


def verdicts(log: Log) -> list[Verdict]:
    consumer = clients.consumer(log.settings)
    try:
        with log.connect() as connection:
            return compare(consumer, connection, relayed_topics(SERVICE))
    finally:
        consumer.close()


def publish_all(log: Log) -> None:
    relay = log.relay()
    relay.wait_for("ready")
    eventually("all is published", log.all_published)
    assert relay.stop() == 0


@contextmanager
def gate_of(log: Log) -> Iterator[Gate]:
    gate = Gate(log.settings, SERVICE)
    try:
        assert gate.wait(20)
        yield gate
    finally:
        gate.close()


def repair(log: Log) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from shared.cli import main; main()", "repair", SERVICE, "--json"]
    return subprocess.run(
        command, env=log.environment, capture_output=True, text=True, timeout=60, check=False
    )


class TestEqual:
    def test_the_gate_opens_and_nothing_is_published_again(self, log: Log) -> None:
        log.append([*(draft() for _ in range(40)), draft(topic=LETTERS)])
        publish_all(log)
        before = log.published()
        assert before == log.stored()
        assert {v.row for v in verdicts(log)} == {"equal"}
        with gate_of(log) as gate:
            gate.require()
            assert {check.status for check in gate.checks()} == {"ok"}
        relay = log.relay()
        relay.wait_for("ready")
        assert relay.said("log_was_behind") is None
        assert relay.stop() == 0
        assert log.published() == before

    def test_an_empty_store_and_empty_topics_are_equal(self, log: Log) -> None:
        assert {v.row for v in verdicts(log)} == {"equal"}


class TestKafkaBehind:
    def test_the_stored_bytes_are_published_again_whatever_the_checkpoint_says(self, log: Log) -> None:
        log.append(60)
        publish_all(log)
        before = log.published()
        log.empty_topics()
        producer = clients.producer(log.settings)
        for topic, partition, sequence, key, value in before:
            if sequence < 3:
                producer.send(topic, value, key, relay_headers(sequence), partition).get(5)
        producer.close()
        assert "kafka-behind" in {v.row for v in verdicts(log)}
        assert log.all_published(), "the checkpoint is wrong: it says that all is published"
        with gate_of(log) as gate:
            gate.require()
        publish_all(log)
        assert log.published() == before

    def test_deleted_records_of_a_kept_topic_are_published_again(self, log: Log) -> None:
        log.append(30)
        publish_all(log)
        with log.infra.kafka_admin() as admin:
            consumer = clients.consumer(log.settings)
            ends = consumer.end_offsets(clients.partitions_of(consumer, [EVENTS]), timeout_ms=5000)
            consumer.close()
            admin.delete_records({p: end for p, end in ends.items() if end})
        assert log.published() == []
        publish_all(log)
        assert log.published() == log.stored()


class TestKafkaAhead:
    def test_everybody_stops_and_repair_stores_again_what_kafka_holds(self, log: Log) -> None:
        streams = [uuid4() for _ in range(5)]
        log.append([draft(stream=streams[n % 5]) for n in range(30)])
        publish_all(log)
        older = log.copy()
        log.append([draft(stream=streams[n % 5]) for n in range(30)])
        log.append([draft(topic=LETTERS)])
        publish_all(log)
        before = log.stored()
        log.url = older

        assert {v.row for v in verdicts(log)} <= {"kafka-ahead", "equal"}
        relay = log.relay()
        assert relay.exit_code() == 6
        line = relay.said("store_and_log_disagree")
        assert line is not None
        assert line["kind"] == "kafka-ahead"
        assert line["remedy"] == f"accord repair {SERVICE}"
        with gate_of(log) as gate:
            with pytest.raises(Disagreement, match=EVENTS):
                gate.require()
            done = repair(log)
            assert done.returncode == 0, done.stderr
            eventually("the gate opens after the repair", lambda: gate.checks()[0].status == "ok")
            gate.require()

        assert sum(json.loads(done.stdout)["imported"].values()) == 31
        assert log.stored() == before
        assert {v.row for v in verdicts(log)} == {"equal"}
        log.append([draft(stream=streams[0])])
        publish_all(log)
        assert log.published() == log.stored()
        assert len(log.published()) == 62

    def test_a_second_repair_changes_nothing(self, log: Log) -> None:
        log.append(10)
        older = log.copy()
        publish_all(log)
        log.url = older
        assert repair(log).returncode == 0
        assert repair(log).returncode == 0
        assert len(log.stored()) == 10

    def test_repair_refuses_while_the_relay_runs(self, log: Log) -> None:
        relay = log.relay()
        relay.wait_for("ready")
        done = repair(log)
        assert done.returncode == 7
        assert "relay" in done.stderr

    def test_repair_refuses_a_store_that_went_on_another_way(self, log: Log) -> None:
        case = uuid4()
        log.append([draft(case)])
        publish_all(log)
        older = log.copy()
        log.append([draft(case) for _ in range(3)])
        publish_all(log)
        log.url = older
        log.append([draft(case)])
        before = log.stored()
        done = repair(log)
        assert done.returncode == 6
        assert "other bytes" in done.stderr
        assert log.stored() == before


class TestOtherBytes:
    def test_everybody_stops_and_repair_changes_nothing(self, log: Log) -> None:
        log.append([draft() for _ in range(12)])
        publish_all(log)
        with log.connect() as connection:
            connection.execute(
                "UPDATE stored_events SET state = state || ' '::bytea WHERE notification_id = 12"
            )
        stored, published = log.stored(), log.published()
        assert [v.row for v in verdicts(log)].count("other-bytes") == 1
        relay = log.relay()
        assert relay.exit_code() == 6
        line = relay.said("store_and_log_disagree")
        assert line is not None
        assert line["kind"] == "other-bytes"
        with log.connect() as connection:
            released = connection.execute("SELECT released FROM relay_state").fetchone()
        assert released == (True,), "it sent nothing, so the next one need not wait"
        with gate_of(log) as gate, pytest.raises(Disagreement):
            gate.require()
        done = repair(log)
        assert done.returncode == 6
        assert "different bytes" in done.stderr
        assert (log.stored(), log.published()) == (stored, published)


class TestTheGate:
    def test_it_says_try_later_until_it_has_compared(self, log: Log) -> None:
        settings = log.settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"})
        gate = Gate(settings, SERVICE)
        try:
            with pytest.raises(TryLater):
                gate.require()
            assert gate.checks()[0].status == "fail"
        finally:
            gate.close()

    def test_more_than_10000_unpublished_events_shut_it(self, log: Log) -> None:
        with gate_of(log) as gate:
            gate.require()
            log.append([draft() for _ in range(10_001)])
            eventually("the gate has counted", lambda: gate.checks()[1].status == "fail")
            with pytest.raises(TryLater):
                gate.require()
            publish_all(log)
            time.sleep(1.2)
            gate.require()
