"""What is told of a document in sentences is what its rules say."""

from pathlib import Path

import pytest

from shared.mou import load
from shared.mou.coverage import coverage
from shared.mou.documents import DOCUMENTS, text_of
from shared.mou.duties.rules import Holder, Within
from shared.mou.parties import clause_of
from shared.mou.telling import (
    RELATED,
    TREATMENT,
    duty_in_words,
    holder_in_words,
    time_in_words,
    told_whole,
    treatment,
)
from shared.mou.vocabulary import Target

MOU = load((Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("within", "words"),
    [
        ({"hours": 36}, "within 36 hours, nights and weekends included"),
        ({"hours": 1}, "within 1 hour, nights and weekends included"),
        ({"days": 10}, "within 10 days, by the end of the last one"),
        ({"months": 6}, "within 6 months, by the end of the day"),
        ({"court_days": 1}, "within 1 day on which the court sits"),
        ({"court_hours": 48}, "within 48 hours, without days on which the court does not sit"),
        ({"at_once": {"alarm_hours": 1, "outer_hours": 4}}, "at once, within 4 hours at the latest"),
        ({"before": {"act": "interview-begun"}}, "before this: The interview began"),
    ],
)
def test_each_clock_has_its_words(within, words):
    assert time_in_words(MOU, Within.model_validate(within)) == words


def test_who_owes_is_a_partys_name_or_its_relation_to_the_case():
    assert holder_in_words(MOU, Holder(agency="sheriff", role="deputy")) == "Alder County Sheriff (deputy)"
    assert holder_in_words(MOU, Holder(agency="reporter", role="outbound")) == "the agency that reported"


def test_every_relation_has_words():
    assert set(RELATED) == set(Target)


@pytest.mark.parametrize(
    ("clause", "how"),
    [
        *(("8.1", "timed"), ("9.5", "timed"), ("12.1", "off"), ("5.3", "enforced"), ("1.2", "enforced")),
        *(("3.3", "told"), ("16.2", "told"), ("4.3", "listed"), ("1.1", "explained")),
    ],
)
def test_how_a_clause_is_treated_follows_from_what_cites_it(clause, how):
    assert treatment(MOU, clause_of(MOU, clause)) == how
    assert TREATMENT[how]


def test_a_duty_that_is_only_recorded_has_no_time():
    (duty,) = (duty for duty in MOU.duties if duty.id == "screened-on-a-trigger")
    assert "  By when: without a time." in duty_in_words(MOU, duty)


def test_a_duty_that_is_off_says_why_and_nothing_else():
    (duty,) = (duty for duty in MOU.duties if duty.id == "petition-filed")
    said, why = duty_in_words(MOU, duty)
    assert "D28" in said
    assert why.startswith("  Not timed: ")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_whole_document_can_be_told_without_a_code_of_an_act(name):
    mou = load(text_of(name))
    told = "\n".join(told_whole(mou))
    assert [clause.id for clause in mou.clauses if f"\n{clause.id} {clause.title}\n" not in told] == []
    assert [act.code for act in mou.acts if "-" in act.code and f" {act.code}" in told] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_in_a_document_to_begin_from_somebody_may_do_each_act(name):
    assert coverage(load(text_of(name)))["act"] == []
