"""The relay as a process on real Kafka and PostgreSQL: killed, paused, cut off, refused."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any
from uuid import uuid4

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from shared.bus.beats import fence, read_beat
from shared.bus.topics import all_topics
from shared.events.reading import read
from tests.integration.bus_support import BEATS, EVENTS, SERVICE, Log, draft, eventually, now

pytestmark = [pytest.mark.platform, pytest.mark.timeout(240)]


def checkpoint(log: Log) -> tuple[int, bool]:
    with log.connect() as connection:
        row = connection.execute("SELECT published, released FROM relay_state").fetchone()
    assert row is not None
    return row


@contextmanager
def appending(log: Log, each_seconds: float = 0.01) -> Iterator[None]:
    """Append one event after the other from a thread of its own, over 20 cases."""
    stop, cases = threading.Event(), [uuid4() for _ in range(20)]

    def run() -> None:
        n = 0
        while not stop.wait(each_seconds):
            log.append([draft(cases[n % 20])])
            n += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


def first_of_each(records: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What a reader applies that skips what is at or before the last sequence."""
    applied = []
    for _, partition in groupby(records, key=lambda r: r[:2]):
        last = -1
        for record in partition:
            if record[2] > last:
                assert record[2] == last + 1, "a hole, or the order is broken for good"
                applied.append(record)
                last = record[2]
    return applied


class TestPublishing:
    def test_every_event_comes_once_with_its_bytes_key_headers_and_sequence(self, log: Log) -> None:
        relay = log.relay()
        relay.wait_for("ready")
        log.append(1_200)
        eventually("all is published", log.all_published)
        assert relay.stop() == 0
        assert log.published() == log.stored()
        headers = {
            (name, value[:0] if name == "sequence" else value)
            for r in log.records()
            for name, value in r.headers
        }
        assert headers == {
            ("content-type", b"application/cloudevents+json; charset=UTF-8"),
            ("sequence", b""),
        }

    def test_an_event_reaches_kafka_within_a_moment_of_its_commit(self, log: Log) -> None:
        relay = log.relay()
        relay.wait_for("ready")
        log.append(5)
        time.sleep(1)
        times = []
        for _ in range(20):
            (one,) = log.append(1)
            began = time.perf_counter()
            while checkpoint(log)[0] < len(log.stored()):
                assert time.perf_counter() < began + 5
            times.append(time.perf_counter() - began)
            assert one.sequence >= 0
        assert sorted(times)[10] < 0.25, "it waits for the poll instead of the notification"

    def test_sigterm_finishes_the_batch_and_releases_so_that_the_next_need_not_wait(self, log: Log) -> None:
        log.append(700)
        relay = log.relay()
        relay.wait_for("ready")
        assert relay.stop() == 0
        assert checkpoint(log)[1] is True
        second = log.relay()
        second.wait_for("ready")
        assert second.said("take_over_awaited") is None
        eventually("all is published", log.all_published)
        assert second.stop() == 0
        assert log.published() == log.stored()

    def test_a_second_relay_waits_for_the_first(self, log: Log) -> None:
        first = log.relay()
        first.wait_for("ready")
        second = log.relay()
        second.wait_for("lock_awaited")
        log.append(50)
        eventually("all is published", log.all_published)
        assert second.said("ready") is None
        assert first.stop() == 0
        second.wait_for("ready")
        log.append(50)
        eventually("all is published", log.all_published)
        assert second.stop() == 0
        assert log.published() == log.stored()

    def test_a_waiting_relay_stops_at_once(self, log: Log) -> None:
        log.relay().wait_for("ready")
        second = log.relay()
        second.wait_for("lock_awaited")
        assert second.stop() == 0


class TestKilled:
    def test_between_send_and_checkpoint_nothing_is_lost_or_doubled(self, log: Log) -> None:
        log.append(900)
        first = log.relay(ACCORD_TEST_RELAY_PAUSE_AFTER_SEND="60")
        first.wait_for("ready")
        eventually("the first batch is in Kafka", lambda: len(log.records()) >= 500)
        assert checkpoint(log) == (0, False), "sent, but not saved"
        first.signal(signal.SIGKILL)
        first.exit_code()
        second = log.relay()
        second.wait_for("take_over_awaited")
        second.wait_for("ready")
        eventually("all is published", log.all_published)
        assert second.stop() == 0
        assert log.published() == log.stored()

    def test_again_and_again_under_load_nothing_is_lost_or_doubled(self, log: Log) -> None:
        with appending(log):
            for _ in range(3):
                relay = log.relay()
                relay.wait_for("ready")
                time.sleep(0.7)
                relay.signal(signal.SIGKILL)
                relay.exit_code()
        last = log.relay()
        last.wait_for("ready")
        eventually("all is published", log.all_published)
        assert last.stop() == 0
        assert log.published() == log.stored()


