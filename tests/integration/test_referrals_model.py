"""Referrals against a model that knows nothing of its tables; and what is folded anew against what lives."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)
from pydantic import SecretStr

from services.referrals.repair import after_repair
from shared.settings import Settings
from tests.integration.referrals_made import county

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with county(infra, tmp_path_factory.mktemp("model")) as made:
        yield made


STILL_OPEN = {"requested", "received", "accepted", "in-progress", "on-hold"}
#: What may be said of a referral: with what, while it is so, what it is then, by whom, under which clause.
SAID = {
    "receive": ({}, {"requested"}, "received", "advocate", "4.2"),
    "accept": ({}, {"requested", "received"}, "accepted", "advocate", "4.2"),
    "reject": ({"reason": "no-capacity"}, {"requested", "received"}, "rejected", "advocate", "4.2"),
    "start": ({}, {"requested", "received", "accepted"}, "in-progress", "advocate", "4.7"),
    "hold": ({"reason": "waitlist"}, {"accepted", "in-progress"}, "on-hold", "advocate", "4.7"),
    "resume": ({}, {"on-hold"}, "in-progress", "advocate", "4.7"),
    "complete": ({"outcome": "partial"}, STILL_OPEN, "completed", "advocate", "4.7"),
    "fail": ({"reason": "expired"}, STILL_OPEN, "failed", "advocate", "4.7"),
    "cancel": ({"reason": "need-met"}, STILL_OPEN, "cancelled", "worker", "4.8"),
    "enter-in-error": (
        {"reason": "wrong-youth"},
        STILL_OPEN | {"rejected", "completed", "failed", "cancelled"},
        "entered-in-error",
        "worker",
        "7.6",
    ),
}


def machine(here):  # noqa: C901 - one short rule for each thing that people do
    """The machine over one county; the model is what a person would keep on paper."""

    class Work(RuleBasedStateMachine):
        concerns = Bundle("concerns")
        cases = Bundle("cases")
        referrals = Bundle("referrals")

        def __init__(self):
            super().__init__()
            self.open: dict[str, str] = {}
            self.asked: dict[str, str] = {}
            self.team: dict[str, set[str]] = {}
            self.case_of: dict[str, str] = {}

        def act(self, path, act, body, person, based=True):
            etag = None
            if based:
                shown = here.get(path, person)
                etag = '"none"' if shown.status_code == 404 else shown.headers["ETag"]
            return here.post(f"{path}/{act}", body, person, etag=etag)

        @rule(target=concerns)
        def report(self):
            concern = here.concern()
            self.open[concern] = "waiting"
            return concern

        @rule(
            target=cases,
            concern=concerns,
            person=st.sampled_from(["screener", "worker", "advocate", "deputy"]),
        )
        def open_case(self, concern, person):
            answer = self.act(f"/v1/concerns/{concern}", "open-case", {"matter": "dependency"}, person)
            if person in ("screener", "worker") and self.open[concern] != "joined":
                assert answer.status_code == 201, answer.text
                self.open[concern] = "joined"
                self.team[answer.json()["case"]] = {"human-services"}
                return answer.json()["case"]
            expected = {"advocate": 404, "deputy": 403}.get(person, 409)
            assert answer.status_code == expected, answer.text
            return None

        @rule(concern=concerns, case=cases)
        def attach(self, concern, case):
            if case is None:
                return
            answer = self.act(f"/v1/concerns/{concern}", "attach", {"case": case}, "screener")
            assert answer.status_code == (409 if self.open[concern] == "joined" else 200), answer.text
            self.open[concern] = "joined"

        @rule(concern=concerns)
        def evaluate_out(self, concern):
            answer = self.act(f"/v1/concerns/{concern}", "evaluate-out", {"reason": "other"}, "worker")
            if self.open[concern] == "waiting":
                assert answer.status_code == 200, answer.text
                self.open[concern] = "out"
            else:
                assert answer.status_code == 409, answer.text
                assert answer.json()["clause"] == "3.5"

        @rule(concern=concerns, person=st.sampled_from(["deputy", "screener"]))
        def call(self, concern, person):
            body = {"called_at": here.clock().isoformat()}
            answer = here.post(f"/v1/concerns/{concern}/calls", body, person)
            assert answer.status_code == 200, answer.text

        @rule(target=referrals, case=cases, matter=st.sampled_from(["dependency", "delinquency"]))
        def refer(self, case, matter):
            if case is None:
                return None
            referral = here.referral(case, matter=matter)
            self.asked[referral] = "requested"
            self.case_of[referral] = (case, matter)
            return referral

        @rule(
            referral=referrals,
            act=st.sampled_from(sorted(SAID)),
            person=st.sampled_from(["advocate", "worker", "shelter"]),
        )
        def say(self, referral, act, person):
            if referral is None:
                return
            body, when, after, by, clause = SAID[act]
            answer = self.act(f"/v1/referrals/{referral}", act, body, person, based=act != "receive")
            if person == "shelter":
                assert answer.status_code == 404, answer.text
            elif person != by:
                assert (answer.status_code, answer.json()["clause"]) == (403, clause), answer.text
            elif self.asked[referral] not in when:
                assert (answer.status_code, answer.json()["clause"]) == (409, clause), answer.text
            else:
                assert answer.status_code == 200, answer.text
                self.asked[referral] = after

        @rule(referral=consumes(referrals))
        def both_sides_see_the_same(self, referral):
            if referral is None:
                return
            seen = {here.get(f"/v1/referrals/{referral}", p).json()["status"] for p in ("worker", "advocate")}
            assert seen == {self.asked[referral]}

        @invariant()
        def the_parts_are_as_the_model_says(self):
            wanted = list(self.open) + list(self.asked)
            with psycopg.connect(here.url) as connection:
                rows = connection.execute(
                    "SELECT id::text, state->>'status' FROM parts WHERE id = ANY(%s::uuid[])", [wanted]
                ).fetchall()
            words = {"joined": "attached", "out": "evaluated-out"}
            assert dict(rows) == {**{c: words.get(s, s) for c, s in self.open.items()}, **self.asked}

    return Work


def test_whatever_people_do_in_whatever_order_it_is_what_the_paper_says(here):
    run_state_machine_as_test(
        machine(here),
        settings=settings(
            max_examples=15, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def settings_of(here) -> Settings:
    return Settings().model_copy(update={"database_url": SecretStr(here.url)})


def test_what_is_folded_anew_is_what_lives(here):
    referral = here.referral()
    here.post(f"/v1/referrals/{referral}/receive", {}, "advocate")
    concern = here.concern(clear={"identity": {"name": "Somebody"}})
    here.case(concern)
    here.post(f"/v1/concerns/{concern}/calls", {"called_at": here.clock().isoformat()}, "deputy")
    live = here.parts()
    with psycopg.connect(here.url) as connection:
        mou = connection.execute("SELECT * FROM mou_versions").fetchall()
        connection.execute("DELETE FROM parts WHERE kind = 'referral'")
        connection.execute("DELETE FROM mou_versions")
    assert "folded anew" in after_repair(settings_of(here))
    assert here.parts() == live
    with psycopg.connect(here.url) as connection:
        assert connection.execute("SELECT * FROM mou_versions").fetchall() == mou


class TestAfterARepair:
    """The store was restored from an older copy; its events came back from Kafka, its first answers did not."""

    def lose_answers(self, here):
        with psycopg.connect(here.url) as connection:
            connection.execute("DELETE FROM commands")
        return after_repair(settings_of(here))

    def test_a_repeated_command_gets_the_first_answer_and_has_no_second_effect(self, here):
        keys = [str(uuid4()) for _ in range(4)]
        concern = here.post("/v1/concerns", {"age_years": 15}, "deputy", key=keys[0])
        path = f"/v1/concerns/{concern.json()['concern']}"
        etag = here.etag(path, "screener")
        case = here.post(f"{path}/open-case", {"matter": "dependency"}, "screener", key=keys[1], etag=etag)
        body = {"recipient": "advocacy", "matter": "delinquency", "kind": "advocacy", "urgency": "day"}
        body["youth_choice"] = "agrees"
        asking = f"/v1/cases/{case.json()['case']}/referrals"
        asked = here.post(asking, body, "worker", key=keys[2])
        answering = f"/v1/referrals/{asked.json()['referral']}"
        tag = here.etag(answering, "advocate")
        accepted = here.post(f"{answering}/accept", {}, "advocate", key=keys[3], etag=tag)
        first = [concern, case, asked, accepted]
        assert [a.status_code for a in first] == [201, 201, 201, 200]
        assert "commands known again" in self.lose_answers(here)
        before = here.count()
        again = [
            here.post("/v1/concerns", {"age_years": 15}, "deputy", key=keys[0]),
            here.post(f"{path}/open-case", {"matter": "dependency"}, "screener", key=keys[1], etag=etag),
            here.post(asking, body, "worker", key=keys[2]),
            here.post(f"{answering}/accept", {}, "advocate", key=keys[3], etag=tag),
        ]
        assert [a.json() for a in again] == [a.json() for a in first]
        assert here.count() == before

    def test_a_submission_that_is_read_again_has_no_second_effect(self, here):
        event = here.submission("sheriff", "report-concern", {"age_years": 14})
        first = here.take("sheriff", event).data
        self.lose_answers(here)
        again = here.take("sheriff", event).data
        assert again.written() == first.written()
        assert len(here.events(kind="concern.reported", concern=first.report)) == 1

    def test_a_dead_letter_that_is_read_again_is_told_once(self, here):
        record = here.record("sheriff", b"{", key=None)
        here.taker.take(record, "sheriff")
        with psycopg.connect(here.url) as connection:
            connection.execute('UPDATE positions SET "offset" = %s', [record.offset - 1])
        here.taker.take(record, "sheriff")
        assert len(here.events(kind="submission.unreadable", offset=record.offset)) == 1
        assert len([r for r in here.receipts("sheriff") if r.data.offset == record.offset]) == 2

    def test_answers_that_are_still_there_stay_as_they_are(self, here):
        key = str(uuid4())
        here.post("/v1/concerns", {"age_years": 15}, "deputy", key=key)
        after_repair(settings_of(here))
        answer = here.post("/v1/concerns", {"age_years": 16}, "deputy", key=key)
        assert answer.json()["type"] == "/problems/idempotency-key-reused"

    def test_a_refused_command_is_judged_anew(self, here):
        referral, key = here.referral(), str(uuid4())
        here.post(f"/v1/referrals/{referral}/receive", {}, "worker", key=key)
        self.lose_answers(here)
        answer = here.post(f"/v1/referrals/{referral}/receive", {}, "worker", key=key)
        assert answer.json()["reason"] == "not-the-receiving-agency"


def test_reads_of_past_days_are_forgotten_by_the_upkeep_and_nothing_else_is(here):
    from services.referrals.intake.upkeep import Upkeep

    here.get(f"/v1/concerns/{here.concern()}", "screener")
    here.clock.ahead = timedelta(days=2)
    try:
        Upkeep(here.referrals).if_due()
    finally:
        here.clock.ahead = timedelta()
    with psycopg.connect(here.url) as connection:
        assert connection.execute("SELECT count(*) FROM reads").fetchone() == (0,)
    assert here.events(kind="record.read")
