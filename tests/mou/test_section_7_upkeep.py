from datetime import timedelta

import pytest
from alder import (
    ADVOCATE,
    AUDITOR,
    CASE,
    COORDINATOR,
    MOU,
    OPERATOR,
    SOCIAL_WORKER,
    allowed,
    referral,
    someone,
    told,
)

from shared.mou import Act, ThingFacts, coded, undo_within


def person_of(agency):
    return ThingFacts("person", owner=agency)


class TestMou_7_1_ChangingThisMemorandum:
    @pytest.mark.parametrize(
        "caller", [COORDINATOR, someone("coordinator", "county")], ids=lambda c: c.agency
    )
    def test_a_coordinator_records_a_signed_version(self, caller):
        assert allowed(caller, Act.ADOPT_MOU).allowed

    @pytest.mark.parametrize(
        "caller", [COORDINATOR, someone("coordinator", "county")], ids=lambda c: c.agency
    )
    def test_a_coordinator_asks_what_a_proposed_version_would_have_made_of_what_was_recorded(self, caller):
        assert allowed(caller, Act.SIMULATE_MOU).allowed

    @pytest.mark.parametrize("caller", [SOCIAL_WORKER, OPERATOR, AUDITOR], ids=lambda c: min(c.roles))
    def test_nobody_else_asks_it(self, caller):
        assert allowed(caller, Act.SIMULATE_MOU).clause == "7.1"
        assert not allowed(caller, Act.SIMULATE_MOU).allowed

    @pytest.mark.parametrize("caller", [SOCIAL_WORKER, OPERATOR, ADVOCATE], ids=lambda c: min(c.roles))
    def test_nobody_else_does(self, caller):
        assert allowed(caller, Act.ADOPT_MOU).clause == "7.1"
        assert not allowed(caller, Act.ADOPT_MOU).allowed


class TestMou_7_2_Roles:
    @pytest.mark.parametrize("act", [Act.ASSIGN_ROLE, Act.END_ROLE])
    def test_an_agencys_administrator_does_it_for_its_own_people(self, act):
        assert allowed(someone("agency-admin", "shelter"), act, person_of("shelter")).allowed

    @pytest.mark.parametrize("act", [Act.ASSIGN_ROLE, Act.END_ROLE])
    def test_the_countys_administrator_does_it_for_any_party(self, act):
        assert allowed(someone("agency-admin", "county"), act, person_of("shelter")).allowed

    def test_an_agencys_administrator_does_not_do_it_for_another(self):
        answer = allowed(someone("agency-admin", "shelter"), Act.ASSIGN_ROLE, person_of("advocacy"))
        assert (answer.allowed, answer.reason) == (False, "not-your-agency")

    def test_nobody_gives_a_role_without_being_administrator(self):
        assert allowed(ADVOCATE, Act.ASSIGN_ROLE, person_of("advocacy")).reason == "role-may-not"


class TestMou_7_3_Audit:
    @pytest.mark.parametrize("agency", ["county", "juvenile-court"])
    def test_an_auditor_replays_any_case(self, agency):
        assert allowed(someone("auditor", agency, "audit"), Act.READ_HISTORY, CASE).allowed

    def test_only_for_audit(self):
        answer = allowed(someone("auditor", "county", "coordinate"), Act.READ_HISTORY, CASE)
        assert (answer.allowed, answer.reason) == (False, "purpose-may-not")

    def test_a_caseworker_does_not(self):
        assert not allowed(
            someone("social-worker", "human-services", "audit"), Act.READ_HISTORY, CASE
        ).allowed

    def test_an_auditor_changes_nothing(self):
        changing = [act for act in Act if not act.startswith("read-") and act != Act.REPORT_CONCERN]
        assert [act for act in changing if allowed(AUDITOR, act, CASE).allowed] == []


