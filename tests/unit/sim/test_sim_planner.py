"""The plan of a simulated county: the same by seed, and legal but for what is wrong on purpose."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.first_steps import DOCUMENT
from deploy.local.people import BY_HANDLE
from deploy.local.signing_in import is_person
from deploy.local.sim.habits import habits
from deploy.local.sim.invented import MARKER, NO_CODE
from deploy.local.sim.paging import PAGED
from deploy.local.sim.planner import plan, plans
from deploy.local.sim.steps import ACKNOWLEDGE, ACTS, ASKED, MUST, NOT_PLAYED, Door, Fault, Plan, Step
from services.referrals.application.table import COMMANDS
from services.referrals.domain.life_cycle import TRANSITIONS, Party
from services.referrals.domain.parts import ReferralStatus
from shared.mou import load
from shared.mou.terms import undo_within
from shared.web.problem_types import BY_SLUG

SEEDS = st.integers(min_value=0, max_value=2**32)
OPENAPI = json.loads(Path("docs/openapi/referrals.json").read_text())
MOU = load(DOCUMENT.read_text(encoding="utf-8"))


def a_plan(seed: int, number: int = 0) -> Plan:
    return plan(seed, number, habits())


def right(one: Plan) -> list[Step]:
    return [step for step in one.steps if step.fault is None]


def many() -> list[Step]:
    return [step for one in plans(1, 400) for step in one.steps]


@given(SEEDS)
def test_the_same_seed_gives_the_same_plan(seed: int) -> None:
    assert list(plans(seed, 3)) == list(plans(seed, 3))


def test_another_seed_gives_another_plan() -> None:
    assert list(plans(1, 3)) != list(plans(2, 3))


def test_a_larger_county_begins_with_the_smaller_one() -> None:
    assert list(islice(plans(5, 40), 10)) == list(plans(5, 10))


@dataclass
class Asked:
    """A referral as the table has it: its entries, and which of them count no longer."""

    sender: str
    recipient: str
    entries: list[tuple[str, str]] = field(default_factory=list)
    struck: set[str] = field(default_factory=set)
    mistake: bool = False

    @property
    def status(self) -> ReferralStatus:
        now = ReferralStatus.NONE
        for label, act in self.entries:
            if label not in self.struck:
                now = TRANSITIONS[now, act].after or now
        return ReferralStatus.ENTERED_IN_ERROR if self.mistake else now

    def take(self, step: Step) -> None:
        move = TRANSITIONS.get((self.status, step.act))
        assert move is not None, (self.status, step)
        sides = {Party.SENDER: self.sender, Party.RECIPIENT: self.recipient}
        assert sides.get(move.by, step.agency) == step.agency, step
        if step.act == "undo-referral":
            self.struck.add([label for label, _ in self.entries if label not in self.struck][-1])
        elif step.act == "enter-referral-in-error":
            self.struck |= {step.refs["entry"]} if step.refs else set()
            self.mistake = not step.refs
        else:
            self.entries.append((step.label, step.act))


def asked_by(step: Step) -> Asked:
    return Asked(step.agency, step.body.get("recipient", step.agency), [(step.label, "request-referral")])


def walk(one: Plan) -> dict[str, Asked]:
    referrals: dict[str, Asked] = {}
    for step in right(one):
        if step.about in referrals:
            referrals[step.about].take(step)
        if step.makes.startswith("referral-"):
            referrals[step.makes] = asked_by(step)
    return referrals


@given(SEEDS)
def test_every_step_on_a_referral_stands_in_the_table_of_its_life(seed: int) -> None:
    walk(a_plan(seed))


@given(SEEDS)
def test_nobody_speaks_of_what_was_not_made_before(seed: int) -> None:
    made: set[str] = set()
    for step in a_plan(seed).steps:
        assert {step.about, step.key_of, *step.refs.values()} - {""} <= made, step
        made |= {step.label} if step.fault else {step.label, step.makes}


@given(SEEDS)
def test_labels_are_given_once(seed: int) -> None:
    labels = Counter(step.label for step in a_plan(seed).steps)
    assert labels.most_common(1)[0][1] == 1


@given(SEEDS)
def test_what_is_right_has_the_form_of_its_command(seed: int) -> None:
    for step in right(a_plan(seed)):
        if step.act != ACKNOWLEDGE:
            body: dict[str, Any] = {**step.body, **dict.fromkeys(step.refs, str(uuid4()))}
            times = {ACTS[step.act].time: "2026-01-05T10:00:00Z"} if step.ago else {}
            sealed = {"clear": {str(c): dict(f) for c, f in step.facts.items()}} if step.facts else {}
            COMMANDS[step.act].body.model_validate({**body, **times, **sealed})


@given(SEEDS)
def test_what_is_wrong_makes_nothing_and_is_not_repeated(seed: int) -> None:
    for step in a_plan(seed).steps:
        assert step.fault is None or not (step.makes or step.again), step


@given(SEEDS)
def test_a_mis_click_is_taken_back_by_whom_it_was_made_within_the_minutes(seed: int) -> None:
    steps = right(a_plan(seed))
    for before, step in pairwise(steps):
        if step.act == "undo-referral":
            assert (before.actor, before.about) == (step.actor, step.about)
            assert (before.door is Door.KAFKA) == (step.door is Door.KAFKA)
            assert step.wait < undo_within(MOU).total_seconds()


@given(SEEDS)
def test_only_agencies_with_a_system_of_their_own_submit_over_kafka(seed: int) -> None:
    for step in a_plan(seed).steps:
        assert step.actor in BY_HANDLE
        if step.door is Door.KAFKA:
            assert step.agency in habits().table("kafka")
            assert step.actor == f"system@{step.agency}"


@given(SEEDS)
def test_what_is_done_on_pages_people_do_just_now_once_and_rightly(seed: int) -> None:
    for step in a_plan(seed).steps:
        if step.door is Door.PAGES:
            assert is_person(step.actor)
            assert step.act in {*PAGED, ACKNOWLEDGE}
            assert (step.again, step.ago, step.fault, step.key_of) == (False, 0.0, None, "")
            assert not step.refs
            assert "to_worker" not in step.body


def test_some_of_each_kind_is_done_on_pages_and_most_is_not() -> None:
    steps = [step for step in many() if step.fault is None]
    on_pages = Counter(step.act for step in steps if step.door is Door.PAGES)
    kinds = {"report-concern", "request-referral", "receive-referral", "accept-referral", "reject-referral"}
    assert all(on_pages[act] for act in {*kinds, "ask-information", ACKNOWLEDGE})
    assert on_pages.total() < len(steps) / 10
    assert set(habits().table("pages.share")) == {*PAGED, ACKNOWLEDGE}


@given(SEEDS)
def test_what_is_said_of_a_youth_is_invented_and_looks_so(seed: int) -> None:
    for step in a_plan(seed).steps:
        for facts in step.facts.values():
            assert all(MARKER in str(fact) for fact in facts.values())


def test_a_county_walks_every_act_and_every_fault_through_both_doors() -> None:
    steps = many()
    assert {step.act for step in steps} == {*ACTS, ACKNOWLEDGE}
    assert {step.fault for step in steps} == {*Fault, None}
    assert {step.door for step in steps} == set(Door)
    assert any(step.again for step in steps)
    assert any(step.ago > 3_600 for step in steps)


def test_a_county_sees_a_referral_in_every_state() -> None:
    seen = {one.status for p in plans(1, 400) for one in walk(p).values()}
    assert seen == set(ReferralStatus) - {ReferralStatus.NONE}


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_at_its_address_of_the_api(act: str) -> None:
    shape = ACTS[act].path.replace("{about}", "{}")
    found = {
        operation["operationId"]: (path, operation)
        for path, methods in OPENAPI["paths"].items()
        for method, operation in methods.items()
        if method == "post"
    }
    path, operation = found[act]
    needed = {p["name"] for p in operation["parameters"] if p["in"] == "header" and p.get("required")}
    thing = path.split("{")[1].split("}")[0] if "{" in path else ""
    assert path.replace(f"{{{thing}}}", "{}") == shape
    assert ("If-Match" in needed) == ACTS[act].based
    assert ("Idempotency-Key" in needed) == ACTS[act].keyed


def test_every_command_of_the_api_is_played_but_those_that_change_the_county() -> None:
    posts = [methods["post"]["operationId"] for methods in OPENAPI["paths"].values() if "post" in methods]
    assert {*ACTS, *NOT_PLAYED, *ASKED} == set(posts)
    assert not NOT_PLAYED & ACTS.keys()


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_ends_in_a_problem_that_has_a_page(fault: Fault) -> None:
    assert BY_SLUG[MUST[fault].problem].status == MUST[fault].status


def codes(*parts: str) -> dict[str, set[str]]:
    document = MOU.model_dump()
    return {part: {one["code"] for one in document[part]} for part in parts}


@pytest.mark.parametrize(
    ("table", "part"),
    [
        ("reasons.reject", "reject_reasons"),
        ("reasons.hold", "hold_reasons"),
        ("reasons.fail", "fail_reasons"),
        ("reasons.cancel", "cancel_reasons"),
        ("reasons.outcome", "outcomes"),
        ("reasons.error", "error_reasons"),
        ("reasons.outside", "outside_agencies"),
        ("concern.evaluated_out", "evaluated_out"),
    ],
)
def test_the_codes_of_the_county_are_on_the_lists_of_its_mou(table: str, part: str) -> None:
    listed = codes(part)[part]
    assert set(habits().table(table)) <= listed
    assert NO_CODE not in listed


def test_each_agency_has_somebody_who_acts_for_it() -> None:
    people = habits().table("people")
    asked = {*habits().table("referral.recipient"), *habits().table("case.may_join")}
    assert {*asked, *habits().table("concern.reported_by"), *habits().table("kafka")} <= people.keys()
    assert all(handle.partition("@")[2] == agency for agency, handle in people.items())
