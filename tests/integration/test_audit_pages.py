"""The pages of a case's timeline on a real PostgreSQL: who may see them, at which moment, as known to whom."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest

from shared.web.site.codes import code_of
from shared.web.site.fakes import FORM_TOKEN
from tests.integration.audit_paged import Paged, local, told_case, words_of
from tests.unit.audit.county import County, canary, versions
from tests.unit.audit.made import Case, Log

pytestmark = pytest.mark.platform


@pytest.fixture
def api(fresh_database: Callable[[str], str], tmp_path: Path) -> Iterator[Paged]:
    made = Paged.on(fresh_database("accord_audit"), tmp_path)
    yield made
    made.close()


@pytest.fixture
def case(api: Paged) -> Case:
    return told_case(api)


def link(html: str, text: str) -> str:
    """Where the link of this text leads."""
    found = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>\s*{re.escape(text)}\b', html)
    assert found, f"no link: {text}"
    return unescape(found[1])


def recorded_by(case: Case, event: str) -> str:
    """The moment an event was recorded, as people type it."""
    (made,) = (m for m in case.log.made if m.entry.event.envelope.id == event)
    return local(made.entry.recorded)


class TestWhoMaySeeIt:
    @pytest.mark.parametrize("who", ["supervisor", "worker", "operator"])
    def test_others_are_answered_as_if_there_were_no_case(self, api: Paged, case: Case, who: str) -> None:
        api.sign_in(who)
        paths = ("", "/state", "/field?field=case/lead", "/compare", f"/event/{case.events['opened']}")
        for path in paths:
            real, none = (api.html(f"/timeline/{id}{path}", 404) for id in (case.case, uuid4()))
            assert words_of(real) == words_of(none)
        api.page("/timeline", 404)

    def test_the_courts_auditor_may_and_each_reading_is_on_the_record_once(
        self, api: Paged, case: Case
    ) -> None:
        api.sign_in("court")
        for _ in range(2):
            assert "Timeline of C-" in api.page(f"/timeline/{case.case}")
        (read,) = api.facts("record.read")
        assert (read.envelope.agency, read.envelope.purpose) == ("juvenile-court", "audit")
        assert str(read.data.about) == case.case

    def test_without_signing_in_it_leads_there(self, api: Paged, case: Case) -> None:
        api.client.cookies.clear()
        answer = api.client.get(f"/timeline/{case.case}")
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"/sign-in?to=/timeline/{case.case}",
        )


class TestOpeningACase:
    @pytest.mark.parametrize("how", ["code", "small", "id"])
    def test_by_its_code_or_id(self, api: Paged, case: Case, how: str) -> None:
        code = code_of("case", case.case)
        answer = api.send("/timeline", case={"code": code, "small": code.lower(), "id": case.case}[how])
        assert (answer.status_code, answer.headers["location"]) == (303, f"/timeline/{case.case}")

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("C-000000", "There is no case with this code."),
            ("0b9e2f6a-5d1c-4e7b-8a3f-6c4d2e1f0a9b", "There is no case with this code."),
            ("K-4M2T7Q", "Write a code like"),
            ("CANARY<b>", "Write a code like"),
            ("", "Write a code like"),
        ],
    )
    def test_what_is_no_case_comes_back_with_what_was_typed(
        self, api: Paged, case: Case, typed: str, said: str
    ) -> None:
        answer = api.send("/timeline", case=typed)
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{typed}"'.replace("<b>", "&lt;b&gt;") in answer.text

    def test_those_read_lately_are_offered(self, api: Paged, case: Case) -> None:
        code = code_of("case", case.case)
        assert code not in api.page("/timeline")
        api.page(f"/timeline/{case.case}")
        assert link(api.html("/timeline"), code) == f"/timeline/{case.case}"

    def test_a_forged_form_is_not_looked_at(self, api: Paged, case: Case) -> None:
        typed = {"form-token": "guessed", "key": str(uuid4()), "case": case.case}
        assert api.client.post("/timeline", data=typed).status_code == 403
        foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
        typed["form-token"] = FORM_TOKEN
        assert api.client.post("/timeline", data=typed, headers=foreign).status_code == 403


class TestAsOf:
    def test_a_moment_shows_what_was_recorded_by_then_and_says_so(self, api: Paged, case: Case) -> None:
        moment = recorded_by(case, case.events["opened"])
        html = api.html(f"/timeline/{case.case}", as_of=moment)
        said = words_of(html)
        assert "event 4 of 11." in said
        assert "The case was opened" in said
        assert "A referral was asked for" not in said
        assert "accord-as-of-page" in html
        assert f'value="{moment}"' in html

    def test_now_is_not_marked_as_another_moment(self, api: Paged, case: Case) -> None:
        html = api.html(f"/timeline/{case.case}")
        assert "accord-as-of-page" not in html
        assert "Back to now" not in html
        assert "event 11 of 11." in words_of(html)

    def test_a_day_takes_in_all_of_it_and_the_day_before_nothing(self, api: Paged, case: Case) -> None:
        assert "event 11 of 11." in api.page(f"/timeline/{case.case}", as_of="2026-03-02")
        said = api.page(f"/timeline/{case.case}", as_of="2026-03-01")
        assert "event 0 of 11." in said
        assert "Nothing of it was recorded by then." in said
        assert "Nothing happened by then." in said

    def test_previous_and_next_step_through_every_event_and_back(self, api: Paged, case: Case) -> None:
        path, seen = f"/timeline/{case.case}", []
        html = api.html(path)
        for number in range(10, 0, -1):
            html = api.html(link(html, "Previous event"))
            assert f"event {number} of 11." in words_of(html)
        assert "Previous event" not in html
        for number in range(2, 12):
            html = api.html(link(html, "Next event"))
            seen.append(f"event {number} of 11." in words_of(html))
        assert seen == [True] * 10
        assert "Next event" not in html
        assert link(html, "Back to now") == path

    def test_by_what_happened_a_late_entry_stands_on_its_day_and_is_marked(self, api: Paged) -> None:
        case = Case(Log()).open()
        case.accept(case.refer(), ago=timedelta(days=3))
        api.keep(case.log.made)
        path = f"/timeline/{case.case}"
        happened = api.page(path, axis="happened", as_of="2026-02-28")
        assert "Shown as it happened by" in happened
        assert "A referral was accepted" in happened
        assert "recorded 3 days later" in happened
        assert "Friday, February 27, 2026" in happened
        assert "event 0 of" in api.page(path, as_of="2026-02-28")

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("yesterday", "Write the date and time like"),
            ("2026-02-30", "There is no such date or time."),
            ("2026-03-08 02:30", "The clocks go forward then"),
            ("2026-11-01 01:30", "The clocks go back then"),
        ],
    )
    def test_what_is_no_moment_comes_back_with_what_was_typed_and_tells_nothing_of_the_case(
        self, api: Paged, case: Case, typed: str, said: str
    ) -> None:
        for id in (case.case, uuid4()):
            html = api.html(f"/timeline/{id}", 422, as_of=typed)
            assert said in words_of(html)
            assert f'value="{typed}"' in html

    def test_knowing_has_one_time_and_the_page_explains_it(self, api: Paged, case: Case) -> None:
        said = api.page(f"/timeline/{case.case}", 422, axis="happened", known_to="probation")
        assert "An agency knows a thing from when it was recorded." in said

    def test_an_event_of_another_case_is_not_right(self, api: Paged, case: Case) -> None:
        api.page(f"/timeline/{case.case}", 422, as_of_event=str(uuid4()))


class TestAsKnownTo:
    def test_an_agency_that_could_not_know_is_said_in_words(self, api: Paged, case: Case) -> None:
        said = api.page(f"/timeline/{case.case}", as_of="2026-03-02", known_to="probation")
        assert "By then Alder County Probation could not have known that there is a case." in said
        for event in ("A concern was reported", "The case was opened", "Referral R-"):
            assert event not in said

    def test_an_agency_sees_what_it_could_and_no_more(self, api: Paged, case: Case) -> None:
        html = api.html(f"/timeline/{case.case}", known_to="public-health")
        said = words_of(html)
        asked, accepted = (code_of("referral", referral) for referral in case.referrals)
        assert "Alder County Public Health could have known of 3 events by then." in said
        assert asked in said
        assert "This agency could have opened it" in said
        assert accepted not in said
        for hidden in (case.concern, case.youth, case.referrals[1], case.stream):
            assert hidden not in html
            assert code_of("concern", hidden)[2:] not in html

    def test_every_page_of_the_view_keeps_to_the_agency(self, api: Paged, case: Case) -> None:
        path, known = f"/timeline/{case.case}", {"known_to": "public-health"}
        opened = case.events["opened"]
        api.page(f"{path}/event/{opened}", 404, **known)
        assert "The case was opened" in api.page(f"{path}/event/{opened}")
        youth = api.page(f"{path}/field", field="case/youth", **known)
        assert "Nothing set this field by then." in youth
        state = api.html(f"{path}/state", **known)
        assert case.youth not in state
        assert code_of("person", case.youth) not in state
        assert link(state, "Timeline") == f"{path}?known_to=public-health"

    def test_what_it_could_see_in_part_is_told_in_part(self, api: Paged) -> None:
        made = County(Log(), random.Random(1))
        made.adopt(versions()[0])
        case = Case(made.log).open()
        case.join("office-of-education")
        case.assign("office-of-education")
        api.keep(made.log.made)
        said = api.page(f"/timeline/{case.case}", known_to="office-of-education")
        assert "Something that it could see in part" in said
        assert "A person of Office of education works on the case." in said

    def test_nothing_sealed_is_on_any_page(self, api: Paged, case: Case) -> None:
        for known_to in ("", "public-health", "human-services"):
            for more in ("", "/state", "/compare", f"/event/{case.events['reported']}"):
                answer = api.client.get(f"/timeline/{case.case}{more}", params={"known_to": known_to})
                assert "eyJ" not in answer.text
                for planted in (canary("identity", 1), canary("health", 2)):
                    assert planted not in answer.text


class TestFilters:
    def test_they_say_how_much_is_shown_and_each_is_taken_back(self, api: Paged, case: Case) -> None:
        path = f"/timeline/{case.case}"
        html = api.html(path, kind="referrals", agency="advocacy", as_of="2026-03-02")
        said = words_of(html)
        assert "1 of 11 shown. Your filters hide 10." in said
        assert "A referral was accepted" in said
        assert "A concern was reported" not in said[said.index("What happened") :]
        back = api.page(link(html, "What happened: Referrals"))
        assert "event 11 of 11." in back
        assert "1 of 11 shown." in back
        assert 'type="hidden" name="as_of" value="2026-03-02"' in html

    def test_an_empty_list_says_that_filters_hide_it(self, api: Paged, case: Case) -> None:
        said = api.page(f"/timeline/{case.case}", kind="screenings")
        assert "Nothing is shown: your filters hide all 11." in said

    def test_a_kind_that_there_is_not_hides_nothing_and_one_that_matches_nothing_is_taken_back(
        self, api: Paged, case: Case
    ) -> None:
        path = f"/timeline/{case.case}"
        assert "11 of 11 shown." in api.page(path, kind="CANARY")
        html = api.html(path, agency="shelter", as_of="2026-03-02")
        assert "Your filters hide 11." in words_of(html)
        assert link(html, "Agency: Harbor Youth Shelter") == f"{path}?as_of=2026-03-02"
        api.page(path, 422, agency="CANARY")

    def test_reads_are_counted_and_shown_when_they_are_asked_for(self, api: Paged) -> None:
        made = County(Log(), random.Random(1))
        made.adopt(versions()[0])
        case = Case(made.log).open()
        made.chance.random = lambda: 1.0  # type: ignore[method-assign]
        made.read(case, "sheriff")
        api.keep(made.log.made)
        path = f"/timeline/{case.case}"
        assert "One read of the case is not shown." in api.page(path)
        assert "The record was read" not in api.page(path)
        assert "The record was read" in api.page(path, reads="on")

    def test_newest_first_is_the_other_way_round(self, api: Paged, case: Case) -> None:
        oldest, newest = (
            re.findall(r'<li id="e-([0-9a-f-]+)"', api.html(f"/timeline/{case.case}", order=order))
            for order in ("oldest", "newest")
        )
        assert len(oldest) == 11
        assert newest == oldest[::-1]

    def test_a_long_list_comes_in_pages_each_event_once(self, api: Paged) -> None:
        case = Case(Log()).open()
        for _ in range(60):
            case.refer()
        api.keep(case.log.made)
        html, seen = api.html(f"/timeline/{case.case}"), []
        for told in ("1 to 50 of 125.", "51 to 100 of 125.", "101 to 125 of 125."):
            html = api.html(link(html, "Next page")) if seen else html
            assert told in words_of(html)
            seen += re.findall(r'<li id="e-([0-9a-f-]+)"', html)
        assert seen == [m.entry.event.envelope.id for m in case.log.made]
        assert "Next page" not in html


class TestWhereItCameFrom:
    def test_each_field_has_its_history_as_of_that_moment(self, api: Paged, case: Case) -> None:
        status = f"referrals/{case.referrals[1]}/status"
        path = f"/timeline/{case.case}/field"
        said = api.page(path, field=status)
        assert said.index("Asked for Set by event 9") < said.index("Accepted Set by event 11")
        before = recorded_by(case, case.events[f"requested {case.referrals[1]}"])
        assert "Accepted" not in api.page(path, field=status, as_of=before)

    def test_marks_tell_what_is_sealed_from_what_was_never_recorded(self, api: Paged, case: Case) -> None:
        said = api.page(f"/timeline/{case.case}/state")
        assert "Sealed: identity Sealed or forgotten" in said
        assert "Age in years Not recorded" in said

    def test_what_the_mou_kept_from_an_agency_is_marked_as_withheld(self, api: Paged) -> None:
        made = County(Log(), random.Random(1))
        made.adopt(versions()[0])
        case = Case(made.log).open()
        case.refer("office-of-education", sealed={"health": canary("health", 3), "narrative": canary("n", 4)})
        api.keep(made.log.made)
        said = api.page(f"/timeline/{case.case}/state", known_to="office-of-education")
        assert "Sealed: health Withheld from you: the MOU did not let this agency open it" in said
        assert "Sealed: narrative This agency could have opened it" in said

    def test_a_correction_and_what_it_corrects_lead_to_each_other(self, api: Paged) -> None:
        case = Case(Log()).open()
        referral = case.refer()
        accepted = case.accept(referral)
        undone = case.undo(referral, accepted)
        api.keep(case.log.made)
        html = api.html(f"/timeline/{case.case}")
        assert link(html, "A later entry takes this back") == f"/timeline/{case.case}/event/{undone}"
        assert link(html, "What this entry takes back") == f"/timeline/{case.case}/event/{accepted}"
        assert link(api.html(f"/timeline/{case.case}/event/{accepted}"), "A later entry").endswith(undone)

    def test_an_event_says_all_that_the_record_says_of_it(self, api: Paged, case: Case) -> None:
        said = api.page(f"/timeline/{case.case}/event/{case.events['opened']}")
        for part in ("Event 4 of C-", "accord.case.opened.v1", "Clause of the MOU 4.1", "Lead agency"):
            assert part in said
        known = (
            f"/timeline/{case.case}/event/{case.events[f'requested {case.referrals[0]}']}?known_to=shelter"
        )
        api.page(known, 404)
        seen = api.html(known.replace("shelter", "public-health"))
        assert link(seen, "Show the case at this event").endswith("&known_to=public-health")
        api.page(f"/timeline/{case.case}/event/{uuid4()}", 404)


class TestComparing:
    def test_two_moments_differ_in_what_was_recorded_between_and_each_names_its_event(
        self, api: Paged, case: Case
    ) -> None:
        before = recorded_by(case, case.events[f"requested {case.referrals[1]}"])
        said = api.page(f"/timeline/{case.case}/compare", **{"from": before})
        code = code_of("referral", case.referrals[1])
        assert f"Referral {code}: Status Changed Asked for Accepted event 11" in said

    def test_a_moment_with_itself_does_not_differ(self, api: Paged, case: Case) -> None:
        said = api.page(f"/timeline/{case.case}/compare", **{"from": "2026-03-02", "to": "2026-03-02"})
        assert "The two are the same." in said

    def test_what_an_agency_knew_with_the_whole_record(self, api: Paged, case: Case) -> None:
        said = api.page(f"/timeline/{case.case}/compare", known_to="public-health", to_known_to="advocacy")
        assert "As Alder County Public Health could have known it." in said
        assert "No longer there" in said

    def test_a_moment_that_is_none_comes_back_at_its_own_field(self, api: Paged, case: Case) -> None:
        html = api.html(f"/timeline/{case.case}/compare", 422, **{"from": "2026-03-02", "to": "soon"})
        assert 'href="#to"' in html
        assert 'value="soon"' in html
        assert 'value="2026-03-02"' in html


def test_all_of_it_is_there_in_spanish(api: Paged, case: Case) -> None:
    api.sign_in("auditor", language="es")
    said = api.page(f"/timeline/{case.case}", as_of="2026-03-02", known_to="public-health")
    assert "Cronología de C-" in said
    assert "Alder County Public Health podía saber de 3 sucesos hasta entonces." in said
