"""What is due in a case, over HTTP and on its page, on a real PostgreSQL, under Alder County's memorandum."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.mou.duties.states import State
from shared.mou.load import adoptable
from tests.integration.casework_made import casework, said
from tests.integration.referrals_made import ALL_SIGNED
from tests.mou.alder import MOU, TEXT

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with casework(infra, tmp_path_factory.mktemp("due")) as made:
        yield made


def ago(**how):
    return (datetime.now(UTC) - timedelta(**how)).isoformat()


def due(here, case, person="worker"):
    answer = here.county.get(f"/v1/cases/{case}/duties", person)
    assert answer.status_code == 200, answer.text
    return {one["rule"]: one for one in answer.json()["items"]}


def done(here, where, person, act, **more):
    answer = here.county.post(f"/v1/{where}/acts", {"act": act, **more}, person)
    assert answer.status_code == 201, answer.text


def team(here, case, agency):
    body = {"agency": agency, "matter": "dependency"}
    etag = here.county.etag(f"/v1/cases/{case}", "worker")
    assert here.county.post(f"/v1/cases/{case}/agencies", body, "worker", etag=etag).status_code == 200


class TestOfAConcern:
    def test_the_written_report_is_owed_by_who_reported_it_within_thirty_six_hours(self, here):
        concern = here.county.concern(known_since=ago(hours=2))
        duty = due(here, here.county.case(concern))["written-report-sent"]
        assert (duty["state"], duty["owed_by"], duty["about"]) == ("open", "sheriff", concern)
        opened, by = (datetime.fromisoformat(duty[name]) for name in ("opened_at", "due_at"))
        assert by - opened == timedelta(hours=36)
        assert duty["says"]
        assert duty["clause"]
        assert duty["source"]

    def test_it_is_done_once_it_is_recorded_though_the_concern_belongs_to_a_case_by_then(self, here):
        concern = here.county.concern()
        case = here.county.case(concern)
        done(here, f"concerns/{concern}", "deputy", "written-report-sent", to="child-welfare", method="form")
        duty = due(here, case)["written-report-sent"]
        assert duty["state"] == "done-on-time"
        assert duty["met_at"]

    def test_a_record_that_was_wrong_meets_nothing(self, here):
        concern = here.county.concern()
        case = here.county.case(concern)
        done(here, f"cases/{case}", "worker", "cross-reported", to="law-enforcement")
        assert due(here, case)["cross-report-law-enforcement"]["state"] == "done-on-time"
        [record] = here.county.get(f"/v1/cases/{case}", "worker").json()["matters"][0]["acts"]
        body = {"record": record["record"], "reason": "wrong-youth"}
        etag = here.county.etag(f"/v1/cases/{case}", "worker")
        answer = here.county.post(f"/v1/cases/{case}/acts/enter-in-error", body, "worker", etag=etag)
        assert answer.status_code == 200, answer.text
        assert due(here, case)["cross-report-law-enforcement"]["state"] == "open"

    def test_what_has_no_record_by_its_time_is_called_that_and_a_late_record_mends_it(self, here):
        concern = here.county.concern(known_since=ago(days=3), time=ago(days=3))
        case = here.county.case(concern)
        assert due(here, case)["written-report-sent"]["state"] == "no-record-by-due-time"
        done(
            here,
            f"concerns/{concern}",
            "deputy",
            "written-report-sent",
            to="child-welfare",
            done_at=ago(days=2),
        )
        assert due(here, case)["written-report-sent"]["state"] == "done-on-time-recorded-late"


class TestWhoSeesIt:
    def test_what_a_screening_opened_is_seen_by_those_who_see_its_band(self, here):
        case = here.county.case()
        for agency in ("probation", "sheriff"):
            team(here, case, agency)
        band = {"tool": "cse-it", "tool_version": "2.0", "band": "clear-concern"}
        assert here.county.post(f"/v1/cases/{case}/screenings", band, "worker").status_code == 201
        seen = {person: due(here, case, person).keys() for person in ("worker", "officer", "deputy")}
        assert seen["worker"] >= {"exploitation-told", "screened-again"}
        assert seen["officer"] >= {"exploitation-told", "screened-again"}
        assert not seen["deputy"] & {"exploitation-told", "screened-again"}

    def test_what_a_concern_opened_is_not_seen_by_the_team_that_may_not_read_it(self, here):
        case = here.county.case()
        team(here, case, "probation")
        assert "call-made" in due(here, case)
        assert "call-made" not in due(here, case, "officer")
        assert "exchange-looked-at" in due(here, case, "officer")

    def test_of_a_case_that_is_not_ones_own_nothing_is_due(self, here):
        case = here.county.case()
        assert here.county.get(f"/v1/cases/{case}/duties", "advocate").status_code == 404

    def test_it_is_a_read_of_the_case_that_is_recorded(self, here):
        case = here.county.case()
        due(here, case)
        assert len(here.county.events(kind="record.read", about=case)) == 1


class TestAVersionThatFollowsAnother:
    @pytest.fixture
    def before(self, infra, tmp_path):
        """A county that has adopted nothing yet."""
        with casework(infra, tmp_path, adopt=False) as made:
            yield made

    def test_what_was_reported_before_there_was_any_counts_under_the_first(self, before):
        concern = before.county.concern()
        before.county.adopt()
        case = before.county.case(concern)
        text = TEXT.replace(f"version: {MOU.version}", "version: alder-next", 1)
        assert text.count("within: {hours: 36}") > 1
        body = {"document": adoptable(text.replace("within: {hours: 36}", "within: {hours: 12}"))}
        body["signed_by"] = ALL_SIGNED
        answer = before.county.post("/v1/mou/versions", body, "coordinator")
        assert answer.status_code == 201, answer.text
        duty = due(before, case)["written-report-sent"]
        opened, by = (datetime.fromisoformat(duty[name]) for name in ("opened_at", "due_at"))
        assert by - opened == timedelta(hours=36)


class TestThePage:
    def test_says_what_is_due_by_when_and_who_owes_it(self, here):
        case = here.county.case(here.county.concern())
        words = said(here.person("worker").get(f"/cases/{case}"))
        assert "What is due" in words
        assert "Alder County Sheriff, clause" in words
        assert "To be done" in words

    def test_keeps_what_is_done_apart(self, here):
        concern = here.county.concern()
        case = here.county.case(concern)
        done(here, f"cases/{case}", "worker", "cross-reported", to="law-enforcement")
        words = said(here.person("worker").get(f"/cases/{case}"))
        assert "Done, and no longer needed (1)" in words
        assert "Done on time" in words

    def test_has_a_word_for_every_state(self, here):
        from services.referrals.pages.duties import STATES

        assert set(STATES) == set(State)
