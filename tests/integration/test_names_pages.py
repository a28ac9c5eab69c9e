"""Names beside codes, on a real PostgreSQL: who is given them, and that each showing is recorded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.events.names import Purpose
from shared.mou import document_of, load_document, packed_document
from shared.mou.facts import CallerFacts
from tests.integration.referrals_made import ALL_SIGNED, PEOPLE, county
from tests.integration.signing_in_made import person, place
from tests.mou.alder import MOU

pytestmark = pytest.mark.platform
NAME = "Testa Example"
WORKER, ADVOCATE, DEPUTY = "worker@human-services", "advocate@advocacy", "deputy@sheriff"
SUPERVISOR = "supervisor@human-services"
SHELTER = "advocate@shelter"
ANY = "4d3a1c80-7a05-4a53-9b0b-6f5c0f5d1c11"
QUARTER = timedelta(minutes=15)


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with place(infra, tmp_path_factory.mktemp("names")) as made:
        yield made


@pytest.fixture
def at(here):
    """The place, a minute after a quarter of an hour has begun."""
    here.clock.ahead = timedelta()
    into = timedelta(seconds=here.now().timestamp() % QUARTER.total_seconds())
    here.clock.ahead = QUARTER - into + timedelta(minutes=1)
    return here


@pytest.fixture
def case(at):
    """A case whose concern names its youth."""
    facts = {"identity": {"name": NAME, "birth_date": "2011-03-19"}, "narrative": {"text": "Invented."}}
    return at.county.case(at.county.concern(clear=facts))


def signed_in(at, handle):
    browser = at.browser()
    browser.sign_in(handle)
    return browser


def reads(at, subject, handle=WORKER, kind="record.read"):
    told = [event.envelope for event in at.events(kind)]
    who = str(person(handle).id)
    return [one for one in told if (str(one.subject), str(one.actor)) == (subject, who)]


def asked(browser, *things, purpose="coordinate"):
    return browser.client.get("/names", params={"of": list(things), "purpose": purpose})


class TestAName:
    def test_is_given_to_who_may_see_it_and_not_kept_on_the_way(self, at, case):
        answer = asked(signed_in(at, WORKER), f"case/{case}")
        assert answer.json() == {f"case/{case}": NAME}
        assert answer.headers["cache-control"] == "no-store"

    def test_stands_beside_its_code_where_one_alone_is_asked_for(self, at, case):
        answer = signed_in(at, WORKER).get(f"/names/case/{case}")
        assert answer.text.startswith("C-")
        assert f"<bdi>({NAME})</bdi>" in answer.text
        assert answer.headers["cache-control"] == "no-store"

    def test_of_a_concern_and_of_a_referral_is_given_too(self, at):
        named = {"clear": {"identity": {"name": NAME}}}
        concern, referral = at.county.concern(**named), at.county.referral(**named)
        assert asked(signed_in(at, "screener@human-services"), f"concern/{concern}").json() == {
            f"concern/{concern}": NAME
        }
        assert asked(signed_in(at, ADVOCATE), f"referral/{referral}", purpose="respond").json() == {
            f"referral/{referral}": NAME
        }

    def test_that_agencies_stated_in_two_ways_is_given_in_both(self, at):
        county = at.county
        case = county.case(county.concern(clear={"identity": {"name": NAME}}))
        second = county.concern(clear={"identity": {"name": f"  T.  {NAME}  "}})
        etag = county.etag(f"/v1/concerns/{second}", "screener")
        attached = {"case": case, "matter": "dependency"}
        answer = county.post(f"/v1/concerns/{second}/attach", attached, "screener", etag=etag)
        assert answer.status_code == 200, answer.text
        assert asked(signed_in(at, WORKER), f"case/{case}").json() == {f"case/{case}": f"{NAME} / T. {NAME}"}

    def test_with_marks_of_html_is_shown_as_it_was_stated(self, at):
        concern = at.county.concern(clear={"identity": {"name": "<b>T</b>"}})
        answer = signed_in(at, "screener@human-services").get(f"/names/concern/{concern}")
        assert "&lt;b&gt;T&lt;/b&gt;" in answer.text

    def test_as_long_as_a_book_is_cut(self, at):
        concern = at.county.concern(clear={"identity": {"name": "T" * 5_000}})
        (name,) = asked(signed_in(at, "screener@human-services"), f"concern/{concern}").json().values()
        assert (len(name), name[-1]) == (120, "…")


class TestEachShowing:
    def test_is_recorded_once_in_a_quarter_of_an_hour_with_purpose_and_class(self, at, case):
        browser = signed_in(at, WORKER)
        for _ in range(3):
            assert asked(browser, f"case/{case}").json()
        browser.get(f"/names/case/{case}")
        (read,) = reads(at, case)
        assert (read.purpose, read.data["about_kind"], read.data["classes"]) == (
            "coordinate",
            "case",
            ["identity"],
        )

    def test_is_recorded_again_for_another_purpose_and_in_the_next_quarter(self, at, case):
        assert asked(signed_in(at, WORKER), f"case/{case}").json()
        assert asked(signed_in(at, WORKER), f"case/{case}", purpose="respond").json()
        assert [read.purpose for read in reads(at, case)] == ["coordinate", "respond"]
        at.clock.ahead += QUARTER
        assert asked(signed_in(at, WORKER), f"case/{case}").json()
        assert len(reads(at, case)) == 3

    def test_is_recorded_once_where_pages_in_two_tabs_ask_at_the_same_time_in_another_order(self, at):
        cases = [at.county.case(at.county.concern(clear={"identity": {"name": NAME}})) for _ in range(6)]
        things = [f"case/{case}" for case in cases]
        tabs = [(signed_in(at, SUPERVISOR), order) for order in (things, things[::-1])]
        with ThreadPoolExecutor(2) as pool:
            for _ in range(5):
                at.clock.ahead += QUARTER
                for browser, _order in tabs:
                    browser.sign_in(SUPERVISOR)
                asking = [pool.submit(asked, browser, *order) for browser, order in tabs]
                assert [len(one.result().json()) for one in asking] == [6, 6]
        assert {len(reads(at, case, SUPERVISOR)) for case in cases} == {5}


class TestOneThatIsNotGiven:
    def test_is_left_out_for_who_may_not_know_of_the_thing_and_the_attempt_is_recorded(self, at, case):
        for thing in (f"case/{case}", f"case/{uuid4()}"):
            assert asked(signed_in(at, SHELTER), thing).json() == {}
        assert reads(at, case, SHELTER) == []
        assert len(reads(at, case, SHELTER, "record.denied")) == 1

    def test_looks_the_same_whether_there_is_a_name_a_thing_or_neither(self, at, case):
        nameless = at.county.case()
        browser = signed_in(at, SHELTER)
        answers = [browser.get(f"/names/case/{id}") for id in (case, nameless, str(uuid4()))]
        assert {a.status_code for a in answers} == {200}
        assert {len(a.text) for a in answers} == {len("C-123456")}
        assert asked(browser, f"case/{case}").content == asked(browser, f"case/{nameless}").content

    def test_of_a_class_that_is_withheld_leaves_a_code_and_no_record_of_a_read(self, at):
        referral = at.county.referral(clear={"identity": {"name": NAME}})
        case = at.county.get(f"/v1/referrals/{referral}", "worker").json()["case"]
        browser = signed_in(at, "auditor@county")
        assert asked(browser, f"referral/{referral}", purpose="audit").json() == {}
        assert reads(at, case, "auditor@county") == []

    def test_in_privacy_view_is_neither_shown_nor_recorded(self, at, case):
        browser = signed_in(at, SUPERVISOR)
        assert asked(browser, f"case/{case}").json()
        at.clock.ahead += QUARTER
        browser = signed_in(at, SUPERVISOR)
        browser.post("/session/view", {"privacy": "on"})
        assert asked(browser, f"case/{case}").json() == {}
        assert len(reads(at, case, SUPERVISOR)) == 1

    def test_is_one_among_others_that_are(self, at, case):
        other = f"case/{uuid4()}"
        assert asked(signed_in(at, WORKER), other, f"case/{case}", other).json() == {f"case/{case}": NAME}

    @pytest.mark.parametrize(
        "path",
        [
            "/names",
            "/names/case/nothing",
            f"/names/agency/{ANY}",
            "/names?of=case/CANARY",
            f"/names?of=case/{ANY}&purpose=break-glass",
            f"/names?{'&'.join(21 * [f'of=case/{ANY}'])}",
        ],
        ids=["none", "no-id", "no-kind", "no-id-of-several", "no-purpose", "too-many"],
    )
    def test_is_a_page_that_repeats_nothing_where_the_question_is_not_right(self, at, path):
        answer = signed_in(at, WORKER).get(path)
        assert answer.status_code == 422
        assert "CANARY" not in answer.text

    def test_is_not_given_to_whom_nobody_knows(self, at, case):
        answer = at.browser().get(f"/names?of=case/{case}", HX_Request="true")
        assert (answer.status_code, answer.headers["hx-redirect"][:8]) == (204, "/sign-in")

    def test_comes_after_all_when_the_cookie_was_old(self, at, case):
        browser = signed_in(at, WORKER)
        at.clock.ahead += timedelta(minutes=5)
        things = [f"case/{case}", *(f"case/{uuid4()}" for _ in range(19))]
        answer = asked(browser, *things)
        assert answer.headers["location"].startswith("/session/renew")
        assert browser.follow(answer).json() == {f"case/{case}": NAME}


def test_is_not_given_where_the_memorandum_opens_the_class_for_a_purpose_and_not_the_case(infra, tmp_path):
    document = document_of(MOU)
    document["may"] = [
        {**one, "purposes": ["support"]} if one["act"] == "read-case" else one for one in document["may"]
    ]
    caller = CallerFacts.of(replace(PEOPLE["worker"], purpose=Purpose.COORDINATE))
    with county(infra, tmp_path, adopt=False) as made:
        made.adopt()
        case = made.case(made.concern(clear={"identity": {"name": NAME}}))
        wanted, questions = [("case", case)], made.referrals.questions
        assert questions.names(wanted, caller, str(uuid4())) == {("case", case): NAME}
        changed = load_document({**document, "version": "read-to-support"})
        body = {"document": packed_document(changed), "signed_by": ALL_SIGNED}
        assert made.post("/v1/mou/versions", body, "coordinator").status_code == 201
        assert questions.names(wanted, caller, str(uuid4())) == {}
