import pytest
from alder import (
    ADVOCATE,
    CASE,
    CONCERN,
    MOU,
    OPERATOR,
    SOCIAL_WORKER,
    STRANGER,
    TEXT,
    allowed,
    classes,
    referral,
)

from shared.mou import Act, CaseFacts, EventFacts, recipients, sees, unsigned
from shared.mou.gaps import FLAGS, NO_CLAUSE, told


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


class TestMou_1_3_WhatIsTakenWhateverIsMissing:
    def test_a_report_a_call_a_screening_an_act_and_that_something_was_not_done(self):
        assert set(MOU.safety_facts.accepted) == {
            *(Act.REPORT_CONCERN, Act.STATE_CALL, Act.RECORD_SCREENING, Act.RECORD_ACT),
            Act.CONFIRM_DUTY_NOT_DONE,
        }

    @pytest.mark.parametrize(
        "flag", ["missing.identity", "unreadable.signs", "unopenable.health", "not-kept"]
    )
    def test_a_gap_in_a_report_becomes_something_to_do(self, flag):
        [gap] = told([flag], MOU)
        assert gap.clause == "1.3"
        assert "report-gap-looked-into" in gap.opens
        assert gap.sentence.startswith("A fact that a young person's safety depends on is taken")
        assert gap.remedy

    def test_a_call_that_was_not_stated_is_the_call_itself_to_make(self):
        [gap] = told(["missing.called_at"], MOU)
        assert (gap.clause, gap.opens) == ("8.1", ("call-made",))

    def test_every_flag_of_accord_cites_a_clause_or_says_that_none_speaks_of_it(self):
        clauses = {clause.id for clause in MOU.clauses} | {NO_CLAUSE}
        for one in told(FLAGS, MOU):
            assert one.clause in clauses
            assert one.sentence
            assert one.remedy


class TestMou_1_4_WhatIsRefused:
    def test_sharing_want_of_authority_and_what_cannot_be(self):
        assert [one.what for one in MOU.safety_facts.refused] == ["sharing", "authority", "impossible"]


class TestMou_8_14_NoChildIsAnOffenderForSolicitation:
    def test_the_law_that_ended_it_is_cited_and_the_repealed_one_is_not(self):
        clause = next(clause for clause in MOU.clauses if clause.id == "8.14")
        assert clause.source == "PC 647(b) (SB 1322, chapter 654 of 2016); PC 11165.1; PC 11166"
        assert "653.22" not in TEXT

    def test_the_coordinator_is_told_where_an_offence_was_left_out(self):
        found = recipients(reported(("missing.identity", "offence-not-recorded")), MOU, MOU.rota)
        assert [one.queue for one in found] == ["human-services/screener", "human-services/coordinator"]

    def test_of_any_other_report_the_coordinator_is_not_told(self):
        found = recipients(reported(("missing.identity",)), MOU, MOU.rota)
        assert [one.queue for one in found] == ["human-services/screener"]


def reported(flags):
    return EventFacts("accord.concern.reported.v1", CaseFacts("concern"), actor="sheriff", flags=flags)
