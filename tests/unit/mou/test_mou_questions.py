from pathlib import Path

import pytest

from shared.mou.documents import text_of
from shared.mou.editing.answering import answered, opened
from shared.mou.editing.fields import NO_CHOICE, NO_DAY, NO_NUMBER, NotAnAnswer
from shared.mou.editing.questions import every_question, question_of, questions

ALDER = (Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8")
TEMPLATE = opened(text_of("california-csec"))
COUNTY = opened(ALDER)


def answer(id, document=TEMPLATE, **typed):
    given = {name: [value] if isinstance(value, str) else value for name, value in typed.items()}
    return answered(document, question_of(document.mou, id), given)


def lines_that_differ(before, after):
    old, new = before.splitlines(), after.splitlines()
    return [line for line in new if line not in old]


class TestTheQuestions:
    def test_begin_with_the_head_of_the_document(self):
        ids = [one.id for one in questions(TEMPLATE.mou)]
        assert ids[:7] == ["county", "counties", "time-zone", "version", "effective", "term", "profile"]
        assert {"who-signs", "office-probation", "took-part-1"} <= set(ids)

    def test_ask_every_rule_that_has_a_hint_or_that_nobody_has_confirmed_in_the_documents_order(self):
        asked = [one.id for one in questions(COUNTY.mou) if one.id.startswith(("clause-", "duty-"))]
        waiting = [f"clause-{c.id}" for c in COUNTY.mou.clauses if c.hint or c.confirmed == "default"]
        waiting += [f"duty-{d.id}" for d in COUNTY.mou.duties if d.hint or d.confirmed == "default"]
        assert asked == waiting

    def test_leave_out_what_counsel_has_confirmed(self):
        confirmed = next(c.id for c in COUNTY.mou.clauses if c.confirmed == "counsel" and not c.hint)
        assert question_of(COUNTY.mou, f"clause-{confirmed}")
        assert f"clause-{confirmed}" not in {one.id for one in questions(COUNTY.mou)}

    @pytest.mark.parametrize("document", [TEMPLATE, COUNTY, opened(text_of("three-counties"))])
    def test_each_have_an_id_of_their_own(self, document):
        ids = [one.id for one in every_question(document.mou)]
        assert len(set(ids)) == len(ids)

    @pytest.mark.parametrize("document", [TEMPLATE, COUNTY, opened(text_of("three-counties"))])
    def test_that_are_answered_with_what_stands_there_change_nothing(self, document):
        for one in every_question(document.mou):
            present = {each.name: each.present for each in one.fields}
            if one.id != "also-took-part":
                assert answered(document, one, present) is document, one.id

    def test_show_what_stands_there_the_hint_and_the_source(self):
        question = question_of(TEMPLATE.mou, "clause-9.2")
        assert "ten days" in question.says[0]
        assert question.hint == "Model protocols say about ten days."
        assert question.source.startswith("Default")


class TestAnAnswer:
    def test_changes_one_line(self):
        after = answer("effective", effective="2027-01-01")
        assert lines_that_differ(TEMPLATE.text, after.text) == ["effective: 2027-01-01"]

    def test_of_counsel_is_written_at_the_rule(self):
        after = answer("clause-9.2", confirmed="counsel")
        assert lines_that_differ(TEMPLATE.text, after.text) == ["    confirmed: counsel"]
        assert question_of(after.mou, "clause-9.2").confirmed == "counsel"

    def test_of_a_time_changes_the_duty_only(self):
        after = answer("duty-initial-meeting-held", length="7")
        assert lines_that_differ(TEMPLATE.text, after.text) == ["    within: {days: 7}"]

    def test_may_change_the_clock(self):
        after = answer("duty-initial-meeting-held", length="6", clock="court_days")
        assert lines_that_differ(TEMPLATE.text, after.text) == ["    within: {court_days: 6}"]

    def test_may_say_a_choice_by_its_label(self):
        after = answer("duty-initial-meeting-held", agency="probation", role="Probation officer")
        duty = next(d for d in after.mou.duties if d.id == "initial-meeting-held")
        assert (duty.owed_by.agency, duty.owed_by.role) == ("probation", "probation-officer")

    def test_turns_a_duty_off_and_on_again(self):
        off = answer("duty-initial-meeting-held", mode="off", why_off="Our team meets in another way.")
        assert not off.findings
        on = answer("duty-initial-meeting-held", off, mode="timed")
        assert next(d for d in on.mou.duties if d.id == "initial-meeting-held") == next(
            d for d in TEMPLATE.mou.duties if d.id == "initial-meeting-held"
        )

    def test_makes_a_duty_recorded_without_a_time(self):
        after = answer("duty-initial-meeting-held", mode="recorded")
        assert not after.findings
        with pytest.raises(NotAnAnswer):
            answer("duty-initial-meeting-held", after, mode="timed")
        assert not answer("duty-initial-meeting-held", after, mode="timed", length="9", clock="days").findings

    def test_changes_who_is_told(self):
        after = answer("told-concern-linked", agency="lead", role="supervisor", tier="act-now")
        rule = next(rule for rule in after.mou.routing if rule.id == "concern-linked")
        assert (rule.role, rule.tier) == ("supervisor", "act-now")
        assert not after.findings

    def test_changes_the_hours_of_an_urgency_and_the_minutes_of_an_undo(self):
        assert answer("answer-hours", hours="3").mou.respond_within[0].hours == 3
        assert answer("undo", minutes="5").mou.undo.minutes == 5

    def test_lets_a_party_sign_and_names_its_office(self):
        signing = [str(party.agency) for party in TEMPLATE.mou.parties if party.signatory]
        after = answer("who-signs", agencies=[*signing, "juvenile-court"])
        assert not after.findings
        after = answer("office-juvenile-court", after, office="Presiding Judge", signed="2029-12-01")
        assert after.mou.signatories[-1].office == "Presiding Judge"

    def test_lets_a_party_sign_no_longer(self):
        signing = [str(party.agency) for party in TEMPLATE.mou.parties if party.signatory]
        after = answer("who-signs", agencies=signing[:2])
        assert [one.agency for one in after.mou.signatories] == signing[:2]
        assert not after.findings

    def test_adds_somebody_who_took_part(self):
        after = answer("also-took-part", who="The tribe", how="Was asked in writing")
        assert after.mou.developed_with[-1].who == "The tribe"


class TestAnAnswerThatCannotBeTaken:
    @pytest.mark.parametrize(
        ("id", "field", "typed", "wrong"),
        [
            ("effective", "effective", "01/01/2027", NO_DAY),
            ("effective", "effective", "2027-02-30", NO_DAY),
            ("duty-initial-meeting-held", "length", "ten", NO_NUMBER),
            ("duty-initial-meeting-held", "clock", "weeks", NO_CHOICE),
            ("version", "version", "Version 1!", "It is not written as it must be."),
            ("duty-initial-meeting-held", "length", "99999", "It is too large."),
            ("clause-9.2", "text", "x" * 401, "It is too long. Shorten it."),
            ("duty-initial-meeting-held", "why_off", "", "Say why it is off."),
        ],
    )
    def test_says_what_is_wrong_at_its_field(self, id, field, typed, wrong):
        further = {"mode": "off"} if field == "why_off" else {}
        with pytest.raises(NotAnAnswer) as told:
            answer(id, **{field: typed, **further})
        assert list(told.value.errors) == [field]
        assert str(told.value.errors[field]).startswith(wrong)


class TestAnAnswerThatFitsBadly:
    def test_is_taken_and_said(self):
        after = answer("office-sheriff", signed="2031-05-01")
        assert [(one.path, one.problem) for one in after.further] == [
            ("/effective", "lies before a signature")
        ]
        again = answer("version", after, version="birch-2031.1")
        assert (len(again.findings), again.further) == (1, ())

    def test_is_gone_when_it_was_put_right(self):
        after = answer("office-sheriff", signed="2031-05-01")
        assert answer("effective", after, effective="2031-05-01").findings == ()
