import pytest
from alder import (
    ADVOCATE,
    CASE,
    DEPUTY,
    MOU,
    OFFICER,
    SHELTER_WORKER,
    SOCIAL_WORKER,
    allowed,
    someone,
    told,
)

from shared.mou import Act, CaseFacts, ThingFacts, screening_gaps, sees
from shared.mou.terms import act_gaps, authorities


def seat(agency):
    return ThingFacts("case", CASE.lead, CASE.participants, owner=agency)


class TestMou_5_1_TheTeam:
    def test_the_lead_adds_a_party(self):
        assert allowed(SOCIAL_WORKER, Act.JOIN_AGENCY, seat("shelter")).allowed

    def test_the_lead_cannot_add_one_that_never_signed(self):
        answer = allowed(SOCIAL_WORKER, Act.JOIN_AGENCY, seat("nobody-we-know"))
        assert (answer.allowed, answer.reason) == (False, "other-agency-not-a-party")

    def test_an_agency_does_not_add_itself(self):
        assert allowed(SHELTER_WORKER, Act.JOIN_AGENCY, seat("shelter")).reason == "not-the-lead-agency"

    def test_an_agency_leaves_by_itself_or_by_the_lead(self):
        assert allowed(OFFICER, Act.LEAVE_AGENCY, seat("probation")).allowed
        assert allowed(SOCIAL_WORKER, Act.LEAVE_AGENCY, seat("probation")).allowed

    def test_an_agency_does_not_remove_another(self):
        answer = allowed(ADVOCATE, Act.LEAVE_AGENCY, seat("probation"))
        assert (answer.allowed, answer.reason, answer.clause) == (False, "not-your-agency", "5.1")

    def test_the_agency_that_was_added_is_told(self):
        (item,) = told("agency.joined", seat("shelter"), actor="human-services")
        assert (item.address, item.tier) == ("shelter/advocate", "information")

    def test_an_agency_that_joined_by_its_own_act_is_not_told_what_it_did(self):
        assert told("agency.joined", seat("shelter"), actor="shelter") == []


class TestMou_5_2_WhoWorksOnTheCase:
    def test_an_agency_on_the_team_names_its_own_worker(self):
        assert allowed(OFFICER, Act.ASSIGN_WORKER, seat("probation")).allowed

    @pytest.mark.parametrize("caller", [SOCIAL_WORKER, ADVOCATE], ids=lambda caller: caller.agency)
    def test_it_does_not_name_anothers(self, caller):
        assert allowed(caller, Act.ASSIGN_WORKER, seat("probation")).reason == "not-your-agency"

    def test_an_agency_that_is_not_on_the_team_names_nobody(self):
        assert allowed(SHELTER_WORKER, Act.ASSIGN_WORKER, seat("shelter")).reason == "not-a-participant"

    def test_the_person_who_is_named_is_told_in_person(self):
        (item,) = told("worker.assigned", CASE, worker="0be7d4c6-5f19-4a82-bd60-f8a3729e1c57")
        assert (item.address, item.queue) == ("0be7d4c6-5f19-4a82-bd60-f8a3729e1c57", None)


class TestMou_5_3_WhoMaySeeACase:
    @pytest.mark.parametrize("viewer", [SOCIAL_WORKER, OFFICER, ADVOCATE], ids=lambda viewer: viewer.agency)
    def test_the_team_does(self, viewer):
        assert sees(viewer, CASE, MOU)
        assert allowed(viewer, Act.READ_CASE, CASE).allowed

    def test_to_everyone_else_it_does_not_exist(self):
        assert not sees(SHELTER_WORKER, CASE, MOU)

    def test_an_agency_that_left_does_not_see_it_any_more(self):
        assert not sees(OFFICER, CaseFacts("case", "human-services", CASE.participants - {"probation"}), MOU)

    def test_the_wrong_purpose_is_said_and_not_hidden(self):
        for_audit = someone("probation-officer", "probation", "audit")
        assert sees(for_audit, CASE, MOU)
        assert allowed(for_audit, Act.READ_CASE, CASE).reason == "purpose-may-not"

    def test_what_is_no_case_concern_or_referral_is_not_seen_by_this_rule(self):
        assert not sees(SOCIAL_WORKER, CaseFacts("person", lead="human-services"), MOU)


class TestMou_5_4_AFurtherConcern:
    def test_the_social_workers_are_told(self):
        (item,) = told("concern.linked", CASE)
        assert (item.address, item.tier) == ("human-services/social-worker", "act-soon")


