"""The feed's worker on real Kafka and PostgreSQL: nothing lost, nothing doubled, whatever happens to it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from deploy.local.infrastructure import Infrastructure
from services.notifications.rebuild import TABLES
from shared.bus import clients
from shared.bus.beats import Beat
from shared.events.names import beats_topic
from shared.store.store import system_clock
from tests.integration.bus_support import eventually
from tests.integration.notifications_support import COUNTY, OWN, REFERRALS, Made, World

pytestmark = pytest.mark.platform

BACKLOG = 20_000
#: The rules of the county by which a reported concern opens a duty.
OPENED_BY_A_CONCERN = [
    rule.id for rule in COUNTY.duties if "accord.concern.reported.v1" in {one.event for one in rule.opens}
]


@pytest.fixture
def world(bus_infra: Infrastructure) -> Iterator[World]:
    made = World(bus_infra)
    yield made
    made.end()


def told(world: World) -> set[str]:
    return {str(row[0]) for row in world.rows("SELECT event FROM items")}


def require_each_told_once(world: World, concerns: list[Made]) -> None:
    """Every concern has one item, one own event, one change, and each of its duties once; and nothing else has."""
    assert world.count("items") == len(concerns)
    assert told(world) == {c.id for c in concerns}
    of_items = "SELECT count(*), count(DISTINCT originator_id) FROM stored_events WHERE topic LIKE %s"
    assert world.rows(of_items, ["accord.notification.%"]) == [(len(concerns), len(concerns))]
    duties = world.count("duties")
    assert duties == len(concerns) * len(OPENED_BY_A_CONCERN)
    assert world.rows(of_items, ["accord.duty.%"]) == [(duties, duties)]
    assert world.rows("SELECT count(*), min(number), max(number) FROM changes") == [
        (len(concerns), 1, len(concerns))
    ]


def test_a_concern_a_case_a_referral_and_its_answer_reach_those_whom_the_mou_names(world: World) -> None:
    author, (concern, case, referral) = world.author, (str(uuid4()) for _ in range(3))
    reported = author.concern(concern)
    followed = [
        *author.opened(concern, case),
        author.requested(referral, case),
        author.accepted(referral, case),
    ]
    world.publish([author.mou(), reported, *followed])
    worker = world.start()
    world.wait_items(4)
    assert [
        tuple(r) for r in world.rows("SELECT recipient, tier, about_kind FROM items ORDER BY recordedtime")
    ] == [
        ("human-services/screener", "act-now", "concern"),
        ("sheriff/system", "information", "concern"),
        ("advocacy/advocate", "act-now", "referral"),
        ("human-services/social-worker", "information", "referral"),
    ]
    assert worker.stop() == 0


def test_started_with_20_000_waiting_it_skips_none(world: World) -> None:
    concerns = [world.author.concern() for _ in range(BACKLOG)]
    world.publish([world.author.mou(), *concerns])
    world.start().wait_for("ready")
    world.wait_applied(BACKLOG, 110)
    require_each_told_once(world, concerns)


def test_a_hole_at_the_tail_with_no_new_record_is_read_again_on_assignment(world: World) -> None:
    concerns = [world.author.concern() for _ in range(300)]
    world.publish([world.author.mou(), *concerns])
    worker = world.start()
    world.wait_applied(300)
    time.sleep(1.5)  # Faust commits its offsets in this time
    assert worker.stop() == 0
    set_back(world)
    world.start().wait_for("ready")
    # No new record comes: only the seek on assignment can bring the missing ones.
    world.wait_applied(300, 15)
    require_each_told_once(world, concerns)


def test_a_hole_at_the_tail_is_found_while_the_worker_runs(world: World) -> None:
    concerns = [world.author.concern() for _ in range(300)]
    world.publish([world.author.mou(), *concerns])
    worker = world.start()
    world.wait_applied(300)
    set_back(world)
    world.wait_applied(300, 20)
    require_each_told_once(world, concerns)
    assert worker.said("unread_records_found")


def set_back(world: World) -> None:
    """The store as an older backup has it, from before the first concern; Kafka and its commits stay."""
    with world.connect() as connection, connection.transaction():
        for table in ("items", "changes", "stored_events", "heads", "happenings", "duty_groups", "duties"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("UPDATE change_counter SET last = 0")
        connection.execute('UPDATE positions SET sequence = -1, "offset" = -1 WHERE topic = %s', [REFERRALS])


def test_a_record_that_a_reader_skipped_is_read_again_when_the_next_one_shows_the_hole(world: World) -> None:
    concerns = [world.author.concern() for _ in range(60)]
    world.publish([world.author.mou(), *concerns[:40]])
    worker = world.start()
    world.wait_applied(40)
    set_back(world)
    world.publish(concerns[40:])
    world.wait_applied(60, 20)
    require_each_told_once(world, concerns)
    assert worker.said("hole_found") or worker.said("unread_records_found")


def test_repeats_at_the_end_of_the_log_are_skipped_and_trouble_nobody(world: World) -> None:
    concerns = [world.author.concern() for _ in range(40)]
    world.publish([world.author.mou(), *concerns, *concerns[10:]])
    worker = world.start()
    world.wait_applied(40)
    time.sleep(6)  # longer than the worker waits for a record that it thinks was not read
    require_each_told_once(world, concerns)
    assert not worker.said("unread_records_found")
    assert worker.process.poll() is None


def test_two_workers_share_one_is_killed_and_one_paused_and_nothing_is_lost_or_doubled(world: World) -> None:
    concerns = [world.author.concern() for _ in range(6_000)]
    world.publish([world.author.mou(), *concerns[:2_000]])
    first, second = world.start(slot=0), world.start(slot=1)
    first.wait_for("ready")
    second.wait_for("ready")
    for n in range(2_000, 3_000, 100):
        world.publish(concerns[n : n + 100])
    first.process.kill()
    world.publish(concerns[3_000:4_000])
    third = world.start(slot=0)
    third.wait_for("ready")
    world.wait_applied(3_500, 60)
    second.signal(signal.SIGSTOP)
    stopped = time.monotonic()
    for n in range(4_000, 5_000, 100):
        world.publish(concerns[n : n + 100])
    time.sleep(max(0.0, 12 - (time.monotonic() - stopped)))
    second.signal(signal.SIGCONT)
    world.publish(concerns[5_000:])
    world.wait_applied(6_000, 60)
    time.sleep(2)  # what a woken worker still had in hand has had its chance to do harm
    require_each_told_once(world, concerns)


def test_an_event_under_a_later_mou_waits_for_it_and_holds_up_no_other_partition(world: World) -> None:
    author = world.author
    concerns = [author.concern() for _ in range(30)]
    first = concerns[0]
    others = {c.partition for c in concerns} - {first.partition}
    world.publish(concerns)
    worker = world.start()
    worker.wait_for("ready")
    time.sleep(1)
    assert world.count() == 0
    silent = [r for r in concerns if r.partition in others]
    assert silent
    world.publish([author.mou()])
    world.wait_items(30)
    require_each_told_once(world, concerns)


def test_before_any_mou_a_concern_is_told_to_coordinator_and_screener(world: World) -> None:
    world.publish([world.author.concern(mou="none")])
    world.start()
    world.wait_items(2)
    assert {r[0] for r in world.rows("SELECT recipient FROM items")} == {
        "human-services/coordinator",
        "human-services/screener",
    }


def test_what_can_never_be_read_becomes_a_dead_letter_and_the_next_record_goes_on(world: World) -> None:
    author, key = world.author, str(uuid4())
    bad = author.record(REFERRALS, key, b"\xff not an event")
    good = author.concern(key)
    world.publish([author.mou(), bad, good])
    world.start()
    world.wait_items(1)
    assert told(world) == {good.id}
    assert world.rows("SELECT topic, partition, reason FROM unreadable") == [
        (REFERRALS, bad.partition, "not-utf-8")
    ]
    letters = world.rows("SELECT state FROM stored_events WHERE topic = 'accord.deadletter.recorded.v1'")
    assert len(letters) == 1
    assert b"not an event" not in bytes(letters[0][0])


def test_an_unknown_type_is_kept_and_runs_when_it_is_known(world: World) -> None:
    author = world.author
    known = author.concern()
    later = author.concern()
    stranger = later.value.replace(b"accord.concern.reported.v1", b"accord.concern.whispered.v1")
    world.publish([author.mou(), known, replace(later, value=stranger)])
    worker = world.start()
    world.wait_applied(2)
    assert world.rows("SELECT type FROM unhandled") == [("accord.concern.whispered.v1",)]
    assert worker.stop() == 0
    # A newer version is one that knows the type; here the kept bytes become those of a known one.
    with world.connect() as connection:
        connection.execute(
            "UPDATE unhandled SET type = 'accord.concern.reported.v1', value = %s", [later.value]
        )
    world.start().wait_for("ready")
    require_each_told_once(world, [known, later])
    assert world.count("unhandled") == 0


def test_projections_that_were_emptied_are_read_again_and_nobody_is_told_twice(world: World) -> None:
    author, (concern, case, referral) = world.author, (str(uuid4()) for _ in range(3))
    records = [author.mou(), author.concern(concern), *author.opened(concern, case)]
    records += [author.requested(referral, case), author.accepted(referral, case)]
    records += [author.concern() for _ in range(200)]
    world.publish(records)
    world.start()
    world.wait_items(204)
    acknowledge_one(world)
    before, told = feed(world), (world.count("stored_events"), world.count("changes"))
    with world.connect() as connection, connection.transaction():
        # Positions first, as a batch takes them: a batch under way ends before.
        connection.execute(f"TRUNCATE {', '.join(TABLES.switched)}")
    eventually("the feed is made again", lambda: world.count() == 204, 30)
    eventually("and equals the one before", lambda: feed(world) == before, 5)
    assert (world.count("stored_events"), world.count("changes")) == told


def feed(world: World) -> list[Any]:
    return [sorted(world.rows(f"SELECT to_jsonb(t)::text FROM {table} t")) for table in ("items", "facts")]


def acknowledge_one(world: World) -> None:
    from services.notifications.feed import Feed, Viewer
    from shared.store.store import Store

    store = Store(world.url, 1)
    try:
        ((item,),) = world.rows("SELECT id FROM items WHERE recipient = 'advocacy/advocate'")
        viewer = Viewer.of(str(uuid4()), "advocacy", ["advocate"])
        found = Feed(store).acknowledge(viewer, item)
        assert found is not None
        assert found["acknowledged_by"] == viewer.person
    finally:
        store.close()


def test_the_database_away_holds_the_batch_and_loses_nothing(world: World) -> None:
    concerns = [world.author.concern() for _ in range(400)]
    world.publish([world.author.mou(), *concerns[:200]])
    worker = world.start()
    world.wait_applied(100)
    with psycopg.connect(world.infra.admin_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [world.url.rpartition("/")[2]],
        )
    world.publish(concerns[200:])
    world.wait_applied(400)
    require_each_told_once(world, concerns)
    assert worker.process.poll() is None


def test_an_own_store_that_is_older_than_its_topic_stops_the_worker_for_an_operator(world: World) -> None:
    own = world.author.concern()
    published = Made(OWN, own.partition, 0, own.key, own.value, own.id)
    producer_of(world)(published)
    worker = world.start()
    assert worker.process.wait(40) == 6
    assert worker.said("store_and_log_disagree")[0]["remedy"] == "accord repair notifications"


def producer_of(world: World) -> Callable[[Made], None]:
    from shared.bus import clients
    from shared.bus.record import relay_headers

    def send(record: Made) -> None:
        producer = clients.producer(world.settings("notifications"))
        producer.send(
            record.topic, key=record.key.encode(), value=record.value, partition=record.partition,
            headers=relay_headers(record.sequence),
        ).get(timeout=10)  # fmt: skip
        producer.close(timeout=2)

    return send


def test_killed_while_time_brings_about_what_is_told_of_duties_each_is_told_once(world: World) -> None:
    """What is due at once was due hours ago, and the second step of each escalation is past."""
    world.author.at = system_clock() - timedelta(hours=10)
    concerns = [world.author.concern() for _ in range(150)]
    sent = world.publish([world.author.mou(), *concerns])
    ends = {record.place: record.sequence for record in sent}
    producer = clients.producer(world.settings("referrals"))
    producer.send(beats_topic("referrals"), value=Beat(system_clock(), ends).value()).get(timeout=10)
    producer.close(timeout=5)
    at_once = [rule for rule in COUNTY.duties if rule.within and rule.within.at_once]
    rules = [rule for rule in at_once if rule.id in OPENED_BY_A_CONCERN]
    steps = sum(len(rule.escalate) for rule in rules)
    step = "convert_from(state, 'UTF8')::jsonb -> 'data' -> 'step'"
    of_kind = f"SELECT count(*), count(DISTINCT (originator_id, {step})) FROM stored_events WHERE topic = %s"
    escalated, unanswered = "accord.duty.escalated.v1", "accord.duty.unanswered.v1"
    first = world.start(slot=0)
    world.start(slot=1)
    eventually("some are told", lambda: world.rows(of_kind, [escalated])[0][0] >= 100, 60)
    first.signal(signal.SIGKILL)
    want = len(concerns) * steps
    eventually("all are told", lambda: world.rows(of_kind, [escalated])[0][0] >= want, 60)
    assert world.rows(of_kind, [escalated]) == [(want, want)]
    number = len(concerns) * len(rules)
    assert world.rows(of_kind, [unanswered]) == [(number, number)]
