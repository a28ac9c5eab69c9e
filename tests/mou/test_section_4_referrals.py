from datetime import timedelta

import pytest
from alder import (
    ADVOCATE,
    CASE,
    MOU,
    OFFICER,
    SHELTER_WORKER,
    SOCIAL_WORKER,
    allowed,
    referral,
    someone,
    system_of,
    told,
)

from shared.mou import (
    Act,
    CaseFacts,
    ThingFacts,
    coded,
    load_document,
    reject_reasons,
    respond_within,
    sees,
)
from shared.mou.findings import InvalidMou
from shared.mou.load import document_of
from shared.mou.terms import listed_codes
from shared.mou.vocabulary import CodeList

ANSWERS = [Act.RECEIVE_REFERRAL, Act.ACCEPT_REFERRAL, Act.REJECT_REFERRAL]


def asking(to, participants=("probation",)):
    return ThingFacts("case", lead="human-services", participants=frozenset(participants), recipient=to)


class TestMou_4_1_AskingForHelp:
    def test_the_lead_asks_another_party(self):
        assert allowed(SOCIAL_WORKER, Act.REQUEST_REFERRAL, asking("advocacy")).allowed

    def test_an_agency_on_the_team_asks_too(self):
        assert allowed(OFFICER, Act.REQUEST_REFERRAL, asking("behavioral-health")).allowed

    def test_an_agency_that_is_not_on_the_team_may_not(self):
        answer = allowed(SHELTER_WORKER, Act.REQUEST_REFERRAL, asking("advocacy"))
        assert (answer.allowed, answer.reason, answer.clause) == (False, "not-a-participant", "4.1")

    @pytest.mark.parametrize("to", ["human-services", "county", "nobody-we-know", None])
    def test_nobody_asks_itself_or_one_that_takes_no_referrals(self, to):
        answer = allowed(SOCIAL_WORKER, Act.REQUEST_REFERRAL, asking(to))
        assert (answer.allowed, answer.reason) == (False, "other-agency-not-a-party")


class TestMou_4_2_OnlyTheAgencyThatWasAskedMayAnswer:
    @pytest.mark.parametrize("act", ANSWERS)
    def test_it_answers_by_a_person_or_by_its_system(self, act):
        assert allowed(ADVOCATE, act, referral()).allowed
        assert allowed(system_of("advocacy"), act, referral()).clause == "4.2"

    @pytest.mark.parametrize("act", ANSWERS)
    @pytest.mark.parametrize("caller", [SOCIAL_WORKER, SHELTER_WORKER, OFFICER], ids=lambda c: c.agency)
    def test_no_other_agency_answers_not_even_the_one_that_asked(self, act, caller):
        answer = allowed(caller, act, referral())
        assert (answer.allowed, answer.reason, answer.clause) == (False, "not-the-receiving-agency", "4.2")
        assert answer.detail == "Only the agency that was asked may answer a referral."

    def test_its_administrator_does_not_answer_for_its_workers(self):
        answer = allowed(someone("agency-admin", "advocacy"), Act.ACCEPT_REFERRAL, referral())
        assert (answer.allowed, answer.reason) == (False, "role-may-not")
        assert "advocate" in answer.remedy

    @pytest.mark.parametrize(
        ("to", "queue"),
        [
            ("advocacy", "advocacy/advocate"),
            ("shelter", "shelter/advocate"),
            ("public-health", "public-health/nurse"),
            ("medical-hub", "medical-hub/nurse"),
            ("behavioral-health", "behavioral-health/clinician"),
            ("probation", "probation/probation-officer"),
            ("office-of-education", "office-of-education/education-liaison"),
            ("sheriff", "sheriff/deputy"),
        ],
    )
    def test_its_own_queue_is_told_and_acknowledges(self, to, queue):
        (item,) = told("referral.requested", referral(to), urgency="day")
        assert (item.address, item.tier, item.needs_ack) == (queue, "act-soon", True)

    def test_what_is_needed_within_hours_is_act_now(self):
        (item,) = told("referral.requested", referral(), urgency="hours")
        assert item.tier == "act-now"

    @pytest.mark.parametrize("urgency", [None, "a-word-of-a-newer-version"])
    def test_an_urgency_that_is_not_known_is_act_now(self, urgency):
        (item,) = told("referral.requested", referral(), urgency=urgency)
        assert item.tier == "act-now"

    def test_that_it_has_the_referral_in_hand_tells_nobody(self):
        assert told("referral.received", referral()) == []


