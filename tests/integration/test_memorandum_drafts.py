"""The drafts of a memorandum, by their pages, on a real PostgreSQL."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from shared.mou.load import load, validate
from tests.integration.casework_made import casework, said
from tests.integration.forms_shown import stands
from tests.own_duty import DUTY, ESCALATED

pytestmark = pytest.mark.platform
DRAFTS = "/memorandum/drafts"


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with casework(infra, tmp_path_factory.mktemp("drafts")) as made:
        yield made


@pytest.fixture
def coordinator(here):
    return here.person("coordinator")


@pytest.fixture
def begin(coordinator):
    """A draft of the version in force, or of a template, and its address; it is put away afterwards."""
    made = []

    def begun(of=None):
        page = coordinator.get(DRAFTS).text
        [first, *_] = re.findall(r'name="begin" value="([^"]+)"', page)
        sent = coordinator.send(DRAFTS, begin=of or first)
        assert sent.status_code == 303, said(sent)
        made.append(sent.headers["location"].partition("?")[0])
        return made[-1]

    yield begun
    for draft in made:
        if coordinator.get(draft).status_code == 200:
            coordinator.send(draft, f"{draft}/put-away")


def text_of(person, draft):
    return person.get(f"{draft}/document").text


class TestWhoSeesThem:
    @pytest.mark.parametrize("name", ["worker", "screener", "officer", "auditor"])
    def test_others_are_told_that_there_is_no_such_page(self, here, begin, name):
        draft, other = begin(), here.person(name)
        for path in (DRAFTS, draft, f"{draft}/document", f"{draft}/duty", f"{draft}/questions/version"):
            assert other.get(path).status_code == 404

    def test_nor_is_there_a_draft_with_another_id(self, coordinator):
        assert coordinator.get(f"{DRAFTS}/{uuid4()}").status_code == 404

    def test_nor_a_question_that_nobody_asks(self, coordinator, begin):
        assert coordinator.get(f"{begin()}/questions/nothing").status_code == 404

    def test_a_form_of_another_session_changes_nothing(self, coordinator, begin):
        draft = begin()
        page = f"{draft}/questions/version"
        fields = {**coordinator.form(page, page), "form-token": "forged", "version": "alder-2027.1"}
        assert coordinator.post(page, fields).status_code == 403
        assert "alder-2027.1" not in text_of(coordinator, draft)


class TestADraft:
    def test_begins_as_the_version_in_force_comments_and_all(self, here, coordinator, begin):
        draft = begin()
        page = said(coordinator.get(draft))
        assert "It is still called like what it was begun from. Give it a name of its own" in page
        assert "It says the same as what it was begun from." in page
        assert load(text_of(coordinator, draft)) == here.county.referrals.questions.in_force()

    def test_may_begin_as_the_template_with_an_id_of_its_own(self, coordinator, begin):
        mou = load(text_of(coordinator, begin("california-csec")))
        assert mou.adopted_from.document == "california-csec"

    def test_begins_once_though_the_button_was_pressed_twice(self, coordinator, begin):
        begin()
        fields = {**coordinator.form(DRAFTS, DRAFTS), "begin": "california-csec"}
        first, second = coordinator.post(DRAFTS, fields), coordinator.post(DRAFTS, fields)
        assert first.headers["location"] == second.headers["location"]
        draft = first.headers["location"].partition("?")[0]
        if coordinator.get(draft).status_code == 200:
            coordinator.send(draft, f"{draft}/put-away")

    def test_begins_as_nothing_else(self, coordinator):
        page = coordinator.send(DRAFTS, begin="/etc/passwd")
        assert page.status_code == 422
        assert "Choose what to begin from." in said(page)

    def test_is_on_the_list_until_it_is_put_away(self, coordinator, begin):
        draft = begin()
        assert draft in coordinator.get(DRAFTS).text
        gone = coordinator.send(draft, f"{draft}/put-away")
        assert "The draft was put away" in said(coordinator.follow(gone))
        assert coordinator.get(draft).status_code == 404

    def test_is_downloaded_under_the_name_of_its_version(self, coordinator, begin):
        answer = coordinator.get(f"{begin('california-csec')}/document")
        assert answer.headers["content-disposition"] == 'attachment; filename="template-2026.1.yaml"'


class TestAnAnswer:
    def test_is_in_the_draft_and_the_next_question_is_asked(self, coordinator, begin):
        draft = begin()
        page = f"{draft}/questions/version"
        sent = coordinator.send(page, version="alder-2027.1", then="next")
        assert sent.headers["location"] == f"{draft}/questions/effective"
        assert load(text_of(coordinator, draft)).version == "alder-2027.1"
        assert "Draft alder-2027.1" in said(coordinator.get(draft))

    def test_shows_the_draft_and_what_it_changes(self, here, coordinator, begin):
        draft = begin()
        sent = change(coordinator, f"{draft}/questions/duty-initial-meeting-held", length="5", then="draft")
        page = coordinator.follow(sent)
        assert "What you answered is in the draft" in said(page)
        assert "The initial team meeting is due in 5 days instead of 7 (clause 9.2)." in said(page)
        assert said(page).count("instead of") == 1
        spanish = said(here.person("coordinator", language="es").get(draft))
        assert "9.2 Initial meeting held. Cuánto tiempo: 5 en lugar de 7" in spanish

    def test_keeps_every_comment_of_the_document(self, coordinator, begin):
        draft = begin("california-csec")
        before = text_of(coordinator, draft)
        change(coordinator, f"{draft}/questions/clause-9.2", confirmed="counsel")
        after = text_of(coordinator, draft)
        assert [line for line in before.splitlines() if "#" in line] == [
            line for line in after.splitlines() if "#" in line
        ]
        assert after != before

    def test_of_who_is_told_and_of_a_mode_is_in_the_draft_as_well(self, coordinator, begin):
        draft = begin()
        change(coordinator, f"{draft}/questions/told-concern-linked", role="supervisor", tier="act-now")
        off = {"mode": "off", "why_off": "Our team meets in another way."}
        change(coordinator, f"{draft}/questions/duty-initial-meeting-held", **off)
        mou = load(text_of(coordinator, draft))
        assert next(rule.role for rule in mou.routing if rule.id == "concern-linked") == "supervisor"
        assert next(duty.mode for duty in mou.duties if duty.id == "initial-meeting-held") == "off"

    def test_that_it_stays_as_it_is_changes_nothing_and_goes_on(self, coordinator, begin):
        draft = begin()
        before = text_of(coordinator, draft)
        sent = coordinator.send(f"{draft}/questions/county", county="Something typed", then="keep")
        assert sent.headers["location"] == f"{draft}/questions/counties"
        assert text_of(coordinator, draft) == before

    def test_is_resumed_where_it_was_left(self, coordinator, begin):
        draft = begin()
        coordinator.send(f"{draft}/questions/county", then="keep")
        assert f'href="{draft}/questions/counties">Go on' in coordinator.get(draft).text

    @pytest.mark.parametrize(
        ("question", "typed", "told"),
        [
            ("effective", {"effective": "1 May 2027"}, "Write the day as 2026-01-31."),
            ("version", {"version": "Version Two!"}, "It is not written as it must be."),
            ("county", {"county": ""}, "Say something here."),
            ("counties", {"counties": "birch, nowhere"}, "Choose one of those that are listed."),
        ],
    )
    def test_that_is_none_comes_back_with_what_was_typed(self, coordinator, begin, question, typed, told):
        draft = begin()
        page = coordinator.send(f"{draft}/questions/{question}", **typed, then="next")
        assert page.status_code == 422
        assert told in said(page)
        assert all(f'value="{value}"' in page.text for value in typed.values())

    def test_that_fits_badly_is_taken_and_said_with_where_it_is_put_right(self, coordinator, begin):
        draft = begin()
        coordinator.send(
            f"{draft}/questions/office-sheriff", office="Sheriff", signed="2031-05-01", then="draft"
        )
        page = coordinator.get(draft)
        assert "The day on which it takes effect : It lies before a signature." in said(page)
        assert f'href="{draft}/questions/effective"' in page.text

    def test_is_taken_once_though_the_button_was_pressed_twice(self, coordinator, begin):
        page = f"{begin()}/questions/version"
        fields = {**coordinator.form(page, page), "version": "alder-2027.1", "then": "next"}
        first, second = coordinator.post(page, fields), coordinator.post(page, fields)
        assert (first.status_code, second.status_code) == (303, 303)
        assert first.headers["location"] == second.headers["location"]

    def test_to_a_draft_that_somebody_changed_meanwhile_comes_back(self, coordinator, begin):
        draft = begin()
        page = f"{draft}/questions/version"
        fields = {**coordinator.form(page, page), "version": "alder-2027.1", "then": "next"}
        coordinator.send(f"{draft}/questions/county", county="Alder", then="next")
        answer = coordinator.post(page, fields)
        assert answer.status_code == 409
        assert "Somebody of your agency changed this draft meanwhile." in said(answer)
        assert 'value="alder-2027.1"' in answer.text
        assert "alder-2027.1" not in text_of(coordinator, draft)


class TestADutyOfItsOwn:
    def test_is_added_with_its_clause_and_what_people_record(self, coordinator, begin):
        draft = begin()
        page = coordinator.follow(coordinator.send(f"{draft}/duty", **DUTY, **ESCALATED))
        assert "The duty is in the draft, with its clause" in said(page)
        text = text_of(coordinator, draft)
        mou = load(text)
        assert validate(text) == []
        assert (mou.duties[-1].id, mou.duties[-1].within.hours) == ("telling-the-tribe", 24)
        assert mou.acts[-1].label == "The tribe was told of the placement"

    def test_that_lacks_something_comes_back_with_what_was_typed(self, coordinator, begin):
        draft = begin()
        page = coordinator.send(f"{draft}/duty", **{**DUTY, **ESCALATED, "closes_new": "", "clause": "3.1"})
        assert page.status_code == 422
        assert "A clause has this number already. Choose another one." in said(page)
        assert "Say what people will record" in said(page)
        assert 'value="Telling the tribe"' in page.text

    def test_may_be_changed_like_any_other(self, coordinator, begin):
        draft = begin()
        coordinator.send(f"{draft}/duty", **DUTY, **ESCALATED)
        assert "Telling the tribe" in said(coordinator.get(draft))
        assert coordinator.get(f"{draft}/questions/duty-telling-the-tribe").status_code == 200


class TestAProposal:
    def test_is_made_of_a_draft_that_is_right_and_changes_nothing(self, here, coordinator, begin):
        draft = begin()
        change(coordinator, f"{draft}/questions/version", version="alder-2031.1", then="draft")
        sent = coordinator.send(draft, f"{draft}/propose")
        page = coordinator.follow(sent)
        assert "Proposed version alder-2031.1" in said(page)
        assert here.county.referrals.questions.in_force().version != "alder-2031.1"
        assert coordinator.get(draft).status_code == 200

    def test_comes_about_once_though_the_button_was_pressed_twice(self, coordinator, begin):
        draft = begin()
        change(coordinator, f"{draft}/questions/version", version="alder-2031.2", then="draft")
        fields = coordinator.form(draft, f"{draft}/propose")
        first, second = (coordinator.post(f"{draft}/propose", fields) for _ in range(2))
        assert first.headers["location"] == second.headers["location"]

    def test_needs_a_name_that_no_other_has(self, coordinator, begin):
        draft = begin()
        change(coordinator, f"{draft}/questions/version", version="alder-2031.3", then="draft")
        first, second = (coordinator.send(draft, f"{draft}/propose") for _ in range(2))
        assert (first.status_code, second.status_code) == (303, 422)
        assert "A version with this name is proposed already." in said(second)

    def test_is_not_offered_while_something_is_wrong(self, coordinator, begin):
        draft = begin()
        assert f'action="{draft}/propose"' not in coordinator.get(draft).text
        change(coordinator, f"{draft}/questions/version", version="alder-2031.4")
        fields = coordinator.form(draft, f"{draft}/propose")
        change(coordinator, f"{draft}/questions/office-sheriff", signed="2039-05-01")
        answer = coordinator.post(f"{draft}/propose", fields)
        assert answer.status_code == 422
        assert "Put right first what is listed below." in said(answer)

    def test_drafts_are_found_from_the_memorandum_by_who_may_write_them(self, here, coordinator):
        assert f'href="{DRAFTS}"' in coordinator.get("/memorandum").text
        assert f'href="{DRAFTS}"' not in here.person("worker").get("/memorandum").text


class TestInSpanish:
    def test_the_words_are_spanish(self, here, begin):
        draft, person = begin(), here.person("coordinator", language="es")
        assert "Borradores del memorando" in said(person.get(DRAFTS))
        assert "Cuánto tiempo" in said(person.get(f"{draft}/questions/duty-initial-meeting-held"))
        assert "Lo que abre el deber" in said(person.get(f"{draft}/duty"))


def change(person, page, **typed):
    """Open a question, change what is given and leave the rest of the form as it stands."""
    return person.send(page, **{**stands(person.get(page).text), **typed})
