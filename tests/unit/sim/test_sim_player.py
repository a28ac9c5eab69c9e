"""What a step becomes on its way through a door, and what is said of the answer."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from deploy.local.sim.invented import MARKER, facts
from deploy.local.sim.patience import NotAnswered
from deploy.local.sim.player import NO_TAG, Astray, Player
from deploy.local.sim.steps import MUST, Door, Fault, Step
from deploy.local.sim.tally import CaseIds, Refused, Tally
from shared.events.names import SealedClass

EVENT, REFERRAL = str(uuid4()), str(uuid4())
TAG = '"what-was-seen"'
ACCEPT = Step("step-1", "accept-referral", "advocate@advocacy", about="referral-1")
REPORT = Step("step-2", "report-concern", "deputy@sheriff", makes="concern-1", body={"age_years": 15})


@dataclass
class FakeCalls:
    """Answers every command with the next of `answers`, every question with a tag, and remembers the commands."""

    answers: list[httpx2.Response]
    posted: list[dict[str, Any]] = field(default_factory=list)

    def get(self, service: str, path: str, person: str, **more: Any) -> httpx2.Response:
        return httpx2.Response(200, headers={"ETag": TAG}, json={})

    def post(self, service: str, path: str, person: str, headers: Any, **more: Any) -> httpx2.Response:
        self.posted.append({"path": path, "person": person, "headers": dict(headers), **more})
        return self.answers.pop(0)


@dataclass
class FakeSubmissions:
    """Gives these receipts, and remembers the records."""

    receipts: list[dict[str, Any]]
    records: list[tuple[str, str, bytes, int]] = field(default_factory=list)

    def submit(self, agency: str, number: str, value: bytes, times: int = 1) -> list[dict[str, Any]]:
        self.records.append((agency, number, value, times))
        return self.receipts


def accepted(**made: str) -> httpx2.Response:
    return httpx2.Response(200, json={**made, "events": [EVENT], "flags": []})


def problem(status: int, slug: str, **more: str) -> httpx2.Response:
    return httpx2.Response(status, json={"type": f"/problems/{slug}", **more})


def player(*answers: httpx2.Response, receipts: list[dict[str, Any]] | None = None) -> Any:
    calls, submissions = FakeCalls(list(answers)), FakeSubmissions(receipts or [])
    made: Any = Player(calls, submissions, Tally(), {}, threading.Event(), UUID(int=7))  # type: ignore[arg-type]
    return made


def case() -> CaseIds:
    return CaseIds(3, {"referral-1": REFERRAL})


def test_a_command_carries_its_key_and_what_it_is_based_on() -> None:
    playing = player(accepted(referral=REFERRAL))
    playing.play(ACCEPT, case())
    (sent,) = playing.calls.posted
    assert sent["path"] == f"/v1/referrals/{REFERRAL}/accept"
    assert sent["headers"]["If-Match"] == TAG
    assert UUID(sent["headers"]["Idempotency-Key"])
    assert playing.tally.events == {UUID(EVENT).bytes: "accept-referral"}


def test_what_it_makes_is_known_afterwards_and_so_is_its_entry() -> None:
    playing, one = player(accepted(concern=REFERRAL)), case()
    playing.play(REPORT, one)
    assert (one.ids["concern-1"], one.ids["step-2"]) == (REFERRAL, EVENT)
    assert one.subjects == {REFERRAL}


def test_a_repeat_has_the_same_key_and_body_and_must_have_the_same_answer() -> None:
    playing = player(accepted(), accepted())
    playing.play(replace(ACCEPT, again=True), case())
    first, second = playing.calls.posted
    assert first == second
    assert (playing.tally.repeats, playing.tally.total()) == (1, 1)


def test_a_repeat_with_another_answer_is_no_repeat() -> None:
    another = httpx2.Response(200, json={"events": [str(uuid4())]})
    playing = player(accepted(), another)
    with pytest.raises(Astray, match="the same key was answered otherwise"):
        playing.play(replace(ACCEPT, again=True), case())
    assert playing.tally.surprised == 1


def test_an_answer_that_the_plan_does_not_foresee_is_told_by_its_type_alone() -> None:
    playing = player(problem(500, "unexpected", detail="what should not be told"))
    with pytest.raises(Astray):
        playing.play(ACCEPT, case())
    assert playing.tally.surprises == [
        "youth 3, step-1: accept-referral by advocate@advocacy over http: 500 unexpected  (clause none)"
    ]


@pytest.mark.parametrize("fault", Fault)
def test_what_is_wrong_on_purpose_must_be_refused_as_its_problem_says(fault: Fault) -> None:
    must = MUST[fault]
    step = replace(REPORT if fault in (Fault.NO_KEY, Fault.KEY_REUSED) else ACCEPT, fault=fault)
    playing = player(problem(must.status, must.problem, clause="4.2", reason="because"))
    playing.play(step, case())
    assert playing.tally.refused == {Refused("4.2", must.problem, "because"): 1}
    taken = player(accepted())
    with pytest.raises(Astray, match=f"wrong on purpose \\({fault}\\)"):
        taken.play(step, case())


def sent(step: Step, one: CaseIds | None = None) -> dict[str, Any]:
    must = MUST[step.fault or Fault.STALE]
    playing = player(problem(must.status, must.problem))
    playing.play(step, one or case())
    found: dict[str, Any] = playing.calls.posted[0]
    return found


def test_each_fault_is_in_what_is_sent() -> None:
    assert sent(replace(ACCEPT, fault=Fault.STALE))["headers"]["If-Match"] == NO_TAG
    assert "If-Match" not in sent(replace(ACCEPT, fault=Fault.NO_BASIS))["headers"]
    assert "Idempotency-Key" not in sent(replace(REPORT, fault=Fault.NO_KEY))["headers"]
    ahead = datetime.fromisoformat(sent(replace(ACCEPT, fault=Fault.AHEAD))["json"]["time"])
    assert ahead > datetime.now(UTC) + timedelta(minutes=6)
    cut = sent(replace(ACCEPT, fault=Fault.MALFORMED))["content"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut)
    assert MARKER.encode() in cut


def test_a_key_that_was_used_comes_with_another_body() -> None:
    one = case()
    playing = player(accepted(concern=REFERRAL), problem(422, "idempotency-key-reused"))
    playing.play(REPORT, one)
    playing.play(replace(REPORT, label="step-3", makes="", fault=Fault.KEY_REUSED, key_of="step-2"), one)
    first, second = playing.calls.posted
    assert first["headers"]["Idempotency-Key"] == second["headers"]["Idempotency-Key"]
    assert first["json"] != second["json"]


def test_what_happened_before_says_when() -> None:
    playing = player(accepted())
    playing.play(replace(ACCEPT, ago=7_200.0), case())
    said = datetime.fromisoformat(playing.calls.posted[0]["json"]["time"])
    assert timedelta(hours=2) <= datetime.now(UTC) - said < timedelta(hours=2, minutes=1)


def test_facts_go_in_clear_over_https_by_class() -> None:
    playing = player(accepted(concern=REFERRAL))
    playing.play(replace(REPORT, facts=facts(3, SealedClass.IDENTITY)), case())
    assert MARKER in playing.calls.posted[0]["json"]["clear"]["identity"]["name"]


SUBMITTED = replace(ACCEPT, door=Door.KAFKA, actor="system@advocacy")


def receipt(outcome: str, **more: Any) -> dict[str, Any]:
    return {"outcome": outcome, "events": [EVENT] if outcome.startswith("accepted") else [], **more}


def test_a_submission_says_what_it_is_about_and_based_on_and_its_receipt_is_its_answer() -> None:
    playing = player(receipts=[receipt("accepted-with-flags", referral=REFERRAL)])
    playing.play(SUBMITTED, case())
    ((agency, number, value, times),) = playing.submissions.records
    event = json.loads(value)
    assert (agency, times, event["subject"], event["basedon"]) == ("advocacy", 1, REFERRAL, TAG)
    assert event["id"] == number
    assert playing.tally.submitted == {UUID(number).bytes: 1}
    assert playing.tally.accepted == {"accept-referral": 1}


def test_the_same_submission_twice_has_two_receipts_of_one_effect() -> None:
    playing = player(receipts=[receipt("accepted"), receipt("accepted")])
    playing.play(replace(SUBMITTED, again=True), case())
    assert (playing.tally.repeats, playing.tally.total()) == (1, 1)
    assert list(playing.tally.submitted.values()) == [2]


def test_two_receipts_of_two_effects_are_not_let_pass() -> None:
    playing = player(receipts=[receipt("accepted"), {**receipt("accepted"), "events": [str(uuid4())]}])
    with pytest.raises(Astray, match="two different receipts"):
        playing.play(replace(SUBMITTED, again=True), case())


def test_a_refused_submission_counts_by_clause_and_reason() -> None:
    playing = player(receipts=[receipt("refused", clause="none", reason="stale")])
    playing.play(replace(SUBMITTED, fault=Fault.STALE), case())
    assert playing.tally.refused == {Refused("none", "refused", "stale"): 1}


def test_a_submission_refused_for_another_reason_than_planned_is_not_let_pass() -> None:
    playing = player(receipts=[receipt("refused", clause="4.2", reason="not-allowed")])
    with pytest.raises(Astray, match=r"refused 4\.2 not-allowed"):
        playing.play(replace(SUBMITTED, fault=Fault.STALE), case())


def test_a_thing_that_was_never_made_ends_the_plan() -> None:
    for step in (replace(ACCEPT, about="referral-8"), replace(SUBMITTED, about="referral-8")):
        with pytest.raises(Astray, match="its thing is not known"):
            player().play(step, case())


def test_steps_without_an_answer_are_counted_until_one_has_an_answer() -> None:
    playing = player(accepted(), problem(503, "try-later"))
    playing.calls.post = unanswered
    for _ in range(2):
        with pytest.raises(Astray, match="no answer: referrals: ConnectError"):
            playing.play(ACCEPT, case())
    assert playing.tally.unanswered == 2
    playing.tally.refuse(Refused("4.2", "refused", ""))
    assert playing.tally.unanswered == 0


def unanswered(*_: Any, **__: Any) -> httpx2.Response:
    raise NotAnswered("referrals: ConnectError")
