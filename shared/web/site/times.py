"""Moments as people read them: in the county's zone, with the weekday, and how long ago or until then."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta

from shared.web.site.cookie import Language

#: Babel's names: in Spanish as it is written in the United States.
LOCALES: dict[Language, str] = {"en": "en_US", "es": "es_US"}
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


def local(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-03-03 14:15:00`, in the county's zone: as people can change it in a field."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


#: As people type it: `2026-03-03 14:15`, with seconds or without.
_TYPED = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?")


def read_local(text: str, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, that a person typed as local time of the county; of an hour that comes twice the first.

    Raises ValueError, quoting nothing, for another form and for a time that the clocks of the zone leave out.
    """
    if not _TYPED.fullmatch(text):
        raise ValueError("not a local time")
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("no such time") from None
    if moment.astimezone(zone).replace(tzinfo=None) != datetime.fromisoformat(text):
        raise ValueError("left out by the clocks")
    return moment
