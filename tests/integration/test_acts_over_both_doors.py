"""Recording what was done outside Accord, through both doors on a real PostgreSQL."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr

from services.referrals.repair import after_repair
from shared.settings import Settings
from tests.integration.referrals_made import county

pytestmark = pytest.mark.platform
DONE = {"act": "cross-reported", "to": "law-enforcement", "method": "telephone"}
NUMBER = {"number": "Xochitl-0417"}


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with county(infra, tmp_path_factory.mktemp("acts")) as made:
        yield made


def recorded(here, where, person="worker", **more):
    answer = here.post(f"/v1/{where}/acts", {**DONE, **more}, person)
    assert answer.status_code == 201, answer.text
    return answer.json()


def in_case(here, case, person="worker"):
    return here.get(f"/v1/cases/{case}", person).json()["matters"][0]["acts"]


class TestInACase:
    def test_is_recorded_and_seen_by_the_team(self, here):
        case = here.case()
        record = recorded(here, f"cases/{case}")["record"]
        [shown] = in_case(here, case)
        assert (shown["record"], shown["act"], shown["to"], shown["agency"]) == (
            *(record, "cross-reported", "law-enforcement"),
            "human-services",
        )

    def test_a_number_under_which_it_stands_elsewhere_is_sealed_and_shown_to_whom_the_mou_says(self, here):
        case = here.case()
        recorded(here, f"cases/{case}", clear={"narrative": NUMBER, "justice": NUMBER})
        [shown] = in_case(here, case)
        assert shown["classes"] == {"disclosed": ["narrative"], "withheld": ["justice"]}
        opened = here.get(f"/v1/cases/{case}", "worker").json()["opened"]
        assert [fact["facts"] for fact in opened["narrative"]["facts"]] == [NUMBER]
        assert "justice" not in opened
        with psycopg.connect(here.url) as connection:
            rows = connection.execute(
                "SELECT state FROM stored_events UNION ALL SELECT state::text::bytea FROM parts"
            ).fetchall()
        assert not [row for (row,) in rows if b"Xochitl" in bytes(row)]

    def test_of_a_case_that_is_not_ones_own_does_not_exist(self, here):
        assert here.post(f"/v1/cases/{here.case()}/acts", DONE, "officer").status_code == 404

    def test_what_no_field_can_take_is_flagged_and_kept_sealed(self, here):
        case = here.case()
        body = {**DONE, "method": "by-dove", "who": "Xochitl"}
        answer = here.post(f"/v1/cases/{case}/acts", body, "worker")
        assert answer.status_code == 201, answer.text
        assert set(answer.json()["flags"]) == {"unknown-field", "unreadable.method"}
        opened = here.get(f"/v1/cases/{case}", "worker").json()["opened"]
        kept = [fact["facts"]["as_submitted"] for fact in opened["narrative"]["facts"]]
        assert kept == [{"who": "Xochitl", "method": "by-dove"}]

    def test_is_marked_as_recorded_in_error_and_says_so(self, here):
        case = here.case()
        record = recorded(here, f"cases/{case}")["record"]
        wrong, body = f"/v1/cases/{case}/acts/enter-in-error", {"record": record, "reason": "wrong-youth"}
        assert here.post(wrong, body, "worker").status_code == 428
        etag = here.etag(f"/v1/cases/{case}", "worker")
        assert here.post(wrong, body, "worker", etag=etag).status_code == 200
        assert in_case(here, case)[0]["struck"] == "wrong-youth"

    def test_comes_over_kafka_too(self, here):
        case = here.case()
        event = here.submission("human-services", "record-act", DONE, subject=case)
        assert here.take("human-services", event).data.outcome == "accepted"
        foreign = here.submission("probation", "record-act", DONE, subject=case)
        assert here.take("probation", foreign).data.reason == "not-found"


class TestOnAConcern:
    def test_is_recorded_by_who_reported_it_and_seen_with_the_concern(self, here):
        concern = here.concern()
        record = recorded(here, f"concerns/{concern}", "deputy", act="written-report-sent", method="form")
        for person in ("deputy", "screener"):
            [shown] = here.get(f"/v1/concerns/{concern}", person).json()["acts"]
            assert (shown["record"], shown["act"]) == (record["record"], "written-report-sent")

    def test_once_the_concern_is_in_a_case_it_is_recorded_there(self, here):
        concern = here.concern()
        case = here.case(concern)
        record = recorded(here, f"concerns/{concern}", "deputy")
        assert [one["record"] for one in in_case(here, case)] == [record["record"]]


def test_after_a_repair_each_of_these_is_known_again_with_its_answer(here):
    concern, keys = here.concern(), [str(uuid4()), str(uuid4())]
    case = here.case()
    places = [("cases", case, "worker"), ("concerns", concern, "deputy")]
    first = [
        here.post(f"/v1/{kind}/{id}/acts", DONE, person, key=key).json()
        for (kind, id, person), key in zip(places, keys, strict=True)
    ]
    live = here.parts()
    with psycopg.connect(here.url) as connection:
        connection.execute("DELETE FROM commands")
    after_repair(Settings().model_copy(update={"database_url": SecretStr(here.url)}))
    assert here.parts() == live
    again = [
        here.post(f"/v1/{kind}/{id}/acts", DONE, person, key=key).json()
        for (kind, id, person), key in zip(places, keys, strict=True)
    ]
    assert again == first
