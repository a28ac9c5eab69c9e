"""Days as a county and its court count them. Pure; the tables of time zones and holidays are all that is read.

Moments are UTC. A day is a date in the county's zone; a day ends with its last microsecond, so that one
comparison serves every clock: what happens at or before the due time is on time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.mou.law import court_holidays

SATURDAY = 5
DAY = timedelta(days=1)
LAST = timedelta(microseconds=1)


def observed(day: date) -> date:
    """When courts keep a holiday of this date: a Saturday's on Friday, a Sunday's on Monday (`court_holidays`)."""
    return day + DAY * {SATURDAY: -1, SATURDAY + 1: 1}.get(day.weekday(), 0)


@lru_cache(maxsize=256)
def judicial_holidays(year: int) -> frozenset[date]:
    """The days of this year, other than weekends, on which no California court sits.

    New Year's Day of a year that begins on a Saturday is kept in the year before.
    """
    days = (observed(holiday.on(of)) for of in (year, year + 1) for holiday in court_holidays())
    return frozenset(day for day in days if day.year == year)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A county's days: its zone, and the days on which its court is closed besides the judicial holidays."""

    zone: ZoneInfo
    closures: frozenset[date] = frozenset()

    def date_of(self, moment: datetime) -> date:
        """The county's date at that moment."""
        return moment.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The first moment of the day."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """The last moment of the day, a microsecond before the next one begins."""
        return self.start_of(day + DAY) - LAST

    def sits(self, day: date) -> bool:
        """Whether the court sits: no weekend, no judicial holiday, no closure of the county's own."""
        return (
            day.weekday() < SATURDAY and day not in judicial_holidays(day.year) and day not in self.closures
        )

    def after_court_days(self, day: date, count: int) -> date:
        """The last of so many court days that follow `day`, which itself does not count."""
        while count:
            day += DAY
            count -= self.sits(day)
        return day

    def court_day_from(self, day: date) -> date:
        """That day if the court sits on it, or the next one on which it does."""
        while not self.sits(day):
            day += DAY
        return day

    def court_days_between(self, first: date, last: date) -> int:
        """How many court days there are after `first`, up to and with `last`."""
        return sum(self.sits(first + DAY * n) for n in range(1, (last - first).days + 1))
