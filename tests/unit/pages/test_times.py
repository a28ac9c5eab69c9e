"""Moments as people read them, over a change of clocks and in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

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
