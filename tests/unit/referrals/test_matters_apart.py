"""A case of two matters: a command is on the one that is meant, and who takes part in one learns of no other."""

from __future__ import annotations

import pytest

from services.referrals.application.table import COMMANDS
from services.referrals.application.things import Things
from services.referrals.domain.commands import AssignWorker, JoinAgency, LeaveAgency, RecordScreening
from shared.errors import Refusal
from shared.events.types.case import AgencyJoined, CaseOpened
from shared.events.types.referral import ReferralRequested
from tests.mou.alder import MOU
from tests.unit.referrals.made import ADVOCATE, OFFICER, REQUEST, SCREENER, SHELTER, at
from tests.unit.referrals.test_referrals_views import TwoMatters

WORKER = "8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d11"
BODIES = {
    "join-agency": JoinAgency(agency="shelter"),
    "leave-agency": LeaveAgency(agency="probation", reason="service-ended"),
    "assign-worker": AssignWorker(worker=WORKER, role="social-worker"),
}


def decided(made, name, body, caller=SCREENER):
    return COMMANDS[name].decide(made.things, body, at(caller), (), MOU)


def refused(made, name, body, caller=SCREENER):
    with pytest.raises(Refusal) as found:
        decided(made, name, body, caller)
    return found.value.reason, found.value.field, found.value.detail


class TestWhoTakesPartInBoth:
    @pytest.mark.parametrize("matter", ["dependency", "delinquency"])
    def test_says_which_matter_an_agency_joins(self, matter):
        made = TwoMatters()
        [fact] = decided(made, "join-agency", JoinAgency(agency="shelter", matter=matter))
        assert isinstance(fact.data, AgencyJoined)
        assert fact.stream == getattr(made, matter).stream

    @pytest.mark.parametrize("name", BODIES)
    def test_is_asked_which_one_rather_than_guessed_at(self, name):
        reason, field, detail = refused(TwoMatters(), name, BODIES[name])
        assert (reason, field) == ("invalid-field", "/matter")
        assert "has to be said" in detail

    def test_records_a_screening_without_saying_which_and_it_is_flagged(self):
        body = RecordScreening(tool="cse-it", tool_version="2.0", band="clear-concern")
        [fact] = decided(TwoMatters(), "record-screening", body)
        assert fact.data.flags == ("missing.matter",)


class TestWhoTakesPartInOne:
    def test_need_not_say_which(self):
        made = TwoMatters()
        [fact] = decided(made, "assign-worker", BODIES["assign-worker"], OFFICER)
        assert fact.stream == made.delinquency.stream

    @pytest.mark.parametrize("name", ["leave-agency", "assign-worker"])
    def test_is_answered_the_same_whether_there_is_another_or_not(self, name):
        both = TwoMatters()
        one = TwoMatters()
        one.things = Things(matters=(one.delinquency,))
        body = BODIES[name].model_copy(update={"matter": "dependency"})
        assert refused(both, name, body, OFFICER) == refused(one, name, body, OFFICER)

    def test_a_screening_for_another_matter_is_taken_the_same_whether_there_is_another_or_not(self):
        body = RecordScreening(tool="cse-it", tool_version="2.0", band="clear-concern", matter="dependency")
        told = []
        for matters in (("dependency", "delinquency"), ("delinquency",)):
            made = TwoMatters()
            made.things = Things(matters=tuple(getattr(made, name) for name in matters))
            [fact] = decided(made, "record-screening", body, OFFICER)
            told.append((fact.data.flags, fact.data.matter))
        assert told == [(("matter-not-of-case",), "delinquency")] * 2

    def test_may_ask_for_a_referral_in_a_matter_that_the_case_has_not_had_yet(self):
        body = REQUEST.model_copy(update={"matter": "none"})
        facts = decided(TwoMatters(), "request-referral", body, OFFICER)
        assert [type(fact.data) for fact in facts] == [CaseOpened, ReferralRequested]

    def test_others_have_no_part_in_it_however_they_name_it(self):
        for matter in (None, "dependency", "delinquency"):
            body = BODIES["assign-worker"].model_copy(update={"matter": matter})
            assert refused(TwoMatters(), "assign-worker", body, SHELTER)[0] == "not-a-participant"


def test_an_agency_that_leads_one_matter_need_not_be_listed_in_it():
    made = TwoMatters()
    made.things = Things(matters=(made.dependency.model_copy(update={"agencies": {}}),))
    [fact] = decided(made, "join-agency", BODIES["join-agency"])
    assert fact.stream == made.dependency.stream
    assert refused(made, "assign-worker", BODIES["assign-worker"], ADVOCATE)[0] == "not-a-participant"
