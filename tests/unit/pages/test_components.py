"""What components are given: days of the county, what is late, and filters that can be taken back one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.web.health import Check
from shared.web.site.components import LATE, Choice, Entry, Facet, Filter, by_day
from shared.web.site.everywhere import state_of

HERE = ZoneInfo("America/Los_Angeles")
MIDNIGHT = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)


def entry(recorded: datetime, happened: datetime | None = None) -> Entry:
    return Entry("a", "Referral requested", recorded, "Nurse, Medical hub", happened)


def test_a_day_ends_at_the_countys_midnight() -> None:
    second = timedelta(seconds=1)
    before, at, after = entry(MIDNIGHT - second), entry(MIDNIGHT), entry(MIDNIGHT + second)
    assert by_day([before, at, after], HERE) == [
        (before.recorded, [before]),
        (at.recorded, [at, after]),
    ]
    assert by_day([], HERE) == []


def test_an_entry_is_late_once_it_was_recorded_more_than_an_hour_after() -> None:
    assert not entry(MIDNIGHT).late
    assert not entry(MIDNIGHT, MIDNIGHT - LATE).late
    assert entry(MIDNIGHT, MIDNIGHT - LATE - timedelta(seconds=1)).late


def test_each_choice_is_taken_back_by_itself_and_the_last_leaves_the_plain_list() -> None:
    one, two = Choice("probation", "Probation", 3, True), Choice("advocacy", "Advocacy", 2, True)
    agency, kind = (
        Facet("agency", "Agency", (one, two)),
        Facet("kind", "Kind", (Choice("a&b", "A", 1, True),)),
    )
    given = Filter("/timeline/x", (agency, kind), 1, 9)
    assert given.without(agency, one) == "/timeline/x?agency=advocacy&kind=a%26b"
    assert Filter("/timeline/x", (Facet("agency", "Agency", (one,)),), 1, 9).without(
        Facet("agency", "Agency", (one,)), one
    ) == "/timeline/x"  # fmt: skip


def test_what_no_filter_changes_stays_in_the_address() -> None:
    one = Choice("probation", "Probation", 3, True)
    facet = Facet("agency", "Agency", (one,))
    given = Filter("/timeline/x", (facet,), 1, 9, (("as_of", "2026-03-03"),))
    assert given.without(facet, one) == "/timeline/x?as_of=2026-03-03"


def test_by_what_happened_the_days_are_those_on_which_it_happened() -> None:
    late = entry(MIDNIGHT + timedelta(days=3), MIDNIGHT)
    assert by_day([late], HERE, happened=True) == [(MIDNIGHT, [late])]
    assert by_day([late], HERE) == [(late.recorded, [late])]


def test_people_are_told_that_it_works_is_late_or_is_down() -> None:
    assert state_of([Check("database", "ok")]) == "works"
    assert state_of([Check("lag", "warn")]) == "slow"
    assert state_of([Check("relay", "fail", process="relay")]) == "slow"
    assert state_of([Check("lag", "warn"), Check("database", "fail")]) == "down"
