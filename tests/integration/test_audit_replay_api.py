"""Replay over HTTP on a real PostgreSQL: as known to an agency, where a value came from, how two views differ."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.events.names import SealedClass
from shared.web.fakes import FakeVerifier
from tests.integration.test_audit_api import PEOPLE, Api, api, iso
from tests.unit.audit.county import ACTIVE, PARTIES, County, canary, county, versions
from tests.unit.audit.independent import as_of as folded
from tests.unit.audit.independent import picture_of
from tests.unit.audit.independent_knowing import knew
from tests.unit.audit.made import MONDAY, Case, Log

__all__ = ["api"]
pytestmark = pytest.mark.platform
VERIFIER = FakeVerifier(PEOPLE)
WHAT = ("history", "state", "fields")


@pytest.fixture
def made(api: Api) -> County:
    """A small county whose whole log is in the ledger."""
    invented = county(11, acts=60)
    api.keep(invented.log.made)
    return invented


def values_of(made: County) -> list[tuple[str, int, bytes]]:
    return [(m.topic, m.sequence, m.value) for m in made.log.made]


def small(api: Api) -> tuple[County, Case]:
    """One case, under Alder's MOU, with a referral to public health, declined."""
    made = County(Log(), random.Random(1))
    made.adopt(versions()[0])
    case = Case(made.log, {"identity": canary("identity", 1)}).open()
    made.cases.append(case)
    referral = case.refer("public-health", sealed={"health": canary("health", 2)})
    case.reject(referral, by="public-health")
    api.keep(made.log.made)
    return made, case


class TestAsKnownTo:
    def test_it_equals_what_is_worked_out_anew_for_random_cases_moments_and_agencies(
        self, api: Api, made: County
    ) -> None:
        chance, values = random.Random(5), values_of(made)
        found = 0
        for _ in range(60):
            case, agency = chance.choice(made.cases), chance.choice(PARTIES)
            moment = MONDAY + (made.log.now - MONDAY) * chance.uniform(-0.1, 1.2)
            fields, opens, knows = knew(case.case, values, agency, moment, made.adopted)
            answer = api.get(f"/v1/cases/{case.case}/state", as_of=iso(moment), known_to=agency)
            if not knows:
                assert answer.status_code == 404
                continue
            found += 1
            things = answer.json()["things"]
            assert {
                f"{t['section']}/{t['id']}/{n}": v for t in things for n, v in t["fields"].items()
            } == fields
            assert {
                (t["section"], t["id"], c, e) for t in things for c, es in t["opens"].items() for e in es
            } == opens
        assert found > 10

    def test_the_whole_equals_the_independent_fold_on_either_axis(self, api: Api, made: County) -> None:
        chance, values = random.Random(6), values_of(made)
        for _ in range(40):
            case, axis = chance.choice(made.cases), chance.choice(("recorded", "happened"))
            moment = MONDAY + (made.log.now - MONDAY) * chance.uniform(-0.1, 1.2)
            body = api.get(f"/v1/cases/{case.case}/state", as_of=iso(moment), axis=axis).json()
            assert picture_of(body["state"]) == folded(case.case, values, moment, axis)

    def test_who_never_knew_the_case_is_answered_as_if_there_were_none_at_any_time(self, api: Api) -> None:
        _made, case = small(api)
        missing = str(uuid4())
        points = [{}, {"as_of": iso(MONDAY - timedelta(days=9))}, {"as_of": iso(MONDAY + timedelta(days=9))}]
        points += [{"as_of_event": case.events["opened"]}, {"as_of_event": str(uuid4())}]
        for what in (*WHAT, "fields/history", "diff"):
            more = {"fields/history": {"field": "case/lead"}, "diff": {"to_known_to": "shelter"}}.get(
                what, {}
            )
            for point in points:
                asked = {**more, **point, "known_to": "probation"}
                real = api.get(f"/v1/cases/{case.case}/{what}", **asked)
                none = api.get(f"/v1/cases/{missing}/{what}", **asked)
                assert real.status_code == none.status_code == 404
                assert real.content == none.content
                volatile = {"x-request-id", "date", "traceresponse", "accord-trace"}
                assert {k: v for k, v in real.headers.items() if k not in volatile} == {
                    k: v for k, v in none.headers.items() if k not in volatile
                }

    def test_an_agency_that_knows_later_knew_nothing_before(self, api: Api) -> None:
        _, case = small(api)
        asked = case.referrals[0]
        before = api.get(
            f"/v1/cases/{case.case}/state", as_of_event=case.events["linked"], known_to="public-health"
        )
        assert before.status_code == 404
        after = api.get(
            f"/v1/cases/{case.case}/state",
            as_of_event=case.events[f"requested {asked}"],
            known_to="public-health",
        ).json()
        assert [t["id"] for t in after["things"]] == [asked]
        assert after["things"][0]["fields"]["status"] == "requested"
        assert after["known_to"] == "public-health"
        assert after["events"] == 1
        assert {p["topic"] for p in after["positions"]}
        assert after["statement"] == "Public health could have known of 1 event of this case by then."

    def test_it_says_what_the_agency_did_see(self, api: Api) -> None:
        made = County(Log(), random.Random(1))
        made.adopt(versions()[0])
        case = Case(made.log).open()
        case.join("office-of-education")
        made.chance.random = lambda: 1.0  # type: ignore[method-assign]
        made.read(case, "office-of-education")
        case.told("opened", "office-of-education/supervisor", acknowledge=True)
        api.keep(made.log.made)
        saw = api.get(f"/v1/cases/{case.case}/state", known_to="office-of-education").json()["did_see"]
        assert [s["kind"] for s in saw] == ["read", "told", "acknowledged"]
        assert (saw[0]["classes"], saw[0]["beyond"]) == (["identity"], ["identity"])

    def test_with_what_happened_it_is_refused_and_says_why(self, api: Api) -> None:
        _, case = small(api)
        for what in (*WHAT, "diff"):
            answer = api.get(f"/v1/cases/{case.case}/{what}", axis="happened", known_to="advocacy")
            assert answer.status_code == 422
            (error,) = answer.json()["errors"]
            assert error["parameter"] == "axis"
            assert "from when it was recorded" in error["detail"]

    def test_an_agency_that_is_none_is_named_as_wrong_and_not_repeated(self, api: Api) -> None:
        _, case = small(api)
        answer = api.get(f"/v1/cases/{case.case}/state", known_to="CANARY")
        assert answer.status_code == 422
        assert "CANARY" not in answer.text

    def test_gaps_are_said_without_saying_where(self, api: Api) -> None:
        made = County(Log(), random.Random(1))
        made.adopt(versions()[0])
        case = Case(made.log).open()
        case.refer("advocacy")
        left_out = case.events["linked"].encode()
        api.keep([m for m in made.log.made if left_out not in m.value])
        body = api.get(f"/v1/cases/{case.case}/history", known_to="advocacy").json()
        assert body["gaps"] == ["The ledger lacks events of this case: the agency may have known more."]

    def test_nobody_else_may_ask_it(self, api: Api) -> None:
        _, case = small(api)
        for person, purpose in (("worker", "audit"), ("operator", "audit"), ("auditor", "coordinate")):
            for what in WHAT:
                answer = api.get(f"/v1/cases/{case.case}/{what}", person, purpose, known_to="advocacy")
                assert answer.status_code == 404

    def test_a_long_history_comes_in_pages_as_known_to_the_agency(self, api: Api) -> None:
        made = County(Log(), random.Random(1))
        made.adopt(versions()[0])
        case = Case(made.log).open()
        for _ in range(220):
            case.refer("advocacy")
        api.keep(made.log.made)
        path = f"/v1/cases/{case.case}/history"
        first = api.get(path, known_to="human-services").json()
        second = api.get(path, known_to="human-services", cursor=first["next"]).json()
        ids = [e["event"] for e in first["entries"] + second["entries"]]
        assert len(ids) == len(set(ids)) == first["events"]
        assert second["next"] is None
        other = api.get(path, known_to="advocacy", cursor=first["next"])
        assert other.json()["type"] == "/problems/cursor-invalid"


