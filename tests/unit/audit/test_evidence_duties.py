"""The report of a bundle says what was to be done by then, and what became of it; to the auditor only."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from html import unescape

import pytest

from services.audit.domain.proof.bundle import verify_bundle
from services.audit.evidence.report import report
from shared.events.names import Agency
from shared.events.types.act import ActRecorded
from tests.unit.audit.bundles import bundle, material_of
from tests.unit.audit.county import County, versions
from tests.unit.audit.made import MONDAY, Case, Log

HOUR = timedelta(hours=1)


@pytest.fixture
def made() -> County:
    """A case whose written report is sent 38 hours after its concern, under Alder's MOU."""
    county = County(Log(), random.Random(1))
    county.adopt(versions()[0])
    county.log.mouversion = versions()[0].version
    case = Case(county.log).open()
    county.cases.append(case)
    county.log.now = MONDAY + 38 * HOUR
    sent = ActRecorded(
        record=county.log.id(),
        concern=case.concern,
        act="written-report-sent",
        done_at=county.log.now,
        sealed={},
    )
    county.log.add(sent, case.concern, case.concern, agency="sheriff", ago=timedelta())
    county.log.now += HOUR
    return county


def told(made: County, **more: object) -> str:
    page = report(material_of(made, made.cases[0], **more).story)  # type: ignore[arg-type]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_each_duty_is_told_with_its_clause_its_time_and_what_became_of_it(made: County) -> None:
    text = told(made)
    assert "What was to be done by then" in text
    assert "The written report follows within 36 hours" in text
    assert "within 36 hours, nights and weekends included (America/Los_Angeles)" in text
    assert "Done late (Tue 3 Mar 2026, 22:00:01 PST), 2 h " in text
    assert "No record by the due time, " in text


def test_as_of_an_earlier_moment_it_is_told_as_it_stood_then(made: County) -> None:
    text = told(made, until=MONDAY + 2 * HOUR)
    assert "Done late" not in text
    assert "To be done" in text


def test_before_there_was_a_memorandum_nothing_was_asked_for(made: County) -> None:
    assert "No rule of the memorandum asked for anything by then." in told(made, until=MONDAY)


def test_an_agencys_bundle_does_not_tell_it_since_what_met_a_duty_may_be_withheld(made: County) -> None:
    assert "What was to be done" not in told(made, known_to=Agency.SHERIFF)


def test_a_bundle_with_it_fits(made: County) -> None:
    assert verify_bundle(bundle(made, made.cases[0])).fits
