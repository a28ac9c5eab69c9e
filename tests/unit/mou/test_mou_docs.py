"""docs/mou.md explains every part and every word of the document."""

import re
from pathlib import Path

import pytest

from shared.mou import REASONS, Act, Mou, load
from shared.mou.document import RoutingRule
from shared.mou.vocabulary import CodeList, Relation, Target

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "mou.md").read_text("utf-8")
WORDS = [*Mou.model_fields, *Act, *Relation, *Target, *CodeList, *REASONS, "inbound", "outbound"]
OPTIONS = [
    *("tier", "act_now_if_urgency", "act_now_if_band", "act_now_if_flagged", "if_flagged"),
    *("not_to_the_actor", "needs_acknowledgement"),
]


@pytest.mark.parametrize("word", [*WORDS, *OPTIONS])
def test_the_page_explains_each_word(word):
    assert f"`{word}`" in PAGE


def test_the_options_of_a_routing_rule_are_those_that_the_page_explains():
    told = {"id", "clause", "event", "agency", "role", "reason", "es"}
    assert set(RoutingRule.model_fields) - told == set(OPTIONS)


def test_every_clause_of_alder_county_that_is_tested_reads_as_a_class_of_its_own():
    named = {
        (int(section), int(number))
        for file in (ROOT / "tests" / "mou").glob("test_section*.py")
        for section, number in re.findall(r"class TestMou_(\d+)_(\d+)_", file.read_text("utf-8"))
    }
    mou = load((ROOT / "deploy" / "local" / "alder-county.yaml").read_text("utf-8"))
    clauses = {tuple(map(int, clause.id.split("."))) for clause in mou.clauses}
    # From section 8 on a clause is a duty or a list; tests/mou has them by duty and by row.
    assert {clause for clause in clauses if clause[0] < 8} - named == {(1, 1), (2, 2)}
    assert named <= clauses
