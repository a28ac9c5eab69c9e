"""How far it is, how quickly it goes, and how long it will take."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cli.progress import EVERY, WINDOW, Pace, Shown, lasting


def test_a_rate_needs_two_moments():
    pace = Pace(1_000, 0, now=5.0)
    assert (pace.per_second, pace.seconds_left) == (None, None)
    assert str(pace) == "0 of 1,000"


def test_what_is_left_is_told_at_the_rate_so_far():
    pace = Pace(1_000, 0, now=0.0)
    pace.at(250, now=5.0)
    assert (pace.per_second, pace.seconds_left) == (50.0, 15.0)
    assert str(pace) == "250 of 1,000, 50/s, 15 s left"


def test_what_an_earlier_run_had_done_does_not_make_this_one_look_quicker():
    pace = Pace(1_000, 900, now=0.0)
    pace.at(910, now=1.0)
    assert (pace.per_second, pace.seconds_left) == (10.0, 9.0)


def test_the_rate_is_that_of_the_last_seconds():
    pace = Pace(100_000, 0, now=0.0)
    for second in range(1, 101):
        pace.at(second * 100, now=float(second))
    for second in range(1, int(WINDOW) + 2):
        pace.at(10_000 + second * 10, now=100.0 + second)
    assert pace.per_second == pytest.approx(10.0)


def test_nothing_is_left_at_the_end_and_nobody_can_tell_while_it_stands_still():
    pace = Pace(10, 0, now=0.0)
    pace.at(0, now=1.0)
    assert pace.seconds_left is None
    pace.at(10, now=2.0)
    assert pace.seconds_left == 0.0
    assert str(pace) == "10 of 10, 5/s"


def test_more_than_was_thought_makes_the_total_grow():
    pace = Pace(10, 0, now=0.0)
    pace.at(12, now=1.0)
    assert pace.total == 12


@given(st.lists(st.tuples(st.integers(0, 10_000), st.floats(0.001, 100.0)), min_size=1, max_size=60))
def test_whatever_comes_the_rate_and_what_is_left_are_never_negative(steps: list[tuple[int, float]]):
    pace, done, now = Pace(1_000_000, 0, 0.0), 0, 0.0
    for more, seconds in steps:
        done, now = done + more, now + seconds
        pace.at(done, now)
        assert (pace.per_second or 0.0) >= 0.0
        assert (pace.seconds_left or 0.0) >= 0.0


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.2, "1 s"), (59.4, "59 s"), (59.7, "1 min 00 s"), (200, "3 min 20 s"), (7_500, "2 h 05 min")],
)
def test_a_time_is_told_as_people_say_it(seconds: float, told: str):
    assert lasting(seconds) == told


def test_where_nobody_looks_there_is_a_line_every_few_seconds_on_stderr(capsys, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    with Shown(now=lambda: clock[0]) as shown:
        shown.begin("Reading Kafka", total=100)
        for second in range(1, 11):
            clock[0] = float(second)
            shown.at(second * 10)
        shown.begin("Switching")
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "Reading Kafka: 0 of 100",
        f"Reading Kafka: {int(EVERY) * 10} of 100, 10/s, 5 s left",
        "Reading Kafka: 100 of 100, 10/s",
        "Switching",
    ]
