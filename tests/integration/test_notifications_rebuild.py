"""`accord feed rebuild` on real Kafka and PostgreSQL: the same feed, and nobody is told twice (I4)."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.infrastructure import Infrastructure
from services.notifications.feed import Change, Feed, Viewer
from services.notifications.hub import Hub
from services.notifications.rebuild import TABLES, FeedBuilder
from shared.bus.rebuild import rebuild
from shared.bus.rebuild_options import Options, Reason
from shared.bus.rebuild_parts import NotEnough, Report
from shared.errors import Conflict
from shared.events.names import Agency, EndOfCover
from shared.events.types.cover import CoverArranged, CoverEnded
from shared.store.store import Store
from tests.integration.bus_support import eventually
from tests.integration.notifications_support import REFERRALS, START, World

pytestmark = pytest.mark.platform

#: What people were told and what they did: no rebuild touches a row of it.
RECORDS = ("stored_events", "heads", "changes", "change_counter", "read_marks", "unreadable")
SCREENER = Viewer.of(str(uuid4()), "human-services", ["screener"])


class Silent:
    """Tells nobody how far it is."""

    def begin(self, what: str, total: int = 0, done: int = 0) -> None:
        del what, total, done

    def at(self, done: int) -> None:
        del done


@pytest.fixture
def world(bus_infra: Infrastructure) -> Iterator[World]:
    made = World(bus_infra)
    yield made
    made.end()


def again(world: World, **options: Any) -> Report:
    return rebuild(world.settings(), FeedBuilder, TABLES, Options(**options), Silent())


def all_of(world: World, *tables: str) -> dict[str, list[Any]]:
    return {table: sorted(world.rows(f"SELECT t::text FROM {table} t")) for table in tables}


def busy(world: World, concerns: int = 300) -> None:
    author, (concern, case, referral) = world.author, (str(uuid4()) for _ in range(3))
    records = [author.mou(), author.concern(concern), *author.opened(concern, case)]
    records += [author.requested(referral, case), author.accepted(referral, case)]
    records += [author.concern() for _ in range(concerns)]
    later = author.concern()
    stranger = later.value.replace(b"accord.concern.reported.v1", b"accord.concern.whispered.v1")
    records.append(replace(later, value=stranger))
    records.append(author.record(REFERRALS, str(uuid4()), b"\xff not an event"))
    world.publish(records)


@contextmanager
def desk(world: World) -> Iterator[Feed]:
    store = Store(world.url, 2)
    try:
        yield Feed(store)
    finally:
        store.close()


def attended(world: World, feed: Feed, count: int) -> None:
    """Some items are acknowledged, others read."""
    rows = world.rows("SELECT id FROM items WHERE recipient = 'human-services/screener' ORDER BY id")
    for n, (item,) in enumerate(rows[:count]):
        found = feed.acknowledge(SCREENER, item) if n % 2 else feed.mark_read(SCREENER, item)
        assert found is not None


@contextmanager
def followed(world: World, feed: Feed) -> Iterator[list[Change]]:
    """An open stream of the screeners', as the API has one; what came on it."""
    came: list[Change] = []
    ready, stop = threading.Event(), threading.Event()

    async def follow() -> None:
        hub = Hub(world.url, feed)
        running = asyncio.create_task(hub.run())

        async def read() -> None:
            async for change in hub.follow(SCREENER, 0):
                came.append(change)

        reading = asyncio.create_task(read())
        while not stop.is_set():
            if hub.position is not None:
                ready.set()
            await asyncio.sleep(0.05)
        reading.cancel()
        running.cancel()
        await asyncio.gather(reading, running, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(follow()))
    thread.start()
    try:
        assert ready.wait(10)
        yield came
    finally:
        stop.set()
        thread.join(10)


def test_it_is_rebuilt_beside_the_live_one_while_it_is_used_and_an_open_stream_hears_nothing_twice(
    world: World,
) -> None:
    busy(world)
    worker = world.start()
    world.wait_items(304)
    with desk(world) as feed, followed(world, feed) as came:
        attended(world, feed, 20)
        before, feed_before = all_of(world, *RECORDS), all_of(world, *TABLES.switched)
        report = again(world)
        assert report.switched
        assert report.differences == []
        assert set(report.digests) == set(TABLES.switched)
        assert all(both["live"] == both["rebuilt"] for both in report.digests.values())
        assert report.records == report.read == 308
        assert all_of(world, *RECORDS) == before
        assert all_of(world, *TABLES.switched) == feed_before

        # Concerns come and are acknowledged while the next ones run; the worker goes on through each switch.
        more = [world.author.concern() for _ in range(600)]
        thread = threading.Thread(target=lambda: [world.publish(more[n : n + 20]) for n in range(0, 600, 20)])
        thread.start()
        reports = []
        while thread.is_alive() or len(reports) < 2:
            attended(world, feed, 60 + 20 * len(reports))
            reports.append(again(world))
        thread.join(30)
        world.wait_items(904, 60)
        assert all(one.switched for one in reports), [one.differences for one in reports]
        ((last,),) = world.rows("SELECT last FROM change_counter")
        eventually("the stream has all", lambda: came and came[-1].number == last, 20)
    numbers = [change.number for change in came]
    assert numbers == sorted(set(numbers))
    assert len({(c.item["id"], c.kind, c.person) for c in came}) == len(came)
    mine = "SELECT count(*) FROM changes c JOIN items i ON i.id = c.item WHERE i.recipient = %s"
    assert world.rows(mine, ["human-services/screener"]) == [(len(came),)]
    delivered = "SELECT count(*), count(DISTINCT originator_id) FROM stored_events WHERE topic LIKE %s"
    assert world.rows(delivered, ["%delivered%"]) == [(904, 904)]
    assert again(world).switched
    assert worker.process.poll() is None
    assert not worker.said("worker_failed")