class TestMou_5_5_Screening:
    def test_an_agency_on_the_team_records_the_band(self):
        assert allowed(OFFICER, Act.RECORD_SCREENING, CASE).clause == "5.5"

    def test_one_that_is_not_on_the_team_does_not(self):
        answer = allowed(SHELTER_WORKER, Act.RECORD_SCREENING, CASE)
        assert (answer.allowed, answer.reason) == (False, "not-a-participant")

    @pytest.mark.parametrize(
        ("band", "tier"),
        [("no-concern", "act-soon"), ("possible-concern", "act-soon"), ("clear-concern", "act-now")],
    )
    def test_the_lead_agencys_social_workers_look_at_it(self, band, tier):
        (item,) = told("screening.recorded", CASE, band=band)
        assert (item.address, item.tier) == ("human-services/social-worker", tier)

    def test_a_band_that_no_tool_has_is_act_now(self):
        (item,) = told("screening.recorded", CASE, band="a-word-of-a-newer-tool")
        assert item.tier == "act-now"

    def test_what_is_not_on_the_list_is_named_and_nothing_is_turned_away(self):
        assert screening_gaps("cse-it", "2.0", "clear-concern", MOU) == ()
        assert screening_gaps("cse-it", "9.9", "another", MOU) == ("version-not-listed", "band-not-listed")
        assert screening_gaps(None, None, None, MOU) == ("tool-not-listed",)


class TestMou_5_6_AScreeningRecordedInError:
    def by(self, agency):
        return ThingFacts("case", "human-services", CASE.participants, owner=agency)

    def test_the_agency_that_recorded_it_says_so_or_the_lead_agency(self):
        assert allowed(OFFICER, Act.ENTER_SCREENING_IN_ERROR, self.by("probation")).clause == "5.6"
        assert allowed(SOCIAL_WORKER, Act.ENTER_SCREENING_IN_ERROR, self.by("probation")).allowed

    def test_another_agency_does_not(self):
        assert not allowed(ADVOCATE, Act.ENTER_SCREENING_IN_ERROR, self.by("probation")).allowed

    def test_the_lead_agency_looks_again_at_what_followed_from_it(self):
        (item,) = told("screening.entered-in-error", CASE)
        assert item.address == "human-services/social-worker"


class TestMou_5_7_WhoSeesTheBandOfAScreening:
    @pytest.mark.parametrize("viewer", [SOCIAL_WORKER, OFFICER, ADVOCATE], ids=lambda c: c.agency)
    def test_those_who_serve_the_young_person_do(self, viewer):
        assert allowed(viewer, Act.READ_SCREENING, CASE).allowed

    @pytest.mark.parametrize("viewer", [DEPUTY, SHELTER_WORKER], ids=lambda c: c.agency)
    def test_law_enforcement_on_the_team_and_agencies_off_it_do_not(self, viewer):
        assert not allowed(viewer, Act.READ_SCREENING, CASE).allowed


REPORTED = ThingFacts("concern", reporters=frozenset({"sheriff"}))


class TestMou_5_8_WhatWasDoneOutsideAccord:
    @pytest.mark.parametrize("caller", [SOCIAL_WORKER, OFFICER, ADVOCATE], ids=lambda c: c.agency)
    def test_an_agency_on_the_team_records_what_it_did(self, caller):
        assert allowed(caller, Act.RECORD_ACT, CASE).clause == "5.8"

    def test_one_that_is_not_on_the_team_does_not(self):
        answer = allowed(SHELTER_WORKER, Act.RECORD_ACT, CASE)
        assert (answer.allowed, answer.reason) == (False, "not-a-participant")

    @pytest.mark.parametrize("caller", [DEPUTY, SOCIAL_WORKER], ids=lambda c: c.agency)
    def test_on_a_concern_who_reported_it_and_the_lead_record_it(self, caller):
        assert allowed(caller, Act.RECORD_ACT, REPORTED).allowed

    def test_on_a_concern_nobody_else_records_anything(self):
        assert not allowed(OFFICER, Act.RECORD_ACT, REPORTED).allowed

    def test_what_is_not_on_the_list_is_named_and_nothing_is_turned_away(self):
        assert act_gaps("cross-reported", "law-enforcement", MOU) == ()
        assert act_gaps("told-missing", "ncmec", MOU) == ()
        assert act_gaps("cross-reported", "ncmec", MOU) == ("to-not-listed",)
        assert act_gaps("of-our-own", "ncmec", MOU) == ("act-not-listed",)
        assert act_gaps(None, None, MOU) == ()


