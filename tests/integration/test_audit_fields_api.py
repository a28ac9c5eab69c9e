"""Replay over HTTP on a real PostgreSQL: where a value came from, how two views differ, which moments there are."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.audit.domain.difference import Difference, applied
from services.audit.domain.fields import Field
from shared.web.fakes import FakeVerifier
from tests.integration.test_audit_api import PEOPLE, Api, api, iso
from tests.integration.test_audit_replay_api import made, small
from tests.unit.audit.county import ACTIVE, County
from tests.unit.audit.made import MONDAY, Case, Log

__all__ = ["api", "made"]
pytestmark = pytest.mark.platform
VERIFIER = FakeVerifier(PEOPLE)
WHAT = ("history", "state", "fields")


class TestDifference:
    def test_the_difference_of_two_points_applied_to_the_first_gives_the_second(
        self, api: Api, made: County
    ) -> None:
        chance = random.Random(9)
        for _ in range(20):
            case, agency = chance.choice(made.cases), chance.choice([None, None, *ACTIVE])
            one, other = (iso(MONDAY + (made.log.now - MONDAY) * chance.uniform(-0.1, 1.1)) for _ in range(2))
            path = f"/v1/cases/{case.case}"
            known = {"known_to": agency} if agency else {}
            a, b = (api.get(f"{path}/fields", as_of=moment, **known) for moment in (one, other))
            answer = api.get(f"{path}/diff", as_of=one, to_as_of=other, **known)
            if answer.status_code == 404:
                assert a.status_code == b.status_code == 404
                continue
            assert applied(differences(answer.json()), table(a)) == table(b)

    def test_how_one_agencys_view_differs_from_anothers(self, api: Api, made: County) -> None:
        case = made.cases[0]
        path = f"/v1/cases/{case.case}"
        views = {a: table(api.get(f"{path}/fields", known_to=a)) for a in ACTIVE}
        for one, other in zip(ACTIVE, reversed(ACTIVE), strict=True):
            if views[one] or views[other]:
                answer = api.get(f"{path}/diff", known_to=one, to_known_to=other)
                assert applied(differences(answer.json()), views[one]) == views[other]

    def test_the_state_before_and_after_a_decline_names_the_event_that_made_it(self, api: Api) -> None:
        _, case = small(api)
        history = api.get(f"/v1/cases/{case.case}/history").json()["entries"]
        declined = history[-1]["event"]
        body = api.get(
            f"/v1/cases/{case.case}/diff", as_of_event=history[-2]["event"], to_as_of_event=declined
        ).json()
        changed = {c["path"].rpartition("/")[2]: (c["before"], c["after"]) for c in body["changes"]}
        assert changed["status"] == ("requested", "rejected")
        assert changed["reason"] == (None, "no-capacity")
        assert {c["after_set_by"] for c in body["changes"]} == {declined}
        assert body["set_by"][-1]["sentence"] == "Public health declined the referral: no capacity."
        assert body["before"]["events"] + 1 == body["after"]["events"]

    def test_what_an_agency_could_not_have_known_is_the_difference_to_the_whole(self, api: Api) -> None:
        _, case = small(api)
        body = api.get(f"/v1/cases/{case.case}/diff", to_known_to="public-health").json()
        removed = {c["path"].split("/")[0] for c in body["changes"]}
        assert {c["kind"] for c in body["changes"]} == {"removed"}
        assert {"matters", "concerns"} <= removed
        assert "referrals" not in removed

    def test_without_anything_to_compare_with_it_says_what_to_give(self, api: Api) -> None:
        _, case = small(api)
        answer = api.get(f"/v1/cases/{case.case}/diff", known_to="public-health")
        assert answer.status_code == 422
        assert "say what to compare with" in answer.json()["errors"][0]["detail"]

    def test_the_event_that_is_not_of_the_case_is_named_by_its_parameter(self, api: Api) -> None:
        _, case = small(api)
        answer = api.get(f"/v1/cases/{case.case}/diff", to_as_of_event=str(uuid4()))
        assert answer.json()["errors"][0]["parameter"] == "to_as_of_event"


def differences(body: dict[str, Any]) -> list[Difference]:
    def field(value: Any, event: str | None) -> Field | None:
        return None if event is None else Field(value, event)

    return [
        Difference(c["path"], field(c["before"], c["before_set_by"]), field(c["after"], c["after_set_by"]))
        for c in body["changes"]
    ]


def table(answer: Any) -> dict[str, Field]:
    if answer.status_code == 404:
        return {}
    return {f["path"]: Field(f["value"], f["set_by"]) for f in answer.json()["fields"]}


class TestWhereAValueCameFrom:
    def test_every_field_names_an_event_that_is_told(self, api: Api, made: County) -> None:
        for case in made.cases:
            for known in ({}, {"known_to": "human-services"}):
                body = api.get(f"/v1/cases/{case.case}/fields", **known).json()
                assert {f["set_by"] for f in body["fields"]} == {e["event"] for e in body["set_by"]}

    def test_the_history_of_a_field(self, api: Api) -> None:
        _, case = small(api)
        path = f"referrals/{case.referrals[0]}/status"
        body = api.get(f"/v1/cases/{case.case}/fields/history", field=path).json()
        assert [(v["value"], v["set_by"]["agency"]) for v in body["values"]] == [
            ("requested", "human-services"),
            ("rejected", "public-health"),
        ]
        assert body["positions"]
        early = api.get(
            f"/v1/cases/{case.case}/fields/history",
            field=path,
            as_of_event=case.events[f"requested {case.referrals[0]}"],
        ).json()
        assert [v["value"] for v in early["values"]] == ["requested"]
        none = api.get(f"/v1/cases/{case.case}/fields/history", field=path, known_to="sheriff").json()
        assert none["values"] == []

    def test_a_field_that_is_none_has_no_history_and_a_name_that_can_be_none_is_refused(
        self, api: Api
    ) -> None:
        _, case = small(api)
        url = f"/v1/cases/{case.case}/fields/history"
        assert api.get(url, field="referrals/none/status").json()["values"] == []
        answer = api.get(url, field="CANARY $")
        assert (answer.status_code, "CANARY" in answer.text) == (422, False)


class TestMoments:
    """As-of before the first event, after the last, and where the clocks change: each has one documented answer."""

    def test_before_the_first_event_there_is_nothing_and_it_says_so(self, api: Api) -> None:
        _, case = small(api)
        moment = iso(MONDAY - timedelta(days=1))
        body = api.get(f"/v1/cases/{case.case}/fields", as_of=moment).json()
        assert (body["fields"], body["statement"]) == ([], "Nothing of this case was recorded by then.")
        answer = api.get(f"/v1/cases/{case.case}/fields", as_of=moment, known_to="human-services")
        assert answer.status_code == 404

    def test_after_the_last_event_it_is_as_of_when_the_ledger_is_complete(self, api: Api) -> None:
        made, case = small(api)
        api.complete(made.log.now)
        for known in ({}, {"known_to": "public-health"}):
            body = api.get(f"/v1/cases/{case.case}/state", as_of="2999-01-01T00:00:00Z", **known).json()
            assert datetime.fromisoformat(body["as_of"]) == made.log.now
            assert body["complete"] is True

    def test_a_local_time_that_the_clocks_skip_is_a_moment_by_its_offset(self, api: Api) -> None:
        # On 8 March 2026 the clocks of California go from 02:00 PST to 03:00 PDT: there is no 02:30.
        _, case = small(api)
        skipped = api.get(f"/v1/cases/{case.case}/state", as_of="2026-03-08T02:30:00-08:00").json()
        same = api.get(f"/v1/cases/{case.case}/state", as_of="2026-03-08T03:30:00-07:00").json()
        assert skipped["as_of"] == same["as_of"] == "2026-03-08T10:30:00.000000Z"
        assert skipped["state"] == same["state"]

    def test_a_local_time_that_comes_twice_is_two_moments_by_its_offsets(self, api: Api) -> None:
        # On 2 November 2025 01:30 comes twice: first by PDT, then by PST.
        log = Log(now=datetime.fromisoformat("2025-11-02T08:59:00+00:00"))
        case = Case(log).open()
        referral = case.refer()
        log.now = datetime.fromisoformat("2025-11-02T09:00:00+00:00")
        case.accept(referral)
        api.keep(log.made)
        path = f"/v1/cases/{case.case}/state"
        first = api.get(path, as_of="2025-11-02T01:30:00-07:00").json()
        second = api.get(path, as_of="2025-11-02T01:30:00-08:00").json()
        assert first["state"]["known"] is False
        assert second["state"]["referrals"][0]["status"] == "accepted"

    @pytest.mark.parametrize("naive", ["2026-03-08T02:30:00", "2026-11-01T01:30:00.5", "2026-03-03T14:15"])
    def test_a_time_without_an_offset_is_refused_and_told_what_to_do(self, api: Api, naive: str) -> None:
        _, case = small(api)
        for parameter in ("as_of", "to_as_of"):
            answer = api.get(f"/v1/cases/{case.case}/diff", **{parameter: naive})
            assert answer.status_code == 422
            (error,) = answer.json()["errors"]
            assert error["parameter"] == parameter
            assert "needs its offset from UTC, such as -08:00 or Z" in error["detail"]
            assert naive not in answer.text
