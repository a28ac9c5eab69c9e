"""What an agency's system may submit is exported, too, and agrees with what intake takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator, ValidationError

from services.referrals.application.bodies import read_body
from services.referrals.application.table import COMMANDS
from services.referrals.intake.parsing import NOT_OVER_KAFKA, parse
from services.referrals.intake.schemas import schema_of
from shared.bus.record import Record
from shared.events.inventing import invented_id, invented_jwe
from shared.events.names import SealedClass, submissions_topic

FRESH = UUID(int=0)
#: A good body for each command that may come over Kafka.
BODIES: dict[str, dict[str, Any]] = {
    "report-concern": {
        "immediate_danger": "yes",
        "age_years": 15,
        "sealed": {"identity": invented_jwe(SealedClass.IDENTITY)},
    },
    "accept-referral": {"worker": invented_id("ad40ca7e")},
    "evaluate-out": {"reason": "duplicate"},
    "start-referral": {"worker": invented_id("ad40ca7e")},
    "hold-referral": {"reason": "waitlist", "until": "2030-04-01T00:00:00Z"},
    "resume-referral": {},
    "complete-referral": {"outcome": "completed", "attempts": 2},
    "fail-referral": {"reason": "unable-to-locate", "attempts": 4},
    "cancel-referral": {"reason": "need-met"},
    "forward-referral": {"recipient": "medical-hub", "youth_choice": "agrees"},
    "ask-information": {
        "missing": ["language", "consent"],
        "sealed": {"narrative": invented_jwe(SealedClass.NARRATIVE)},
    },
    "give-information": {
        "question": invented_id("e4e47"),
        "sealed": {"narrative": invented_jwe(SealedClass.NARRATIVE)},
    },
    "state-referral-call": {
        "called_at": "2030-04-01T00:00:00Z",
        "called_by": "recipient",
        "result": "no-answer",
    },
    "undo-referral": {},
    "enter-referral-in-error": {"reason": "wrong-entry", "entry": invented_id("e4e47")},
    "record-screening": {"tool": "cse-it", "tool_version": "2.0", "band": "clear-concern"},
    "enter-screening-in-error": {"screening": invented_id("5c4ee4"), "reason": "wrong-youth"},
}


def submission(command: str, **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": invented_id("50b31"),
        "source": "/agencies/sheriff",
        "type": f"accord.submission.{command}.v1",
        "subject": invented_id("4efe4"),
        "basedon": '"invented"',
        "data": BODIES[command],
    } | changes


def good(command: str, event: dict[str, Any]) -> None:
    Draft202012Validator(schema_of(command)).validate(event)


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - NOT_OVER_KAFKA))
def test_every_command_that_may_come_over_kafka_has_a_valid_schema(command: str) -> None:
    path = Path(__file__).parents[2] / f"docs/schemas/accord.submission.{command}.v1.json"
    Draft202012Validator.check_schema(json.loads(path.read_text()))
    assert "clear" not in schema_of(command)["properties"]["data"]["properties"]


@pytest.mark.parametrize("command", sorted(BODIES))
class TestAGoodSubmission:
    def test_fits_its_schema_and_is_taken_by_intake_without_a_flag(self, command: str) -> None:
        event = submission(command)
        good(command, event)
        value, key = json.dumps(event).encode(), event["id"].encode()
        record = Record(submissions_topic("sheriff"), 0, 0, 0, key, (), value)
        taken = parse(record, "sheriff", FRESH)
        assert (taken.command, taken.flags, taken.wrong) == (command, (), None)
        assert read_body(command, taken.body)[1] == ()

    def test_does_not_fit_without_an_id_with_another_type_or_a_strange_field(self, command: str) -> None:
        for changes in ({"id": 7}, {"type": "accord.submission.other.v1"}, {"data": {"strange": 1}}):
            with pytest.raises(ValidationError):
                good(command, submission(command, **changes))