class TestMou_5_9_ARecordMadeInError:
    def by(self, agency):
        return ThingFacts("case", "human-services", CASE.participants, owner=agency)

    def test_the_agency_that_recorded_it_says_so_or_the_lead_agency(self):
        assert allowed(OFFICER, Act.ENTER_ACT_IN_ERROR, self.by("probation")).clause == "5.9"
        assert allowed(SOCIAL_WORKER, Act.ENTER_ACT_IN_ERROR, self.by("probation")).allowed

    def test_another_agency_does_not(self):
        assert not allowed(ADVOCATE, Act.ENTER_ACT_IN_ERROR, self.by("probation")).allowed


class TestMou_5_10_WhoSeesWhatWasDone:
    @pytest.mark.parametrize("viewer", [SOCIAL_WORKER, OFFICER, ADVOCATE], ids=lambda c: c.agency)
    def test_the_agencies_on_the_team_do(self, viewer):
        assert allowed(viewer, Act.READ_ACT, CASE).allowed

    def test_an_agency_that_is_not_on_it_does_not(self):
        assert not allowed(SHELTER_WORKER, Act.READ_ACT, CASE).allowed

    def test_on_a_concern_who_reported_it_and_the_lead_do(self):
        assert allowed(DEPUTY, Act.READ_ACT, REPORTED).allowed
        assert allowed(SOCIAL_WORKER, Act.READ_ACT, REPORTED).allowed
        assert not allowed(OFFICER, Act.READ_ACT, REPORTED).allowed


class TestMou_5_11_WaivingADuty:
    @pytest.mark.parametrize("role", ["supervisor", "coordinator"])
    def test_a_supervisor_or_coordinator_of_the_lead_does_and_a_supervisor_of_the_team(self, role):
        assert allowed(someone(role, "human-services"), Act.WAIVE_DUTY, CASE).clause == "5.11"
        assert allowed(someone("supervisor", "probation"), Act.WAIVE_DUTY, CASE).allowed

    @pytest.mark.parametrize("caller", [SOCIAL_WORKER, OFFICER, ADVOCATE], ids=lambda c: c.agency)
    def test_who_works_on_the_case_does_not(self, caller):
        answer = allowed(caller, Act.WAIVE_DUTY, CASE)
        assert (answer.allowed, answer.reason) == (False, "role-may-not")

    def test_a_supervisor_of_another_agency_does_not(self):
        assert not allowed(someone("supervisor", "shelter"), Act.WAIVE_DUTY, CASE).allowed

    def test_the_court_may_lift_any_duty(self):
        assert "court-order" in on(Act.WAIVE_DUTY, "written-report-sent", "coordinator")

    def test_a_supervisor_may_lift_what_the_county_itself_set_and_none_of_the_laws_duties(self):
        assert set(on(Act.WAIVE_DUTY, "initial-meeting-held", "supervisor")) == {"court-order", "supervisor"}
        assert set(on(Act.WAIVE_DUTY, "written-report-sent", "supervisor")) == {"court-order"}

    def test_a_coordinator_has_no_supervisors_decision(self):
        assert set(on(Act.WAIVE_DUTY, "initial-meeting-held", "coordinator")) == {"court-order"}


class TestMou_5_12_AClockThatStandsStill:
    def test_it_does_while_the_young_person_cannot_be_met(self):
        assert "cannot-be-met" in on(Act.TOLL_DUTY, "health-evaluation", "supervisor")

    def test_no_absence_stops_the_clock_of_a_report(self):
        assert set(on(Act.TOLL_DUTY, "written-report-sent", "supervisor")) == {"court-order"}

    def test_a_supervisors_decision_alone_stops_no_clock(self):
        assert "supervisor" not in on(Act.TOLL_DUTY, "initial-meeting-held", "supervisor")

    def test_who_works_on_the_case_does_not_stop_it(self):
        assert allowed(SOCIAL_WORKER, Act.TOLL_DUTY, CASE).reason == "role-may-not"


class TestMou_5_13_WhatWasNotDone:
    @pytest.mark.parametrize("caller", [SOCIAL_WORKER, OFFICER, ADVOCATE], ids=lambda c: c.agency)
    def test_whoever_works_on_the_case_says_so(self, caller):
        assert allowed(caller, Act.CONFIRM_DUTY_NOT_DONE, CASE).clause == "5.13"

    def test_so_does_who_reported_a_concern(self):
        assert allowed(DEPUTY, Act.CONFIRM_DUTY_NOT_DONE, REPORTED).allowed

    def test_an_agency_that_has_no_part_in_it_does_not(self):
        assert not allowed(SHELTER_WORKER, Act.CONFIRM_DUTY_NOT_DONE, CASE).allowed


def on(act, rule, role):
    return authorities(act, rule, frozenset({role}), MOU)