class TestMou_4_3_ReasonsForDeclining:
    def test_the_reasons_are_listed(self):
        assert {"no-capacity", "missing-consent", "safety-risk-site"} <= set(reject_reasons(MOU))

    def test_what_the_young_person_chose_is_named_as_their_choice(self):
        assert reject_reasons(MOU)["youth-declined"].label == "The young person chose not to"


class TestMou_4_4_HowSoon:
    @pytest.mark.parametrize(
        ("urgency", "hours"), [("hours", 2), ("day", 24), ("days", 72), ("routine", 240)]
    )
    def test_each_urgency_has_its_time(self, urgency, hours):
        assert respond_within(urgency, MOU) == timedelta(hours=hours)

    def test_an_urgency_that_is_not_known_gets_the_shortest(self):
        assert respond_within("a-word-of-a-newer-version", MOU) == timedelta(hours=2)


class TestMou_4_5_TellingTheAgencyThatAsked:
    def test_a_yes_is_information_for_those_who_asked(self):
        (item,) = told("referral.accepted", referral())
        assert (item.address, item.tier, item.needs_ack) == (
            "human-services/social-worker",
            "information",
            False,
        )

    def test_a_no_is_taken_in_hand_since_the_young_person_still_needs_somebody(self):
        (item,) = told("referral.rejected", referral(sender="probation"))
        assert (item.address, item.tier, item.needs_ack) == ("probation/probation-officer", "act-soon", True)


class TestMou_4_6_WhoMaySeeAReferral:
    def test_the_sender_the_one_asked_and_the_lead_do(self):
        asked_by_probation = referral(sender="probation")
        assert sees(OFFICER, asked_by_probation, MOU)
        assert sees(ADVOCATE, asked_by_probation, MOU)
        assert sees(SOCIAL_WORKER, asked_by_probation, MOU)

    def test_another_agency_on_the_same_team_does_not(self):
        with_team = CaseFacts(
            "referral", "human-services", CASE.participants, sender="human-services", recipient="advocacy"
        )
        assert not sees(OFFICER, with_team, MOU)

    def test_being_asked_does_not_show_the_case(self):
        assert not sees(SHELTER_WORKER, CASE, MOU)


SERVING = [
    Act.START_REFERRAL,
    Act.HOLD_REFERRAL,
    Act.RESUME_REFERRAL,
    Act.COMPLETE_REFERRAL,
    Act.FAIL_REFERRAL,
]


class TestMou_4_7_ServingTheYoungPerson:
    @pytest.mark.parametrize("act", SERVING)
    def test_the_agency_that_was_asked_says_it_by_a_person_or_by_its_system(self, act):
        assert allowed(ADVOCATE, act, referral()).clause == "4.7"
        assert allowed(system_of("advocacy"), act, referral()).allowed

    @pytest.mark.parametrize("act", SERVING)
    @pytest.mark.parametrize("caller", [SOCIAL_WORKER, SHELTER_WORKER, OFFICER], ids=lambda c: c.agency)
    def test_nobody_says_it_for_that_agency(self, act, caller):
        answer = allowed(caller, act, referral())
        assert (answer.allowed, answer.reason, answer.clause) == (False, "not-the-receiving-agency", "4.7")

    @pytest.mark.parametrize(
        ("kind", "tier", "needs_ack"),
        [
            ("started", "information", False),
            ("held", "act-soon", False),
            ("resumed", "information", False),
            ("completed", "information", False),
            ("failed", "act-soon", True),
        ],
    )
    def test_the_agency_that_asked_is_told_of_each(self, kind, tier, needs_ack):
        (item,) = told(f"referral.{kind}", referral())
        assert (item.address, item.tier, item.needs_ack) == ("human-services/social-worker", tier, needs_ack)

    @pytest.mark.parametrize("kind", ["started", "completed", "failed"])
    def test_what_was_recorded_out_of_order_is_act_now(self, kind):
        (item,) = told(f"referral.{kind}", referral(), flags=("acceptance-not-recorded",))
        assert item.tier == "act-now"

    def test_what_the_young_person_chose_is_an_outcome_and_never_a_failure(self):
        assert "youth-declined" in coded(MOU, "outcomes")
        assert not [code for code in coded(MOU, "fail_reasons") if "declined" in code and "youth" in code]


