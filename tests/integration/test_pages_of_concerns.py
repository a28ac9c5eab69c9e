"""Reporting a concern, its page, the call and the decision, over HTTP on a real PostgreSQL."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest

from services.referrals.vault.port import Which
from tests.integration.casework_made import Casework, casework, hidden, said
from tests.integration.referrals_made import PEOPLE

pytestmark = pytest.mark.platform
CANARY = "Quillon Vexmarsh"


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with casework(infra, tmp_path_factory.mktemp("concerns")) as made:
        yield made


def reported(here: Casework, who: str = "deputy", **typed) -> str:
    """A concern reported on the page; its id."""
    answer = here.person(who).send("/concerns/new", **{"danger": "yes", **typed})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("/")[2].partition("?")[0]


class TestReporting:
    def test_says_first_that_it_does_not_replace_the_call(self, here):
        page = here.person("deputy").get("/concerns/new").text
        assert page.index("does not replace the call") < page.index('action="/concerns/new"')
        assert "call 911" in page

    def test_asks_for_eight_facts_at_most(self, here):
        form = here.person("deputy").get("/concerns/new").text.split('action="/concerns/new"')[1]
        own = {"key", "page", "form-token"}
        names = set(re.findall(r'name="([a-z_-]+)"', form.split("</form>")[0])) - own
        the_call = {"called_line", "called_at", "spoke_to"}
        assert the_call < names
        assert len(names - the_call) + 1 == 8

    def test_is_taken_and_shown_to_who_reported(self, here):
        deputy = here.person("deputy")
        sent = deputy.send("/concerns/new", danger="yes", name=CANARY, what="At the bus station", age="15")
        page = deputy.follow(sent)
        assert "Your report was taken: K-" in said(page)
        assert f"Name: {CANARY}" in said(page)
        assert "At the bus station" in said(page)
        assert "Age 15" in said(page)
        assert "Not said: What was seen" in said(page)
        assert CANARY not in sent.headers["location"]

    def test_of_all_facts_has_them_all(self, here):
        concern = reported(
            here,
            kind="commercial-sexual",
            signs=["older-partner", "several-phones"],
            since="2026-03-01 08:00",
            called_at="2026-03-02 14:15",
            called_line="law-enforcement",
            spoke_to="Ms Answerwell",
        )
        [event] = here.county.events(kind="concern.reported", concern=concern)
        data = event.data
        assert (data.immediate_danger, data.exploitation_kind, data.signs) == (
            "yes",
            "commercial-sexual",
            ("older-partner", "several-phones"),
        )
        assert data.called_at.isoformat() == "2026-03-02T22:15:00+00:00"
        assert data.known_since.isoformat() == "2026-03-01T16:00:00+00:00"
        assert data.called_line == "law-enforcement"
        page = said(here.person("screener").get(f"/concerns/{concern}"))
        assert "A partner who is clearly older; More than one phone" in page
        assert "Spoke to: Ms Answerwell" in page
        assert "No call is recorded yet" not in page

    def test_loses_nothing_that_has_not_the_form_of_its_field(self, here):
        concern = reported(
            here, age="about fifteen", since="last summer", kind="a-made-up-kind", danger="maybe"
        )
        page = said(here.person("screener").get(f"/concerns/{concern}"))
        assert "As it was typed: Age: about fifteen" in page
        assert "As it was typed: Known since: last summer" in page
        assert "As it was typed: What kind: a-made-up-kind" in page
        assert "As it was typed: Danger now: maybe" in page
        assert "Kept as it was typed, since it is not in the usual form: Age" in page
        assert "Kept as it was typed, since it is not on the county's list: What kind" in page

    @pytest.mark.parametrize("typed", [{}, {"danger": "unknown"}, {"what": "   "}])
    def test_of_nothing_at_all_comes_back(self, here, typed):
        before = len(here.county.events(kind="concern.reported"))
        answer = here.person("deputy").send("/concerns/new", **typed)
        assert answer.status_code == 422
        assert "Say at least one thing that you know." in said(answer)
        assert 'href="#what"' in answer.text
        assert len(here.county.events(kind="concern.reported")) == before

    def test_pressed_twice_is_one_report(self, here):
        deputy = here.person("deputy")
        fields = {**deputy.form("/concerns/new", "/concerns/new"), "danger": "no", "what": "Once"}
        first, second = (deputy.post("/concerns/new", fields) for _ in range(2))
        assert first.headers["location"] == second.headers["location"]
        concern = first.headers["location"].split("/")[2].partition("?")[0]
        assert len(here.county.events(kind="concern.reported", concern=concern)) == 1

    def test_of_ten_thousand_characters_in_any_script_is_taken_whole(self, here):
        text = "هذا نص مُختلَق 🙂 " * 600
        page = here.person("deputy").get(f"/concerns/{reported(here, what=text)}")
        assert text.strip() in unescape(page.text)

    def test_by_one_who_may_not_read_it_is_taken_and_gives_the_code(self, here):
        auditor = here.person("auditor")
        answer = auditor.send("/concerns/new", danger="yes", what="Seen on the way")
        page = auditor.follow(answer)
        assert page.status_code == 200
        assert "Your report was taken: K-" in said(page)
        assert "Seen on the way" not in page.text

    def test_keeps_what_was_typed_and_not_sent(self, here):
        deputy = here.person("deputy")
        typed = {"what": ("Half a sentence",), "signs": ("injury",)}
        here.drafts.keep(PEOPLE["deputy"].person, "/concerns/new", typed)
        again = deputy.get("/concerns/new").text
        assert "Half a sentence</textarea>" in again
        assert re.search(r'value="injury" checked', again)
        deputy.send("/concerns/new", what="A whole sentence")
        assert "Half a sentence" not in deputy.get("/concerns/new").text

    def test_of_a_form_with_another_sessions_token_is_shown_again_and_not_taken(self, here):
        deputy = here.person("deputy")
        before = here.county.count()
        fields = {**deputy.form("/concerns/new", "/concerns/new"), "danger": "yes", "form-token": "forged"}
        answer = deputy.post("/concerns/new", fields)
        assert answer.status_code == 403
        assert here.county.count() == before

    def test_is_in_spanish_for_who_reads_spanish(self, here):
        page = said(here.person("deputy", "es").get("/concerns/new"))
        assert "Esta página no reemplaza la llamada." in page
        assert "Una pareja que es claramente mayor" in page


class TestTheConcern:
    def test_is_not_there_for_another_agency_as_one_that_does_not_exist(self, here):
        concern = reported(here, name=CANARY)
        advocate = here.person("advocate")
        other, none = advocate.get(f"/concerns/{concern}"), advocate.get(f"/concerns/{uuid4()}")
        assert (other.status_code, none.status_code) == (404, 404)
        assert said(other) == said(none)

    def test_shows_the_reporter_its_own_report_and_not_who_was_spoken_to(self, here):
        concern = reported(here, name=CANARY, spoke_to="Ms Answerwell", called_line="hotline")
        page = said(here.person("deputy").get(f"/concerns/{concern}"))
        assert CANARY in page
        assert "Ms Answerwell" not in page
        assert "Who told it, and who was spoken to Withheld from you" in page

    def test_names_the_clause_that_opens_each_class(self, here):
        concern = reported(here, name=CANARY)
        assert "Who the young person is (MOU 6.1)" in said(
            here.person("screener").get(f"/concerns/{concern}")
        )
        assert "Who the young person is (MOU 6.2)" in said(here.person("deputy").get(f"/concerns/{concern}"))

    def test_says_what_was_not_recorded(self, here):
        page = said(here.person("deputy").get(f"/concerns/{reported(here)}"))
        assert "Who the young person is Not recorded" in page

    def test_says_what_was_sealed_or_forgotten(self, here):
        concern = reported(here, name=CANARY)
        [event] = here.county.events(kind="concern.reported", concern=concern)
        here.county.vault.forget(Which(event_id=UUID(event.envelope.id)), uuid4())
        page = said(here.person("screener").get(f"/concerns/{concern}"))
        assert "Who the young person is (MOU 6.1) Sealed or forgotten" in page
        assert CANARY not in page

    def test_is_a_read_that_is_recorded_once(self, here):
        concern = reported(here, name=CANARY)
        for _ in range(2):
            here.person("screener").get(f"/concerns/{concern}")
        [read] = here.county.events(kind="record.read", about=concern)
        assert (read.envelope.purpose, read.data.classes) == ("respond", ("identity",))

    def test_covers_names_and_texts_in_privacy_view(self, here):
        concern = reported(here, name=CANARY, what="Told in confidence")
        page = here.person("deputy", privacy=True).get(f"/concerns/{concern}").text
        assert CANARY not in page
        assert "Told in confidence" not in page
        assert "Names and texts are covered." in page

    def test_names_nobody_in_its_title_or_its_links(self, here):
        page = here.person("screener").get(f"/concerns/{reported(here, name=CANARY)}").text
        assert page.count(CANARY) == 1
        assert CANARY not in re.search(r"<title>.*?</title>", page)[0]

    def test_offers_decisions_to_the_lead_agency_alone(self, here):
        concern = reported(here)
        assert "Open a case" in said(here.person("screener").get(f"/concerns/{concern}"))
        assert "Open a case" not in said(here.person("deputy").get(f"/concerns/{concern}"))
        assert here.person("deputy").get(f"/concerns/{concern}/open").status_code == 403
        assert here.person("advocate").get(f"/concerns/{concern}/open").status_code == 404


class TestTheCall:
    def test_is_recorded_with_one_button(self, here):
        concern, deputy = reported(here), here.person("deputy")
        page, action = f"/concerns/{concern}", f"/concerns/{concern}/calls"
        assert "No call is recorded yet" in said(deputy.get(page))
        answer = deputy.follow(deputy.send(page, action, now="yes"))
        assert "The call is recorded: K-" in said(answer)
        assert "Child protection hotline" in said(answer)
        assert "Not said: When the call was made" not in said(answer)
        [call] = here.county.events(kind="concern.call-stated", concern=concern)
        assert abs(call.data.called_at - here.county.clock()) < timedelta(minutes=10)

    def test_pressed_twice_is_one_call(self, here):
        concern, deputy = reported(here), here.person("deputy")
        action = f"/concerns/{concern}/calls"
        fields = {**deputy.form(f"/concerns/{concern}", action), "now": "yes"}
        first, second = (deputy.post(action, fields) for _ in range(2))
        assert (first.status_code, second.status_code) == (303, 303)
        assert len(here.county.events(kind="concern.call-stated", concern=concern)) == 1

    def test_at_another_time_to_somebody_else_is_recorded_as_typed(self, here):
        concern, deputy = reported(here), here.person("deputy")
        typed = {"called_at": "2026-03-03 14:15", "called_line": "other", "spoke_to": "Mr Hearing"}
        deputy.send(f"/concerns/{concern}", f"/concerns/{concern}/calls", now="", **typed)
        [call] = here.county.events(kind="concern.call-stated", concern=concern)
        assert call.data.called_at.isoformat() == "2026-03-03T22:15:00+00:00"
        page = said(here.person("screener").get(f"/concerns/{concern}"))
        assert "Called – Somebody else, Tue, Mar 3, 2026, 2:15 PM PST" in page
        assert "Spoke to: Mr Hearing" in page

    @pytest.mark.parametrize("at", ["", "half past two", "2026-02-30 10:00", "2026-03-08 02:30"])
    def test_without_a_time_that_was_comes_back_with_what_was_typed(self, here, at):
        concern, deputy = reported(here), here.person("deputy")
        answer = deputy.send(
            f"/concerns/{concern}", f"/concerns/{concern}/calls", now="", called_at=at, spoke_to="Mr Hearing"
        )
        assert answer.status_code == 422
        assert 'href="#called_at"' in answer.text
        assert 'value="Mr Hearing"' in answer.text
        assert not here.county.events(kind="concern.call-stated", concern=concern)

    def test_is_not_another_agencys_to_record(self, here):
        concern = reported(here)
        advocate = here.person("advocate")
        fields = {**advocate.form("/concerns/new", "/concerns/new"), "now": "yes"}
        assert advocate.post(f"/concerns/{concern}/calls", fields).status_code == 404
        assert not here.county.events(kind="concern.call-stated", concern=concern)


class TestDeciding:
    def test_a_case_is_opened_with_it(self, here):
        concern, screener = reported(here), here.person("screener")
        answer = screener.send(f"/concerns/{concern}/open", matter="dependency")
        [opened] = here.county.events(kind="case.opened", concern=concern)
        assert answer.headers["location"] == f"/cases/{opened.data.case}?done=opened"
        page = said(screener.get(f"/concerns/{concern}"))
        assert "Belongs to a case" in page
        assert "To case C-" in page
        assert "Evaluate out" not in page

    def test_whose_case_it_is_the_reporter_is_not_shown_by_link(self, here):
        concern = reported(here)
        here.person("screener").send(f"/concerns/{concern}/open", matter="dependency")
        page = here.person("deputy").get(f"/concerns/{concern}")
        assert "The lead agency works on it in a case." in said(page)
        assert "/cases/" not in page.text

    def test_a_matter_has_to_be_chosen(self, here):
        concern = reported(here)
        answer = here.person("screener").send(f"/concerns/{concern}/open")
        assert answer.status_code == 422
        assert "Choose which matter it is." in said(answer)

    def test_pressed_twice_opens_one_case(self, here):
        concern, screener = reported(here), here.person("screener")
        action = f"/concerns/{concern}/open"
        fields = {**screener.form(action, action), "matter": "none"}
        first, second = (screener.post(action, fields) for _ in range(2))
        assert first.headers["location"] == second.headers["location"]
        assert len(here.county.events(kind="case.opened", concern=concern)) == 1

    def test_it_joins_a_case_by_the_cases_code_as_it_is_said_on_the_telephone(self, here):
        case, concern, screener = here.county.case(), reported(here), here.person("screener")
        code = re.search(r"C-\w{6}", screener.get("/cases").text)[0]
        answer = screener.send(f"/concerns/{concern}/attach", case=code.lower().replace("-", " "))
        assert answer.headers["location"] == f"/cases/{case}?done=attached"
        assert here.county.events(kind="concern.attached", concern=concern)[0].data.case == case

    def test_it_joins_a_case_by_its_id(self, here):
        case, concern = here.county.case(), reported(here)
        answer = here.person("screener").send(f"/concerns/{concern}/attach", case=case.upper())
        assert answer.headers["location"] == f"/cases/{case}?done=attached"

    @pytest.mark.parametrize(
        "code", ["", "C-000000", "Quillon Vexmarsh", "0b9e2f6a-5d1c-4e7b-8a3f-6c4d2e1f0a9b"]
    )
    def test_a_case_that_is_not_there_is_said_at_its_field(self, here, code):
        concern = reported(here)
        answer = here.person("screener").send(f"/concerns/{concern}/attach", case=code)
        assert answer.status_code == 422
        assert "No case was found that has this code and that you can see." in said(answer)
        assert not here.county.events(kind="concern.attached", concern=concern)

    def test_it_is_evaluated_out_with_a_reason_and_who_is_told_is_said_before(self, here):
        concern, screener = reported(here), here.person("screener")
        path = f"/concerns/{concern}/evaluate-out"
        assert "Who will be told: Alder County Sheriff" in said(screener.get(path))
        page = said(screener.follow(screener.send(path, reason="insufficient")))
        assert "The concern was evaluated out: K-" in page
        assert "Reason: Too little is known to act on" in page
        told = said(here.person("deputy").get(f"/concerns/{concern}"))
        assert "Reason: Too little is known to act on" in told

    @pytest.mark.parametrize("reason", ["", "none-of-the-list"])
    def test_without_a_reason_of_the_list_it_is_not_evaluated_out(self, here, reason):
        concern = reported(here)
        answer = here.person("screener").send(f"/concerns/{concern}/evaluate-out", reason=reason)
        assert answer.status_code == 422
        assert "Choose a reason." in said(answer)
        assert not here.county.events(kind="concern.evaluated-out", concern=concern)

    def test_on_an_old_page_it_says_who_changed_what_and_keeps_what_was_typed(self, here):
        concern, screener = reported(here), here.person("screener")
        path = f"/concerns/{concern}/evaluate-out"
        old = screener.form(path, path)
        here.person("deputy").send(f"/concerns/{concern}", f"/concerns/{concern}/calls", now="yes")
        answer = screener.post(path, {**old, "reason": "duplicate"})
        assert answer.status_code == 412
        assert "This changed while you had it open" in said(answer)
        assert "A call was recorded – Alder County Sheriff" in said(answer)
        assert "It was reported" not in said(answer)
        assert re.search(r'value="duplicate" selected', answer.text)
        assert not here.county.events(kind="concern.evaluated-out", concern=concern)
        again = {**hidden(answer.text, path), "reason": "duplicate"}
        assert screener.post(path, again).status_code == 303

    def test_what_another_decided_meanwhile_is_not_decided_again(self, here):
        concern, screener = reported(here), here.person("screener")
        path = f"/concerns/{concern}/evaluate-out"
        old = screener.form(path, path)
        here.person("worker").send(f"/concerns/{concern}/open", matter="dependency")
        answer = screener.post(path, {**old, "reason": "duplicate"})
        assert answer.status_code == 412
        assert "It became part of a case – Alder County Human Services" in said(answer)
        assert "This is decided already." in said(answer)

    def test_one_that_was_evaluated_out_can_still_be_opened(self, here):
        concern, screener = reported(here), here.person("screener")
        screener.send(f"/concerns/{concern}/evaluate-out", reason="other")
        assert "This is decided already." in said(screener.get(f"/concerns/{concern}/evaluate-out"))
        assert screener.send(f"/concerns/{concern}/open", matter="dependency").status_code == 303
