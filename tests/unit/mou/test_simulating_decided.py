"""A history that referrals decided: a simulation asks the memorandum what the services asked it."""

import json
from collections import Counter
from datetime import timedelta
from itertools import groupby

import pytest

from services.notifications.domain.duties import thing_of
from services.notifications.domain.facts import concerns as things_of
from services.notifications.domain.facts import evolve
from services.notifications.domain.items import event_facts
from services.referrals.domain import acts, screenings
from services.referrals.domain.asking import shown_to_recipient
from services.referrals.domain.commands import RecordAct, RecordScreening
from services.referrals.domain.parts import Matter
from services.referrals.repair import COMMAND_OF, answer_of
from shared.mou import Mou, document_of, recipients
from shared.mou.duties.happenings import Happening
from shared.mou.duties.rules import Holder
from shared.mou.owing import owing
from shared.mou.simulating import Past, simulate
from shared.mou.simulating.acted import ASKED, FLAGGED, acted
from shared.mou.simulating.known import Known
from shared.mou.simulating.simulation import A_PERSON
from shared.mou.vocabulary import Target
from tests.mou.alder import MOU
from tests.unit.mou.decided import County
from tests.unit.referrals.made import NOW, OFFICER, at

DUTY = next(duty for duty in MOU.duties if duty.owed_by)
LATER = NOW + timedelta(days=30)
COUNTY = County()
EVENTS = COUNTY.log.events
HISTORY = [Past.of(event.value) for event in EVENTS]
COMMANDS = [list(events) for _, events in groupby(EVENTS, key=lambda one: one.envelope.commandid)]


def simulated(change=lambda values: None):
    values = document_of(MOU)
    change(values)
    return simulate(HISTORY, MOU, Mou.model_validate(values), LATER)


def carried_out(act):
    return sum(answer_of(events).command == act for events in COMMANDS)


def act_lines(result, act):
    return [line for line in result.acts if line.act == act]


class TestWhatWasCarriedOut:
    def test_is_the_act_that_the_answer_to_the_command_names(self):
        known = Known()
        for events in COMMANDS:
            command = [Past.of(event.value) for event in events]
            assert acted(command, known).act == answer_of(events).command
            for one in command:
                known.fold(one)

    def test_is_refused_by_the_version_under_which_it_was_decided_in_no_case(self):
        result = simulated()
        assert [line for line in result.acts if line.refused_present or line.fewer_roles] == []
        assert sum(line.carried_out for line in result.acts) == len(COMMANDS)
        assert len({line.act for line in result.acts}) >= 24

    def test_is_refused_by_a_version_that_gives_it_to_nobody(self):
        def to_nobody(values):
            values["may"] = [rule for rule in values["may"] if rule["act"] != "accept-referral"]

        result = simulated(to_nobody)
        (refused,) = [line for line in result.acts if line.refused_proposed and line.agency == "advocacy"]
        assert refused.act == "accept-referral"
        assert sum(line.refused_proposed for line in result.acts) == carried_out("accept-referral")

    def test_by_whom_counts(self):
        def to_the_lead(values):
            for rule in values["may"]:
                if rule["act"] == "record-screening":
                    rule["needs"] = ["lead"]

        (line,) = act_lines(simulated(to_the_lead), "record-screening")
        assert (line.agency, line.refused_present, line.refused_proposed) == ("probation", 0, 1)

    def test_of_a_wrong_entry_whose_it_was_counts(self):
        def to_its_own_agency(values):
            rules = [rule for rule in values["may"] if rule["act"] == "enter-screening-in-error"]
            values["may"] = [rule for rule in values["may"] if rule != rules[-1]]
            assert rules[-1]["needs"] == ["lead"]

        (line,) = act_lines(simulated(to_its_own_agency), "enter-screening-in-error")
        assert (line.agency, line.refused_proposed) == ("human-services", 1)

    def test_in_which_role_it_was_done_is_not_recorded_so_a_lost_role_is_told_by_itself(self):
        def to_supervisors(values):
            for rule in values["may"]:
                if rule["act"] == "accept-referral":
                    rule["roles"] = ["supervisor"]

        result = simulated(to_supervisors)
        lines = act_lines(result, "accept-referral")
        assert sum(line.fewer_roles for line in lines) == carried_out("accept-referral") > 0
        assert all(not line.refused_proposed for line in lines)

    @pytest.mark.parametrize("act", sorted(FLAGGED))
    def test_that_is_flagged_and_not_refused_in_another_role_is_not_called_refused(self, act):
        def to_supervisors(values):
            for rule in values["may"]:
                if rule["act"] == act:
                    rule["roles"] = ["supervisor"]

        lines = act_lines(simulated(to_supervisors), act)
        assert [line for line in lines if line.refused_proposed or line.fewer_roles] == []

    def test_is_flagged_where_referrals_flags_it(self):
        values = document_of(MOU)
        for rule in values["may"]:
            if rule["act"] in FLAGGED:
                rule["roles"] = ["supervisor"]
        stricter = at(OFFICER, mou=Mou.model_validate(values))
        matter = COUNTY.log.one(Matter)
        joined = matter.model_copy(update={"agencies": {**matter.agencies, "probation": "participant"}})
        (screened,) = screenings.record(joined, RecordScreening(band="clear-concern"), stricter)
        (done,) = acts.record(acts.in_case(joined), RecordAct(act="team-met"), stricter)
        assert "role-not-listed" in screened.data.flags
        assert "role-not-listed" in done.data.flags

    def test_by_a_service_itself_is_nobodys_to_allow(self):
        by_itself = [Past.of(one.value.replace(b'"/agencies/', b'"/services/')) for one in EVENTS]
        assert simulate(by_itself, MOU, MOU, LATER).acts == ()


