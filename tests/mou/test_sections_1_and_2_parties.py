import pytest
from alder import ADVOCATE, CASE, CONCERN, MOU, OPERATOR, SOCIAL_WORKER, STRANGER, allowed, classes, referral

from shared.mou import Act, sees, unsigned


class TestMou_1_2_WhatIsNotAllowedIsRefused:
    @pytest.mark.parametrize("act", [act for act in Act if act != Act.REPORT_CONCERN])
    def test_an_agency_that_never_signed_may_do_nothing_but_report(self, act):
        answer = allowed(STRANGER, act, CASE)
        assert (answer.allowed, answer.reason, answer.clause) == (False, "not-a-party", "1.2")
        assert answer.remedy

    def test_an_act_that_no_clause_speaks_of_is_refused(self):
        answer = allowed(SOCIAL_WORKER, "delete-case", CASE)
        assert (answer.allowed, answer.reason, answer.clause) == (False, "not-allowed", "1.2")

    @pytest.mark.parametrize("thing", [CONCERN, CASE, referral()], ids=lambda thing: thing.kind)
    def test_an_agency_that_never_signed_knows_of_nothing_and_sees_nothing(self, thing):
        assert not sees(STRANGER, thing, MOU)
        assert classes(STRANGER, thing) == set()


class TestMou_2_1_HumanServicesLeads:
    def test_human_services_is_the_one_lead_agency(self):
        assert [party.agency for party in MOU.parties if party.lead] == ["human-services"]

    def test_the_lead_sees_a_case_without_having_joined_it(self):
        assert sees(SOCIAL_WORKER, CASE, MOU)


class TestMou_2_3_TheCourtIsAskedForNoService:
    def test_nobody_may_refer_a_young_person_to_the_court(self):
        answer = allowed(SOCIAL_WORKER, Act.REQUEST_REFERRAL, _to("juvenile-court"))
        assert (answer.allowed, answer.reason) == (False, "other-agency-not-a-party")


class TestMou_2_4_CommunityAgenciesAreParties:
    def test_there_are_two_and_both_can_be_asked(self):
        community = [party for party in MOU.parties if party.community]
        assert [party.agency for party in community] == ["advocacy", "shelter"]
        assert all(allowed(SOCIAL_WORKER, Act.REQUEST_REFERRAL, _to(p.agency)).allowed for p in community)

    def test_what_lacks_the_signature_of_a_signatory_is_not_complete(self):
        signed = {party.agency for party in MOU.parties if party.signatory}
        assert unsigned(MOU, signed) == ()
        assert unsigned(MOU, signed - {"shelter"}) == ("shelter",)


class TestMou_2_5_OversightLeadsNoCase:
    @pytest.mark.parametrize("role", ["operator", "advisory-board", "privacy-officer", "agency-admin"])
    def test_those_who_oversee_do_not_know_of_a_case(self, role):
        from alder import someone

        assert not sees(someone(role, "county"), CASE, MOU)

    def test_the_operator_who_runs_the_machines_opens_no_case(self):
        assert allowed(OPERATOR, Act.OPEN_CASE, CONCERN).reason == "not-the-lead-agency"

    def test_a_community_agency_does_not_lead_either(self):
        assert not allowed(ADVOCATE, Act.OPEN_CASE, CONCERN).allowed


def _to(agency):
    from shared.mou import ThingFacts

    return ThingFacts("case", lead="human-services", recipient=agency)
