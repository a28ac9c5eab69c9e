"""I9: when a first answer is due, across a daylight-saving change, a weekend and a holiday, worked out by hand.

The county's clock of clause 4.4 is elapsed time: it stops for nothing, and an hour that the clocks skip or repeat
is none of it. The times are those that a clock in the county shows.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.referrals.domain import referrals
from services.referrals.domain.parts import Matter
from shared.mou.terms import effective_at
from tests.mou.alder import MOU
from tests.unit.referrals.made import REQUEST, SCREENER, Log, a_concern, at

BY_HAND = (
    # asked, urgency, due
    ("Mon 2026-03-02T10:00:00-08:00", "hours", "Mon 2026-03-02T12:00:00-08:00"),
    ("Mon 2026-03-02T23:30:00-08:00", "hours", "Tue 2026-03-03T01:30:00-08:00"),
    # Clocks go from 02:00 to 03:00 on Sunday 8 March.
    ("Sun 2026-03-08T01:15:00-08:00", "hours", "Sun 2026-03-08T04:15:00-07:00"),
    ("Sat 2026-03-07T10:00:00-08:00", "day", "Sun 2026-03-08T11:00:00-07:00"),
    ("Fri 2026-03-06T17:00:00-08:00", "days", "Mon 2026-03-09T18:00:00-07:00"),
    # Clocks go from 02:00 back to 01:00 on Sunday 1 November: 01:30 is there twice.
    ("Sun 2026-11-01T00:30:00-07:00", "hours", "Sun 2026-11-01T01:30:00-08:00"),
    ("Sun 2026-11-01T01:30:00-07:00", "hours", "Sun 2026-11-01T02:30:00-08:00"),
    ("Sat 2026-10-31T10:00:00-07:00", "day", "Sun 2026-11-01T09:00:00-08:00"),
    # A weekend, and Thanksgiving (Thursday 26 November 2026), count as any day.
    ("Fri 2026-02-06T16:45:00-08:00", "day", "Sat 2026-02-07T16:45:00-08:00"),
    ("Wed 2026-11-25T15:00:00-08:00", "day", "Thu 2026-11-26T15:00:00-08:00"),
    ("Wed 2026-11-25T15:00:00-08:00", "days", "Sat 2026-11-28T15:00:00-08:00"),
    ("Wed 2026-12-23T09:00:00-08:00", "routine", "Sat 2027-01-02T09:00:00-08:00"),
)


def moment(told: str) -> datetime:
    """The moment, whose day of the week must be the one that is told."""
    day, _, text = told.partition(" ")
    found = datetime.fromisoformat(text)
    assert f"{found:%a}" == day
    return found


@pytest.mark.parametrize(("asked", "urgency", "due"), BY_HAND)
def test_a_first_answer_is_due_when_it_is_by_hand(asked: str, urgency: str, due: str) -> None:
    log = Log()
    a_concern("attached", log)
    body = REQUEST.model_copy(update={"urgency": urgency})
    facts = referrals.request(log.one(Matter), body, at(SCREENER, now=moment(asked)))
    assert [fact.data.respond_by for fact in facts if hasattr(fact.data, "respond_by")] == [moment(due)]


def test_a_memorandum_takes_effect_when_its_day_begins_in_the_county() -> None:
    for day, begins in (("2026-03-08", "-08:00"), ("2026-03-09", "-07:00"), ("2026-11-02", "-08:00")):
        effective = datetime.fromisoformat(day).date()
        mou = MOU.model_copy(update={"effective": effective})
        assert effective_at(mou) == datetime.fromisoformat(f"{day}T00:00:00{begins}")
        assert effective_at(mou).utcoffset() == timedelta(0)