class TestNotOneByte:
    """A canary for each class and agency, and in codes: an answer holds none that the agency could not see."""

    def planted(self, api: Api) -> tuple[County, Case, dict[str, str]]:
        """Every agency's own canary: a code in what only it and the lead know."""
        made = County(Log(), random.Random(2))
        made.adopt(versions()[0])
        case = Case(made.log).open()
        codes = {}
        for agency in (a for a in ACTIVE if a != "human-services"):
            codes[agency] = f"canary-{agency}-only"
            sealed = {str(c): canary(f"{c}-{agency}", 1) for c in SealedClass}
            case.refer(agency, kind=codes[agency], needs=(f"need-{codes[agency]}",), sealed=sealed)
        api.keep(made.log.made)
        return made, case, codes

    @pytest.mark.parametrize("agency", PARTIES)
    def test_of_what_other_agencies_were_asked_nothing(self, api: Api, agency: str) -> None:
        made, case, codes = self.planted(api)
        others = [c for a, c in codes.items() if a != agency]
        hidden = [] if agency == "human-services" else others
        events = [m for m in made.log.made if any(code.encode() in m.value for code in hidden)]
        assert len(events) == len(hidden)
        for what in (*WHAT, "diff"):
            more = {"to_as_of": iso(MONDAY + timedelta(minutes=1))} if what == "diff" else {}
            answer = api.get(f"/v1/cases/{case.case}/{what}", known_to=agency, **more)
            assert "eyJ" not in answer.text
            for code in hidden:
                assert code not in answer.text
            for event in events:
                said = json.loads(event.value)
                for name in ("id", "actor", "stream", "commandid"):
                    assert said[name] not in answer.text or (name == "stream" and said[name] == case.stream)
                assert said["data"]["referral"] not in answer.text
            assert case.youth not in answer.text

    @pytest.mark.parametrize("agency", [a for a in ACTIVE if a != "human-services"])
    def test_and_its_own_is_found_there(self, api: Api, agency: str) -> None:
        _, case, codes = self.planted(api)
        for what in WHAT:
            answer = api.get(f"/v1/cases/{case.case}/{what}", known_to=agency)
            assert codes[agency] in answer.text
        lead = api.get(f"/v1/cases/{case.case}/state", known_to="human-services").text
        assert all(code in lead for code in codes.values())

    def test_every_sealed_class_is_named_for_whoever_the_mou_lets_open_it_and_nobody_else(
        self, api: Api
    ) -> None:
        made, case, _ = self.planted(api)
        for agency in (a for a in ACTIVE if a != "human-services"):
            body = api.get(f"/v1/cases/{case.case}/state", known_to=agency).json()
            (referral,) = (t for t in body["things"] if t["section"] == "referrals")
            opens = set(referral["opens"])
            health = agency in ("behavioral-health", "public-health", "medical-hub")
            expected = {"identity", "contact", "narrative"} | ({"health"} if health else set())
            expected |= {"education"} if agency == "office-of-education" else set()
            assert opens == expected, agency
        assert made.adopted
