"""When a duty is due: from its rule, the time that its clock starts and the spans in which it stood still. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from shared.mou.duties.calendars import DAY, Calendar
from shared.mou.duties.rules import Within

#: From when until when a clock stood still; None while it still does.
Span = tuple[datetime, datetime | None]


def due_at(within: Within, start: datetime, held: Sequence[Span], calendar: Calendar) -> datetime | None:
    """The last moment that is on time; None while the clock stands still for who knows how long.

    `held` as `merged` gives it. A rule of `before` has no clock: what it waits for says when it is due.
    """
    start = start.astimezone(UTC)
    if within.hours is not None:
        return _run(start, within.hours, _running(start, held))
    if within.at_once is not None:
        return _run(start, within.at_once.outer_hours, _running(start, held))
    if within.court_hours is not None:
        sitting = _sitting(_running(start, held), calendar)
        return _run(start, within.court_hours, sitting)
    if within.court_days is not None:
        return _court_days(start, within.court_days, held, calendar)
    first = calendar.date_of(start)
    if within.days is not None:
        return _days(start, first + DAY * within.days, held, calendar)
    if within.months is not None:
        return _days(start, _months_after(first, within.months), held, calendar)
    return None


def alarm_at(within: Within, start: datetime, held: Sequence[Span]) -> datetime | None:
    """When somebody is reminded of what is to be done at once; None for every other clock."""
    if within.at_once is None:
        return None
    return _run(start.astimezone(UTC), within.at_once.alarm_hours, _running(start.astimezone(UTC), held))


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same spans in order, those that meet or overlap made one; empty ones left out."""
    whole: list[Span] = []
    for begin, end in sorted(spans, key=lambda span: span[0]):
        if end is not None and end <= begin:
            continue
        if whole and ((last := whole[-1][1]) is None or begin <= last):
            whole[-1] = (whole[-1][0], None if last is None or end is None else max(last, end))
        else:
            whole.append((begin, end))
    return tuple(whole)


def _running(start: datetime, held: Sequence[Span]) -> Iterator[Span]:
    """From when until when the clock ran; the last has no end, unless it stands still."""
    for begin, end in held:
        if begin > start:
            yield start, begin
        if end is None:
            return
        start = max(start, end)
    yield start, None


def _sitting(running: Iterable[Span], calendar: Calendar) -> Iterator[Span]:
    """The parts of these spans that lie on days on which the court sits. Without end if the last span has none."""
    for begin, end in running:
        day = calendar.date_of(begin)
        while end is None or begin < end:
            following = calendar.start_of(day + DAY)
            if calendar.sits(day):
                yield begin, following if end is None else min(end, following)
            begin, day = following, day + DAY


def _run(start: datetime, hours: int, running: Iterable[Span]) -> datetime | None:
    left = timedelta(hours=hours)
    for begin, end in running:
        if end is None or left <= end - begin:
            return begin + left
        left -= end - begin
    return None if left else start


def _days(start: datetime, last: date, held: Sequence[Span], calendar: Calendar) -> datetime | None:
    """The end of the last day, moved by as many days as pass between each hold and its release."""
    for begin, end in held:
        if begin > calendar.end_of(last):
            break
        if end is None:
            return None
        released = calendar.date_of(max(end, start))
        last += released - calendar.date_of(max(begin, start))
    return calendar.end_of(last)


def _court_days(start: datetime, count: int, held: Sequence[Span], calendar: Calendar) -> datetime | None:
    """As `_days`; a hold and a release on a day without court are of the next day with court."""
    last = calendar.after_court_days(calendar.date_of(start), count)
    for begin, end in held:
        if begin > calendar.end_of(last):
            break
        if end is None:
            return None
        first, released = (
            calendar.court_day_from(calendar.date_of(max(moment, start))) for moment in (begin, end)
        )
        last = calendar.after_court_days(last, calendar.court_days_between(first, released))
    return calendar.end_of(last)


def _months_after(day: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
