"""Only codes of the MOU's lists stand in clear: a name written like a code is none."""

from __future__ import annotations

import json

import pytest

from services.referrals.application.bodies import read_body
from services.referrals.domain import cases, concerns, governance, referrals
from services.referrals.domain.commands import EndRole, JoinAgency, LeaveAgency
from services.referrals.domain.kept import AS_SUBMITTED
from shared.errors import Refusal
from shared.events.names import SealedClass
from shared.mou.check import check
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
        older = {name: part for name, part in document_of(MOU).items() if name != "codes"}
        assert listed_codes(CodeList.SIGNS, load_document(older)) == {}

    def test_do_not_name_a_code_twice(self):
        signs = MOU.codes[CodeList.SIGNS]
        twice = MOU.model_copy(update={"codes": {CodeList.SIGNS: (*signs, signs[0])}})
        assert [finding.path for finding in check(twice)] == [f"/codes/signs/{len(signs)}"]
