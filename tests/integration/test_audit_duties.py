"""The duties of a case over HTTP and on its page, on a real ledger, beside what notifications recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.events.types.duty import DutyUnanswered
from tests.integration.audit_duties_made import HOUR, REPORT, Story, other_due, story
from tests.integration.audit_paged import Paged, words_of
from tests.integration.test_audit_api import PEOPLE, iso

pytestmark = pytest.mark.platform


@pytest.fixture
def api(fresh_database: Callable[[str], str], tmp_path: Path) -> Iterator[Paged]:
    made = Paged.on(fresh_database("accord_audit"), tmp_path)
    yield made
    made.close()


def ask(api: Paged, case: str, person: str = "auditor", **params: Any) -> Any:
    """With a token, as programs do."""
    return api.get(f"/v1/cases/{case}/duties", person, **params)


def duties(api: Paged, told: Story, **params: Any) -> dict[str, Any]:
    answer = ask(api, told.case.case, **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def of(rule: str, body: dict[str, Any]) -> dict[str, Any]:
    (found,) = (one for one in body["duties"] if one["rule"] == rule)
    return found


class TestTheAnswer:
    def test_each_duty_has_its_clause_its_clock_and_how_late_it_was_and_all_agree(self, api: Paged) -> None:
        told = story(api)
        body = duties(api, told)
        assert (body["differ"], body["explained"]) == (0, 0)
        assert body["agree"] == len(body["duties"]) > 2
        assert body["gaps"] == []
        assert {position["topic"] for position in body["positions"]} >= {"accord.notifications.events"}
        report = of(REPORT, body)["owed"]
        assert report["state"] == "done-late"
        assert 3 * 3600 <= report["late"] < 3 * 3600 + 60
        assert report["says"]
        assert report["clause"]
        assert report["clock"] == "within 36 hours, nights and weekends included"
        assert report["zone"] == "America/Los_Angeles"
        assert report["opened_by"] == told.case.events["reported"]

    def test_as_of_an_earlier_moment_it_is_told_as_it_was_then(self, api: Paged) -> None:
        told = story(api)
        for hours, state in ((1, "open"), (38, "no-record-by-due-time")):
            body = duties(api, told, as_of=iso(told.reported + hours * HOUR))
            assert of(REPORT, body)["owed"]["state"] == state
            assert of(REPORT, body)["verdict"] == "agrees"
            assert body["differ"] == 0
        event = duties(api, told, as_of_event=told.case.events["reported"])
        assert of(REPORT, event)["verdict"] == "explained"

    def test_a_wrong_record_is_found(self, api: Paged) -> None:
        body = duties(api, story(api, other_due))
        assert body["differ"] == 1
        assert of(REPORT, body)["verdict"] == "differs"
        assert [one["what"] for one in of(REPORT, body)["differences"]] == ["due"]
        assert body["statement"].endswith("0 explained, 1 not explained.")

    def test_a_word_that_is_missing_is_found(self, api: Paged) -> None:
        told = story(api, lambda words: [w for w in words if not isinstance(w.data, DutyUnanswered)])
        body = duties(api, told, as_of=iso(told.reported + 38 * HOUR))
        assert of(REPORT, body)["verdict"] == "differs"
        [difference] = of(REPORT, body)["differences"]
        assert (difference["what"], difference["explained"]) == ("not-told", None)
        assert "Nothing in the record explains this." in difference["sentence"]

    def test_without_any_record_of_notifications_all_is_still_worked_out(self, api: Paged) -> None:
        body = duties(api, story(api, lambda _: []))
        assert body["differ"] == len(body["duties"])
        assert of(REPORT, body)["owed"]["state"] == "done-late"
        assert of(REPORT, body)["recorded"] is None


class TestWhoMayKnow:
    def test_an_agency_is_told_of_duties_whose_opening_it_could_have_known(self, api: Paged) -> None:
        told = story(api)
        whole = {one["duty"] for one in duties(api, told)["duties"]}
        sheriff = duties(api, told, known_to="sheriff")
        known = {one["duty"] for one in sheriff["duties"]}
        assert sheriff["known_to"] == "sheriff"
        assert known < whole
        assert of(REPORT, sheriff)["owed"]["state"] == "done-late"

    def test_who_could_not_have_known_of_the_case_is_answered_as_if_there_were_none(self, api: Paged) -> None:
        told = story(api)
        real, none = (ask(api, id, known_to="probation") for id in (told.case.case, str(uuid4())))
        assert real.status_code == none.status_code == 404
        assert real.content == none.content

    @pytest.mark.parametrize("person", sorted(PEOPLE.keys() - {"auditor", "court"}))
    def test_others_are_answered_as_if_there_were_none(self, api: Paged, person: str) -> None:
        told = story(api)
        assert ask(api, told.case.case, person, purpose="coordinate").status_code == 404

    def test_the_read_is_on_record(self, api: Paged) -> None:
        told = story(api)
        duties(api, told)
        duties(api, told)
        assert len(api.facts("record.read")) == 1

    def test_by_when_it_happened_there_is_no_answer(self, api: Paged) -> None:
        told = story(api)
        answer = ask(api, told.case.case, as_of="2026-03-03")
        assert answer.status_code == 422


class TestThePage:
    def test_says_each_duty_with_clause_clock_and_state(self, api: Paged) -> None:
        told = story(api)
        text = api.page(f"/timeline/{told.case.case}/duties")
        assert "Duties of C-" in text
        assert "Notifications recorded the same" in text
        assert "Done late – 3 hours after it was due" in text
        assert "within 36 hours, nights and weekends included , America/Los_Angeles" in text
        assert "Settled by then (" in text

    def test_says_what_differs_and_that_a_person_must_look(self, api: Paged) -> None:
        told = story(api, lambda _: [])
        text = api.page(f"/timeline/{told.case.case}/duties")
        assert "and nothing explains it" in text
        assert "The record opens it. Notifications did not record that." in text

    def test_is_linked_from_the_timeline_and_shows_an_earlier_moment(self, api: Paged) -> None:
        told = story(api)
        assert f"/timeline/{told.case.case}/duties" in api.html(f"/timeline/{told.case.case}")
        text = api.page(f"/timeline/{told.case.case}/duties", as_of="2026-03-02 12:00", axis="happened")
        assert "To be done" in text

    def test_each_address_of_an_event_leads_to_it(self, api: Paged) -> None:
        told = story(api)
        html = api.html(f"/timeline/{told.case.case}/duties")
        event = told.case.events["reported"]
        assert f"/timeline/{told.case.case}/event/{event}" in html
        api.page(f"/timeline/{told.case.case}/event/{event}")

    def test_in_spanish(self, api: Paged) -> None:
        told = story(api)
        api.sign_in("auditor", language="es")
        text = api.page(f"/timeline/{told.case.case}/duties")
        assert "Los avisos registraron lo mismo" in text
        assert "3 horas después de su plazo" in text

    @pytest.mark.parametrize("who", ["supervisor", "operator"])
    def test_others_are_answered_as_if_there_were_no_case(self, api: Paged, who: str) -> None:
        told = story(api)
        api.sign_in(who)
        real, none = (api.html(f"/timeline/{id}/duties", 404) for id in (told.case.case, uuid4()))
        assert words_of(real) == words_of(none)
