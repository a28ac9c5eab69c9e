"""The parts of the bus that are pure: headers, beats, dead letters, agreement."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from uuid import UUID

import pytest

from shared.bus.beats import Beat, read_beat
from shared.bus.compare import Verdict, relayed_topics, require_agreement
from shared.bus.deadletters import Streak, deadletter, deadletter_draft
from shared.bus.record import Record, relay_headers, sequence_of
from shared.errors import Disagreement, Undeliverable
from shared.events.reading import read

T0 = datetime(2026, 11, 24, 3, 27, 25, tzinfo=UTC)
LETTER = UUID("6f1c2b52-6c0e-4c7c-9f0e-5f0d3f1f9a11")


def record(sequence: int | None, value: bytes = b"{}") -> Record:
    headers = () if sequence is None else tuple(relay_headers(sequence))
    return Record("accord.submissions.sheriff", 0, 7, 0, b"k", headers, value)


class TestSequence:
    def test_the_relays_headers_hold_the_content_type_and_twenty_digits(self) -> None:
        assert relay_headers(41) == [
            ("content-type", b"application/cloudevents+json; charset=UTF-8"),
            ("sequence", b"00000000000000000041"),
        ]
        assert record(41).sequence == 41

    @pytest.mark.parametrize(
        "headers",
        [
            [],
            [("sequence", b"41")],
            [("sequence", None)],
            [("sequence", b"0000000000000000004x")],
            [("sequence", b"-0000000000000000041")],
            [("sequence", b"00000000000000000041"), ("sequence", b"00000000000000000042")],
            [("sequence", b"99999999999999999999")],
            [("Sequence", b"00000000000000000041")],
        ],
    )
    def test_a_header_that_is_absent_doubled_or_no_twenty_digits_gives_none(
        self, headers: list[object]
    ) -> None:
        assert sequence_of(headers) is None

    def test_a_record_from_kafka_keeps_its_bytes(self) -> None:
        raw = SimpleNamespace(
            topic="t",
            partition=2,
            offset=9,
            timestamp=5,
            key=None,
            headers=[("a", b"\xff"), ("b", None)],
            value=b"\x00",
        )
        assert Record.from_kafka(raw) == Record("t", 2, 9, 5, None, (("a", b"\xff"), ("b", b"")), b"\x00")


class TestBeat:
    def test_a_beat_is_read_as_it_was_written(self) -> None:
        beat = Beat(T0, {("accord.referrals.events", 5): 41, ("accord.mou.events", 0): 0})
        assert read_beat(beat.value()) == beat
        assert beat.value() == (
            b'{"before":"2026-11-24T03:27:25.000000Z","sequences":{"accord.mou.events/0":0,"accord.referrals.events/5":41}}'
        )

    @pytest.mark.parametrize(
        "value",
        [None, b"", b"[]", b"{}", b'{"before":"x","sequences":{}}', b'{"before":"2026-11-24T03:27:25Z"}',
         b'{"before":"2026-11-24T03:27:25Z","sequences":{"a/x":1}}', b"\xff", b'{"before":1,"sequences":{}}'],
    )  # fmt: skip
    def test_what_is_no_beat_is_undeliverable(self, value: bytes | None) -> None:
        with pytest.raises(Undeliverable):
            read_beat(value)

    def test_members_of_newer_writers_are_ignored(self) -> None:
        assert read_beat(b'{"before":"2026-11-24T03:27:25Z","sequences":{},"more":1}') == Beat(T0, {})


class TestDeadLetter:
    def test_it_says_where_why_and_how_much_but_no_byte(self) -> None:
        letter = deadletter(record(None, b"secret"), "not-json", LETTER)
        assert letter.written() == {
            "deadletter": str(LETTER),
            "topic": "accord.submissions.sheriff",
            "partition": 0,
            "offset": 7,
            "reason": "not-json",
            "size": 6,
            "sha256": sha256(b"secret").hexdigest(),
        }

    def test_its_event_goes_to_the_services_own_topic_and_can_be_read_back(self) -> None:
        draft = deadletter_draft("referrals", record(None, b"secret"), "not-json", LETTER, LETTER, T0, "1")
        value = draft.seal_bytes(T0, 1)
        assert draft.topic == "accord.referrals.deadletters"
        assert b"secret" not in value
        assert read(value).data == deadletter(record(None, b"secret"), "not-json", LETTER)

    def test_a_record_without_a_value_has_size_0(self) -> None:
        empty = Record("accord.submissions.sheriff", 0, 7, 0, b"k", (), None)
        assert deadletter(empty, "empty", LETTER).size == 0


class TestStreak:
    def test_twenty_dead_letters_without_a_good_record_are_too_many(self) -> None:
        streak = Streak()
        assert [streak.note(good=False) for _ in range(20)] == [False] * 19 + [True]

    def test_one_good_record_begins_again(self) -> None:
        streak = Streak()
        for _ in range(19):
            streak.note(good=False)
        assert streak.note(good=True) is False
        assert streak.note(good=False) is False
        assert streak.length == 1


class TestAgreement:
    def test_equal_and_kafka_behind_may_go_on(self) -> None:
        require_agreement("audit", [Verdict("t", 0, "equal", 1, 1), Verdict("t", 1, "kafka-behind", 0, 1)])

    def test_the_message_names_topic_partition_sequences_and_the_command(self) -> None:
        with pytest.raises(Disagreement) as raised:
            require_agreement("audit", [Verdict("accord.audit.access", 3, "kafka-ahead", 9, 4)])
        assert raised.value.kind == "kafka-ahead"
        assert "accord.audit.access/3" in raised.value.detail
        assert "9" in raised.value.detail
        assert "4" in raised.value.detail
        assert raised.value.remedy == "accord repair audit"

    def test_other_bytes_come_before_kafka_ahead(self) -> None:
        found = [Verdict("t", 0, "kafka-ahead", 9, 4), Verdict("t", 1, "other-bytes", 4, 4)]
        with pytest.raises(Disagreement) as raised:
            require_agreement("audit", found)
        assert raised.value.kind == "other-bytes"

    def test_a_relay_publishes_all_that_its_service_writes_but_the_beats(self) -> None:
        topics = relayed_topics("referrals")
        assert {"accord.referrals.events", "accord.mou.events", "accord.receipts.sheriff"} <= set(topics)
        assert "accord.referrals.beats" not in topics
        assert not [t for t in topics if t.startswith("accord.submissions.")]
