"""Every due time of due_times.yaml, worked out by hand."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from shared.mou.duties.calendars import Calendar
from shared.mou.duties.clocks import alarm_at, due_at
from shared.mou.duties.rules import Within

ROWS = yaml.safe_load((Path(__file__).parent / "due_times.yaml").read_text("utf-8"))
WORDS = {"start", "within", "due", "utc", "alarm", "why"}
HERE = ZoneInfo("America/Los_Angeles")
CALENDAR = Calendar(HERE, frozenset({datetime(2026, 4, 15).date()}))


def moment(text):
    return datetime.fromisoformat(text)


def named(row):
    return f"{row['start']} {row['within']}"


def test_at_least_sixty_were_worked_out_each_with_its_reasoning_and_no_two_are_the_same():
    assert len(ROWS) >= 60
    assert len({named(row) for row in ROWS}) == len(ROWS)
    assert all(row["why"].endswith(".") and set(row) <= WORDS for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=named)
class TestTheTableOfDueTimes:
    def test_its_times_are_written_as_the_county_s_clocks_show_them(self, row):
        for text in (row["start"], row["due"]):
            local = moment(text)
            assert local.astimezone(HERE).utcoffset() == local.utcoffset()
        assert moment(row["due"]) == moment(row["utc"])

    def test_it_is_due_when_the_table_says(self, row):
        due = due_at(Within.model_validate(row["within"]), moment(row["start"]), (), CALENDAR)
        assert due == moment(row["utc"])
        assert due.tzinfo is UTC

    def test_it_is_due_then_whatever_zone_the_start_is_written_in(self, row):
        start = moment(row["start"])
        for zone in (UTC, HERE):
            due = due_at(Within.model_validate(row["within"]), start.astimezone(zone), (), CALENDAR)
            assert due == moment(row["utc"])

    def test_somebody_is_reminded_when_the_table_says(self, row):
        alarm = alarm_at(Within.model_validate(row["within"]), moment(row["start"]), ())
        assert alarm == (moment(row["alarm"]) if "alarm" in row else None)
