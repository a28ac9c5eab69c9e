"""What the relay publishes on a kept topic is read by two clients that are not ours."""

from __future__ import annotations

import json

import pytest

from shared.store.append import Appended
from tests.foreign_clients import console_consumer, sdk_events
from tests.integration.bus_support import EVENTS, Log, eventually

pytestmark = [pytest.mark.platform, pytest.mark.timeout(240)]


def publish(log: Log, count: int) -> dict[str, Appended]:
    appended = log.append(count)
    relay = log.relay()
    eventually("all is published", log.all_published)
    assert relay.stop() == 0
    return {str(a.draft.id): a for a in appended}


class TestAKeptTopic:
    def test_is_read_by_kafkas_own_console_consumer_byte_for_byte(self, log: Log) -> None:
        appended = publish(log, 12)
        printed = console_consumer(log.infra, "notifications", EVENTS, most=12)
        assert {one.value for one in printed} == {a.value for a in appended.values()}
        assert len(printed) == 12
        for one in printed:
            mine = appended[json.loads(one.value)["id"]]
            assert (one.key, one.partition) == (str(mine.draft.subject), mine.partition)
            assert one.headers == {
                "content-type": "application/cloudevents+json; charset=UTF-8",
                "sequence": f"{mine.sequence:020}",
            }

    def test_is_read_by_the_cloudevents_sdk_in_structured_mode(self, log: Log) -> None:
        appended = publish(log, 12)
        events = sdk_events(log.infra, "notifications", EVENTS)
        assert {event.get_id() for event in events} == set(appended)
        for event in events:
            mine = appended[event.get_id()].draft
            assert (event.get_type(), event.get_subject()) == (mine.data.TYPE, str(mine.subject))
            assert event.get_data() == mine.data.written()

    def test_shows_an_agency_nothing_in_the_console_consumer(self, log: Log) -> None:
        publish(log, 1)
        assert len(console_consumer(log.infra, "notifications", EVENTS, most=1)) == 1
        assert console_consumer(log.infra, "probation", EVENTS) == []
