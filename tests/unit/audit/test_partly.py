"""What is said of an event of which an agency could see a part only: no more than its fields say."""

from __future__ import annotations

from typing import Any

import pytest

from services.audit.domain.knowledge import Knowledge
from services.audit.domain.partly import ELSE, PARTLY, SEALED, partly
from services.audit.known_answers import known_entry
from tests.unit.audit.made import Entry, Log
from tests.unit.audit.test_audit_knowing import knowledge, small


def told(found: Knowledge, event: str) -> tuple[str, dict[str, Any]]:
    entry = known_entry(found, found.events[event])
    assert not entry.whole
    assert (entry.type, entry.agency, entry.happened) == (None, None, None)
    return entry.sentence, entry.fields


def last(log: Log) -> Entry:
    return log.entries()[-1]


class TestAReferralThatFollowsAnother:
    def test_is_told_to_the_next_agency_without_the_one_before(self) -> None:
        case, made = small(Log())
        first = case.refer("public-health")
        second = case.forward(first, "medical-hub")
        found = knowledge(made, case, "medical-hub", made.log.now)
        sentence, fields = told(found, case.events[f"requested {second}"])
        assert (
            sentence
            == "Human services referred the youth to Medical hub (advocate), urgency hours; the youth agrees."
        )
        assert first not in str(fields)

    def test_is_told_to_the_agency_that_asked_with_it(self) -> None:
        case, made = small(Log())
        second = case.forward(case.refer("public-health"), "medical-hub")
        found = knowledge(made, case, "human-services", made.log.now)
        entry = known_entry(found, found.events[case.events[f"requested {second}"]])
        assert entry.whole
        assert entry.sentence.endswith("It follows an earlier referral.")


def test_that_a_service_goes_on_is_told_by_the_status_that_could_be_seen() -> None:
    case, made = small(Log())
    referral = case.refer()
    for step in ("started", "held", "resumed"):
        event = case.say(step, referral)
    sentence, fields = told(knowledge(made, case, "human-services", made.log.now), event)
    assert sentence == "The youth is served again."
    assert fields[f"referrals/{referral}/status"] == "in-progress"


@pytest.mark.parametrize("kind", PARTLY, ids=lambda kind: kind.TYPE)
def test_of_fields_that_say_nothing_of_it_nothing_is_made(kind: type) -> None:
    case, made = small(Log())
    referral = case.refer("public-health", to_worker=case.log.id())
    case.forward(referral, "medical-hub")
    case.say("resumed", referral)
    case.assign("probation")
    case.leave("shelter")
    made.report(case, "sheriff")
    event = next(e.event for e in made.log.entries() if type(e.event.data) is kind)
    assert partly(event, {"things/x/nothing-of-it": 1}) == ELSE
    assert partly(event, {}) == SEALED