class TestMou_7_4_TakingBackAMistake:
    def test_there_are_ten_minutes_for_it(self):
        assert undo_within(MOU) == timedelta(minutes=10)

    def test_it_is_for_the_agency_whose_entry_it_is(self):
        assert allowed(ADVOCATE, Act.UNDO_REFERRAL, entry_of("advocacy")).clause == "7.4"
        assert allowed(SOCIAL_WORKER, Act.UNDO_REFERRAL, entry_of("advocacy")).reason == "not-your-agency"

    @pytest.mark.parametrize(
        ("actor", "queue"),
        [("advocacy", "human-services/social-worker"), ("human-services", "advocacy/advocate")],
    )
    def test_the_other_side_is_told(self, actor, queue):
        (item,) = told("referral.undone", referral(), actor=actor)
        assert (item.address, item.tier) == (queue, "act-soon")


class TestMou_7_5_NothingFallsBetweenTwoAgencies:
    @pytest.mark.parametrize("to", [None, "an-agency-that-never-signed", "juvenile-court"])
    def test_a_referral_that_reaches_no_queue_is_told_to_the_coordinator_at_once(self, to):
        (item,) = told("referral.requested", referral(to), urgency="routine")
        assert (item.address, item.tier) == ("human-services/coordinator", "act-now")
        assert item.needs_ack

    def test_what_is_only_information_for_an_agency_that_never_signed_is_told_to_nobody(self):
        from shared.mou import CaseFacts

        stranger = CaseFacts("concern", reporters=frozenset({"an-agency-that-never-signed"}))
        assert told("concern.attached", stranger) == []


def entry_of(agency):
    return ThingFacts(
        "referral", lead="human-services", sender="human-services", recipient="advocacy", owner=agency
    )


class TestMou_7_6_AWrongEntry:
    def test_the_agency_that_made_it_marks_it(self):
        assert allowed(ADVOCATE, Act.ENTER_REFERRAL_IN_ERROR, entry_of("advocacy")).clause == "7.6"
        assert allowed(SOCIAL_WORKER, Act.ENTER_REFERRAL_IN_ERROR, entry_of("human-services")).allowed

    def test_no_other_agency_does(self):
        answer = allowed(SOCIAL_WORKER, Act.ENTER_REFERRAL_IN_ERROR, entry_of("advocacy"))
        assert (answer.allowed, answer.reason, answer.clause) == (False, "not-your-agency", "7.6")

    @pytest.mark.parametrize(
        ("actor", "queue"),
        [("advocacy", "human-services/social-worker"), ("human-services", "advocacy/advocate")],
    )
    def test_the_other_side_is_told_that_something_else_counts_now(self, actor, queue):
        (item,) = told("referral.entered-in-error", referral(), actor=actor)
        assert item.address == queue

    def test_the_reasons_are_listed(self):
        assert {"wrong-youth", "wrong-entry", "duplicate"} <= set(coded(MOU, "error_reasons"))


ADMIN = someone("agency-admin", "shelter", person="an-administrator")
AWAY = someone("advocate", "shelter", person="who-is-away")
COLLEAGUE = someone("advocate", "shelter", person="a-colleague")


def absence_at(agency):
    return ThingFacts("person", owner=agency, person="who-is-away")


@pytest.mark.parametrize("act", [Act.ARRANGE_COVER, Act.END_COVER])
class TestMou_7_7_AbsenceAndCover:
    @pytest.mark.parametrize("caller", [AWAY, ADMIN], ids=lambda c: c.person)
    def test_who_is_away_or_their_agencys_administrator_says_who_covers(self, act, caller):
        answer = allowed(caller, act, absence_at("shelter"))
        assert (answer.allowed, answer.clause) == (True, "7.7")

    def test_a_colleague_does_not(self, act):
        answer = allowed(COLLEAGUE, act, absence_at("shelter"))
        assert (answer.allowed, answer.reason, answer.clause) == (False, "role-may-not", "7.7")

    @pytest.mark.parametrize("agency", ["advocacy", "county"])
    def test_an_administrator_of_another_agency_does_not(self, act, agency):
        answer = allowed(someone("agency-admin", agency), act, absence_at("shelter"))
        assert (answer.allowed, answer.reason) == (False, "not-your-agency")

    def test_the_colleague_who_covers_is_told(self, act):
        kind = {Act.ARRANGE_COVER: "cover.arranged", Act.END_COVER: "cover.ended"}[act]
        (item,) = told(kind, worker="a-colleague", actor="shelter")
        assert (item.address, item.clause, item.needs_ack) == ("a-colleague", "7.7", False)
