"""What the components of pages are given: facts that may be shown, in the reader's words already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

#: Recorded so much later than it happened, an entry says so.
LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """One event of a timeline.

    `anchor` is its id on the page; `who` says the role first, then the agency. `happened` is when it is said
    to have taken place, if that was said. `corrected` is the path of the event that took it back, `corrects` that
    of the one it takes back. `said` is a sentence of the record, which is English.
    """

    anchor: str
    title: str
    recorded: datetime
    who: str
    happened: datetime | None = None
    lines: tuple[str, ...] = ()
    clause: str = ""
    path: str = ""
    corrected: str = ""
    corrects: str = ""
    said: str = ""

    @property
    def late(self) -> bool:
        """Recorded later than it happened, by more than the reader expects."""
        return self.happened is not None and self.recorded - self.happened > LATE


def by_day(
    entries: Sequence[Entry], zone: ZoneInfo, *, happened: bool = False
) -> list[tuple[datetime, list[Entry]]]:
    """The entries in their order, in groups of one day of this zone; with each, a moment of that day.

    `happened`: by the day on which they are said to have happened.
    """

    def time(entry: Entry) -> datetime:
        return entry.happened if happened and entry.happened else entry.recorded

    groups = groupby(entries, lambda entry: time(entry).astimezone(zone).date())
    listed = [list(group) for _, group in groups]
    return [(time(group[0]), group) for group in listed]


@dataclass(frozen=True)
class Choice:
    """One value of a filter. `value` is a code, for it stands in the address; `count` is how many match it."""

    value: str
    label: str
    count: int
    chosen: bool = False


@dataclass(frozen=True)
class Facet:
    """One thing to filter by. `name` is its parameter in the address."""

    name: str
    legend: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Filter:
    """The filter of a list that stands at `path`: what is chosen, and how much of the list that leaves.

    `kept` are parameters of the address that no filter changes.
    """

    path: str
    facets: tuple[Facet, ...]
    shown: int
    all: int
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def chosen(self) -> list[tuple[Facet, Choice]]:
        """What is chosen, in the order of the facets."""
        return [(facet, choice) for facet in self.facets for choice in facet.choices if choice.chosen]

    def without(self, facet: Facet, choice: Choice) -> str:
        """The address of the list with this one choice taken back."""
        chosen = [(f.name, c.value) for f, c in self.chosen if (f, c) != (facet, choice)]
        kept = [*self.kept, *chosen]
        return f"{self.path}?{urlencode(kept)}" if kept else self.path


@dataclass(frozen=True)
class Fact:
    """A line of a summary. `text` may be a mark of what is withheld; `path` leads to its history."""

    label: str
    text: str
    path: str = ""
