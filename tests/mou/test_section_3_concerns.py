import pytest
from alder import (
    ADVOCATE,
    CONCERN,
    COORDINATOR,
    DEPUTY,
    MOU,
    OFFICER,
    OPERATOR,
    SCREENER,
    STRANGER,
    allowed,
    someone,
    system_of,
    told,
)

from shared.mou import Act, CaseFacts, ThingFacts, evaluated_out_reasons, sees


class TestMou_3_1_AnyoneMayReportAConcern:
    @pytest.mark.parametrize("party", MOU.parties, ids=lambda party: party.agency)
    def test_every_party_may_report_by_its_system(self, party):
        answer = allowed(system_of(party.agency), Act.REPORT_CONCERN)
        assert (answer.allowed, answer.clause, answer.flags) == (True, "3.1", ())

    def test_a_report_by_an_agency_that_never_signed_is_taken_and_flagged(self):
        answer = allowed(STRANGER, Act.REPORT_CONCERN)
        assert (answer.allowed, answer.clause, answer.flags) == (True, "3.1", ("not-a-party",))

    def test_a_report_in_a_role_that_is_not_listed_is_taken_and_flagged(self):
        answer = allowed(OPERATOR, Act.REPORT_CONCERN)
        assert (answer.allowed, answer.flags) == (True, ("role-not-listed",))


class TestMou_3_2_TheTelephoneCall:
    def test_the_reporting_agency_states_the_call(self):
        assert allowed(DEPUTY, Act.STATE_CALL, CONCERN).allowed

    def test_human_services_may_state_a_call_that_it_took(self):
        assert allowed(SCREENER, Act.STATE_CALL, CONCERN).allowed

    def test_another_agency_may_not_state_it(self):
        answer = allowed(OFFICER, Act.STATE_CALL, CONCERN)
        assert (answer.allowed, answer.clause) == (False, "3.2")


class TestMou_3_3_HumanServicesHearsAtOnce:
    def test_the_screeners_are_told_and_one_acknowledges(self):
        (item,) = told("concern.reported", CONCERN)
        assert (item.address, item.tier, item.needs_ack) == ("human-services/screener", "act-now", True)
        assert (item.clause, item.rule) == ("3.3", "concern-reported")
        assert "concern" in item.reason

    def test_those_on_duty_are_named_first_and_the_item_stays_the_queues(self):
        (item,) = told("concern.reported", CONCERN)
        assert item.person is None
        assert item.on_call == tuple(str(person) for person in MOU.rota["human-services/screener"])
        assert item.on_call

    def test_a_stated_call_tells_nobody_again(self):
        assert told("concern.call-stated", CONCERN) == []


class TestMou_3_4_OpeningACase:
    @pytest.mark.parametrize("act", [Act.OPEN_CASE, Act.ATTACH_CONCERN])
    def test_human_services_opens_or_attaches(self, act):
        assert allowed(SCREENER, act, CONCERN).allowed

    @pytest.mark.parametrize("act", [Act.OPEN_CASE, Act.ATTACH_CONCERN])
    def test_the_agency_that_reported_may_not(self, act):
        answer = allowed(DEPUTY, act, CONCERN)
        assert (answer.allowed, answer.reason, answer.clause) == (False, "not-the-lead-agency", "3.4")


class TestMou_3_5_EvaluatingOut:
    def test_human_services_evaluates_out_with_a_listed_reason(self):
        assert allowed(SCREENER, Act.EVALUATE_OUT, CONCERN).allowed
        assert "other-county" in evaluated_out_reasons(MOU)

    def test_nobody_else_does(self):
        assert allowed(DEPUTY, Act.EVALUATE_OUT, CONCERN).clause == "3.5"
        assert not allowed(DEPUTY, Act.EVALUATE_OUT, CONCERN).allowed


class TestMou_3_6_TellingTheReportingAgency:
    @pytest.mark.parametrize("kind", ["concern.attached", "concern.evaluated-out"])
    def test_its_system_is_told_what_became_of_the_concern(self, kind):
        (item,) = told(kind, CONCERN)
        assert (item.address, item.tier, item.needs_ack) == ("sheriff/system", "information", False)

    def test_it_is_told_once_when_a_case_is_opened_with_it(self):
        acts = ["concern.attached", "case.opened", "concern.linked"]
        addresses = [item.address for kind in acts for item in told(kind, CONCERN)]
        assert addresses.count("sheriff/system") == 1

    def test_it_may_see_its_own_report(self):
        assert sees(DEPUTY, CONCERN, MOU)
        assert allowed(DEPUTY, Act.READ_CONCERN, CONCERN).allowed

    def test_it_does_not_know_of_another_agencys_report(self):
        assert not sees(DEPUTY, CaseFacts("concern", reporters=frozenset({"shelter"})), MOU)
        assert not sees(ADVOCATE, CONCERN, MOU)

    def test_having_reported_does_not_show_the_case(self):
        assert not sees(DEPUTY, CaseFacts("case", reporters=frozenset({"sheriff"})), MOU)


class TestMou_3_7_WhatCouldNotBeRead:
    def test_the_coordinator_is_told_at_once_since_it_may_be_about_a_child(self):
        (item,) = told("submission.unreadable", submitter="sheriff")
        assert (item.address, item.tier, item.needs_ack) == ("human-services/coordinator", "act-now", True)
        assert "may be about a child" in item.reason

    def test_the_coordinator_opens_it_with_a_purpose(self):
        letter = ThingFacts("deadletter", owner="sheriff")
        assert allowed(COORDINATOR, Act.READ_DEADLETTER, letter).allowed
        answer = allowed(someone("coordinator", "human-services", None), Act.READ_DEADLETTER, letter)
        assert (answer.allowed, answer.reason) == (False, "purpose-may-not")
        assert "respond" in answer.remedy

    def test_nobody_else_opens_it(self):
        letter = ThingFacts("deadletter", owner="sheriff")
        assert allowed(SCREENER, Act.READ_DEADLETTER, letter).reason == "role-may-not"
        assert not allowed(DEPUTY, Act.READ_DEADLETTER, letter).allowed
        assert not allowed(OPERATOR, Act.READ_DEADLETTER, letter).allowed


class TestMou_3_8_WhatWasRefused:
    def test_the_system_of_the_agency_that_sent_it_is_told(self):
        (item,) = told("submission.refused", submitter="probation")
        assert (item.address, item.tier) == ("probation/system", "information")