def test_the_acts_are_those_of_all_commands_whose_events_are_known():
    commands = {command for _, command in COMMAND_OF}
    assert {act for act, _ in ASKED.values()} | {"adopt-proposal"} >= commands


class TestNotices:
    def test_are_those_that_notifications_sends(self):
        known, sent = {}, Counter()
        for event in EVENTS:
            own = {id: known[id] for id in things_of(event) if id in known}
            own |= evolve(own, event)
            known |= own
            for one in recipients(event_facts(event, own), MOU, MOU.rota):
                sent[str(one.tier), A_PERSON if one.person else one.address] += 1
        assert {(line.tier, line.recipient): line.present for line in simulated().notices} == sent

    def test_that_a_proposal_sends_louder_are_counted_in_their_tier(self):
        def louder(values):
            for rule in values["routing"]:
                if rule["id"] == "referral-accepted":
                    rule["tier"] = "act-now"

        before = {(line.tier, line.recipient): line for line in simulated(louder).notices}
        now = before["act-now", "human-services/social-worker"]
        assert now.proposed - now.present == carried_out("accept-referral")


class TestWhoOwesADuty:
    @pytest.mark.parametrize("agency", [*(t for t in Target if t is not Target.WORKER), "probation"])
    def test_is_whom_notifications_finds(self, agency):
        rule = DUTY.model_copy(update={"owed_by": Holder(agency=agency, role="inbound")})
        known, folded = {}, Known()
        for event in EVENTS:
            own = {id: known[id] for id in things_of(event) if id in known}
            known |= evolve(own, event)
            past = Past.of(event.value)
            folded.fold(past)
            if event.type.split(".")[1] in ("concern", "case", "referral", "screening", "act"):
                theirs = owing(rule, thing_of(Happening.of(event.envelope), known), MOU)
                assert owing(rule, folded.owed_of(past), MOU) == theirs


class TestSealedFacts:
    @pytest.fixture
    def asked(self):
        """What one referral to the advocates told them."""
        return [one for one in EVENTS if one.type == "accord.referral.requested.v1" and one.data.sealed]

    def test_can_be_opened_by_the_agency_that_was_asked_as_referrals_opens_them(self, asked):
        (event,) = asked
        referral = COUNTY.log.parts[event.data.referral]
        shown = shown_to_recipient(referral, COUNTY.log.parts[event.envelope.stream], MOU)
        lines = {line.sealed_class: line for line in simulated().seen if line.agency == "advocacy"}
        given = sum(one.type == "accord.referral.information-given.v1" for one in EVENTS)
        assert shown == ("identity", "contact", "narrative")
        assert (lines["identity"].facts, lines["identity"].present) == (1, 1)
        assert (lines["narrative"].facts, lines["narrative"].present) == (given, given)
        assert "health" not in lines

    def test_that_a_proposal_opens_further_are_counted_for_that_agency_alone(self):
        def to_the_team(values):
            row = next(one for one in values["disclosure"] if one["clause"] == "6.5")
            row.update(agencies=["advocacy"], roles=["advocate"])

        found = [line for line in simulated(to_the_team).seen if line.present != line.proposed]
        assert [(line.agency, line.sealed_class, line.present, line.proposed) for line in found] == [
            ("advocacy", "health", 0, 1)
        ]

    def test_what_is_said_of_the_memorandum_itself_is_no_fact_of_a_young_person(self):
        line = json.loads(EVENTS[0].value)
        said = {
            "comment": "c",
            "proposal": "p",
            "party": "shelter",
            "through": "web",
            "sealed": {"narrative": "x"},
        }
        line |= {"type": "accord.mou.commented.v1", "data": said, "stream": "m", "subject": "m"}
        result = simulate([Past.of(json.dumps(line))], MOU, MOU, LATER)
        assert (result.seen, [one.act for one in result.acts]) == ((), ["comment-mou"])

    def test_that_fewer_roles_may_open_are_told_though_the_agency_may_still(self):
        def to_advocates(values):
            for row in values["disclosure"]:
                if row["clause"] == "6.4" and row["needs"] == ["referral-recipient"]:
                    row["roles"] = ["advocate"]

        lines = [line for line in simulated(to_advocates).seen if line.agency == "advocacy"]
        assert all(line.present == line.proposed for line in lines)
        assert any(0 < line.ways_proposed < line.ways_present for line in lines)
