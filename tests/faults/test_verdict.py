"""The verdict itself: each thing that must not be is found, and named, when it is there on purpose."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from uuid import uuid4

import pytest

from shared.bus.record import Record, relay_headers
from tests.faults.found import DELIVERED, Event, Found, Kept
from tests.faults.memory import Memory
from tests.faults.verdict import judge, table

REFERRALS, NOTES = "accord.referrals.events", "accord.notifications.events"
CONCERN, STREAM = str(uuid4()), str(uuid4())


def event(id: str, type: str, data: dict, at: int, topic: str = REFERRALS, stream: str = STREAM) -> Event:
    envelope = {
        "id": id,
        "type": type,
        "data": data,
        "subject": CONCERN,
        "stream": stream,
        "streamversion": str(at + 1),
        "recordedtime": f"2026-01-05T10:00:{at:02}.000000Z",
        "commandid": f"command of {id}",
    }
    value = json.dumps(envelope).encode()
    return Event(Record(topic, 0, at, 0, b"k", tuple(relay_headers(at)), value), envelope)


def kept(events: list[Event]) -> list[Kept]:
    return [
        Kept(e.record.topic, 0, e.record.offset, e.record.sequence, "first", e.id)
        for e in events
    ]  # fmt: skip


@pytest.fixture
def memory() -> Memory:
    memory = Memory()
    memory.acknowledged("report-concern", CONCERN, {"events": ["one"]})
    memory.acknowledged("attach-concern", CONCERN, {"events": ["two"]})
    memory.submitted("report-concern", "submission")
    return memory


@pytest.fixture
def found() -> Found:
    events = [
        event("one", "accord.concern.reported.v1", {"concern": CONCERN}, 0),
        event("two", "accord.concern.attached.v1", {"concern": CONCERN}, 1),
        event("three", "accord.concern.reported.v1", {"concern": "another"}, 2),
    ]
    told = [
        ("one", "concern-reported", "human-services/screener"),
        ("two", "concern-attached-for-reporter", "sheriff/system"),
        ("three", "concern-reported", "human-services/screener"),
    ]
    for n, (id, rule, recipient) in enumerate(told):
        data = {"event": id, "rule": rule, "recipient": recipient}
        events.append(event(f"told {n}", DELIVERED, data, n, NOTES, stream="items"))
    receipt = {"outcome": "accepted", "events": ["three"]}
    return Found(events, Counter(submission=1), {"submission": [receipt]}, kept(events), Counter(), told)


def wrong(memory: Memory, found: Found) -> set[str]:
    return {line.what for line in judge(memory, found) if line.wrong}


def test_where_all_is_well_nothing_is_wrong(memory, found):
    assert wrong(memory, found) == set()


def test_an_event_that_is_not_in_the_topic_is_named(memory, found):
    memory.acknowledged("accept-referral", "r", {"events": ["lost"]})
    lines = judge(memory, found)
    assert "lost of accept-referral" in table(lines)
    assert "acknowledged events missing from the topic" in wrong(memory, found)
    assert "acknowledged events missing from the ledger" in wrong(memory, found)


def test_an_event_that_only_a_receipt_names_is_missed_too(memory, found):
    found.receipts["submission"] = [{"outcome": "accepted", "events": ["lost"]}]
    assert "acknowledged events missing from the topic" in wrong(memory, found)


def test_a_record_that_the_ledger_lacks_is_named(memory, found):
    del found.ledger[1]
    assert wrong(memory, found) == {
        "records of the topics missing from the ledger",
        "acknowledged events missing from the ledger",
    }


def test_an_item_that_is_missing_or_there_twice_is_named(memory, found):
    lost = found.items.pop()
    assert wrong(memory, found) == {"items missing from the feed"}
    found.items += [lost, lost]
    assert wrong(memory, found) == {"items and deliveries that nothing accounts for"}


def test_a_delivery_that_is_missing_is_named(memory, found):
    found.events.pop()
    assert "deliveries missing from notifications' topic" in wrong(memory, found)


def test_an_event_of_two_sequences_is_an_effect_twice(memory, found):
    first = found.events[0]
    again = Event(replace(first.record, offset=3, headers=tuple(relay_headers(3))), first.envelope)
    found.events.insert(3, again)
    found.ledger.append(replace(found.ledger[0], offset=3, sequence=3))
    assert "events with effect twice" in wrong(memory, found)


def test_the_same_record_again_is_no_effect(memory, found):
    first = found.events[0]
    found.events.insert(3, Event(replace(first.record, offset=3), first.envelope))
    found.ledger.append(replace(found.ledger[0], offset=3, standing="repeat"))
    found.findings["repeat"] = 1
    assert wrong(memory, found) == set()


def test_a_concern_reported_twice_by_one_command_is_named(memory, found):
    envelope = found.events[2].envelope | {"commandid": "command of one"}
    found.events[2] = Event(found.events[2].record, envelope)
    assert wrong(memory, found) == {"things that happened twice"}


@pytest.mark.parametrize("change", [{"streamversion": "9"}, {"recordedtime": "2026-01-05T10:00:00.000000Z"}])
def test_a_hole_in_a_stream_and_a_time_that_does_not_grow_are_named(memory, found, change):
    found.events[2] = Event(found.events[2].record, found.events[2].envelope | change)
    assert wrong(memory, found) == {"breaks in the order of a topic or a stream"}


def test_two_records_that_changed_places_are_named(memory, found):
    found.events[0], found.events[1] = found.events[1], found.events[0]
    assert "breaks in the order of a topic or a stream" in wrong(memory, found)


def test_a_feed_in_another_order_than_the_owners_is_named(memory, found):
    found.items.reverse()
    assert wrong(memory, found) == {"breaks in the order of the feed"}


def test_a_submission_without_a_receipt_or_with_two_is_named(memory, found):
    receipts = found.receipts.pop("submission")
    assert "submissions without one receipt a record" in wrong(memory, found)
    found.receipts["submission"] = receipts * 2
    assert "submissions without one receipt a record" in wrong(memory, found)


def test_a_repeated_submission_with_another_effect_is_named(memory, found):
    found.submitted["submission"] = 2
    found.receipts["submission"].append({"outcome": "accepted", "events": ["one"]})
    assert wrong(memory, found) == {"submissions whose effect is not once"}


def test_a_referral_in_another_state_and_an_unexplained_answer_are_named(memory, found):
    memory.acknowledged("accept-referral", "referral", {"events": []})
    memory.surprised("409 conflict")
    found.referrals["referral"] = "requested"
    assert wrong(memory, found) == {
        "referrals in another state than acknowledged",
        "commands answered by what no fault explains",
    }


def test_a_finding_that_is_no_repeat_is_named(memory, found):
    found.findings["other-bytes"] = 1
    assert wrong(memory, found) == {"findings other than repeats"}
