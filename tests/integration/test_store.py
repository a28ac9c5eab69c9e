"""The event store on real PostgreSQL: order under the lock, conflicts, positions, the library's side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from shared.errors import Conflict, TryLater, Undeliverable
from shared.events.envelope import MAX_EVENT_BYTES, Draft
from shared.events.examples import EXAMPLES
from shared.events.inventing import Example
from shared.events.reading import read
from shared.store.append import ADDED_BYTES, Appended, append, lock_store, partition_of
from shared.store.positions import Position, advance, all_positions, lock_position
from shared.store.schema import APPEND, EVENT_STORE, POSITIONS
from shared.store.store import ContractMapper, Store, system_clock
from tests.integration.bus_support import EVENTS, LETTERS, draft, eventually, now

pytestmark = pytest.mark.platform

PAST = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def url(fresh_database: Callable[[str], str]) -> str:
    made = fresh_database("accord_audit")
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute((EVENT_STORE + APPEND + POSITIONS).encode())
    return made


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url, pool_size=8)
    yield made
    made.close()


def connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, autocommit=True)


def put(
    connection: psycopg.Connection[Any], drafts: list[Draft], clock: Callable[[], datetime]
) -> list[Appended]:
    with connection.transaction():
        return append(connection, drafts, {}, clock)


def until_blocked(url: str) -> None:
    """Return once somebody waits for a lock."""
    with connect(url) as connection:
        eventually(
            "a writer waits",
            lambda: connection.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'stored_events'::regclass"
            ).fetchone(),
        )


def rows(url: str) -> list[tuple[Any, ...]]:
    with connect(url) as connection:
        return connection.execute(
            "SELECT notification_id, kafka_topic, kafka_partition, kafka_sequence, state, kafka_key"
            " FROM stored_events ORDER BY notification_id"
        ).fetchall()


class TestOrder:
    def test_six_writers_at_once_give_one_order_of_commit_recorded_time_and_sequence(
        self, url: str, store: Store
    ) -> None:
        def write(_: int) -> None:
            for _ in range(40):
                with store.transaction() as connection:
                    store.append(connection, [draft(), draft(topic=LETTERS)], {})

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(write, range(6)))
        stored = rows(url)
        assert len(stored) == 480
        recorded = [read(bytes(state)).envelope.recordedtime for *_, state, _ in stored]
        assert all(earlier < later for earlier, later in pairwise(recorded))
        for place in {(t, p) for _, t, p, *_ in stored}:
            sequences = [s for _, t, p, s, *_ in stored if (t, p) == place]
            assert sequences == list(range(len(sequences)))
        with connect(url) as connection:
            heads = {
                (t, p): s for t, p, s in connection.execute("SELECT topic, partition, sequence FROM heads")
            }
        assert heads == {(t, p): s for _, t, p, s, *_ in stored}

    def test_a_clock_that_goes_back_does_not_take_recorded_time_along(self, url: str) -> None:
        with connect(url) as connection:
            first = put(connection, [draft()], now)[0]
            second = put(connection, [draft()], lambda: PAST)[0]
        assert second.recordedtime == first.recordedtime + timedelta(microseconds=1)

    def test_an_event_is_recorded_later_than_its_cause_even_from_another_store(self, url: str) -> None:
        cause = now() + timedelta(seconds=3)
        with connect(url) as connection:
            (one,) = put(connection, [replace(draft(), after=cause)], now)
        assert one.recordedtime > cause

    def test_what_is_rolled_back_leaves_no_hole_in_the_sequence(self, url: str) -> None:
        case = uuid4()
        with connect(url) as connection:
            put(connection, [draft(case)], now)
            with pytest.raises(ZeroDivisionError), connection.transaction():  # noqa: PT012
                put(connection, [draft(case)], now)
                raise ZeroDivisionError
            (next_one,) = put(connection, [draft(case)], now)
        assert next_one.sequence == 1

    def test_the_bytes_key_and_partition_are_fixed_when_it_is_appended(self, url: str) -> None:
        with connect(url) as connection:
            (one,) = put(connection, [draft()], now)
        ((_, topic, partition, sequence, state, key),) = rows(url)
        assert (topic, partition, sequence, bytes(state)) == (EVENTS, one.partition, 0, one.value)
        assert key == str(one.draft.subject)
        assert partition == partition_of(EVENTS, key)

    def test_partitions_are_those_of_kafkas_own_default(self) -> None:
        # Worked out with Kafka's Java client: Utils.toPositive(Utils.murmur2(key)) % 6.
        assert [partition_of(EVENTS, key) for key in ("21", "foobar", "a-little-bit-long-string")] == [
            n % 6 for n in (-973932308 & 0x7FFFFFFF, -790332482 & 0x7FFFFFFF, -985981536 & 0x7FFFFFFF)
        ]


class TestBytes:
    """The database puts recorded time and version between the pieces; `Draft.seal_bytes` is what must come out."""

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        some.lists(
            some.tuples(some.sampled_from(list(EXAMPLES.values())), some.text(max_size=40)), min_size=1
        ),
        some.datetimes(datetime(2001, 1, 1), datetime(9998, 1, 1), timezones=some.just(UTC)),
        some.integers(0, 2**62),
    )
    def test_what_is_stored_is_what_the_drafts_seal(
        self, url: str, made: list[tuple[Example, str]], at: datetime, version: int
    ) -> None:
        stream = uuid4()
        drafts = [replace(example.draft(), stream=stream, clause=clause) for example, clause in made]
        with connect(url) as connection:
            connection.execute("UPDATE store_clock SET recorded = '2000-01-01T00:00:00Z'")
            with connection.transaction():
                appended = append(connection, drafts, {stream: version}, lambda: at)
            stored = connection.execute(
                "SELECT state FROM stored_events WHERE originator_id = %s ORDER BY notification_id", [stream]
            ).fetchall()
        assert [one.version for one in appended] == [version + n for n in range(1, len(drafts) + 1)]
        assert [bytes(state) for (state,) in stored] == [one.value for one in appended]
        assert all(one.recordedtime >= at for one in appended)

    def test_the_largest_event_there_may_be_is_taken_whole(self, url: str) -> None:
        room = MAX_EVENT_BYTES - ADDED_BYTES - sum(map(len, draft().pieces))
        with connect(url) as connection:
            (one,) = put(connection, [replace(draft(), actor="x" * room)], now)
            assert MAX_EVENT_BYTES - ADDED_BYTES < len(one.value) <= MAX_EVENT_BYTES
            with pytest.raises(Undeliverable):
                put(connection, [replace(draft(), actor="x" * (room + 2))], now)
        assert [bytes(state) for *_, state, _ in rows(url)] == [one.value]

    def test_time_spent_waiting_for_the_lock_is_part_of_recorded_time(self, url: str) -> None:
        with connect(url) as holder, connect(url) as connection, ThreadPoolExecutor(1) as pool:
            with holder.transaction():
                lock_store(holder)
                asked = now()
                waiting = pool.submit(put, connection, [draft()], now)
                until_blocked(url)
                blocked = now()
                time.sleep(0.2)
                held = now() - blocked
            (one,) = waiting.result(10)
        assert one.recordedtime >= asked + held


class TestConflict:
    def test_of_two_commands_on_the_same_version_one_wins(self, url: str, store: Store) -> None:
        stream, barrier, lost = uuid4(), threading.Barrier(2), []

        def write(_: int) -> None:
            try:
                with store.transaction() as connection:
                    barrier.wait(5)
                    store.append(connection, [draft(stream=stream)], {stream: 0})
            except Conflict:
                lost.append(True)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, range(2)))
        assert lost == [True]
        assert [e.version for e in store.stream(stream)] == [1]

    def test_a_stale_version_is_a_conflict_and_changes_nothing(self, url: str, store: Store) -> None:
        stream = uuid4()
        with store.transaction() as connection:
            store.append(connection, [draft(stream=stream), draft(stream=stream)], {})
        before = rows(url)
        with pytest.raises(Conflict), store.transaction() as connection:
            store.append(connection, [draft(stream=stream)], {stream: 1})
        assert rows(url) == before

    def test_a_stream_without_an_expectation_goes_on_at_its_end(self, store: Store) -> None:
        stream = uuid4()
        for _ in range(3):
            with store.transaction() as connection:
                store.append(connection, [draft(stream=stream)], {})
        assert [e.version for e in store.stream(stream)] == [1, 2, 3]
        assert [e.version for e in store.stream(stream, after=2)] == [3]

    def test_an_event_too_large_takes_its_whole_transaction_back(self, url: str, store: Store) -> None:
        huge = replace(draft(), actor="x" * 70_000)
        with pytest.raises(Undeliverable), store.transaction() as connection:
            store.append(connection, [draft(), huge], {})
        assert rows(url) == []


class TestAway:
    def test_no_database_is_try_later(self) -> None:
        with pytest.raises(TryLater):
            Store("postgresql://nobody:x@127.0.0.1:1/none")

    def test_a_lock_that_is_held_too_long_is_try_later(self, url: str, store: Store) -> None:
        with connect(url) as holder, holder.transaction():
            lock_store(holder)
            with pytest.raises(TryLater), store.transaction() as connection:
                store.append(connection, [draft()], {})
        with store.transaction() as connection:
            store.append(connection, [draft()], {})
        assert len(rows(url)) == 1

    def test_a_cut_connection_is_try_later_and_the_next_transaction_works(
        self, url: str, store: Store
    ) -> None:
        with pytest.raises(TryLater), store.transaction() as connection, connect(url) as other:  # noqa: PT012
            other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
            store.append(connection, [draft()], {})
        with store.transaction() as connection:
            store.append(connection, [draft()], {})
        assert len(rows(url)) == 1
        assert store.unpublished() == 1


class TestTheLibrarysSide:
    def test_an_insert_that_passes_by_the_stamp_is_refused(self, url: str, store: Store) -> None:
        with pytest.raises(TypeError):
            store.recorder.insert_events([StoredEvent(uuid4(), 1, "accord.record.read.v1", b"{}")])
        assert rows(url) == []

    def test_the_mapper_reads_bytes_and_never_writes(self, store: Store) -> None:
        stream = uuid4()
        with store.transaction() as connection:
            (made,) = store.append(connection, [draft(stream=stream)], {})
        (event,) = store.stream(stream)
        assert event.value == made.value
        with pytest.raises(TypeError):
            ContractMapper().to_stored_event(event)

    def test_a_stored_name_that_is_a_python_path_imports_nothing(self, url: str, store: Store) -> None:
        stream = uuid4()
        with store.transaction() as connection:
            store.append(connection, [draft(stream=stream)], {})
        with connect(url) as connection:
            connection.execute("UPDATE stored_events SET topic = 'os:system'")
        assert [e.type for e in store.stream(stream)] == ["accord.record.read.v1"]

    def test_its_clock_is_the_hosts(self) -> None:
        assert abs(system_clock() - datetime.now(UTC)) < timedelta(seconds=1)


class TestPositions:
    def test_a_position_moves_with_the_effect_or_not_at_all(self, url: str) -> None:
        with connect(url) as connection:
            with connection.transaction():
                assert lock_position(connection, "t", 0) == Position("t", 0)
                advance(connection, Position("t", 0, 4, 7))
            with pytest.raises(ZeroDivisionError), connection.transaction():  # noqa: PT012
                advance(connection, Position("t", 0, 9, 9))
                raise ZeroDivisionError
            assert all_positions(connection, ["t"]) == {("t", 0): Position("t", 0, 4, 7)}
            assert all_positions(connection, ["other"]) == {}

    def test_two_consumers_of_a_partition_take_turns(self, url: str) -> None:
        applied: list[int] = []

        def consume(_: int) -> None:
            with connect(url) as connection:
                for sequence in range(30):
                    with connection.transaction():
                        at = lock_position(connection, "t", 0)
                        if sequence == at.sequence + 1:
                            applied.append(sequence)
                            advance(connection, replace(at, sequence=sequence))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(consume, range(2)))
        assert applied == list(range(30))


def test_after_its_connections_were_cut_one_caller_fails_and_not_one_for_each_of_them(
    url: str, store: Store
) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.ping(), range(32)))
    with connect(url) as c:
        mine = "datname = current_database() AND pid <> pg_backend_pid()"
        c.execute(f"SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE {mine}")
    with pytest.raises(TryLater):
        store.ping()
    for _ in range(20):
        store.ping()
