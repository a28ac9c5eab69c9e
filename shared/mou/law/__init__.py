"""The law's own facts as data, for the checks: counties, court holidays, what no document may exceed. Read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from shared.events.names import SealedClass
from shared.mou.reading import read
from shared.mou.safety import SafetyFacts

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class County:
    """A county: its code, its name, its seat and its zone. `fips` is None for one that does not exist."""

    code: str
    name: str
    seat: str
    time_zone: str
    number: str | None = None
    fips: str | None = None

    @property
    def fictional(self) -> bool:
        """Whether it is one of the examples and tests."""
        return self.fips is None


@dataclass(frozen=True, slots=True)
class Locator:
    """What a shared database of the profile `locator` may hold, and on which basis."""

    classes: frozenset[SealedClass]
    basis: str


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which no court sits: the same date each year, or the nth such weekday of a month, or `plus`
    days after that."""

    name: str
    month: int
    day: int | None = None
    nth: int | Literal["last"] | None = None
    weekday: str = "mon"
    plus: int = 0

    def on(self, year: int) -> date:
        """Its date in this year, wherever in the week that is."""
        if self.nth is None:
            return date(year, self.month, self.day or 1)
        first = date(year, self.month, 1)
        days = [day for n in range(31) if (day := first + timedelta(n)).month == self.month]
        such = [day for day in days if WEEKDAYS[day.weekday()] == self.weekday]
        return such[-1 if self.nth == "last" else self.nth - 1] + timedelta(self.plus)


@cache
def court_holidays() -> tuple[Holiday, ...]:
    """California's judicial holidays besides Saturdays and Sundays, in the order of the year."""
    return tuple(Holiday(**row) for row in _table("court_holidays.yaml")["holidays"])


@cache
def counties() -> dict[str, County]:
    """Every county that a document may name, by code: the 58, and the fictional ones."""
    table = _table("counties.yaml")
    return {row["code"]: County(**row) for row in (*table["counties"], *table["fictional"])}


@cache
def locator() -> Locator:
    """The limits of the profile `locator`."""
    limits = _table("limits.yaml")["locator"]
    return Locator(frozenset(map(SealedClass, limits["classes"])), limits["basis"])


@cache
def never_in_a_device_agreement() -> frozenset[str]:
    """Words that ask for a search or for tracking."""
    return frozenset(_table("limits.yaml")["device_agreement"]["never"])


@cache
def safety_facts() -> SafetyFacts:
    """What is taken whatever is amiss, where no document says it."""
    return SafetyFacts.model_validate(_table("limits.yaml")["safety_facts"])


def _table(name: str) -> dict[str, Any]:
    values, _ = read(files(__name__).joinpath(name).read_text("utf-8"))
    assert isinstance(values, dict), "a table of this package"
    return values
