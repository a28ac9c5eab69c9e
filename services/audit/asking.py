"""How a question is put over HTTP: at which point of which axis, and as known to whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

from services.audit.domain.entry import Axis, Cut
from shared.events.names import Agency
from shared.web.problems import Problem

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T.*", re.ASCII)
_OFFSET = re.compile(r".*T.*([Zz]|[+-]\d{2}(:?\d{2}(:?\d{2})?)?)", re.ASCII)


def _written_out(text: Any) -> Any:
    """ISO 8601 with its offset: a bare number would be read as seconds since 1970, and a time without an offset is
    two moments, or none, where the clocks change."""
    if isinstance(text, str) and not _ISO.fullmatch(text):
        raise PydanticCustomError("moment", "must be a date and time such as 2026-03-03T14:15:00-08:00")
    if isinstance(text, str) and not _OFFSET.fullmatch(text):
        raise PydanticCustomError(
            "moment",
            "needs its offset from UTC, such as -08:00 or Z: where clocks are set forward or back, a local time"
            " alone names no moment, or two",
        )
    return text


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
AsOf = Annotated[
    Moment | None,
    Query(description="A moment with its offset from UTC (encode + as %2B); inclusive. Without it: all."),
]
AsOfEvent = Annotated[UUID | None, Query(description="An event of this case; inclusive. Instead of as_of.")]
ByAxis = Annotated[
    Axis, Query(description="By when it was recorded, or by when it is said to have happened.")
]
KnownTo = Annotated[
    Agency | None,
    Query(
        description="Only what this agency could have known then: what it stated, and all that the MOU in force at"
        " each moment let it see. Not with axis=happened. 404 if it could not have known of the case."
    ),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """One view of a case, as it is asked for."""

    cut: Cut
    known_to: Agency | None


def _asked(
    as_of: AsOf = None, as_of_event: AsOfEvent = None, axis: ByAxis = Axis.RECORDED, known_to: KnownTo = None
) -> Asked:
    require_recorded(axis, known_to)
    return Asked(cut_of(as_of, as_of_event, axis), known_to)


AskedView = Annotated[Asked, Depends(_asked)]


def cut_of(as_of: datetime | None, as_of_event: UUID | None, axis: Axis, prefix: str = "") -> Cut:
    """The point asked for. Raises Problem 422 for two points at once."""
    if as_of is not None and as_of_event is not None:
        detail = f"cannot stand beside {prefix}as_of: give one of the two"
        raise Problem("invalid-field", errors=[{"parameter": f"{prefix}as_of_event", "detail": detail}])
    return Cut(axis, in_utc(as_of) if as_of else None, str(as_of_event) if as_of_event else None)


def require_recorded(axis: Axis, *agencies: Agency | None) -> None:
    """Raises Problem 422 for `known_to` by when things happened: knowing has one time only."""
    if axis is Axis.HAPPENED and any(agencies):
        detail = "cannot be happened with known_to: an agency knows a thing from when it was recorded"
        raise Problem("invalid-field", errors=[{"parameter": "axis", "detail": detail}])


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC, within the years that PostgreSQL and Python both hold."""
    try:
        return max(moment.astimezone(UTC), EARLIEST)
    except OverflowError:  # an offset that leads out of the years 1 to 9999
        return EARLIEST if moment.year < 2 else LATEST