class TestMou_4_8_TakingARequestBack:
    def test_the_agency_that_asked_does(self):
        assert allowed(SOCIAL_WORKER, Act.CANCEL_REFERRAL, referral()).clause == "4.8"

    @pytest.mark.parametrize("caller", [ADVOCATE, OFFICER], ids=lambda c: c.agency)
    def test_nobody_else_does(self, caller):
        assert allowed(caller, Act.CANCEL_REFERRAL, referral()).reason == "not-the-sending-agency"

    def test_the_agency_that_was_asked_is_told_and_takes_it_in_hand(self):
        (item,) = told("referral.cancelled", referral())
        assert (item.address, item.tier, item.needs_ack) == ("advocacy/advocate", "act-soon", True)

    def test_the_reasons_are_listed(self):
        assert {"sent-in-error", "wrong-youth", "need-met"} <= set(coded(MOU, "cancel_reasons"))


class TestMou_4_9_GoingOnToAnotherAgency:
    def onward(self, to):
        return ThingFacts("referral", lead="human-services", sender="human-services", recipient=to)

    def test_the_agency_that_asked_goes_on_to_another_party(self):
        assert allowed(SOCIAL_WORKER, Act.FORWARD_REFERRAL, self.onward("medical-hub")).clause == "4.9"

    def test_the_agency_that_was_asked_does_not_it_names_alternatives(self):
        answer = allowed(ADVOCATE, Act.FORWARD_REFERRAL, self.onward("shelter"))
        assert (answer.allowed, answer.reason) == (False, "not-the-sending-agency")

    @pytest.mark.parametrize("to", ["human-services", "county", "juvenile-court", None])
    def test_nobody_goes_on_to_one_that_takes_no_referrals(self, to):
        assert not allowed(SOCIAL_WORKER, Act.FORWARD_REFERRAL, self.onward(to)).allowed

    def test_the_new_recipient_is_told_by_the_new_referral(self):
        assert told("referral.forwarded", referral()) == []
        (item,) = told("referral.requested", referral("medical-hub"), urgency="day")
        assert item.address == "medical-hub/nurse"


class TestMou_4_10_AgenciesOutsideThisMemorandum:
    OUTSIDE = ThingFacts(
        "referral", lead="human-services", sender="human-services", outside="regional-center"
    )

    def asking_outside(self, code):
        return ThingFacts("case", lead="human-services", outside=code)

    def test_one_of_the_list_is_asked(self):
        answer = allowed(SOCIAL_WORKER, Act.REQUEST_REFERRAL, self.asking_outside("regional-center"))
        assert (answer.allowed, answer.clause) == (True, "4.10")

    def test_one_that_is_not_on_the_list_is_not(self):
        answer = allowed(SOCIAL_WORKER, Act.REQUEST_REFERRAL, self.asking_outside("somebody-we-know"))
        assert (answer.allowed, answer.reason) == (False, "other-agency-not-a-party")

    @pytest.mark.parametrize("act", [*ANSWERS, *SERVING])
    def test_the_agency_that_asked_records_what_it_answers(self, act):
        assert allowed(SOCIAL_WORKER, act, self.OUTSIDE).clause == "4.10"
        assert not allowed(ADVOCATE, act, self.OUTSIDE).allowed

    def test_the_agency_that_asked_keeps_it_in_its_own_queue(self):
        outside = referral("human-services")
        (item,) = told("referral.requested", outside, urgency="day")
        assert (item.address, item.needs_ack) == ("human-services/social-worker", True)


