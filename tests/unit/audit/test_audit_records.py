"""Records, standings and beats: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.beats import Beat, Completeness
from services.audit.domain.proof.leaf import framed_headers, leaf, unframed_headers
from services.audit.records import Marks, kept, marks_of, sequence_of
from services.audit.running import read_beat
from services.audit.standing import Known, Standing, Tail, filled, stand
from shared.bus.beats import Beat as Sent

NAMES = st.text(max_size=5)
VALUES = st.none() | st.binary(max_size=8)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=4)


@given(HEADERS)
def test_headers_come_back_in_order_with_nulls_and_repeats(headers: list[tuple[str, bytes | None]]) -> None:
    assert unframed_headers(framed_headers(headers)) == headers


@given(st.tuples(VALUES, HEADERS, VALUES), st.tuples(VALUES, HEADERS, VALUES))
def test_two_records_have_the_same_leaf_only_if_they_are_the_same(one: Any, other: Any) -> None:
    leaves = [leaf(k, framed_headers(h), v) for k, h, v in (one, other)]
    assert (leaves[0] == leaves[1]) == (one == other)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("sequence", None)],
        [("sequence", b"7")],
        [("sequence", b"%021d" % 7)],
        [("sequence", b"-%019d" % 7)],
        [("sequence", "\u0661".encode() * 10)],
        [("sequence", b"9" * 20)],
        [("sequence", b"%020d" % 7), ("sequence", b"%020d" % 7)],
    ],
)
def test_a_sequence_is_twenty_digits_in_one_header_or_none(headers: Any) -> None:
    assert sequence_of(headers) is None
    assert sequence_of([("x", None), ("sequence", b"%020d" % 7)]) == 7


@given(st.binary(max_size=200))
def test_marks_are_read_out_of_any_bytes_without_an_error(value: bytes) -> None:
    assert isinstance(marks_of(value), Marks)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"[]",
        b'{"time": "0001-01-01T00:00:00+14:00", "recordedtime": "2026-01-01T00:00:00"}',
        b'{"id": 7, "type": "a\\u0000b", "subject": [], "stream": {}, "streamversion": 1, "data": "x"}',
        b'{"streamversion": "0", "id": "not-a-uuid"}',
        b"[" * 100_000,
    ],
)
def test_what_is_not_as_it_must_be_is_left_out(value: bytes | None) -> None:
    assert marks_of(value) == Marks()


def record(sequence: int | None, value: bytes = b"v") -> Any:
    headers = [] if sequence is None else [("sequence", b"%020d" % sequence)]
    return kept(SimpleNamespace(offset=0, timestamp=1, key=b"k", value=value, headers=headers))  # type: ignore[arg-type]


def standings(tail: Tail, *records: Any, known: dict[int, Known] | None = None) -> list[Standing]:
    return [s.standing for s in stand(tail, records, (known or {}).get)]


def test_dense_records_are_first_and_move_the_tail() -> None:
    tail = Tail(-1)
    assert standings(tail, record(0), record(1)) == [Standing.FIRST] * 2
    assert (tail.sequence, tail.dense) == (1, 1)


def test_a_hole_is_said_with_the_record_after_it_and_closes_when_all_of_it_came() -> None:
    tail = Tail(0)
    assert standings(tail, record(4)) == [Standing.HOLE_BEFORE]
    assert (tail.sequence, tail.dense, tail.holes) == (4, 0, ((1, 3),))
    assert standings(tail, record(2)) == [Standing.OUT_OF_ORDER]
    assert (tail.dense, tail.holes) == (0, ((1, 1), (3, 3)))
    standings(tail, record(1), record(3))
    assert (tail.dense, tail.holes) == (4, ())


def test_the_same_record_again_is_a_repeat_and_other_bytes_are_other_bytes() -> None:
    known = {3: Known(record(3).leaf, 0)}
    found = standings(Tail(5), record(3), record(3, b"w"), known=known)
    assert found == [Standing.REPEAT, Standing.OTHER_BYTES]


def test_a_repeat_within_one_batch_is_seen() -> None:
    assert standings(Tail(-1), record(0), record(0), record(0, b"w")) == [
        Standing.FIRST,
        Standing.REPEAT,
        Standing.OTHER_BYTES,
    ]


def test_a_record_without_a_sequence_is_foreign_and_moves_nothing() -> None:
    tail = Tail(5)
    assert standings(tail, record(None)) == [Standing.FOREIGN]
    assert tail.sequence == 5


def test_in_a_rewritten_log_what_the_ledger_holds_already_is_not_kept_twice() -> None:
    (stood,) = stand(Tail(5, generation=1), [record(3)], {3: Known(record(3).leaf, 0)}.get)
    assert stood.held


def test_a_sequence_outside_every_hole_fills_none() -> None:
    assert filled(((1, 3), (7, 7)), 5) == ((1, 3), (7, 7))
    assert filled(((1, 3), (7, 7)), 7) == ((1, 3),)


T0 = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_beat_counts_once_all_that_it_names_is_in_the_ledger() -> None:
    complete = Completeness({})
    place = ("t", 0)
    for seconds in range(3):
        complete.note(Beat("referrals", T0 + timedelta(seconds=seconds), {place: seconds}))
    assert complete.settle({}) == {}
    assert complete.settle({place: 1}) == {"referrals": T0 + timedelta(seconds=1)}
    assert complete.settle({place: 1}) == {}
    assert complete.settle({place: 9}) == {"referrals": T0 + timedelta(seconds=2)}


def test_a_beat_says_nothing_of_topics_that_the_ledger_does_not_keep() -> None:
    sent = Sent(T0, {("accord.receipts.sheriff", 0): 7, ("accord.referrals.events", 2): 3})
    record = SimpleNamespace(topic="accord.referrals.beats", value=sent.value(), offset=1)
    beat = read_beat(record)  # type: ignore[arg-type]
    assert beat == Beat("referrals", T0, {("accord.referrals.events", 2): 3})
    assert read_beat(SimpleNamespace(topic="accord.referrals.beats", value=b"[]", offset=1)) is None  # type: ignore[arg-type]


def test_an_older_beat_read_again_moves_nothing_back() -> None:
    complete = Completeness({"referrals": T0})
    complete.note(Beat("referrals", T0 - timedelta(seconds=1), {}))
    assert complete.settle({}) == {}
    assert complete.until == {"referrals": T0}