HARM = {
    "items": (
        "UPDATE items SET recipient = 'sheriff/system' WHERE id = %s",
        "DELETE FROM items WHERE id = %s",
    ),
    "facts": (
        "UPDATE facts SET facts = facts || '{\"other\": true}' WHERE id = %s",
        "DELETE FROM facts WHERE id = %s",
    ),
}


def test_what_was_altered_or_deleted_is_named_and_not_switched_until_somebody_says_why(world: World) -> None:
    busy(world, 40)
    world.start()
    world.wait_items(44)
    world.wait_applied(47)
    for table, harms in HARM.items():
        for harm in harms:
            whole = all_of(world, *TABLES.switched)
            ((id,),) = world.rows(f"SELECT id FROM {table} ORDER BY id LIMIT 1")
            with world.connect() as connection:
                assert connection.execute(harm, [id]).rowcount == 1
            harmed = all_of(world, *TABLES.switched)
            report = again(world, reason=Reason.LIVE_ALTERED)
            assert not report.switched
            assert [(one.table, one.count, one.detail) for one in report.differences] == [
                (table, 1, f"The first: id {id}.")
            ]
            assert all_of(world, *TABLES.switched) == harmed
            assert again(world, reason=Reason.LIVE_ALTERED).switched
            assert all_of(world, *TABLES.switched) == whole
    kept = world.rows("SELECT state, reason FROM rebuilds")
    assert kept == [("switched", "live-was-altered")] * 4
    assert len(world.rows("SELECT FROM pg_namespace WHERE nspname LIKE 'before_%%'")) == 4


def test_killed_on_its_way_it_goes_on_from_there_and_a_second_one_meanwhile_is_told_so(world: World) -> None:
    busy(world, 800)
    world.start()
    world.wait_items(804)
    before = all_of(world, *TABLES.switched, *RECORDS)
    command = [sys.executable, "-m", "tests.integration.audit_rebuild_process", "feed"]
    process = subprocess.Popen(command, env=world.environment())

    def built() -> int:
        if world.rows("SELECT to_regclass('generation_1.items')") == [(None,)]:
            return 0
        return world.count("generation_1.items")

    try:
        eventually("some items are made", lambda: built() >= 40, 30)
        with pytest.raises(Conflict, match="another rebuild runs"):
            again(world)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert 40 <= built() < 804
    assert all_of(world, *TABLES.switched, *RECORDS) == before
    report = again(world)
    assert report.resumed
    assert report.switched
    assert report.read < report.records - 40
    assert all_of(world, *TABLES.switched, *RECORDS) == before


def test_records_that_were_deleted_from_the_log_leave_the_feed_as_it_is(world: World) -> None:
    from kafka import TopicPartition

    busy(world, 60)
    world.start()
    world.wait_items(64)
    before = all_of(world, *TABLES.switched, *RECORDS)
    with world.infra.kafka_admin() as admin:
        admin.delete_records({TopicPartition(REFERRALS, 0): 3})
    with pytest.raises(NotEnough) as refused:
        again(world)
    assert refused.value.lacking == [f"{REFERRALS}/0: Offsets 0 to 2 were deleted from the log."]
    assert all_of(world, *TABLES.switched, *RECORDS) == before


def test_who_covers_for_whom_is_made_again(world: World) -> None:
    person, covering = str(uuid4()), str(uuid4())
    pair: dict[str, Any] = {"person": person, "covering": covering, "agency": Agency.ADVOCACY}
    span = {"begins": START, "until": START + timedelta(days=3)}
    first, second = str(uuid4()), str(uuid4())
    said = [
        CoverArranged(cover=first, **pair, **span),
        CoverEnded(cover=first, **pair, reason=EndOfCover.CHANGED),
        CoverArranged(cover=second, **pair, **span),
    ]
    world.publish([world.author.mou(), *(world.author.event(data, person, "advocacy") for data in said)])
    world.start()
    world.wait_items(3)
    before = all_of(world, "covers", "items")
    report = again(world)
    assert (report.switched, report.differences) == (True, [])
    assert all_of(world, "covers", "items") == before
    rows = world.rows("SELECT cover::text, person, covering, ended IS NULL FROM covers ORDER BY ended")
    assert rows == [(first, person, covering, False), (second, person, covering, True)]
