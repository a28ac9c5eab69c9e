"""Referrals' HTTP door on a real PostgreSQL: the story, and every bad input that concerns it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.referrals.application.handle import refusals_stream
from services.referrals.domain.deciding import NO_MOU
from shared.errors import TryLater
from shared.events.names import SealedClass
from shared.mou import packed_document
from tests.integration.referrals_made import ALL_SIGNED, PEOPLE, county
from tests.mou.alder import MOU

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with county(infra, tmp_path_factory.mktemp("referrals")) as made:
        yield made


def problem(answer, status, slug):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    document = answer.json()
    assert document["type"] == f"/problems/{slug}", document
    return document


class TestTheStory:
    def test_runs_from_a_concern_to_an_accepted_referral(self, here):
        concern = here.concern(
            clear={"identity": {"name": "Somebody"}, "narrative": {"text": "At the motel"}}
        )
        shown = here.get(f"/v1/concerns/{concern}", "screener").json()
        assert shown["status"] == "waiting"
        assert shown["opened"]["identity"]["facts"][0]["facts"] == {"name": "Somebody"}
        case = here.case(concern)
        referral = here.referral(case, clear={"contact": {"phone": "555"}})
        path = f"/v1/referrals/{referral}"
        assert here.post(f"{path}/receive", {}, "advocate").status_code == 200
        accepted = here.post(f"{path}/accept", {}, "advocate", etag=here.etag(path, "advocate"))
        assert accepted.status_code == 200, accepted.text
        assert here.get(path, "worker").json()["status"] == "accepted"
        assert here.get(f"/v1/cases/{case}", "advocate").json()["matters"][0]["agencies"] == {
            "human-services": "lead",
            "advocacy": "referral-recipient",
        }

    def test_a_report_says_that_it_does_not_replace_the_call(self, here):
        answer = here.post("/v1/concerns", {"age_years": 15}, "deputy")
        assert "hotline" in answer.json()["notice"]
        assert answer.headers["Location"] == f"/v1/concerns/{answer.json()['concern']}"

    def test_the_call_is_stated_later_also_when_the_concern_is_in_a_case(self, here):
        concern = here.concern()
        case = here.case(concern)
        said = {
            "called_at": datetime.now(UTC).isoformat(),
            "clear": {"reporter": {"spoke_to": "Ms Somebody"}},
        }
        assert here.post(f"/v1/concerns/{concern}/calls", said, "deputy").status_code == 200
        [stated] = here.events(kind="concern.call-stated", concern=concern)
        assert stated.envelope.subject == case
        assert here.get(f"/v1/concerns/{concern}", "screener").json()["opened"]["reporter"]["facts"]

    def test_a_second_matter_begins_once_although_two_ask_for_it_at_the_same_time(self, here):
        case = here.case()
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda _: here.referral(case, matter="delinquency"), range(6)))
        assert [e.data.matter for e in here.events(kind="case.opened", case=case)] == [
            "dependency",
            "delinquency",
        ]


class TestUnreadable:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b'"x"',
            b"null",
            b"\xff\xfe{}",
            b'{"a": "\xed\xa0\x80"}',
            '{"immediate_danger": "yes"}'.encode("utf-16"),
            b"[" * 60_000,
            b'{"age_years": ' + b"1" * 5_000 + b"}",
        ],
    )
    def test_bytes_are_400_and_nothing_is_recorded(self, here, body):
        before = here.count()
        problem(here.post("/v1/concerns", body, "deputy"), 400, "unreadable")
        assert here.count() == before

    def test_a_body_beyond_the_limit_is_413(self, here):
        problem(here.post("/v1/concerns", {"x": "y" * 70_000}, "deputy"), 413, "too-large")

    @pytest.mark.parametrize("text", ["少" * 8_000, "少" * 21_000, "y" * 60_000, "\n" * 30_000])
    def test_a_report_of_any_length_that_a_body_may_have_is_taken_and_read_whole(self, here, text):
        body = json.dumps({"clear": {"narrative": {"text": text}}}, ensure_ascii=False).encode()
        made = here.post("/v1/concerns", body, "deputy").json()
        shown = here.get(f"/v1/concerns/{made['concern']}", "screener").json()["opened"]["narrative"]["facts"]
        assert "".join(part["facts"]["text"] for part in shown) == text
        assert ("continued.narrative" in made["flags"]) is (len(shown) > 1)
        assert len(here.events(kind="concern.continued", concern=made["concern"])) == len(shown) - 1

    def test_anything_else_that_one_event_cannot_hold_is_413_with_the_class_and_recorded(self, here):
        concern = here.concern()
        etag = here.etag(f"/v1/concerns/{concern}", "screener")
        body = {"reason": "other", "clear": {"narrative": {"text": "y" * 60_000}}}
        answer = here.post(f"/v1/concerns/{concern}/evaluate-out", body, "screener", etag=etag)
        said = problem(answer, 413, "too-large")
        assert said["errors"][0]["pointer"] == "/clear/narrative"
        assert "60,000" in said["detail"]
        assert here.events(kind="command.refused", reason="too-large", field="/clear/narrative")

    def test_no_token_and_an_unknown_token_are_401(self, here):
        problem(here.client.post("/v1/concerns", content=b"{}"), 401, "token-missing")
        problem(here.post("/v1/concerns", {}, "nobody"), 401, "token-invalid")


class TestIdempotency:
    def test_without_a_key_nothing_is_made(self, here):
        problem(
            here.post("/v1/concerns", {"age_years": 15}, "deputy", key=None), 400, "idempotency-key-missing"
        )

    @pytest.mark.parametrize("key", ["a b", "x" * 201])
    def test_a_key_that_is_none_is_refused(self, here, key):
        problem(
            here.post("/v1/concerns", {"age_years": 15}, "deputy", key=key), 422, "idempotency-key-invalid"
        )

    def test_the_same_key_and_body_give_the_first_answer_and_append_nothing(self, here):
        key = str(uuid4())
        first = here.post("/v1/concerns", {"age_years": 15}, "deputy", key=key)
        before = here.count()
        again = here.post("/v1/concerns", {"age_years": 15}, "deputy", key=key)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert here.count() == before

    def test_the_same_key_with_another_body_is_refused(self, here):
        key = "the-same-key"
        here.post("/v1/concerns", {"age_years": 15}, "deputy", key=key)
        before = here.count()
        problem(
            here.post("/v1/concerns", {"age_years": 16}, "deputy", key=key), 422, "idempotency-key-reused"
        )
        assert here.count() == before

    def test_the_same_key_of_another_person_is_another_command(self, here):
        key = str(uuid4())
        made = {here.post("/v1/concerns", {"age_years": 15}, p, key=key).json()["concern"] for p in PEOPLE}
        assert len(made) == len(PEOPLE)

    def test_ten_at_once_with_one_key_have_one_effect_and_one_answer(self, here):
        key = str(uuid4())
        with ThreadPoolExecutor(10) as pool:
            answers = list(
                pool.map(lambda _: here.post("/v1/concerns", {"age_years": 11}, "deputy", key=key), range(10))
            )
        assert {a.status_code for a in answers} == {201}
        assert len({a.text for a in answers}) == 1
        assert len(here.events(kind="concern.reported", concern=answers[0].json()["concern"])) == 1

    def test_a_repeat_gets_the_first_answer_although_its_basis_is_stale_by_now(self, here):
        referral, key = here.referral(), str(uuid4())
        path = f"/v1/referrals/{referral}"
        etag = here.etag(path, "advocate")
        first = here.post(f"{path}/accept", {}, "advocate", key=key, etag=etag)
        again = here.post(f"{path}/accept", {}, "advocate", key=key, etag=etag)
        assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())

    def test_a_refusal_is_given_again_and_recorded_once(self, here):
        referral, key = here.referral(), str(uuid4())
        answers = [here.post(f"/v1/referrals/{referral}/receive", {}, "screener", key=key) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        assert len(here.events(kind="command.refused", about=referral)) == 1


class TestTheBasis:
    @pytest.mark.parametrize("etag", [None, "*"], ids=["none", "any"])
    def test_missing_is_428(self, here, etag):
        answer = here.post(f"/v1/referrals/{here.referral()}/accept", {}, "advocate", etag=etag)
        problem(answer, 428, "precondition-required")

    @pytest.mark.parametrize("etag", ['"old"', "W/x", "é", '"a", "b"'])
    def test_stale_is_412(self, here, etag):
        answer = here.post(f"/v1/referrals/{here.referral()}/accept", {}, "advocate", etag=etag)
        problem(answer, 412, "stale")

    def test_another_viewers_tag_is_stale(self, here):
        path = f"/v1/referrals/{here.referral()}"
        problem(here.post(f"{path}/accept", {}, "advocate", etag=here.etag(path, "worker")), 412, "stale")

    def test_two_who_answer_on_the_same_basis_have_one_effect(self, here):
        referral = here.referral()
        path = f"/v1/referrals/{referral}"
        etag = here.etag(path, "advocate")
        with ThreadPoolExecutor(6) as pool:
            answers = list(
                pool.map(lambda _: here.post(f"{path}/accept", {}, "advocate", etag=etag), range(6))
            )
        assert sorted(a.status_code for a in answers) == [200, *[412] * 5]
        assert len(here.events(kind="referral.accepted", referral=referral)) == 1


class TestRefusals:
    def test_an_illegal_transition_is_409_with_clause_and_remedy_and_recorded_with_what_it_was_about(
        self, here
    ):
        referral = here.referral()
        path = f"/v1/referrals/{referral}"
        here.post(f"{path}/accept", {}, "advocate", etag=here.etag(path, "advocate"))
        said = problem(here.post(f"{path}/receive", {}, "advocate"), 409, "refused")
        assert (said["clause"], said["reason"]) == ("4.2", "illegal-transition")
        assert said["remedy"]
        [refused] = here.events(kind="command.refused", about=referral)
        who = PEOPLE["advocate"]
        assert refused.envelope.stream == str(refusals_stream("advocacy", who.person))
        assert (refused.envelope.clause, refused.envelope.actor) == ("4.2", who.person)
        assert (refused.data.command, refused.data.about_kind) == ("receive-referral", "referral")

    def test_who_sees_it_but_may_not_do_it_gets_403_with_the_clause(self, here):
        said = problem(
            here.post(f"/v1/referrals/{here.referral()}/receive", {}, "worker"), 403, "not-allowed"
        )
        assert (said["reason"], said["clause"]) == ("not-the-receiving-agency", "4.2")

    @pytest.mark.parametrize("person", ["shelter", "deputy"])
    def test_unknown_and_foreign_are_answered_alike_and_recorded_without_what_it_was_about(
        self, here, person
    ):
        before = len(here.events(kind="command.refused"))
        foreign = here.post(f"/v1/referrals/{here.referral()}/receive", {}, person)
        unknown = here.post(f"/v1/referrals/{uuid4()}/receive", {}, person)
        problem(foreign, 404, "not-found")
        assert foreign.content == unknown.content
        assert {n: v for n, v in foreign.headers.items()} == {n: v for n, v in unknown.headers.items()}
        refused = here.events(kind="command.refused")[before:]
        assert [(e.data.reason, e.data.about, e.data.about_kind) for e in refused] == [
            ("not-found", None, None)
        ] * 2

    @pytest.mark.parametrize("kind", ["concerns", "cases", "referrals"])
    def test_what_is_foreign_reads_as_what_is_not_there(self, here, kind):
        made = {"concerns": here.concern, "cases": here.case, "referrals": here.referral}[kind]()
        foreign, unknown = (
            here.get(f"/v1/{kind}/{made}", "shelter"),
            here.get(f"/v1/{kind}/{uuid4()}", "shelter"),
        )
        problem(foreign, 404, "not-found")
        assert foreign.content == unknown.content

    @pytest.mark.parametrize("form", ["{%s}", "urn:uuid:%s", "%s ", "１%s", "x", "' OR 1=1", "%%00"])
    @pytest.mark.parametrize("kind", ["concerns", "cases", "referrals"])
    def test_an_id_that_is_none_is_not_there(self, here, kind, form):
        problem(
            here.get(f"/v1/{kind}/{form.replace('%s', str(uuid4())) if '%s' in form else form}", "worker"),
            404,
            "not-found",
        )

    def test_an_id_without_its_dashes_is_not_there(self, here):
        path = f"/v1/referrals/{here.referral().replace('-', '')}"
        problem(here.get(path, "worker"), 404, "not-found")
        problem(here.post(f"{path}/receive", {}, "worker"), 404, "not-found")

    def test_an_id_in_capital_letters_is_the_same(self, here):
        assert here.get(f"/v1/referrals/{here.referral().upper()}", "worker").status_code == 200

    def test_attaching_tells_a_stranger_nothing_of_concern_or_case(self, here):
        concern, case = here.concern(), here.case()
        answers = {
            here.post(f"/v1/concerns/{c}/attach", {"case": k}, "shelter", etag='"x"').content
            for c in (concern, str(uuid4()))
            for k in (case, str(uuid4()))
        }
        assert len(answers) == 1

    def test_a_time_too_far_ahead_is_refused(self, here):
        late = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
        said = problem(
            here.post(f"/v1/referrals/{here.referral()}/receive", {"time": late}, "advocate"),
            422,
            "invalid-field",
        )
        assert (said["reason"], said["errors"][0]["pointer"]) == ("too-far-ahead", "/time")

    def test_a_concern_from_the_future_is_accepted_and_flagged(self, here):
        late = (datetime.now(UTC) + timedelta(days=6)).isoformat()
        answer = here.post("/v1/concerns", {"time": late, "known_since": late, "age_years": 15}, "deputy")
        assert answer.status_code == 201
        assert {"ahead.time", "ahead.known_since"} <= set(answer.json()["flags"])

    @pytest.mark.parametrize("spoilt", ["other key", "other submission", "no JWE"])
    def test_a_sealed_part_that_does_not_open_is_refused_with_its_class(self, here, spoilt):
        key = str(uuid4())
        bound = here.seal(key if spoilt == "other key" else str(uuid4()), "narrative", {"text": "x"})
        sealed = {"other key": bound[:-8] + "AAAAAAAA", "other submission": bound, "no JWE": "x"}[spoilt]
        path = f"/v1/concerns/{here.concern()}"
        body = {"reason": "other", "sealed": {"narrative": sealed}}
        answer = here.post(
            f"{path}/evaluate-out", body, "screener", key=key, etag=here.etag(path, "screener")
        )
        said = problem(answer, 422, "invalid-field")
        assert said["errors"][0]["pointer"] == "/sealed/narrative"
        assert here.get(path, "screener").json()["status"] == "waiting"

    def test_a_sealed_part_bound_to_its_key_opens_and_is_sealed_anew(self, here):
        key = str(uuid4())
        sealed = here.seal(key, "identity", {"name": "Somebody"})
        answer = here.post("/v1/concerns", {"sealed": {"identity": sealed}}, "deputy", key=key)
        concern = answer.json()["concern"]
        [event] = here.events(kind="concern.reported", concern=concern)
        assert event.data.sealed[SealedClass.IDENTITY] != sealed
        shown = here.get(f"/v1/concerns/{concern}", "screener").json()
        assert shown["opened"]["identity"]["facts"][0]["facts"] == {"name": "Somebody"}

    def test_a_concern_with_nothing_usable_is_422_and_recorded(self, here):
        said = problem(here.post("/v1/concerns", {"x": 1}, "deputy"), 422, "invalid-field")
        assert said["reason"] == "no-usable-fact"
        assert here.events(kind="command.refused", reason="no-usable-fact")


class TestReads:
    def test_are_recorded_once_in_a_quarter_of_an_hour_by_person_and_purpose(self, here):
        concern = here.concern()
        for _ in range(3):
            here.get(f"/v1/concerns/{concern}", "screener")
        assert len(here.events(kind="record.read", about=concern)) == 1
        here.get(f"/v1/concerns/{concern}", "screener", "respond")
        here.get(f"/v1/concerns/{concern}", "worker")
        assert len(here.events(kind="record.read", about=concern)) == 3
        here.clock.ahead += timedelta(minutes=15)
        here.get(f"/v1/concerns/{concern}", "screener")
        assert len(here.events(kind="record.read", about=concern)) == 4

    def test_that_open_more_than_the_one_before_are_recorded_too(self, here):
        case = here.case()
        plain, named = here.referral(case), here.referral(case, clear={"identity": {"name": "Somebody"}})
        here.get(f"/v1/referrals/{plain}", "worker")
        here.get(f"/v1/referrals/{named}", "worker")
        reads = [e for e in here.events(kind="record.read") if e.envelope.subject == case]
        reads = [e.data for e in reads if e.data.about_kind == "referral"]
        assert [(r.about, r.classes) for r in reads] == [(plain, ()), (named, ("identity",))]

    def test_name_what_was_read_and_stand_in_the_record_of_its_case(self, here):
        concern = here.concern()
        case = here.case(concern)
        referral = here.referral(case)
        for kind, thing in (("concern", concern), ("case", case), ("referral", referral)):
            here.get(f"/v1/{kind}s/{thing}", "screener", "respond")
            [read] = here.events(kind="record.read", about=thing, about_kind=kind)[-1:]
            assert (read.envelope.subject, read.envelope.purpose) == (case, "respond")

    def test_of_further_referrals_of_the_case_in_the_same_quarter_of_an_hour_are_one_record(self, here):
        case = here.case()
        first, second = here.referral(case), here.referral(case)
        for referral in (first, second, first):
            here.get(f"/v1/referrals/{referral}", "screener")
        assert len(here.events(kind="record.read", about=first)) == 1
        assert here.events(kind="record.read", about=second) == []

    def test_that_are_denied_are_recorded_once(self, here):
        concern = here.concern()
        for _ in range(3):
            here.get(f"/v1/concerns/{concern}", "shelter")
        [denied] = here.events(kind="record.denied", about=concern)
        assert (denied.envelope.actor, denied.data.about_kind) == (PEOPLE["shelter"].person, "concern")

    def test_for_a_purpose_that_the_mou_does_not_give_are_403_and_recorded_as_denied(self, here):
        case = here.case()
        said = problem(here.get(f"/v1/cases/{case}", "worker", "audit"), 403, "not-allowed")
        assert said["reason"] == "purpose-may-not"
        assert len(here.events(kind="record.denied", about=case)) == 1

    def test_are_recorded_before_the_answer_is_given(self, here, monkeypatch):
        def away(*_, **__):
            raise TryLater("the database does not answer")

        monkeypatch.setattr(type(here.store), "append", away)
        answer = here.get(f"/v1/concerns/{uuid4()}", "screener")
        assert answer.status_code == 404
        monkeypatch.undo()
        concern = here.concern(clear={"identity": {"name": "Somebody"}})
        monkeypatch.setattr(type(here.store), "append", away)
        answer = here.get(f"/v1/concerns/{concern}", "screener")
        problem(answer, 503, "try-later")
        assert "Somebody" not in answer.text


class TestTheWorklist:
    def poll(self, here, cursor, **more):
        page = here.get(
            "/v1/referrals",
            "advocacy-system",
            queue="inbound",
            limit=3,
            **({"cursor": cursor} if cursor else {}),
            **more,
        )
        assert page.status_code == 200, page.text
        return page.json()

    def test_shows_a_polling_system_each_referral_once_also_those_that_come_later(self, here):
        seen, cursor = [], None
        while (page := self.poll(here, cursor))["items"]:
            seen += [item["id"] for item in page["items"]]
            cursor = page["cursor"]
        case = here.case()
        new = [here.referral(case) for _ in range(7)]
        path = f"/v1/referrals/{new[0]}"
        here.post(f"{path}/accept", {}, "advocate", etag=here.etag(path, "advocate"))
        later = []
        while (page := self.poll(here, cursor))["items"]:
            later += [item["id"] for item in page["items"]]
            assert (page["next"] is None) == (len(page["items"]) < 3)
            cursor = page["cursor"]
        assert later == new
        assert not set(seen) & set(new)

    def test_gives_the_tag_to_answer_with(self, here):
        referral = here.referral()
        items, cursor = [], None
        while (page := self.poll(here, cursor, status="requested"))["items"]:
            items, cursor = items + page["items"], page["cursor"]
        [etag] = [item["etag"] for item in items if item["id"] == referral]
        answer = here.post(f"/v1/referrals/{referral}/accept", {}, "advocacy-system", etag=etag)
        assert answer.status_code == 200, answer.text

    def test_of_another_agency_is_empty_and_its_cursor_is_not_usable(self, here):
        here.referral()
        page = here.get("/v1/referrals", "shelter", queue="inbound").json()
        assert page == {"items": [], "cursor": None, "next": None}
        cursor = self.poll(here, None)["cursor"]
        problem(here.get("/v1/referrals", "shelter", queue="inbound", cursor=cursor), 422, "cursor-invalid")
        problem(here.get("/v1/referrals", "worker", queue="sideways"), 422, "invalid-field")

    def test_opens_nothing(self, here):
        here.referral(clear={"identity": {"name": "Somebody Else"}})
        assert "Somebody Else" not in here.get("/v1/referrals", "worker", queue="outbound").text


class TestTheMou:
    def test_a_version_is_adopted_once(self, here):
        body = {"document": packed_document(MOU), "signed_by": ALL_SIGNED}
        before = len(here.events(kind="mou.adopted"))
        said = problem(here.post("/v1/mou/versions", body, "coordinator"), 409, "refused")
        assert said["reason"] == "mou-version-known"
        newer = {**body, "document": packed_document(MOU.model_copy(update={"version": "alder-2027.1"}))}
        assert here.post("/v1/mou/versions", newer, "coordinator").status_code == 201
        said = problem(here.post("/v1/mou/versions", body, "coordinator"), 409, "refused")
        assert said["reason"] == "mou-version-known"
        assert len(here.events(kind="mou.adopted")) == before + 1
        in_force = here.get("/v1/mou", "worker").json()
        assert in_force["version"] == in_force["document"]["version"] == "alder-2027.1"

    def test_a_document_that_no_event_can_hold_is_refused(self, here):
        document = {"version": "alder-2027.2", "undo": {"minutes": 10.0, "clause": "7.4"}}
        answer = here.post("/v1/mou/versions", {"document": document, "signed_by": ALL_SIGNED}, "coordinator")
        problem(answer, 422, "invalid-field")

    def test_is_not_adopted_by_a_screener(self, here):
        document = packed_document(MOU.model_copy(update={"version": "alder-2027.3"}))
        answer = here.post("/v1/mou/versions", {"document": document, "signed_by": ALL_SIGNED}, "screener")
        said = problem(answer, 403, "not-allowed")
        assert said["clause"] == "7.1"


def test_while_no_mou_is_in_force_a_report_is_taken_and_nothing_else(infra, tmp_path):
    with county(infra, tmp_path, adopt=False) as made:
        concern = made.concern()
        etag = made.etag(f"/v1/concerns/{concern}", "deputy")
        answer = made.post(f"/v1/concerns/{concern}/open-case", {"matter": "none"}, "deputy", etag=etag)
        assert (answer.status_code, answer.json()["clause"]) == (409, NO_MOU)
        assert made.get(f"/v1/concerns/{concern}", "screener").status_code == 404
        made.adopt()
        assert made.get(f"/v1/concerns/{concern}", "screener").status_code == 200


def test_with_postgresql_away_every_answer_is_503_with_retry_after_and_it_heals_by_itself(infra, tmp_path):
    import psycopg

    with county(infra, tmp_path) as made:
        concern, name = made.concern(), made.url.rsplit("/", 1)[1]
        with psycopg.connect(infra.admin_url, autocommit=True) as admin:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            key = str(uuid4())
            for answer in (
                made.post("/v1/concerns", {"age_years": 15}, "deputy", key=key),
                made.get(f"/v1/concerns/{concern}", "screener"),
                made.get("/v1/referrals", "worker", queue="outbound"),
            ):
                problem(answer, 503, "try-later")
                assert int(answer.headers["Retry-After"]) >= 1
            ready = made.client.get("/readyz")
            assert ready.status_code == 503
            # Waiting for a connection takes longer than a check may: then that is what the line says.
            assert ready.json()["checks"][0]["name"] in ("database", "readiness")
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        answers = [made.post("/v1/concerns", {"age_years": 15}, "deputy", key=key) for _ in range(12)]
        assert answers[-1].status_code == 201
        assert len(made.events(kind="concern.reported", age_years=15)) == 1


class TestTheContract:
    def test_every_event_says_where_its_schema_is_and_there_it_is(self, here):
        from jsonschema import Draft202012Validator

        here.referral(clear={"identity": {"name": "Somebody"}})
        import json

        for event in here.events():
            answer = here.client.get(event.envelope.dataschema)
            assert answer.status_code == 200, event.type
            Draft202012Validator(answer.json()).validate(json.loads(event.value))

    def test_an_unknown_schema_is_not_there(self, here):
        problem(here.client.get("/schemas/accord.unknown.v1.json"), 404, "not-found")
