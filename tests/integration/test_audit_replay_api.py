"""Replay over HTTP on a real PostgreSQL: as known to an agency, where a value came from, how two views differ."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient as FastApiClient

from services.audit.api import make_app
from services.audit.domain.difference import Difference, applied
from services.audit.domain.fields import Field
from services.audit.questions import Questions
from services.audit.reading import Reader
from services.audit.told import Cases
from shared.errors import TryLater
from shared.events.names import SealedClass
from shared.settings import Settings
from shared.web.fakes import FakeVerifier
from tests.integration.test_audit_api import PEOPLE, Api, api, iso
from tests.unit.audit.county import ACTIVE, PARTIES, County, canary, county, versions
from tests.unit.audit.independent import as_of as folded
from tests.unit.audit.independent import picture_of
from tests.unit.audit.independent_knowing import knew
from tests.unit.audit.made import MONDAY, Case, Log, Made

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
        for _ in range(120):
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


class TestCasesAreKeptBetweenQuestions:
    """What is kept of a case never shows: each answer is that of a service that was only just started."""

    def same(self, api: Api, case: Case, **params: Any) -> None:
        path = f"/v1/cases/{case.case}"
        fresh = FastApiClient(
            make_app(Questions(api.store, lambda: None), VERIFIER, Settings(), list, b"0" * 32)
        )
        headers = {"Authorization": "Bearer auditor", "Accord-Purpose": "audit"}
        for what in ("state", "fields"):
            kept = api.get(f"{path}/{what}", **params)
            anew = fresh.get(f"{path}/{what}", headers=headers, params=params)
            assert kept.status_code == anew.status_code == 200
            assert kept.json() == anew.json()

    def test_while_records_come_in_of_every_topic_in_any_batches(self, api: Api) -> None:
        made = county(21, acts=50)
        chance, rest = random.Random(3), list(made.log.made)
        while rest:
            size = chance.randrange(1, 12)
            api.keep(rest[:size])
            rest = rest[size:]
            for case in made.cases:
                if api.get(f"/v1/cases/{case.case}/history").status_code == 200:
                    self.same(api, case)

    def test_when_topics_come_in_one_after_the_other(self, api: Api) -> None:
        made = county(22, acts=50)
        for topic in sorted({m.topic for m in made.log.made}, reverse=True):
            api.keep([m for m in made.log.made if m.topic == topic])
            for case in made.cases:
                if api.get(f"/v1/cases/{case.case}/history").status_code == 200:
                    self.same(api, case)
                    self.same(api, case, axis="happened")

    def test_when_the_ledger_was_emptied_and_made_anew_with_other_records(self, api: Api) -> None:
        one = Case(Log(seed=5)).open()
        one.accept(one.refer())
        api.keep(one.log.made)
        self.same(api, one)
        other = Case(Log(seed=5)).open()  # the same ids, and then something else
        other.reject(other.refer(), by="advocacy")
        with api.store.transaction() as c:
            c.execute("TRUNCATE ledger, positions, generations, holes, findings")
        api.keep(other.log.made)
        self.same(api, one)
        state = api.get(f"/v1/cases/{one.case}/state").json()["state"]
        assert state["referrals"][0]["status"] == "rejected"
        with api.store.transaction() as c:
            c.execute("TRUNCATE ledger, positions, generations, holes, findings")
        assert api.get(f"/v1/cases/{one.case}/state").status_code == 404

    def test_when_reading_fails_half_way(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        case = Case(Log()).open()
        api.keep(case.log.made[:6])
        self.same(api, case)
        case.accept(case.refer())
        api.keep(case.log.made[6:])
        whole = Reader.all_of

        def failing(*_: Any) -> Any:
            raise TryLater("the database went away")

        monkeypatch.setattr(Reader, "all_of", failing)
        assert api.get(f"/v1/cases/{case.case}/state").status_code == 503
        monkeypatch.setattr(Reader, "all_of", whole)
        self.same(api, case)

    def test_no_more_are_kept_than_there_is_room_for(self, api: Api) -> None:
        cases = Cases(most=20)
        made = [Case(Log(seed=s)).open() for s in range(30, 34)]
        for case in made:
            case.refer()
        for case in made:
            api.keep(renumbered(api, case.log.made))
        questions = Questions(api.store, lambda: None, cases=cases)
        with questions.snapshot() as reader:
            for case in (*made, *made):
                assert len(cases.told(reader, case.case).line.entries) == len(case.log.made)
        assert 0 < len(cases._kept) < len(made)


def renumbered(api: Api, made: list[Made]) -> list[Made]:
    """The records behind those that the ledger has."""
    with api.store.transaction() as c:
        rows = c.execute("SELECT topic, partition, sequence FROM positions").fetchall()
    last = {(r["topic"], r["partition"]): r["sequence"] for r in rows}
    found = []
    for m in made:
        place = (m.topic, m.partition)
        last[place] = last.get(place, -1) + 1
        found.append(Made(m.topic, m.partition, last[place], m.key, m.value))
    return found
