import pytest
from alder import (
    ADVISOR,
    ADVOCATE,
    AUDITOR,
    CASE,
    CONCERN,
    DEPUTY,
    LIAISON,
    MOU,
    NURSE,
    OFFICER,
    OPERATOR,
    SCREENER,
    SHELTER_WORKER,
    SOCIAL_WORKER,
    STRANGER,
    classes,
    referral,
    someone,
    system_of,
)

from shared.mou import CaseFacts, disclosable

PERSON = {"identity", "contact"}


class TestMou_6_1_TheLeadAgencysOwnRecord:
    def test_it_sees_the_report_and_who_made_it(self):
        assert classes(SCREENER, CONCERN) == PERSON | {"address", "narrative", "justice", "reporter"}

    def test_it_sees_no_treatment_record(self):
        assert not {"health", "substance_use"} & classes(SOCIAL_WORKER, CASE)

    def test_it_sees_of_anothers_referral_only_who_it_is_about(self):
        assert classes(SOCIAL_WORKER, referral(sender="probation")) == PERSON

    def test_each_class_names_its_clause_and_its_legal_basis(self):
        found = disclosable(SCREENER, "coordinate", CONCERN, MOU)
        assert {d.clause for d in found} == {"6.1"}
        assert all("WIC 10850" in d.basis for d in found)


class TestMou_6_2_WhatTheReportingAgencySees:
    def test_it_sees_again_what_it_reported_but_no_reporter(self):
        assert classes(DEPUTY, CONCERN) == PERSON | {"address", "narrative", "justice"}

    def test_it_sees_it_for_reporting_and_responding_only(self):
        assert classes(DEPUTY, CONCERN, "coordinate") == set()
        assert classes(DEPUTY, CONCERN, "support") == set()

    def test_who_reported_is_shown_to_human_services_alone(self):
        seen_by = {str(a) for row in MOU.disclosure if "reporter" in row.classes for a in row.agencies}
        assert seen_by == {"human-services"}


class TestMou_6_3_WhatTheTeamSees:
    @pytest.mark.parametrize("viewer", [OFFICER, ADVOCATE], ids=lambda viewer: viewer.agency)
    def test_it_sees_who_and_how_to_reach_them_but_no_address(self, viewer):
        assert classes(viewer, CASE) == PERSON

    def test_the_sheriff_sees_nothing_of_a_case_beyond_its_own_report(self):
        assert classes(someone("deputy", "sheriff", "respond"), CASE) == set()

    @pytest.mark.parametrize("purpose", ["audit", "court-order", "break-glass", "report"])
    def test_another_purpose_opens_nothing(self, purpose):
        assert classes(ADVOCATE, CASE, purpose) == set()

    def test_an_agency_that_is_not_on_the_team_sees_nothing(self):
        assert classes(SHELTER_WORKER, CASE) == set()


class TestMou_6_4_WhatTheAgencyThatWasAskedSees:
    def test_it_sees_who_and_what_is_asked(self):
        assert classes(ADVOCATE, referral()) == PERSON | {"narrative"}
        assert classes(system_of("advocacy"), referral()) == PERSON | {"narrative"}

    def test_the_agency_that_asked_sees_what_it_wrote(self):
        assert classes(OFFICER, referral(sender="probation")) == PERSON | {"narrative"}

    def test_nobody_else_sees_anything_of_it(self):
        assert classes(SHELTER_WORKER, referral()) == set()


class TestMou_6_5_HealthFactsForTreatment:
    def test_a_health_provider_that_is_asked_sees_them(self):
        assert "health" in classes(NURSE, referral("public-health"))

    @pytest.mark.parametrize("viewer", [ADVOCATE, SOCIAL_WORKER, LIAISON], ids=lambda viewer: viewer.agency)
    def test_nobody_else_does(self, viewer):
        assert "health" not in classes(viewer, referral(viewer.agency, sender="probation"))

    def test_a_health_provider_on_the_team_does_not_see_them_on_the_case(self):
        team = CaseFacts("case", "human-services", frozenset({"public-health"}))
        assert classes(NURSE, team) == PERSON

    @pytest.mark.parametrize("purpose", ["coordinate", "respond", "support", "court-order", "break-glass"])
    def test_substance_use_is_shown_to_nobody_without_a_written_consent(self, purpose):
        assert not any("substance_use" in row.classes for row in MOU.disclosure)
        assert "substance_use" not in classes(NURSE, referral("public-health"), purpose)


class TestMou_6_6_SchoolFacts:
    def test_the_social_worker_sees_them(self):
        assert "education" in classes(SOCIAL_WORKER, CASE)

    def test_the_screener_does_not(self):
        assert "education" not in classes(SCREENER, CASE)

    def test_the_office_of_education_sees_them_when_it_is_asked(self):
        assert "education" in classes(LIAISON, referral("office-of-education"))

    def test_they_go_no_further(self):
        assert all("education" not in classes(viewer, CASE) for viewer in (OFFICER, ADVOCATE, DEPUTY))


class TestMou_6_NobodyWithoutACaseSeesOne:
    @pytest.mark.parametrize("thing", [CONCERN, CASE, referral()], ids=lambda thing: thing.kind)
    @pytest.mark.parametrize("viewer", [AUDITOR, OPERATOR, ADVISOR, STRANGER], ids=lambda v: min(v.roles))
    def test_no_sealed_fact_opens_for_them(self, viewer, thing):
        assert all(classes(viewer, thing, p) == set() for p in ("coordinate", "respond", "audit", "report"))