class TestPaused:
    def test_another_takes_over_and_the_first_stops_itself_when_it_wakes(self, log: Log) -> None:
        with appending(log):
            first = log.relay()
            first.wait_for("ready")
            time.sleep(0.5)
            first.signal(signal.SIGSTOP)
            second = log.relay()
            second.wait_for("lock_awaited")
            second.wait_for("ready", 60)
            time.sleep(0.5)
            first.signal(signal.SIGCONT)
            assert first.exit_code() == 1
            time.sleep(0.5)
        eventually("all is published", log.all_published)
        assert second.stop() == 0
        published = log.published()
        assert first_of_each(published) == log.stored()
        repeated = [place for place, n in Counter(r[:3] for r in published).items() if n > 1]
        by_place: dict[Any, set[Any]] = {}
        for record in published:
            by_place.setdefault(record[:3], set()).add(record[3:])
        assert all(len(by_place[place]) == 1 for place in repeated), "a repeat has the same bytes"


class TestCutOff:
    def test_from_its_database_it_ends_and_the_next_goes_on(self, log: Log) -> None:
        with appending(log):
            first = log.relay()
            first.wait_for("ready")
            time.sleep(0.5)
            assert log.cut() == 1
            assert first.exit_code() == 1
            second = log.relay()
            second.wait_for("ready")
        eventually("all is published", log.all_published)
        assert second.stop() == 0
        assert log.published() == log.stored()

    def test_a_batch_that_the_broker_rejects_ends_it_and_nothing_is_skipped(self, log: Log) -> None:
        log.append(5)
        first = log.relay()
        first.wait_for("ready")
        eventually("all is published", log.all_published)
        limit(log, 100)
        log.append(5)
        assert first.exit_code() == 1
        assert first.said("relay_failed") is not None
        assert checkpoint(log) == (5, False)
        limit(log, 128 * 1024)
        second = log.relay()
        second.wait_for("ready")
        eventually("all is published", log.all_published)
        assert second.stop() == 0
        assert log.published() == log.stored()


def limit(log: Log, most_bytes: int) -> None:
    (topic,) = (t for t in all_topics() if t.name == EVENTS)
    config = topic.config() | {"max.message.bytes": str(most_bytes)}
    with log.infra.kafka_admin() as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, EVENTS, config)])
    time.sleep(0.5)


class TestBeats:
    def test_nothing_recorded_before_a_fence_commits_after_it(self, log: Log) -> None:
        stop = threading.Event()

        def append_all_the_time() -> None:
            while not stop.is_set():
                log.append(2)

        threads = [threading.Thread(target=append_all_the_time) for _ in range(3)]
        for thread in threads:
            thread.start()
        with log.connect() as connection:
            fences = [fence(connection, now) for _ in range(40)]
            stop.set()
            for thread in threads:
                thread.join(20)
            events = connection.execute(
                "SELECT notification_id, kafka_topic, kafka_partition, kafka_sequence, state FROM stored_events"
            ).fetchall()
        recorded = [(n, (t, p), s, read(bytes(v)).envelope.recordedtime) for n, t, p, s, v in events]
        assert len(recorded) > 40
        for one in fences:
            for number, place, sequence, at in recorded:
                assert (at <= one.beat.before) == (number <= one.notification_id)
                assert (at <= one.beat.before) == (sequence <= one.beat.sequences.get(place, -1))

    def test_what_a_beat_promises_is_in_kafka_when_it_comes(self, log: Log) -> None:
        relay = log.relay()
        relay.wait_for("ready")
        with appending(log):
            for _ in range(6):
                known = len(log.records(BEATS))
                eventually("another beat", lambda known=known: len(log.records(BEATS)) > known)
                beat = read_beat(log.records(BEATS)[-1].value)
                last = {(r.topic, r.partition): r.sequence for r in log.records()}
                assert all(last[place] >= sequence for place, sequence in beat.sequences.items())
        eventually("all is published", log.all_published)
        assert relay.stop() == 0
        for record in log.records(EVENTS):
            at = read(record.value or b"").envelope.recordedtime
            if at <= beat.before:
                assert record.sequence is not None
                assert record.sequence <= beat.sequences[record.topic, record.partition]
        assert relay.said("beat_skipped") is None
        assert SERVICE in BEATS
