import copy
import json
from pathlib import Path

import jsonschema
import pytest

from shared.mou import document_of, load, mou_schema

MOU = load((Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8"))


def test_the_schema_is_a_valid_schema_and_takes_the_document():
    jsonschema.Draft202012Validator.check_schema(mou_schema())
    validator = jsonschema.Draft202012Validator(mou_schema(), format_checker=jsonschema.FormatChecker())
    assert list(validator.iter_errors(document_of(MOU))) == []


@pytest.mark.parametrize(
    ("part", "value"), [("profile", "everything"), ("version", "Alder 2026"), ("surprise", 1), ("undo", {})]
)
def test_the_schema_refuses_what_the_models_refuse(part, value):
    document = {**copy.deepcopy(document_of(MOU)), part: value}
    assert not jsonschema.Draft202012Validator(mou_schema()).is_valid(document)


def test_the_schema_is_plain_json_and_the_same_each_time():
    assert json.dumps(mou_schema()) == json.dumps(mou_schema())
    assert mou_schema()["$id"] == "/schemas/mou.schema.json"
