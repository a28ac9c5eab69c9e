"""Days as a county and its court count them. Pure; the time-zone table is all that is read.

Moments are UTC. A day is a date in the county's zone; a day ends with its last microsecond, so that one
comparison serves every clock: what happens at or before the due time is on time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MONDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = 0, 3, 4, 5, 6
DAY = timedelta(days=1)
LAST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A holiday of the same date each year."""

    month: int
    day: int

    def on(self, year: int) -> date:
        """Its date in this year."""
        return date(year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class Nth:
    """A holiday of the nth such weekday of a month (-1: the last), or `plus` days after that."""

    month: int
    weekday: int
    nth: int
    plus: int = 0

    def on(self, year: int) -> date:
        """Its date in this year."""
        if self.nth > 0:
            first = date(year, self.month, 1)
            day = first + DAY * ((self.weekday - first.weekday()) % 7 + 7 * (self.nth - 1))
        else:
            last = date(year + self.month // 12, self.month % 12 + 1, 1) - DAY
            day = last - DAY * ((last.weekday() - self.weekday) % 7)
        return day + DAY * self.plus


#: California's judicial holidays besides Saturdays and Sundays: the full days of GC 6700 less those that CCP 135
#: takes out (Lunar New Year, Genocide Remembrance Day, Admission Day, Columbus Day; AB 855 of 2021 put the Native
#: American Day in). Compared with the list of a superior court for 2025 and 2026, which has no Diwali. To be
#: confirmed by counsel each year, as any default; `closures` of the document can add days, and none can be removed.
JUDICIAL_HOLIDAYS: dict[str, Fixed | Nth] = {
    "New Year's Day": Fixed(1, 1),
    "Dr. Martin Luther King, Jr. Day": Nth(1, MONDAY, 3),
    "Lincoln Day": Fixed(2, 12),
    "Presidents' Day": Nth(2, MONDAY, 3),
    "Cesar Chavez Day": Fixed(3, 31),
    "Memorial Day": Nth(5, MONDAY, -1),
    "Juneteenth": Fixed(6, 19),
    "Independence Day": Fixed(7, 4),
    "Labor Day": Nth(9, MONDAY, 1),
    "Native American Day": Nth(9, FRIDAY, 4),
    "Veterans Day": Fixed(11, 11),
    "Thanksgiving Day": Nth(11, THURSDAY, 4),
    "Day after Thanksgiving": Nth(11, THURSDAY, 4, plus=1),
    "Christmas Day": Fixed(12, 25),
}


def observed(day: date) -> date:
    """When courts keep a holiday of this date: a Saturday's on Friday, a Sunday's on Monday (CRC 1.11)."""
    return day + DAY * {SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0)


@lru_cache(maxsize=256)
def judicial_holidays(year: int) -> frozenset[date]:
    """The days of this year, other than weekends, on which no California court sits.

    New Year's Day of a year that begins on a Saturday is kept in the year before.
    """
    days = (observed(holiday.on(of)) for of in (year, year + 1) for holiday in JUDICIAL_HOLIDAYS.values())
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
