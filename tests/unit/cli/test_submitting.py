"""`accord submit` sends all that stands under `clear`, or nothing and says why."""

from __future__ import annotations

import pytest

from services.referrals.cli.submissions import facts_by_class
from shared.cli.failures import Usage
from shared.events.names import SealedClass

NAME = "Testa Example"


def said(body) -> str:
    with pytest.raises(Usage) as failed:
        facts_by_class(body)
    text = f"{failed.value} {failed.value.hint}"
    assert NAME not in text
    return text


def test_every_class_with_its_facts_is_sent():
    clear = {"identity": {"name": NAME}, "narrative": {"text": "seen"}}
    assert facts_by_class({"clear": clear}) == {SealedClass(name): facts for name, facts in clear.items()}


def test_a_class_that_is_misspelt_is_not_left_out_but_said():
    text = said({"clear": {"identiy": {"name": NAME}, "narrative": {"text": "seen"}}})
    assert "Is `identity` meant?" in text
    assert "nothing was sent" in text


def test_a_name_in_the_place_of_a_class_is_not_repeated():
    assert "Is " not in said({"clear": {NAME: {"x": 1}}})


@pytest.mark.parametrize("facts", [NAME, [NAME], 7, None, True])
def test_facts_that_are_no_object_are_not_sent_to_be_unopenable_but_said(facts):
    assert "`narrative` under `clear`" in said({"clear": {"narrative": facts}})


@pytest.mark.parametrize("body", [{"clear": NAME}, {"clear": {}, "sealed": NAME}])
def test_what_is_no_object_by_class_is_said(body):
    assert "objects by class" in said(body)
