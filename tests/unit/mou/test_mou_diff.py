"""What differs between two documents is told, all of it and nothing else."""

import copy
import json
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.mou import Mou, document_of, load, mou_schema
from shared.mou.diff import SECTIONS, differences
from shared.mou.documents import text_of

COUNTY = load((Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8"))
TEMPLATE = load(text_of("california-csec"))
DOCUMENT = document_of(COUNTY)


def changed(change, mou=COUNTY):
    """The document after a change of its plain values."""
    values = copy.deepcopy(document_of(mou))
    change(values)
    return Mou.model_validate(values)


def entry(values, part, name, key="id"):
    return next(one for one in values[part] if one[key] == name)


def told(change):
    return [one.sentence for one in differences(COUNTY, changed(change))]


class TestEqualDocumentsDifferInNothing:
    @pytest.mark.parametrize(
        "mou", [COUNTY, TEMPLATE, load(text_of("three-counties"))], ids=lambda m: m.version
    )
    def test_a_document_and_itself(self, mou):
        assert differences(mou, Mou.model_validate(document_of(mou))) == ()


class TestTheSentences:
    def test_a_shorter_time(self):
        found = [one.sentence for one in differences(TEMPLATE, COUNTY) if one.path.endswith("/within")]
        assert "The initial team meeting is due in 7 days instead of 10 (clause 9.2)." in found

    def test_another_clock(self):
        def on_court_days(values):
            entry(values, "duties", "initial-meeting-held")["within"] = {"court_days": 5}

        assert told(on_court_days) == [
            "The initial team meeting is due in 5 court days instead of in 7 days (clause 9.2)."
        ]

    def test_another_role_owes_a_duty(self):
        def to_the_supervisor(values):
            entry(values, "duties", "initial-meeting-held")["owed_by"]["role"] = "supervisor"

        assert told(to_the_supervisor) == [
            "The initial team meeting is now owed by the case's lead agency (supervisor) instead of the case's lead"
            " agency (coordinator) (clause 9.2)."
        ]

    def test_a_later_step_of_escalation(self):
        def later(values):
            entry(values, "duties", "initial-meeting-held")["escalate"][1]["after_hours"] = 72

        assert told(later) == [
            "The initial team meeting: if nobody records it, human-services/coordinator is told 72 hours after the"
            " due time instead of 48 (clause 9.2)."
        ]

    def test_a_duty_that_is_turned_off_is_one_difference(self):
        def off(values):
            duty = entry(values, "duties", "initial-meeting-held")
            for part in ("opens", "closes", "ends", "within", "owed_by", "escalate", "warn_before"):
                del duty[part]
            duty.update(mode="off", why_off="The parties meet without Accord.")

        assert told(off) == [
            "The initial team meeting is now left to others and not timed: “The parties meet without Accord”"
            " (clause 9.2)."
        ]

    def test_a_permission_that_is_gone(self):
        def gone(values):
            values["may"] = [one for one in values["may"] if one["act"] != "record-screening"]

        assert told(gone) == [
            "Workers of team, if it takes part in the case, may no longer record screening (clause 5.5)."
        ]

    def test_more_is_disclosed(self):
        def address(values):
            row = next(one for one in values["disclosure"] if one["clause"] == "6.3")
            row["classes"].append("address")

        assert told(address) == [
            "Seeing identity, contact of a case: classes now also has address (clause 6.3)."
        ]

    def test_a_party_that_leaves(self):
        def leaves(values):
            values["parties"] = [one for one in values["parties"] if one["agency"] != "shelter"]

        assert told(leaves) == ["Harbor Youth Shelter is no longer a party (clause 2.4)."]

    def test_an_office_that_signs_is_told_with_its_agency_since_several_may_have_the_same_name(self):
        def signs(values):
            values["signatories"][0]["signed"] = "2025-12-05"

        assert told(signs) == [
            "Director of Human Services (human-services) signed on 2025-12-05 instead of 2025-12-02 (clause 13.4)."
        ]

    def test_a_clause_that_moves_is_told_once(self):
        def moves(values):
            values["clauses"].append(values["clauses"].pop(3))

        assert told(moves) == ["Clauses now stands in another order."]

    def test_a_clause_in_other_words(self):
        def otherwise(values):
            entry(values, "clauses", "9.2")["text"] = "The team meets."

        assert told(otherwise) == [
            "Clause 9.2 now says “The team meets” instead of “The team meets for the first time within seven days"
            " of the crisis response or of identification”."
        ]

    def test_as_json_it_holds_the_sentence_and_both_values(self):
        (found,) = differences(COUNTY, changed(lambda values: values["undo"].update(minutes=20)))
        assert json.loads(json.dumps(found.as_dict())) == {
            "section": "permissions",
            "kind": "changed",
            "path": "/undo/minutes",
            "clauses": ["7.4"],
            "sentence": "A mistake may be taken back within 20 minutes instead of 10 (clause 7.4).",
            "old": 10,
            "new": 20,
        }


def leaves(value, path=()):
    """Where the values of a document stand that hold no others."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*path, name))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from leaves(one, (*path, place))
    else:
        yield path


def at(values, path):
    for part in path:
        values = values[part]
    return values


def choices(schema):
    """Every word that the schema lists."""
    if isinstance(schema, dict):
        yield from (one for one in schema.get("enum", []) if isinstance(one, str))
        for one in schema.values():
            yield from choices(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from choices(one)


WORDS = sorted(set(choices(mou_schema())))
LEAVES = list(leaves(DOCUMENT))


#: Fields on the way to a value -> what the document says there elsewhere, which the form therefore allows.
ELSEWHERE = defaultdict(list)
for path in LEAVES:
    ELSEWHERE[tuple(part for part in path if isinstance(part, str))].append(at(DOCUMENT, path))


def others(path, chance):
    """What may stand there instead, if the form allows it; what is likeliest first."""
    value = at(DOCUMENT, path)
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    kinds = ["2027-03-04", "08:31", "0b9c6c1e-51a4-4a6e-8a58-6f2f3a1d7c20"]
    same = ELSEWHERE[tuple(part for part in path if isinstance(part, str))]
    known = chance.sample(same, min(3, len(same)))
    return [f"{value}-more", *known, f"{value}x", *kinds, *chance.sample(WORDS, len(WORDS))]


def one_leaf_changed(path, chance):
    """The document with another value there, or None if only this one is allowed."""
    values = copy.deepcopy(DOCUMENT)
    holder, was = at(values, path[:-1]), at(values, path)
    for other in others(path, chance):
        holder[path[-1]] = other
        try:
            mou = Mou.model_validate(values)
        except ValidationError:
            continue
        if mou != COUNTY:
            return mou, was, other
    return None


def fields_of(path):
    return [str(part) for part in path if isinstance(part, str)]


@given(path=st.sampled_from(LEAVES), chance=st.randoms(use_true_random=False))
def test_whatever_one_value_is_changed_exactly_that_is_found(path, chance):
    made = one_leaf_changed(path, chance)
    if made is None:
        return
    mou, was, other = made
    (found,) = differences(COUNTY, mou)
    names = found.path.strip("/").split("/")
    assert found.kind == "changed"
    assert names[0] == path[0]
    assert names[-1] in fields_of(path)
    assert json.dumps(was) in json.dumps(found.old)
    assert json.dumps(other) in json.dumps(found.new)
    assert found.sentence.endswith(".")


def entries(value, path=()):
    """Where the entries of lists stand that are parts of their own."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from entries(one, (*path, name))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for place, one in enumerate(value):
            yield (*path, place)
            yield from entries(one, (*path, place))


@given(
    path=st.sampled_from([path for path in entries(DOCUMENT) if path[-2] not in ("opens", "closes", "ends")])
)
def test_whichever_entry_is_taken_out_or_put_in_exactly_that_is_found(path):
    values = copy.deepcopy(DOCUMENT)
    taken = at(values, path[:-1]).pop(path[-1])
    try:
        without = Mou.model_validate(values)
    except ValidationError:
        return
    (gone,), (begun,) = differences(COUNTY, without), differences(without, COUNTY)
    assert (gone.kind, begun.kind) == ("removed", "added")
    assert gone.old == begun.new
    assert gone.path == begun.path
    assert taken.items() <= {**taken, **gone.old}.items()


def test_every_part_of_a_document_belongs_to_a_section():
    assert sorted(name for _, fields in SECTIONS.values() for name in fields) == sorted(Mou.model_fields)
