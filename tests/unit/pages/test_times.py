"""Moments as people read them, over a change of clocks and in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.site import times

HERE = ZoneInfo("America/Los_Angeles")
#: In 2026 the clocks of the county go forward on March 8 at 2 AM, 10:00 UTC, and back on November 1 at 9:00 UTC.
SPRING, FALL = datetime(2026, 3, 8, 10, tzinfo=UTC), datetime(2026, 11, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def plain(text: str) -> str:
    """With ordinary blanks, whatever kind of blank the language's table has."""
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (SPRING - SECOND, "Sun, Mar 8, 2026, 1:59 AM PST"),
        (SPRING, "Sun, Mar 8, 2026, 3:00 AM PDT"),
        (FALL - SECOND, "Sun, Nov 1, 2026, 1:59 AM PDT"),
        (FALL, "Sun, Nov 1, 2026, 1:00 AM PST"),
    ],
)
def test_a_moment_has_its_weekday_and_its_zone(moment: datetime, text: str) -> None:
    assert plain(times.absolute(moment, HERE, "en")) == text


def test_a_moment_in_spanish() -> None:
    assert plain(times.absolute(SPRING, HERE, "es")) == "dom 8 mar 2026, 3:00 a.m. PDT"
    assert times.day(SPRING, HERE, "es") == "domingo, 8 de marzo de 2026"


@pytest.mark.parametrize(
    ("away", "english", "spanish"),
    [
        (timedelta(hours=2), "in 2 hours", "dentro de 2 horas"),
        (timedelta(days=-3), "3 days ago", "hace 3 días"),
        (timedelta(seconds=-20), "1 second ago", "hace 1 segundo"),
    ],
)
def test_how_far_away_it_is(away: timedelta, english: str, spanish: str) -> None:
    assert times.relative(SPRING + away, SPRING, "en") == english
    assert times.relative(SPRING + away, SPRING, "es") == spanish


def test_how_far_apart_two_are_has_no_direction() -> None:
    later = SPRING + timedelta(days=3)
    assert times.apart(SPRING, later, "en") == times.apart(later, SPRING, "en") == "3 days"


def test_a_field_holds_the_countys_clock() -> None:
    assert times.local(SPRING, HERE) == "2026-03-08 03:00:00"


@pytest.mark.parametrize(
    ("typed", "first", "length"),
    [
        ("2026-03-03", datetime(2026, 3, 3, 8, tzinfo=UTC), timedelta(days=1)),
        ("2026-03-08", datetime(2026, 3, 8, 8, tzinfo=UTC), timedelta(hours=23)),
        ("2026-11-01", datetime(2026, 11, 1, 7, tzinfo=UTC), timedelta(hours=25)),
        (" 2026-03-03 14:15 ", datetime(2026, 3, 3, 22, 15, tzinfo=UTC), timedelta(minutes=1)),
        ("2026-03-03T9:15", datetime(2026, 3, 3, 17, 15, tzinfo=UTC), timedelta(minutes=1)),
        ("2026-03-03 14:15:07", datetime(2026, 3, 3, 22, 15, 7, tzinfo=UTC), SECOND),
        ("2026-11-01 01:30 -08:00", datetime(2026, 11, 1, 9, 30, tzinfo=UTC), timedelta(minutes=1)),
        ("2026-11-01 01:30 -0700", datetime(2026, 11, 1, 8, 30, tzinfo=UTC), timedelta(minutes=1)),
        ("2026-03-03 14:15Z", datetime(2026, 3, 3, 14, 15, tzinfo=UTC), timedelta(minutes=1)),
    ],
)
def test_what_is_typed_names_a_day_a_minute_or_a_second(
    typed: str, first: datetime, length: timedelta
) -> None:
    assert times.read_span(typed, HERE) == (first, first + length - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("soon", "Write the date and time"),
        ("2026-03-03 14", "Write the date and time"),
        ("2026-3-3", "Write the date and time"),
        ("2026-02-30", "no such date"),
        ("2026-03-03 24:15", "no such date"),
        ("9999-12-31", "no such date"),
        ("2026-03-08 02:30", "clocks go forward"),
        ("2026-11-01 01:30", "clocks go back"),
    ],
)
def test_what_names_no_moment_says_what_to_do(typed: str, said: str) -> None:
    with pytest.raises(times.NotAMoment, match=said):
        times.read_span(typed, HERE)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-03-03 14:15", datetime(2026, 3, 3, 22, 15, tzinfo=UTC)),
        ("2026-07-03 14:15:30", datetime(2026, 7, 3, 21, 15, 30, tzinfo=UTC)),
        ("2026-11-01 01:30", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("2026-11-01 01:30 -08:00", datetime(2026, 11, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_time_that_comes_twice_is_the_first_where_one_moment_is_asked_for(
    typed: str, moment: datetime
) -> None:
    assert times.read_typed(typed, HERE) == moment


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Write the date and time"),
        ("2026-03-03", "Write the date and time"),
        ("3/3/2026 2:15 PM", "Write the date and time"),
        ("２０２６-03-03 14:15", "Write the date and time"),
        ("2026-03-08 02:30", "clocks go forward"),
        ("2026-02-30 10:00", "no such date"),
        ("0000-01-01 00:00", "no such date"),
        ("9999-12-31 23:59", "no such date"),
    ],
)
def test_a_day_alone_is_no_moment_and_what_is_none_is_never_quoted(typed: str, said: str) -> None:
    with pytest.raises(times.NotAMoment, match=said) as caught:
        times.read_typed(typed, HERE)
    assert not typed or typed not in str(caught.value).replace(str(times.LIKE), "")


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_is_read_as_it_is_shown(moment: datetime) -> None:
    shown = times.local(moment, HERE)
    assert times.local(times.read_typed(shown, HERE), HERE) == shown


def test_what_a_field_holds_is_read_back_as_the_second_that_it_shows() -> None:
    moment = datetime(2026, 3, 3, 22, 15, 7, 400_000, tzinfo=UTC)
    for one in (moment, FALL - SECOND, FALL, SPRING):
        first, last = times.read_span(times.exact(one, HERE), HERE)
        assert first <= one <= last
    assert times.exact(FALL, HERE) == "2026-11-01 01:00:00 -0800"
