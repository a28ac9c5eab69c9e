"""Only codes of the MOU's lists stand in clear: a name written like a code is none."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

from services.referrals.application.bodies import read_body
from services.referrals.domain import cases, concerns, governance, referrals, screenings
from services.referrals.domain.commands import (
    EndRole,
    ForwardReferral,
    JoinAgency,
    LeaveAgency,
    RecordScreening,
)
from services.referrals.domain.kept import AS_SUBMITTED
from shared.errors import Refusal
from shared.events.names import SealedClass
from shared.mou.checking import check
from shared.mou.load import document_of, load_document
from shared.mou.terms import listed_codes
from shared.mou.vocabulary import CodeList
from tests.mou.alder import MOU
from tests.unit.referrals.made import DEPUTY, REQUEST, SHELTER, Log, a_referral, at

NAME, BORN, NUMBER = "testa-example", "dob-2010-03-04", "ssn-123-45-6789"
NARRATIVE = SealedClass.NARRATIVE


def reported(body, mou=MOU):
    command, flags = read_body("report-concern", body)
    [fact] = concerns.report(command, at(DEPUTY, mou=mou), flags)
    return fact


def screened(**codes):
    _, matter = a_referral("accepted")
    [fact] = screenings.record(matter, RecordScreening(**codes), at())
    return fact.data


class TestAScreening:
    """It seals nothing, so a code that is not listed is named in its flags and stands nowhere."""

    LISTED: ClassVar[dict[str, str]] = {
        **{"tool": "cse-it", "tool_version": "2.0", "band": "no-concern", "trigger": "new-booking"},
    }

    @pytest.mark.parametrize(
        ("field", "flag"),
        [
            ("tool", "tool-not-listed"),
            ("tool_version", "version-not-listed"),
            ("band", "band-not-listed"),
            ("trigger", "trigger-not-listed"),
        ],
    )
    @pytest.mark.parametrize("others", ["stated", "left-out"])
    def test_is_taken_without_a_code_that_is_on_no_list_and_flagged(self, field, flag, others):
        name = "testa"
        data = screened(**{**(self.LISTED if others == "stated" else {}), field: name})
        assert name not in json.dumps(data.written())
        assert getattr(data, field) == "not-listed"
        assert flag in data.flags

    def test_with_codes_of_the_lists_keeps_them_and_is_not_flagged(self):
        data = screened(**self.LISTED)
        assert {name: getattr(data, name) for name in self.LISTED} == self.LISTED
        assert data.flags == ()

    def test_with_a_tool_on_no_list_keeps_a_band_that_some_tool_has(self):
        data = screened(**{**self.LISTED, "tool": "testa"})
        assert (data.band, data.flags) == ("no-concern", ("tool-not-listed",))


class TestAForwardedReferral:
    @pytest.mark.parametrize(
        ("changes", "field"), [({"kind": NAME}, "/kind"), ({"needs": (NAME,)}, "/needs/0")]
    )
    def test_with_a_code_on_no_list_is_refused_by_its_field(self, changes, field):
        asked = ForwardReferral(recipient="shelter", youth_choice="agrees", **changes)
        forward = lambda: referrals.forward(*a_referral("rejected"), asked, at())  # noqa: E731
        assert refused(forward) == ("4.9", "unknown-code", field)


class TestAReport:
    def test_with_a_code_on_no_list_is_taken_the_code_sealed_and_flagged(self):
        fact = reported({"signs": ["older-partner", NAME, BORN], "exploitation_kind": NUMBER})
        written = json.dumps(fact.data.written())
        assert not [one for one in (NAME, BORN, NUMBER) if one in written]
        assert (fact.data.signs, fact.data.exploitation_kind) == (("older-partner",), None)
        assert {"unknown-code.signs", "unknown-code.exploitation_kind"} <= set(fact.data.flags)
        assert "missing.exploitation_kind" not in fact.data.flags
        kept = fact.seal[NARRATIVE][AS_SUBMITTED]
        assert kept == {"signs": [NAME, BORN], "exploitation_kind": NUMBER}

    def test_with_codes_of_the_lists_holds_them_and_is_not_flagged(self):
        fact = reported({"signs": ["older-partner"], "exploitation_kind": "commercial-sexual"})
        assert (fact.data.signs, fact.data.exploitation_kind) == (("older-partner",), "commercial-sexual")
        assert not [flag for flag in fact.data.flags if flag.startswith("unknown-code")]
        assert fact.seal == {}

    def test_keeps_an_unknown_code_beside_what_was_stated_and_what_no_field_took(self):
        fact = reported({"signs": [NAME], "x": 1, "clear": {"narrative": {"text": "seen"}}})
        assert fact.seal[NARRATIVE] == {"text": "seen", AS_SUBMITTED: {"x": 1, "signs": [NAME]}}

    def test_while_no_mou_is_in_force_has_no_code_in_clear(self):
        fact = reported({"signs": ["older-partner"], "exploitation_kind": "commercial-sexual"}, mou=None)
        assert (fact.data.signs, fact.data.exploitation_kind) == ((), None)
        assert {"no-mou-in-force", "unknown-code.signs"} <= set(fact.data.flags)
        assert fact.seal[NARRATIVE][AS_SUBMITTED]["signs"] == ["older-partner"]


def refused(decide):
    with pytest.raises(Refusal) as found:
        decide()
    said = f"{found.value} {found.value.remedy}"
    assert not [one for one in (NAME, BORN, NUMBER) if one in said]
    assert "accord mou show" in found.value.remedy
    return found.value.clause, found.value.reason, found.value.field


class TestAnythingElse:
    @pytest.mark.parametrize(
        ("change", "field"), [({"kind": NAME}, "/kind"), ({"needs": ("safe-bed", BORN)}, "/needs/1")]
    )
    def test_such_as_a_referral_is_refused_by_its_field(self, change, field):
        matter, asked = a_referral("requested")[1], REQUEST.model_copy(update=change)
        assert refused(lambda: referrals.request(matter, asked, at())) == ("4.1", "unknown-code", field)

    def test_such_as_joining_or_leaving_a_case_is_refused_by_its_field(self):
        matter = a_referral("accepted", Log())[1]
        join = JoinAgency(agency="probation", relation=NAME)
        assert refused(lambda: cases.join(matter, join, at())) == ("5.1", "unknown-code", "/relation")
        for agency in ("advocacy", "shelter"):  # the field is looked at before the state of things
            leave = LeaveAgency(agency=agency, reason=NUMBER)
            assert refused(lambda: cases.leave(matter, leave, at())) == ("5.1", "unknown-code", "/reason")  # noqa: B023

    def test_such_as_the_end_of_a_role_is_refused_by_its_field(self):
        admin = type(SHELTER)("shelter", frozenset({"agency-admin"}), "coordinate", person=SHELTER.person)
        end = EndRole(person=SHELTER.person, agency="shelter", role="advocate", reason=NAME)
        assert refused(lambda: governance.end_role(end, at(admin))) == ("7.2", "unknown-code", "/reason")


class TestTheLists:
    @pytest.mark.parametrize("name", list(CodeList))
    def test_of_alder_county_have_each_field(self, name):
        assert listed_codes(name, MOU)

    def test_may_be_missing_from_a_document_that_was_adopted_before_there_were_any(self):
        older = {
            name: part for name, part in document_of(MOU).items() if name not in ("codes", "referral_kinds")
        }
        older["screening_tools"] = [{**tool, "rescreen": None} for tool in older["screening_tools"]]
        assert listed_codes(CodeList.SIGNS, load_document(older)) == {}

    def test_do_not_name_a_code_twice(self):
        signs = MOU.codes[CodeList.SIGNS]
        twice = MOU.model_copy(update={"codes": {**MOU.codes, CodeList.SIGNS: (*signs, signs[0])}})
        assert [finding.path for finding in check(twice)] == [f"/codes/signs/{len(signs)}"]
