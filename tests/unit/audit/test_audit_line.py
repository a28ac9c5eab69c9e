"""A case's fold kept along its length: the same as folding anew, up to every event, however it grew."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.answers import case_view
from services.audit.domain.entry import Cut, in_order, up_to
from services.audit.domain.fold import fold
from services.audit.domain.line import Line
from services.audit.state_text import state_text
from services.audit.told import Told
from tests.unit.audit.made import MONDAY, Case, Entry, Log
from tests.unit.audit.test_audit_replay import mixed, take_one_back


def line_of(case: str, entries: list[Entry]) -> Line:
    line = Line(case)
    for entry in entries:
        line.add(entry)
    return line


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_case_after_every_event_is_that_of_folding_anew(seed: int) -> None:
    case = mixed(seed)
    entries = in_order(case.log.entries())
    line = line_of(case.case, entries)
    for count in range(len(entries) + 1):
        assert line.state(count) == fold(case.case, entries[:count])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_written_out_it_is_the_same_answer(seed: int, share: float) -> None:
    case = mixed(seed)
    entries = in_order(case.log.entries())
    line = line_of(case.case, entries)
    count = int(len(entries) * share)
    for _ in range(2):  # the second time from what was written before
        expected = case_view(fold(case.case, entries[:count])).model_dump_json()
        assert json.loads(state_text(line, count)) == json.loads(expected)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_with_an_event_that_takes_back_an_earlier_one_too(seed: int) -> None:
    case = mixed(seed)
    take_one_back(case, random.Random(seed))
    case.refer()
    entries = in_order(case.log.entries())
    line = line_of(case.case, entries)
    for count in range(len(entries) + 1):
        assert line.state(count) == fold(case.case, entries[:count])


@given(st.integers(0, 10_000), st.floats(-0.1, 1.1))
def test_a_cut_counts_the_same_events(seed: int, share: float) -> None:
    case = mixed(seed)
    entries = in_order(case.log.entries())
    line = line_of(case.case, entries)
    at = Cut(as_of=MONDAY + (case.log.now - MONDAY) * share)
    assert line.count(at, len(entries)) == len(up_to(entries, at))
    one = Cut(as_of_event=random.Random(seed).choice(entries).event.envelope.id)
    assert line.count(one, len(entries)) == len(up_to(entries, one))
    with pytest.raises(LookupError):
        line.count(Cut(as_of_event=case.case), len(entries))


def test_what_came_after_the_question_is_not_in_its_answer() -> None:
    entries = in_order(mixed(4).log.entries())
    line = line_of("c", entries)
    asked = len(entries) - 3
    assert line.count(Cut(), asked) == asked
    assert line.count(Cut(as_of=MONDAY + timedelta(days=9)), asked) == asked
    with pytest.raises(LookupError):
        line.count(Cut(as_of_event=entries[-1].event.envelope.id), asked)


class TestGrowing:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 10_000), st.lists(st.integers(0, 200), max_size=5))
    def test_however_the_rows_came_the_line_is_the_same_digest_for_digest(
        self, seed: int, splits: list[int]
    ) -> None:
        case = mixed(seed)
        entries = case.log.entries()
        whole = line_of(case.case, in_order(entries))
        shuffled = random.Random(seed).sample(entries, len(entries))
        told = Told(case.case, Line(case.case))
        bounds = [0, *sorted(min(s, len(entries)) for s in splits), len(entries)]
        for start, end in pairwise(bounds):
            told.take([((e.topic, e.partition, 0, e.offset), e) for e in shuffled[start:end]])
        assert told.line.digest == whole.digest
        assert told.line.entries == whole.entries
        assert told.line.state(len(entries)) == whole.state(len(entries))

    def test_an_answer_that_was_given_does_not_change_when_the_line_grows(self) -> None:
        case = Case(Log()).open()
        referral = case.refer()
        line = line_of(case.case, in_order(case.log.entries()))
        count, before = len(line.entries), line.state(len(line.entries))
        shown = state_text(line, count)
        case.accept(referral)
        case.join("probation")
        case.told(f"requested {referral}", "advocacy/advocate", acknowledge=True)
        for entry in in_order(case.log.entries())[count:]:
            line.add(entry)
        assert line.state(count) == before == fold(case.case, line.entries[:count])
        assert state_text(line, count) == shown

    def test_another_order_has_another_digest(self) -> None:
        case = Case(Log()).open()
        entries = in_order(case.log.entries())
        assert line_of(case.case, entries).digest != line_of(case.case, entries[:-1]).digest
        assert line_of(case.case, entries).digest != line_of(case.case, entries[::-1]).digest

    def test_a_record_that_cannot_be_read_is_counted_and_told_of(self) -> None:
        told = Told("c", Line("c"))
        told.take([(("t", 0, 0, 1), None)])
        assert (told.unreadable, told.line.entries) == (1, [])


def is_dense(entries: list[Entry]) -> bool:
    told = Told("", Line(""))
    told.take([((e.topic, e.partition, 0, e.offset), e) for e in entries])
    return told.dense


class TestDense:
    def test_a_case_without_holes_needs_no_further_look(self) -> None:
        case = mixed(3)
        assert is_dense(case.log.entries())

    @pytest.mark.parametrize("seed", range(5))
    def test_any_event_that_is_missing_before_the_last_of_its_stream_is_noticed(self, seed: int) -> None:
        case = mixed(seed)
        case.join("probation")
        entries = case.log.entries()
        for left_out in entries[:-1]:
            stream = left_out.event.envelope.stream
            later = [
                e
                for e in entries
                if e.event.envelope.stream == stream and e.event.version > left_out.event.version
            ]
            rest = [e for e in entries if e is not left_out]
            assert is_dense(rest) == (not later and stream != case.concern)


def test_a_moment_later_than_all_and_earlier_than_all() -> None:
    case = Case(Log()).open()
    line = line_of(case.case, in_order(case.log.entries()))
    count = len(line.entries)
    assert line.count(Cut(as_of=MONDAY - timedelta(days=1)), count) == 0
    assert line.count(Cut(as_of=MONDAY + timedelta(days=1)), count) == count
    assert line.count(Cut(), count) == count
    assert line.state(0) == fold(case.case, [])
