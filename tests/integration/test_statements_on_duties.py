"""What is said of a duty besides meeting it, over both doors, and what becomes of it. On a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.integration.casework_made import casework

pytestmark = pytest.mark.platform
#: A duty that the county set itself, and one of the law's.
OURS, LAWS = "exchange-looked-at", "written-report-sent"


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with casework(infra, tmp_path_factory.mktemp("said")) as made:
        yield made.county


def moment(**how):
    return (datetime.now(UTC) + timedelta(**how)).isoformat()


def due(here, where, person="worker"):
    answer = here.get(f"/v1/{where}/duties", person)
    assert answer.status_code == 200, answer.text
    return {one["rule"]: one for one in answer.json()["items"]}


def say(here, where, what, person="coordinator", **body):
    etag = None if what == "not-done" else here.etag(f"/v1/{where}", person)
    return here.post(f"/v1/{where}/duties/{what}", body, person, etag=etag)


def waive(here, case, rule=LAWS, person="coordinator", **more):
    body = {"duty": due(here, f"cases/{case}")[rule]["duty"], "authority": "court-order", "reason": "ordered"}
    return say(here, f"cases/{case}", "waive", person, **{**body, **more})


@pytest.fixture
def case(here):
    return here.case(here.concern())


class TestWaiving:
    def test_on_a_listed_authority_the_duty_is_waived_and_says_by_whom_and_why(self, here, case):
        answer = waive(here, case)
        assert answer.status_code == 200, answer.text
        duty = due(here, f"cases/{case}")[LAWS]
        assert duty["state"] == "waived"
        [said] = duty["said"]
        assert (said["said"], said["authority"], said["reason"]) == ("waived", "court-order", "ordered")
        assert (said["agency"], said["clause"]) == ("human-services", "5.11")

    def test_the_event_stands_in_the_cases_stream_and_holds_codes_and_ids_alone(self, here, case):
        waive(here, case)
        [event] = here.events(kind="duty.waived", case=case)
        assert event.envelope.subject == case
        assert set(event.envelope.data) == {"rule", "opening", "authority", "reason", "case"}

    def test_without_a_listed_authority_it_is_refused_with_clause_and_remedy_and_nothing_changes(
        self, here, case
    ):
        answer = waive(here, case, authority="because")
        assert (answer.status_code, answer.json()["reason"]) == (422, "authority-not-listed")
        assert (answer.json()["clause"], answer.json()["errors"][0]["pointer"]) == ("5.11", "/authority")
        assert answer.json()["remedy"] == "It lists: court-order."
        assert due(here, f"cases/{case}")[LAWS]["state"] == "open"

    def test_a_supervisors_decision_does_not_reach_the_laws_duties_nor_a_coordinator(self, here, case):
        answer = waive(here, case, authority="supervisor", reason="does-not-fit")
        assert answer.json()["reason"] == "authority-not-listed"

    def test_who_is_neither_supervisor_nor_coordinator_is_refused(self, here, case):
        answer = waive(here, case, person="worker")
        assert (answer.status_code, answer.json()["reason"]) == (403, "role-may-not")

    def test_a_reason_that_is_not_listed_is_refused(self, here, case):
        answer = waive(here, case, reason="tired")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")

    def test_a_duty_that_is_not_there_is_refused(self, here, case):
        answer = waive(here, case, duty=f"{LAWS}:{uuid4()}")
        assert (answer.status_code, answer.json()["reason"]) == (422, "no-such-duty")

    def test_what_is_done_needs_no_waiver(self, here, case):
        done = {"act": "cross-reported", "to": "law-enforcement"}
        assert here.post(f"/v1/cases/{case}/acts", done, "worker").status_code == 201
        answer = waive(here, case, "cross-report-law-enforcement")
        assert (answer.status_code, answer.json()["reason"]) == (409, "duty-settled")

    def test_after_the_due_time_it_is_too_late_to_waive_but_not_to_record_that_it_was_waived(self, here):
        case = here.case(here.concern(known_since=moment(days=-3), time=moment(days=-3)))
        assert due(here, f"cases/{case}")[LAWS]["state"] == "no-record-by-due-time"
        late = waive(here, case)
        assert (late.status_code, late.json()["reason"]) == (409, "duty-past-due")
        assert waive(here, case, time=moment(days=-2)).status_code == 200
        assert due(here, f"cases/{case}")[LAWS]["state"] == "waived"

    def test_it_rests_on_what_was_read(self, here, case):
        duty = due(here, f"cases/{case}")[LAWS]["duty"]
        body = {"duty": duty, "authority": "court-order", "reason": "ordered"}
        missing = here.post(f"/v1/cases/{case}/duties/waive", body, "coordinator")
        assert missing.status_code == 428

    def test_a_mistaken_one_counts_no_longer_and_stays(self, here, case):
        waive(here, case)
        [said] = due(here, f"cases/{case}")[LAWS]["said"]
        body = {"entry": said["entry"], "reason": "wrong-entry"}
        answer = say(here, f"cases/{case}", "enter-in-error", "worker", **body)
        assert answer.status_code == 200, answer.text
        duty = due(here, f"cases/{case}")[LAWS]
        assert duty["state"] == "open"
        assert duty["said"][0]["entered_in_error"] == "wrong-entry"
        again = say(here, f"cases/{case}", "enter-in-error", "worker", **body)
        assert (again.status_code, again.json()["reason"]) == (422, "no-such-entry")


class TestTolling:
    def toll(self, here, case, **more):
        body = {"duty": due(here, f"cases/{case}")[LAWS]["duty"], "authority": "court-order"}
        return say(here, f"cases/{case}", "toll", **{**body, **more})

    def test_moves_the_due_time_by_as_long_as_the_clock_stood_still(self, here, case):
        before = due(here, f"cases/{case}")[LAWS]
        span = {"begins": moment(), "until": moment(hours=5)}
        assert self.toll(here, case, **span).status_code == 200
        after = due(here, f"cases/{case}")[LAWS]
        assert after["state"] == "tolled"
        moved = datetime.fromisoformat(after["due_at"]) - datetime.fromisoformat(before["due_at"])
        assert abs(moved - timedelta(hours=5)) < timedelta(seconds=1)

    def test_a_time_that_ends_before_it_begins_is_refused(self, here, case):
        answer = self.toll(here, case, begins=moment(), until=moment(hours=-1))
        assert answer.json()["errors"][0]["pointer"] == "/until"

    def test_an_authority_for_something_else_is_none_for_this_duty(self, here, case):
        answer = self.toll(here, case, authority="cannot-be-met", begins=moment())
        assert (answer.status_code, answer.json()["reason"]) == (422, "authority-not-listed")


class TestNotDone:
    def test_whoever_works_on_the_case_says_so_and_a_later_record_still_counts(self, here, case):
        duty = due(here, f"cases/{case}")["cross-report-law-enforcement"]["duty"]
        answer = say(here, f"cases/{case}", "not-done", "worker", duty=duty)
        assert (answer.status_code, answer.json()["flags"]) == (200, [])
        assert due(here, f"cases/{case}")["cross-report-law-enforcement"]["state"] == "confirmed-not-done"
        done = {"act": "cross-reported", "to": "law-enforcement"}
        assert here.post(f"/v1/cases/{case}/acts", done, "worker").status_code == 201
        assert due(here, f"cases/{case}")["cross-report-law-enforcement"]["state"] == "done-on-time"

    def test_of_a_duty_that_is_not_known_it_is_taken_and_flagged(self, here, case):
        answer = say(here, f"cases/{case}", "not-done", "worker", duty=f"of-our-own:{uuid4()}")
        assert (answer.status_code, answer.json()["flags"]) == (200, ["duty-not-known"])
        [event] = here.events(kind="duty.confirmed-not-done", case=case)
        assert event.envelope.data["rule"] == "not-listed"

    def test_a_time_ahead_is_taken_as_now_and_flagged(self, here, case):
        duty = due(here, f"cases/{case}")[LAWS]["duty"]
        answer = say(here, f"cases/{case}", "not-done", "worker", duty=duty, time=moment(days=1))
        assert answer.json()["flags"] == ["ahead.time"]

    def test_that_says_nothing_is_refused(self, here, case):
        answer = say(here, f"cases/{case}", "not-done", "worker", duty="what was due")
        assert answer.json()["reason"] == "no-usable-fact"

    def test_an_agency_that_has_no_part_in_the_case_hears_that_there_is_none(self, here, case):
        duty = due(here, f"cases/{case}")[LAWS]["duty"]
        assert say(here, f"cases/{case}", "not-done", "shelter", duty=duty).status_code == 404


class TestOnAConcern:
    def test_the_same_is_said_while_it_belongs_to_no_case_and_holds_when_it_does(self, here):
        concern = here.concern()
        where = f"concerns/{concern}"
        duty = due(here, where, "screener")[LAWS]["duty"]
        body = {"duty": duty, "authority": "court-order", "reason": "ordered"}
        assert say(here, where, "waive", **body).status_code == 200
        assert due(here, where, "deputy")[LAWS]["state"] == "waived"
        [event] = here.events(kind="duty.waived", concern=concern)
        assert (event.envelope.subject, "case" in event.envelope.data) == (concern, False)
        case = here.case(concern)
        assert due(here, f"cases/{case}")[LAWS]["state"] == "waived"

    def test_once_it_belongs_to_a_case_it_is_said_there_and_who_reported_it_sees_it(self, here):
        concern = here.concern()
        case = here.case(concern)
        where = f"concerns/{concern}"
        duty = due(here, where, "deputy")[LAWS]["duty"]
        assert say(here, where, "not-done", "deputy", duty=duty).status_code == 200
        [event] = here.events(kind="duty.confirmed-not-done", concern=concern)
        assert (event.envelope.subject, event.envelope.data["case"]) == (case, case)
        assert due(here, where, "deputy")[LAWS]["state"] == "confirmed-not-done"

    def test_who_reported_it_sees_none_of_the_duties_of_the_case(self, here):
        concern = here.concern()
        here.case(concern)
        assert OURS not in due(here, f"concerns/{concern}", "deputy")
        assert LAWS in due(here, f"concerns/{concern}", "deputy")


class TestOverKafka:
    def test_an_agencys_system_says_that_a_duty_was_not_done_and_gets_its_receipt(self, here):
        concern = here.concern()
        duty = due(here, f"concerns/{concern}", "deputy")[LAWS]["duty"]
        event = here.submission("sheriff", "confirm-concern-duty-not-done", {"duty": duty}, subject=concern)
        assert here.take("sheriff", event).envelope.data["outcome"] == "accepted"
        assert due(here, f"concerns/{concern}", "deputy")[LAWS]["state"] == "confirmed-not-done"
