"""A duty that is written wrongly is not read; and California's court holidays are those that courts publish."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from shared.events import TYPES, read
from shared.events.examples import EXAMPLES
from shared.mou.duties.calendars import judicial_holidays
from shared.mou.duties.happenings import CORRECTIONS, Happening
from shared.mou.duties.rules import CountyAct, DutyRule, Pattern, Within
from shared.mou.law import court_holidays

GOOD: dict[str, Any] = {
    "id": "d4-cross-report",
    "row": "D4",
    "clause": "9.1",
    "says": "Human services tells law enforcement within 24 hours.",
    "source": "PC 11166(j)",
    "opens": [{"event": "accord.concern.reported.v1"}],
    "closes": [{"act": "cross-reported", "where": {"to": ["law-enforcement"]}}],
    "owed_by": {"agency": "lead", "role": "social-worker"},
    "within": {"hours": 24},
}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name not in names}


def test_a_good_one_is_read_and_written_back_as_it_was() -> None:
    rule = DutyRule.model_validate(GOOD)
    assert DutyRule.model_validate(rule.model_dump(mode="json", exclude_none=True)) == rule


@pytest.mark.parametrize(
    "wrong",
    [
        GOOD | {"within": {"hours": 24, "days": 1}},
        GOOD | {"within": {}},
        GOOD | {"within": {"hours": 0}},
        GOOD | {"within": {"at_once": {"alarm_hours": 5, "outer_hours": 4}}},
        GOOD | {"within": {"weeks": 1}},
        GOOD | {"mode": "recorded"},
        GOOD | {"mode": "off"},
        GOOD | {"why_off": "Another system does it."},
        GOOD | {"opens": [{}]},
        GOOD | {"opens": [{"event": "accord.concern.reported.v1", "act": "cross-reported"}]},
        GOOD | {"opens": [{"event": "concern.reported"}]},
        GOOD | {"opens": [{"act": "cross-reported", "where": {"to": []}}]},
        GOOD | {"opens": [{"act": "cross-reported", "where": {"to or 1": ["x"]}}]},
        GOOD | {"opens": [{"act": "cross-reported", "at": "a.b.c.d.e"}]},
        GOOD | {"closes": []},
        GOOD | {"per": "youth"},
        GOOD | {"escalate": [{"after_hours": -1, "queue": "human-services/supervisor"}]},
        GOOD | {"escalate": [{"after_hours": 1, "queue": "supervisor"}]},
        GOOD | {"says": ""},
        GOOD | {"if": "true"},
        without("opens"),
        without("owed_by"),
        without("within"),
        without("source"),
        without("clause"),
    ],
)
def test_what_is_written_wrongly_is_not_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DutyRule.model_validate(wrong)


def test_one_that_is_off_says_why_and_needs_no_more() -> None:
    off = without("opens", "closes", "owed_by", "within") | {"mode": "off", "why_off": "The court keeps it."}
    assert DutyRule.model_validate(off).mode == "off"


def test_one_that_is_only_recorded_has_no_time() -> None:
    assert DutyRule.model_validate(without("within") | {"mode": "recorded"}).within is None


def test_rules_and_acts_cannot_be_changed() -> None:
    for model, values in (
        (DutyRule, GOOD),
        (Pattern, {"act": "told"}),
        (Within, {"days": 1}),
        (CountyAct, {"code": "told", "clause": "9.1", "label": "Told somebody"}),
    ):
        with pytest.raises(ValidationError):
            model.model_validate(values).__setattr__(next(iter(values)), "other")


#: As a superior court publishes them.
PUBLISHED = {
    2025: "0101 0120 0212 0217 0331 0526 0619 0704 0901 0926 1111 1127 1128 1225",
    2026: "0101 0119 0212 0216 0331 0525 0619 0703 0907 0925 1111 1126 1127 1225",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_court_holidays_of_a_year_are_those_that_a_court_publishes(year: int) -> None:
    assert judicial_holidays(year) == {
        date(year, int(day[:2]), int(day[2:])) for day in PUBLISHED[year].split()
    }


@pytest.mark.parametrize("year", range(2023, 2100))
def test_no_court_holiday_is_on_a_weekend_and_none_is_lost_in_any_year(year: int) -> None:
    kept = judicial_holidays(year)
    assert all(day.weekday() < 5 for day in kept)
    moved_here = date(year + 1, 1, 1).weekday() == 5
    moved_away = date(year, 1, 1).weekday() == 5
    assert len(kept) == len(court_holidays()) + moved_here - moved_away


def test_every_type_that_takes_something_back_is_known_to_the_engine() -> None:
    taking_back = {name for name in TYPES if name.endswith((".undone.v1", ".entered-in-error.v1"))}
    assert taking_back <= set(CORRECTIONS)


def test_an_envelope_is_read_as_it_stands() -> None:
    envelope = read(EXAMPLES["accord.referral.accepted.v1"].value()).envelope
    happening = Happening.of(envelope)
    assert happening.id == envelope.id
    assert happening.order == (envelope.recordedtime, envelope.id)
    assert happening.tokens == ("accord.referral.accepted.v1",)
    assert happening.data["referral"] == envelope.data["referral"]
