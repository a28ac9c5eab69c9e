"""A county adds a duty by answering questions: it is timed, shown and explained, and nothing else changes."""

import difflib

import pytest
from alder import TEXT
from duty_county import happened, here, only

from shared.mou.duties.states import State
from shared.mou.editing.answering import answered, opened
from shared.mou.editing.fields import NotAnAnswer
from shared.mou.editing.own_duty import CLAUSE_TAKEN, code_of, next_clause, own_duty
from shared.mou.load import validate
from shared.mou.telling import explained
from tests.own_duty import DUTY, ESCALATED

COUNTY = opened(TEXT)
TRIBE = DUTY | ESCALATED


def added(document=COUNTY, **more):
    typed = {name: [value] for name, value in {**TRIBE, **more}.items() if value}
    return answered(document, own_duty(document.mou), typed)


class TestMou_OwnDuty_NotifyTheTribeWithinTwentyFourHours:
    after = added()
    rule = after.mou.duties[-1].id
    placed = happened("placed", "2026-03-07 20:00")

    def due(self, *history, now):
        return only(self.placed, *history, now=now, by=self.rule, document=self.after.mou)

    def test_the_document_with_it_can_be_adopted(self):
        assert validate(self.after.text) == []

    def test_only_lines_were_added(self):
        old, new = TEXT.splitlines(), self.after.text.splitlines()
        taken = [line for line in difflib.ndiff(old, new) if line.startswith(("-", "?"))]
        assert taken == []

    def test_it_is_due_twenty_four_hours_after_the_placement_across_the_change_of_the_clock(self):
        duty = self.due(now="2026-03-07 21:00")
        assert (duty.state, duty.due_at) == (State.OPEN, here("2026-03-08 21:00"))

    def test_it_is_due_soon_six_hours_before(self):
        assert self.due(now="2026-03-08 15:30").state == State.DUE_SOON

    def test_telling_the_tribe_meets_it(self):
        told = happened("the-tribe-was-told-of-the", "2026-03-08 10:00", to="tribe")
        assert self.due(told, now="2026-03-09 09:00").state == State.DONE_ON_TIME

    def test_telling_somebody_else_does_not(self):
        told = happened("the-tribe-was-told-of-the", "2026-03-08 10:00", to="casa")
        assert self.due(told, now="2026-03-09 09:00").state == State.NO_RECORD

    def test_its_clause_explains_it(self):
        clause = next(one for one in self.after.mou.clauses if one.id == "99.1")
        lines = explained(self.after.mou, clause)
        assert "  By when: within 24 hours, nights and weekends included." in lines
        assert "  Is met by: The tribe was told of the placement (The young person's tribe)." in lines
        assert "Accord works out by when it is due." in lines


class TestWhatADutyIsMadeOf:
    def test_what_opens_it_may_be_something_that_accord_records_itself(self):
        duty = added(opens="event:accord.concern.reported.v1").mou.duties[-1]
        assert (duty.per, duty.opens[0].event) == ("concern", "accord.concern.reported.v1")

    def test_what_opens_and_what_meets_it_may_both_be_new(self):
        mou = added(opens="new", opens_new="A tribe was found").mou
        assert [act.label for act in mou.acts[-2:]] == [
            "A tribe was found",
            "The tribe was told of the placement",
        ]
        assert mou.duties[-1].opens[0].act == mou.acts[-2].code

    def test_somebody_new_may_be_told(self):
        mou = added(to="new", to_new="The tribe's social services").mou
        assert (mou.told[-1].code, mou.duties[-1].to) == (
            "the-tribes-social-services",
            ("the-tribes-social-services",),
        )

    def test_an_act_of_the_list_is_told_to_one_more_if_need_be(self):
        mou = added(closes="act:notice-given").mou
        assert "tribe" in next(act for act in mou.acts if act.code == "notice-given").to

    def test_it_may_be_told_to_nobody_and_go_on_to_nobody(self):
        duty = added(to="", queue="", warn_before="").mou.duties[-1]
        assert (duty.to, duty.escalate, duty.warn_before) == ((), (), None)

    def test_something_may_take_it_away(self):
        assert added(ends="act:case-closed").mou.duties[-1].ends[0].act == "case-closed"

    def test_a_second_one_has_names_of_its_own(self):
        twice = added(added(), clause="99.2")
        assert [duty.id for duty in twice.mou.duties[-2:]] == ["telling-the-tribe", "telling-the-tribe-2"]
        assert twice.findings == ()


class TestWhatIsNotTaken:
    @pytest.mark.parametrize(
        ("field", "typed"),
        [
            ("says", ""),
            ("clause", "3.1"),
            ("clause", "99 / 1"),
            ("closes_new", ""),
            ("title", "x" * 81),
            ("opens", "act:nothing-of-the-kind"),
            ("length", "soon"),
            ("length", "99999"),
        ],
    )
    def test_says_so_at_its_field(self, field, typed):
        with pytest.raises(NotAnAnswer) as told:
            added(**{field: typed})
        assert list(told.value.errors) == [field]

    def test_a_number_that_a_clause_has(self):
        with pytest.raises(NotAnAnswer) as told:
            added(clause="3.1")
        assert [str(one) for one in told.value.errors.values()] == [CLAUSE_TAKEN]

    def test_a_role_that_nobody_holds_there_is_taken_and_said(self):
        after = added(agency="probation", role="nurse")
        assert [one.problem for one in after.further] == ["is a role that nobody holds there"]


def test_the_next_clause_begins_a_chapter():
    chapters = {int(clause.id.split(".")[0]) for clause in COUNTY.mou.clauses}
    assert next_clause(COUNTY.mou) == f"{max(chapters) + 1}.1"


@pytest.mark.parametrize(
    ("label", "taken", "code"),
    [
        ("The tribe was told", set(), "the-tribe-was-told"),
        ("The tribe was told", {"the-tribe-was-told"}, "the-tribe-was-told-2"),
        ("24 hours: Niño's tribe", set(), "hours-ninos-tribe"),
        ("…", set(), "own"),
    ],
)
def test_a_code_is_made_of_the_labels_words(label, taken, code):
    assert code_of(label, taken) == code