class TestMou_4_11_AskingForMore:
    ASKER = "30d9f6a5-7ce1-4b84-9d2b-a8f705e3c619"

    def test_the_agency_that_was_asked_asks_by_a_person_or_by_its_system(self):
        assert allowed(ADVOCATE, Act.ASK_INFORMATION, referral()).clause == "4.11"
        assert allowed(system_of("advocacy"), Act.ASK_INFORMATION, referral()).allowed

    def test_the_agency_that_asked_for_help_answers_and_nobody_else(self):
        assert allowed(SOCIAL_WORKER, Act.GIVE_INFORMATION, referral()).clause == "4.11"
        for caller in (ADVOCATE, SHELTER_WORKER, OFFICER):
            answer = allowed(caller, Act.GIVE_INFORMATION, referral())
            assert (answer.allowed, answer.reason) == (False, "not-the-sending-agency")

    def test_the_agency_that_asked_for_help_is_told_of_the_question_and_takes_it_in_hand(self):
        (item,) = told("referral.information-asked", referral(), urgency="day", actor="advocacy")
        assert (item.address, item.tier) == ("human-services/social-worker", "act-soon")
        assert item.needs_ack

    def test_within_hours_the_question_is_told_at_once(self):
        (item,) = told("referral.information-asked", referral(), urgency="hours", actor="advocacy")
        assert item.tier == "act-now"

    def test_the_answer_is_told_to_the_queue_of_whoever_asked_and_to_that_person(self):
        queue, person = told(
            "referral.information-given",
            referral(),
            urgency="routine",
            actor="human-services",
            worker=self.ASKER,
        )
        assert (queue.address, person.address) == ("advocacy/advocate", self.ASKER)
        assert {queue.tier, person.tier} == {"act-soon"}

    def test_what_may_be_missing_is_listed(self):
        assert {"consent", "language", "age", "other"} <= set(listed_codes(CodeList.MISSING, MOU))

    def test_a_document_that_lets_agencies_ask_and_tells_nobody_is_not_taken(self):
        document = document_of(MOU)
        document["routing"] = [
            rule for rule in document["routing"] if not rule["event"].endswith("information-asked.v1")
        ]
        with pytest.raises(InvalidMou, match="information-asked"):
            load_document(document)
        document["may"] = [rule for rule in document["may"] if rule["act"] != "ask-information"]
        assert load_document(document).routing


class TestMou_4_12_CallingEachOther:
    @pytest.mark.parametrize("caller", [SOCIAL_WORKER, ADVOCATE], ids=lambda c: c.agency)
    def test_either_agency_of_the_referral_states_a_call(self, caller):
        assert allowed(caller, Act.STATE_REFERRAL_CALL, referral()).clause == "4.12"

    @pytest.mark.parametrize("caller", [SHELTER_WORKER, OFFICER], ids=lambda c: c.agency)
    def test_nobody_else_does(self, caller):
        assert not allowed(caller, Act.STATE_REFERRAL_CALL, referral()).allowed

    def test_nobody_is_told_of_it(self):
        assert told("referral.call-stated", referral(), actor="advocacy") == []


class TestMou_4_2_AWorkerAskedByName:
    WORKER = "30d9f6a5-7ce1-4b84-9d2b-a8f705e3c619"

    def test_is_told_and_so_is_the_queue_of_the_agency(self):
        queue, person = told("referral.requested", referral(), urgency="hours", worker=self.WORKER)
        assert (queue.address, queue.needs_ack) == ("advocacy/advocate", True)
        assert (person.address, person.tier) == (self.WORKER, "act-now")
