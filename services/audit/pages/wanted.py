"""Which view of a case a page was asked for: as of which moment, by which axis, as known to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator

from services.audit.asking import cut_of
from services.audit.domain.entry import Axis, Cut
from shared.events.names import Agency
from shared.web.site.county import County
from shared.web.site.rendering import Pages
from shared.web.site.times import NotAMoment, read_span
from shared.web.site.words import N_

LONGEST = 40
KNOWING_HAS_ONE_TIME = N_(
    "An agency knows a thing from when it was recorded. Show the case by when it was recorded, or for all agencies."
)


def _given(text: str) -> str | None:
    return text or None


#: A form sends a field that was left empty, too.
Typed = Annotated[str, Query(max_length=LONGEST)]
Event = Annotated[UUID | None, BeforeValidator(_given)]
Who = Annotated[Agency | None, BeforeValidator(_given)]


@dataclass(frozen=True)
class Wanted:
    """One view. `typed` is the moment as it was typed; `wrong` says what is not right, by field."""

    typed: str = ""
    event: str = ""
    axis: Axis = Axis.RECORDED
    known_to: Agency | None = None
    until: datetime | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def past(self) -> bool:
        """Whether another moment than now was asked for."""
        return bool(self.typed or self.event)

    @property
    def cut(self) -> Cut:
        """The point. Raises Problem 422 for two points at once."""
        return cut_of(self.until, UUID(self.event) if self.event else None, self.axis)

    @property
    def view(self) -> tuple[tuple[str, str], ...]:
        """The parameters for whom and by which axis."""
        axis = (("axis", self.axis.value),) if self.axis is not Axis.RECORDED else ()
        return axis + ((("known_to", self.known_to.value),) if self.known_to else ())

    @property
    def all(self) -> tuple[tuple[str, str], ...]:
        """The parameters of the whole view."""
        point = (("as_of", self.typed),) if self.typed else ()
        return point + ((("as_of_event", self.event),) if self.event else ()) + self.view


def wanted(
    county: County,
    typed: str = "",
    event: UUID | None = None,
    axis: Axis = Axis.RECORDED,
    known_to: Agency | None = None,
    name: str = "as_of",
) -> Wanted:
    """The view that these parameters ask for. `name` is the field that the moment was typed into."""
    wrong: dict[str, str] = {}
    until = None
    try:
        # The moment's end: what a page shows as recorded at 2:15 PM is known at 2:15 PM.
        until = read_span(typed, county.zone)[1] if typed.strip() else None
    except NotAMoment as error:
        wrong[name] = str(error)
    if axis is Axis.HAPPENED and known_to:
        wrong["axis"] = KNOWING_HAS_ONE_TIME
    return Wanted(typed.strip(), str(event) if event else "", axis, known_to, until, wrong)


def county_of(request: Request) -> County:
    """The county whose clock the pages of the request go by."""
    pages: Pages = request.app.state.pages
    return pages.county


def _asked(
    request: Request,
    as_of: Typed = "",
    as_of_event: Event = None,
    axis: Axis = Axis.RECORDED,
    known_to: Who = None,
) -> Wanted:
    return wanted(county_of(request), as_of, as_of_event, axis, known_to)


#: For handlers: the view that the address asks for.
AskedOfPage = Annotated[Wanted, Depends(_asked)]


def address(path: str, *pairs: tuple[str, str]) -> str:
    """The path with these parameters."""
    return f"{path}?{urlencode(pairs)}" if pairs else path
