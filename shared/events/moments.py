"""One timestamp format: UTC, six fractional digits, `Z`. Fixed width, so it sorts as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, PlainSerializer, WithJsonSchema

PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"


def write_moment(moment: datetime) -> str:
    """`moment` in the one format. Raises ValueError if it has no time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    # Not strftime: it writes years before 1000 with fewer digits.
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read_moment(text: str) -> datetime:
    """The moment written as `text` (ISO 8601 with an offset). Raises ValueError if it is not one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)


#: A field of an event that holds a moment: written in the one format, read from any ISO 8601 with an offset.
Moment = Annotated[
    AwareDatetime,
    PlainSerializer(write_moment, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
