"""Moments as people read them: in the county's zone, with the weekday, and how long ago or until then."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta

from shared.web.site.cookie import Language
from shared.web.site.words import N_

#: Babel's names: in Spanish as it is written in the United States.
LOCALES: dict[Language, str] = {"en": "en_US", "es": "es_US"}
#: What a person types: a day, and if they want a minute or a second of it; an offset where the clock is not enough.
_SPAN = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[ T]+(\d{1,2}:\d{2})(:\d{2})?)?(?: *(Z|[+-]\d{2}:?\d{2}))?", re.ASCII
)
_SHORTEST = timedelta(microseconds=1)
_WITH_WEEKDAY = {"en": "EEE, MMM d, y, h:mm a z", "es": "EEE d MMM y, h:mm a z"}


def absolute(moment: datetime, zone: ZoneInfo, language: Language) -> str:
    """`Tue, Mar 3, 2026, 2:15 PM PST`."""
    return format_datetime(moment, _WITH_WEEKDAY[language], tzinfo=zone, locale=LOCALES[language])


def day(moment: datetime, zone: ZoneInfo, language: Language) -> str:
    """`Tuesday, March 3, 2026`, in the county's zone."""
    return format_date(moment.astimezone(zone).date(), "full", locale=LOCALES[language])


def relative(moment: datetime, now: datetime, language: Language) -> str:
    """`2 hours ago`, `in 3 days`; rounded to one unit."""
    between = moment - now
    if abs(between) < timedelta(seconds=45):
        between = timedelta(seconds=-1) if between <= timedelta() else timedelta(seconds=1)
    return format_timedelta(between, add_direction=True, threshold=1.2, locale=LOCALES[language])


def apart(first: datetime, second: datetime, language: Language) -> str:
    """`3 days`: how long from one moment to the other, rounded to one unit."""
    return format_timedelta(abs(second - first), threshold=1.2, locale=LOCALES[language])


class NotAMoment(ValueError):
    """What was typed is no moment of the county's clock. The message is one of the catalogues: what to do."""


class ComesTwice(NotAMoment):
    """The clocks show this time twice on that day; `first` is when they do so first, in UTC."""

    def __init__(self, first: datetime) -> None:
        super().__init__(N_("The clocks go back then, so this time comes twice. Add -07:00 or -08:00 to it."))
        self.first = first


LIKE = N_("Write the date and time like 2026-03-03 14:15.")


def read_span(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and last moment of the day, minute or second that was typed: `2026-03-03`, `2026-03-03 14:15`.

    Raises NotAMoment, also for a time that a change of clocks skips, or that comes twice and has no offset.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise NotAMoment(LIKE)
    date, minute, second, offset = found.groups()
    try:
        first = datetime.fromisoformat(f"{date} {(minute or '0:00').zfill(5)}{second or ':00'}")
        if minute is None and offset is None:
            following = _clock(first + timedelta(days=1), zone, None)
            return _clock(first, zone, None), following - _SHORTEST
        moment = _clock(first, zone, offset, once=True)
        length = timedelta(days=1) if minute is None else timedelta(seconds=1 if second else 60)
        return moment, moment + length - _SHORTEST
    except (ValueError, OverflowError) as error:
        if isinstance(error, NotAMoment):
            raise
        raise NotAMoment(N_("There is no such date or time.")) from None


def read_until(text: str, zone: ZoneInfo) -> datetime:
    """The moment at which something is over: the minute or second that was typed, or the end of the day.

    Raises NotAMoment, as `read_span`.
    """
    first, last = read_span(text, zone)
    is_a_day = last - first >= timedelta(hours=1)
    return last + _SHORTEST if is_a_day else first


def _clock(naive: datetime, zone: ZoneInfo, offset: str | None, *, once: bool = False) -> datetime:
    """The moment in UTC at which this clock shows `naive`; with `once`, only if it does so exactly once."""
    if offset is not None:
        return datetime.fromisoformat(naive.isoformat() + offset).astimezone(UTC)
    early, late = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if once and early > late:
        raise NotAMoment(N_("The clocks go forward then: there is no such time on that day."))
    if once and early < late:
        raise ComesTwice(early)
    return early


def exact(moment: datetime, zone: ZoneInfo) -> str:
    """As `local`, and with its offset where that time comes twice: `read_span` finds the same second again."""
    text = local(moment, zone)
    try:
        read_span(text, zone)
    except NotAMoment:
        return f"{text} {moment.astimezone(zone):%z}"
    return text


def local(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-03-03 14:15:00`, in the county's zone: as people can change it in a field."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def read_typed(text: str, zone: ZoneInfo) -> datetime:
    """The minute or second that was typed, in UTC; of an hour that comes twice without an offset the first.

    Raises NotAMoment, as `read_span`, and for a day without a time.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None or found.group(2) is None:
        raise NotAMoment(LIKE)
    try:
        return read_span(text, zone)[0]
    except ComesTwice as twice:
        return twice.first
