from __future__ import annotations

from typing import get_args

import pytest
from pydantic import BaseModel, field_validator
from pydantic_core import PydanticCustomError, ValidationError, core_schema

from shared.web.validation import SENTENCES, errors_of, pointer, sentence


class Dated(BaseModel):
    day: str

    @field_validator("day")
    @classmethod
    def known(cls, value: str) -> str:
        if value == "quoting":
            raise ValueError(f"not a day: {value}")
        if value == "with context":
            raise PydanticCustomError("bad-day", "not {day}", {"day": value})
        raise PydanticCustomError("not-a-court-day", "must be a court day")


def errors(value: str) -> list[dict[str, str]]:
    with pytest.raises(ValidationError) as caught:
        Dated(day=value)
    return errors_of(caught.value.errors(), Dated.model_json_schema())


class TestWhatIsWrong:
    def test_is_said_by_a_validator_of_ours_whose_text_is_fixed(self):
        assert errors("x") == [{"pointer": "/day", "detail": "must be a court day"}]

    @pytest.mark.parametrize("value", ["quoting", "with context"])
    def test_is_not_said_in_a_text_that_may_quote_the_input(self, value):
        assert errors(value) == [{"pointer": "/day", "detail": "is not valid"}]

    def test_has_sentences_for_types_that_exist_only(self):
        assert SENTENCES.keys() <= set(get_args(core_schema.ErrorType))

    def test_is_said_even_where_a_limit_is_not_given(self):
        assert sentence({"type": "greater_than", "loc": (), "msg": "", "ctx": {}}) == "is not valid"


class TestAPointer:
    def test_escapes_what_json_pointers_escape(self):
        assert pointer(["a/b", 0, "c~d"], frozenset({"a/b", "c~d"})) == "/a~1b/0/c~0d"

    def test_hides_names_that_the_contract_does_not_know(self):
        assert pointer(["CANARY", "case"], frozenset({"case"})) == "/*/case"
