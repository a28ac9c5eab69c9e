"""Cases, lists, the call log and search, over HTTP on a real PostgreSQL."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.web.site.codes import code_of
from tests.integration.casework_made import casework, hidden, said
from tests.integration.referrals_made import PEOPLE

pytestmark = pytest.mark.platform
CANARY = "Quillon Vexmarsh"


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with casework(infra, tmp_path_factory.mktemp("cases")) as made:
        yield made


@pytest.fixture
def empty(infra, tmp_path):
    """A county in which nothing was reported yet."""
    with casework(infra, tmp_path) as made:
        yield made


def join(here, case, agency, matter="dependency"):
    """The lead agency adds one to the case, as it does over the API."""
    etag = here.county.etag(f"/v1/cases/{case}", "worker")
    body = {"agency": agency, "matter": matter}
    answer = here.county.post(f"/v1/cases/{case}/agencies", body, "worker", etag=etag)
    assert answer.status_code == 200, answer.text


def codes(answer) -> list[str]:
    return re.findall(r'accord-card__title"><a href="[^"]+">([CKR]-\w{6})', answer.text)


class TestTheCase:
    def test_shows_who_takes_part_what_was_asked_and_what_was_reported(self, here):
        concern = here.county.concern(clear={"identity": {"name": CANARY}})
        case = here.county.case(concern)
        referral = here.county.referral(case)
        page = here.person("worker").get(f"/cases/{case}")
        words = said(page)
        assert f"Name: {CANARY}" in words
        assert "Dependency Led by Alder County Human Services" in words
        assert "Asked, no answer yet Advocacy beyond the first response" in words
        assert "Alder County Human Services → Lantern Advocacy" in words
        assert f'href="/referrals/{referral}"' in page.text
        assert f'href="/concerns/{concern}"' in page.text
        assert "Alder County Human Services – Leads the case" in words
        assert "Nobody has been named yet." in words

    def test_is_not_there_for_an_agency_that_takes_no_part(self, here):
        case = here.county.case()
        other, none = (here.person("advocate").get(f"/cases/{id}") for id in (case, uuid4()))
        assert (other.status_code, none.status_code) == (404, 404)
        assert said(other) == said(none)

    def test_shows_the_team_no_more_than_is_theirs(self, here):
        concern = here.county.concern(clear={"identity": {"name": CANARY}, "narrative": {"text": "Confided"}})
        case = here.county.case(concern)
        here.county.referral(case, recipient="shelter", kind="housing-emerg")
        join(here, case, "advocacy")
        join(here, case, "office-of-education")
        page = here.person("advocate").get(f"/cases/{case}")
        assert CANARY in page.text
        assert "Confided" not in page.text
        assert f"/concerns/{concern}" not in page.text
        assert "No referral that you can see." in said(page)
        assert "Add an agency" not in said(page)

    def test_withholds_a_name_from_whom_it_is_not_opened_and_does_not_say_that_there_is_one(self, here):
        named = here.county.case(here.county.concern(clear={"identity": {"name": CANARY}}))
        unnamed = here.county.case(here.county.concern())
        for case in (named, unnamed):
            join(here, case, "sheriff")
            page = here.person("deputy").get(f"/cases/{case}")
            assert "Who the young person is Withheld from you" in said(page)
            assert CANARY not in page.text

    def test_shows_the_band_of_a_screening_to_those_who_may_see_it(self, here):
        case = here.county.case()
        join(here, case, "sheriff")
        body = {"tool": "cse-it", "tool_version": "2.0", "band": "clear-concern"}
        body["screened_at"] = "2026-03-02T10:00:00Z"
        assert here.county.post(f"/v1/cases/{case}/screenings", body, "worker").status_code == 201
        assert "Clear concern – CSE-IT" in said(here.person("worker").get(f"/cases/{case}"))
        deputy = said(here.person("deputy").get(f"/cases/{case}"))
        assert "Clear concern" not in deputy
        assert "Screenings Withheld from you" in deputy

    def test_is_a_read_that_is_recorded(self, here):
        case = here.county.case(here.county.concern(clear={"identity": {"name": CANARY}}))
        here.person("worker").get(f"/cases/{case}")
        assert [read.data.classes for read in here.county.events(kind="record.read", about=case)] == [
            ("identity",)
        ]

    def test_covers_names_in_privacy_view(self, here):
        case = here.county.case(here.county.concern(clear={"identity": {"name": CANARY}}))
        assert CANARY not in here.person("worker", privacy=True).get(f"/cases/{case}").text


class TestWordsOfTheMemorandum:
    def test_that_have_no_spanish_are_marked_as_english_on_a_spanish_page(self, here):
        case = here.county.case()
        here.county.referral(case, recipient=None, outside="regional-center")
        for path in (f"/cases/{case}", "/calls"):
            page = here.person("worker", language="es").get(path).text
            assert '<span lang="en">The regional center</span>' in page
            assert page.count("The regional center") == page.count(
                '<span lang="en">The regional center</span>'
            )
        case_page = here.person("worker", language="es").get(f"/cases/{case}").text
        assert '<span lang="en">Advocacy beyond the first response</span>' in case_page


class TestAnAddressThatSaysThatSomethingWasDone:
    @pytest.mark.parametrize(
        "done", ["opened", "attached", "joined", "left", "assigned", "recorded", "anything"]
    )
    def test_is_not_believed(self, here, done):
        case = here.county.case()
        here.county.clock.ahead += timedelta(minutes=11)
        assert "usa-alert--success" not in here.person("worker").get(f"/cases/{case}?done={done}").text

    def test_is_believed_while_it_is_so(self, here):
        case, worker = here.county.case(), here.person("worker")
        assert "is open" in said(worker.get(f"/cases/{case}?done=opened"))
        assert "An agency joined" not in said(worker.get(f"/cases/{case}?done=joined"))
        join(here, case, "probation")
        assert "An agency joined" in said(worker.get(f"/cases/{case}?done=joined"))

    def test_does_not_say_that_an_agency_left_which_did_not(self, here):
        case = here.county.case()
        join(here, case, "probation")
        for who in ("worker", "officer", "shelter"):
            for one in (case, uuid4()):
                assert "Your agency left" not in said(here.person(who).get(f"/cases?left={one}"))


class TestTheTeam:
    def test_an_agency_joins(self, here):
        case, worker = here.county.case(), here.person("worker")
        page = said(
            worker.follow(worker.send(f"/cases/{case}/join", agency="probation", relation="participant"))
        )
        assert "An agency joined case C-" in page
        assert "Alder County Probation – Takes part in the team" in page
        assert here.person("officer").get(f"/cases/{case}").status_code == 200

    def test_an_agency_that_takes_part_is_not_offered_again(self, here):
        case = here.county.case()
        join(here, case, "probation")
        page = here.person("worker").get(f"/cases/{case}/join").text
        assert 'value="probation"' not in page
        assert 'value="shelter"' in page

    def test_only_the_lead_agency_adds_one(self, here):
        case = here.county.case()
        join(here, case, "probation")
        assert here.person("officer").get(f"/cases/{case}/join").status_code == 403
        assert here.person("advocate").get(f"/cases/{case}/join").status_code == 404

    def test_an_agency_leaves_and_sees_the_case_no_more(self, here):
        case, officer = here.county.case(), here.person("officer")
        join(here, case, "probation")
        page = officer.get(f"/cases/{case}/leave").text
        assert 'value="probation"' in page
        assert 'value="human-services"' not in page
        sent = officer.send(f"/cases/{case}/leave", agency="probation", reason="done")
        assert "Your agency left the case." in said(officer.follow(sent))
        assert officer.get(f"/cases/{case}").status_code == 404

    def test_a_person_names_themself_as_worker(self, here):
        case, worker = here.county.case(), here.person("worker")
        page = said(worker.follow(worker.send(f"/cases/{case}/worker", role="social-worker")))
        assert "A worker was named for case C-" in page
        assert "You – Alder County Human Services" in page
        [named] = here.county.events(kind="worker.assigned", case=case)
        assert (named.data.worker, named.data.role) == (PEOPLE["worker"].person, "social-worker")

    def test_a_worker_of_another_id_is_shown_by_code(self, here):
        case, worker, other = here.county.case(), here.person("worker"), str(uuid4())
        worker.send(f"/cases/{case}/worker", role="supervisor", worker=other)
        assert re.search(r"P-\w{6} – Alder County Human Services", said(worker.get(f"/cases/{case}")))

    @pytest.mark.parametrize(
        ("act", "typed", "told"),
        [
            ("join", {"relation": "participant"}, "Choose an agency."),
            ("join", {"agency": "nobody", "relation": "participant"}, "Choose an agency."),
            ("join", {"agency": "shelter", "relation": "forged"}, "Choose how it takes part."),
            ("leave", {"agency": "probation"}, "Choose a reason."),
            ("leave", {"agency": "probation", "reason": "forged"}, "Choose a reason."),
            ("worker", {"role": "social-worker", "worker": CANARY}, "Type the whole id of the person."),
            ("worker", {"role": "forged"}, "Choose a role."),
        ],
    )
    def test_what_is_not_right_comes_back_at_its_field(self, here, act, typed, told):
        case, worker = here.county.case(), here.person("worker")
        join(here, case, "probation")
        before = here.county.events(topic="accord.referrals.events", case=case)
        answer = worker.send(f"/cases/{case}/{act}", **typed)
        assert answer.status_code == 422
        assert told in said(answer)
        assert here.county.events(topic="accord.referrals.events", case=case) == before

    def test_on_an_old_page_it_says_who_changed_what_and_keeps_what_was_typed(self, here):
        case, worker = here.county.case(), here.person("worker")
        path = f"/cases/{case}/join"
        old = worker.form(path, path)
        join(here, case, "probation")
        answer = worker.post(path, {**old, "agency": "shelter", "relation": "serving"})
        assert answer.status_code == 412
        assert "An agency joined – Alder County Human Services" in said(answer)
        assert re.search(r'value="shelter" selected', answer.text)
        again = {**hidden(answer.text, path), "agency": "shelter", "relation": "serving"}
        assert worker.post(path, again).status_code == 303

    def test_in_a_case_of_two_matters_which_one_is_asked(self, here):
        case, worker = here.county.case(), here.person("worker")
        here.county.referral(case, matter="delinquency")
        typed = {"agency": "shelter", "relation": "serving"}
        assert "Choose which matter it is." in said(worker.send(f"/cases/{case}/join", **typed))
        assert worker.send(f"/cases/{case}/join", matter="delinquency", **typed).status_code == 303
        [joined] = here.county.events(kind="agency.joined", case=case, agency="shelter")
        [opened] = here.county.events(kind="case.opened", case=case, matter="delinquency")
        assert joined.envelope.stream == opened.data.case_stream


class TestLists:
    def test_what_waits_for_a_decision_is_shown_to_the_lead_agency_oldest_first(self, empty):
        first, second, done = (empty.county.concern() for _ in range(3))
        empty.county.case(done)
        page = empty.person("screener").get("/concerns")
        assert re.findall(r'href="/concerns/([0-9a-f-]{36})"', page.text) == [first, second]
        assert "Alder County Sheriff" in said(page)
        assert "In danger now, as it was reported" in said(page)

    def test_an_agency_sees_what_it_reported_newest_first_and_nothing_else(self, empty):
        mine = [empty.county.concern() for _ in range(2)]
        empty.county.post("/v1/concerns", {"immediate_danger": "no"}, "officer")
        page = empty.person("deputy").get("/concerns")
        assert re.findall(r'href="/concerns/([0-9a-f-]{36})"', page.text) == mine[::-1]

    def test_the_lead_agency_finds_its_own_reports_apart(self, empty):
        empty.county.concern()
        mine = empty.county.post("/v1/concerns", {"immediate_danger": "no"}, "worker").json()["concern"]
        page = empty.person("screener").get("/concerns?own=true")
        assert re.findall(r'href="/concerns/([0-9a-f-]{36})"', page.text) == [mine]

    def test_go_on_a_page_at_a_time(self, empty):
        for _ in range(60):
            empty.county.concern()
        deputy = empty.person("deputy")
        first = deputy.get("/concerns")
        [after] = re.findall(r'href="(/concerns\?own=true&amp;cursor=[^"]+)"', first.text)
        second = deputy.get(after.replace("&amp;", "&"))
        assert (len(codes(first)), len(codes(second))) == (50, 10)
        assert not set(codes(first)) & set(codes(second))

    def test_a_cursor_is_its_readers_own(self, empty):
        for _ in range(51):
            empty.county.concern()
        [after] = re.findall(r"cursor=([^\"]+)", empty.person("screener").get("/concerns").text)
        assert empty.person("worker").get(f"/concerns?cursor={after}").status_code == 422
        assert empty.person("screener").get(f"/cases?cursor={after}").status_code == 422

    def test_say_that_there_is_nothing(self, empty):
        assert "No concern waits for a decision." in said(empty.person("screener").get("/concerns"))
        assert "Your agency has not reported a concern yet." in said(empty.person("deputy").get("/concerns"))
        assert "Your agency takes part in no case yet." in said(empty.person("deputy").get("/cases"))

    def test_cases_are_those_of_the_agency(self, empty):
        first, second = empty.county.case(), empty.county.case()
        join(empty, first, "probation")
        found = re.findall(r'href="/cases/([0-9a-f-]{36})"', empty.person("officer").get("/cases").text)
        assert found == [first]
        found = re.findall(r'href="/cases/([0-9a-f-]{36})"', empty.person("worker").get("/cases").text)
        assert found == [second, first]

    def test_show_no_name(self, empty):
        empty.county.case(empty.county.concern(clear={"identity": {"name": CANARY}}))
        empty.county.concern(clear={"identity": {"name": CANARY}})
        for path in ("/concerns", "/concerns?own=true", "/cases", "/calls"):
            for who in ("screener", "deputy"):
                assert CANARY not in empty.person(who).get(path).text

    def test_are_empty_for_a_role_that_reads_nothing(self, empty):
        empty.county.case()
        for path in ("/concerns", "/cases", "/calls"):
            assert codes(empty.person("auditor").get(path)) == []


class TestCalls:
    def test_a_concern_without_a_call_is_reached_in_one_tap(self, empty):
        concern, deputy = empty.county.concern(), empty.person("deputy")
        page = deputy.follow(deputy.send("/calls", f"/concerns/{concern}/calls", now="yes"))
        assert "The call is recorded: K-" in said(page)
        assert "Each concern of your agency has its call." in said(page)
        assert len(empty.county.events(kind="concern.call-stated", concern=concern)) == 1

    def test_calls_that_were_made_are_newest_first(self, empty):
        early = empty.county.concern(called_at="2026-03-01T10:00:00Z", called_line="hotline")
        late = empty.county.concern(called_at="2026-03-02T10:00:00Z", called_line="other")
        made = empty.person("deputy").get("/calls").text.split('id="called"')[1]
        assert re.findall(r'href="/concerns/([0-9a-f-]{36})"', made) == [late, early]

    def test_are_those_of_ones_own_agency(self, empty):
        empty.county.concern()
        assert "Each concern of your agency has its call." in said(empty.person("screener").get("/calls"))

    def test_an_agency_outside_that_was_reached_has_the_referral(self, empty):
        referral = empty.county.referral(recipient=None, outside="regional-center")
        worker = empty.person("worker")
        assert "The regional center" in said(worker.get("/calls"))
        page = worker.follow(worker.send("/calls", f"/calls/referrals/{referral}"))
        assert "It is recorded that the agency has it in hand: R-" in said(page)
        assert "The regional center" not in said(page)
        assert len(empty.county.events(kind="referral.received", referral=referral)) == 1

    def test_another_agency_is_not_told_of_a_referral_by_an_address(self, empty):
        referral = empty.county.referral(recipient=None, outside="regional-center")
        page = empty.person("deputy").get(f"/calls?reached={referral}")
        assert "R-" not in said(page)

    def test_a_referral_to_a_party_is_not_the_senders_to_receive(self, empty):
        referral, worker = empty.county.referral(), empty.person("worker")
        page = worker.get("/calls")
        assert referral not in page.text
        concern = empty.county.post("/v1/concerns", {"immediate_danger": "no"}, "worker").json()["concern"]
        fields = worker.form("/calls", f"/concerns/{concern}/calls")
        assert worker.post(f"/calls/referrals/{referral}", fields).status_code == 403


class TestSearch:
    def search(self, here, who, typed):
        return here.person(who).send("/search", code=typed)

    @pytest.mark.parametrize("kind", ["concern", "case", "referral"])
    def test_a_code_leads_to_its_thing(self, here, kind):
        concern = here.county.concern()
        case = here.county.case(concern)
        id = {"concern": concern, "case": case, "referral": here.county.referral(case)}[kind]
        code = code_of(kind, id)
        for typed in (code, code.lower(), code[2:], f" {code[0]} {code[2:]} ", id, id.upper()):
            answer = self.search(here, "worker", typed)
            assert answer.headers.get("location") == f"/{kind}s/{id}", typed

    def test_what_one_may_not_know_of_is_as_what_is_not_there(self, here):
        case = here.county.case()
        answers = [self.search(here, "advocate", typed) for typed in (case, str(uuid4()))]
        texts = [said(a) for a in answers]
        assert [a.status_code for a in answers] == [200, 200]
        assert "Nothing was found that you can see" in texts[0]
        assert texts[0] == texts[1]

    @pytest.mark.parametrize(
        "typed", ["", "Quillon Vexmarsh", "C-12", "UUUUUU", "C-7F3K2Q; DROP TABLE parts"]
    )
    def test_what_is_no_code_is_said_and_stays_in_its_field(self, here, typed):
        answer = self.search(here, "worker", typed)
        assert answer.status_code == 422
        assert "Type a code like C-7F3K2Q, or a whole id." in said(answer)
        assert f'value="{typed}"' in answer.text

    def test_is_by_post_alone(self, here):
        assert "Nothing was found" not in said(here.person("worker").get("/search?code=C-7F3K2Q"))
