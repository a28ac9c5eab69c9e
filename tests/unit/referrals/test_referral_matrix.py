"""I8 for referrals: every pair of status and act, by every party, made from the table; and the table itself."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from services.referrals.application.table import COMMANDS
from services.referrals.domain.life_cycle import ACTS, TRANSITIONS, Party, remedy, rows
from services.referrals.domain.parts import Matter, ReferralStatus
from shared.errors import Refusal
from shared.mou import load_document
from shared.mou.load import document_of
from shared.mou.vocabulary import Act
from tests.mou.alder import MOU
from tests.unit.referrals.made import (
    ADVOCATE,
    BODIES,
    DEPUTY,
    OFFICER,
    PATHS,
    REFERRAL_ACTS,
    SCREENER,
    SHELTER,
    Log,
    a_referral,
    at,
    body_of,
)

STATUSES = tuple(s for s in ReferralStatus if s is not ReferralStatus.NONE)
PAIRS = tuple(itertools.product(STATUSES, REFERRAL_ACTS))
SENDER, RECIPIENT = SCREENER, ADVOCATE


def who_may(status, act, referral):
    """A person of the agency that the table says may, at most."""
    by = TRANSITIONS[status, act].by
    if by is not Party.AUTHOR:
        return {Party.SENDER: SENDER, Party.RECIPIENT: RECIPIENT, Party.EITHER: RECIPIENT}[by]
    if act == "enter-referral-in-error":
        return SENDER  # without an entry it is the whole referral, which is the sender's
    last = next(step for step in reversed(referral.steps) if step.struck is None)
    return {one.person: one for one in (SENDER, RECIPIENT)}[last.person]


def reached(status, act, log=None):
    """A referral in this status on which there is something for the act: a question, or an entry of its own."""
    log = log or Log()
    referral, matter = a_referral(str(status), log)
    first = {"give-information": "ask-information"}.get(act)
    if act == "undo-referral" and not referral.steps:
        first = "ask-information"
    if first is None or (status, first) not in TRANSITIONS:
        return referral, matter
    log.append(REFERRAL_ACTS[first](referral, matter, BODIES[first], at(RECIPIENT)), RECIPIENT)
    return log.parts[referral.id], matter


class TestTheTable:
    def test_has_every_command_on_a_referral_and_no_other(self):
        commands = {name for name, spec in COMMANDS.items() if spec.thing == "referral"}
        assert set(ACTS) - {"request-referral"} == commands == set(REFERRAL_ACTS)
        assert set(ACTS) <= set(Act)

    def test_reaches_every_status_and_the_tests_know_a_way_to_each(self):
        assert {m.after for m in TRANSITIONS.values()} - {None} == set(STATUSES)
        assert set(PATHS) == {str(s) for s in STATUSES}

    def test_every_row_has_a_clause_of_the_county(self):
        listed = {clause.id for clause in MOU.clauses}
        assert all(row.clauses and listed.issuperset(row.clauses) for row in rows(MOU))
        assert len(list(rows(MOU))) == len(TRANSITIONS)

    def test_an_answer_once_given_is_not_given_again_and_what_has_ended_does_not_begin(self):
        over = {"completed", "failed", "cancelled", "rejected", "entered-in-error"}
        answers = {"receive-referral", "accept-referral", "reject-referral", "start-referral"}
        assert not [pair for pair in TRANSITIONS if pair[0] in over and pair[1] in answers]
        assert not [p for p in TRANSITIONS if p[0] == "accepted" and p[1] in answers - {"start-referral"}]

    def test_whatever_was_recorded_can_be_marked_as_wrong_and_taken_back(self):
        for status in STATUSES:
            assert ((status, "enter-referral-in-error") in TRANSITIONS) == (status != "entered-in-error")
            assert (status, "undo-referral") in TRANSITIONS

    def test_that_a_youth_was_served_is_never_refused_for_a_step_that_was_not_recorded(self):
        for status in ("requested", "received", "accepted", "in-progress", "on-hold"):
            assert (ReferralStatus(status), "complete-referral") in TRANSITIONS
            assert (ReferralStatus(status), "fail-referral") in TRANSITIONS
        assert TRANSITIONS[ReferralStatus.REQUESTED, "start-referral"].flags == ("acceptance-not-recorded",)

    def test_asking_telling_and_calling_leave_it_as_it_stands(self):
        acts = {"ask-information", "give-information", "state-referral-call"}
        assert all(move.after is status for (status, act), move in TRANSITIONS.items() if act in acts)
        goes_on = {"requested", "received", "accepted", "in-progress", "on-hold"}
        for act in ("ask-information", "give-information"):
            assert {status for status, found in TRANSITIONS if found == act} == goes_on
        assert {s for s, found in TRANSITIONS if found == "state-referral-call"} == set(STATUSES)

    @pytest.mark.parametrize("status", STATUSES)
    def test_a_refusal_says_what_the_referral_does_take(self, status):
        takes = {act for found, act in TRANSITIONS if found is status}
        assert takes
        assert all(act in remedy(status) for act in takes)


@pytest.mark.parametrize(("status", "act"), PAIRS, ids=lambda x: str(x))
class TestEveryPair:
    def test_does_what_the_table_says_and_is_refused_where_it_says_nothing(self, status, act):
        log = Log()
        referral, matter = reached(status, act, log)
        move = TRANSITIONS.get((status, act))
        if move is None:
            for caller in (SENDER, RECIPIENT):
                with pytest.raises(Refusal) as refused:
                    REFERRAL_ACTS[act](referral, matter, body_of(act, referral), at(caller))
                assert refused.value.clause in {clause.id for clause in MOU.clauses}
                assert refused.value.remedy
            assert "illegal-transition" in self.reasons(status, act)
            return
        caller = who_may(status, act, referral)
        facts = REFERRAL_ACTS[act](referral, matter, body_of(act, referral), at(caller))
        assert getattr(facts[0].data, "flags", ()) == move.flags
        log.append(facts, caller)
        after = log.parts[referral.id].status
        assert after == (move.after or after)
        if move.after is None and referral.status != "requested":
            assert after != status

    def test_is_refused_to_every_agency_but_the_one_the_table_names(self, status, act):
        referral, matter = reached(status, act)
        may = who_may(status, act, referral) if (status, act) in TRANSITIONS else None
        either = may is not None and TRANSITIONS[status, act].by is Party.EITHER
        for caller in (SENDER, RECIPIENT, SHELTER, OFFICER, DEPUTY):
            if (may is not None and caller.agency == may.agency) or (either and caller is SENDER):
                continue
            with pytest.raises(Refusal) as refused:
                REFERRAL_ACTS[act](referral, matter, body_of(act, referral), at(caller))
            assert refused.value.clause != "none"
            assert refused.value.reason in {
                *("not-the-receiving-agency", "not-the-sending-agency", "not-your-agency"),
                *("not-your-entry", "illegal-transition", "nothing-to-undo"),
            }

    def test_is_refused_while_no_mou_is_in_force(self, status, act):
        with pytest.raises(Refusal, match="No MOU"):
            REFERRAL_ACTS[act](*a_referral(str(status)), BODIES[act], at(SENDER, mou=None))

    def reasons(self, status, act):
        found = set()
        for caller in (SENDER, RECIPIENT):
            with pytest.raises(Refusal) as refused:
                REFERRAL_ACTS[act](*a_referral(str(status)), BODIES[act], at(caller))
            found.add(refused.value.reason)
        return found


def test_a_county_whose_document_gives_an_act_to_others_does_not_widen_the_table():
    document = document_of(MOU)
    for act in ("cancel-referral", "accept-referral", "complete-referral", "state-referral-call"):
        rule = {"clause": "4.8", "act": act, "agencies": ["any"], "roles": ["workers"], "needs": ["any"]}
        document["may"].append(rule)
    wide = load_document(document)
    for act, reason in (
        ("cancel-referral", "not-the-sending-agency"),
        ("accept-referral", "not-the-receiving-agency"),
        ("complete-referral", "not-the-receiving-agency"),
        ("state-referral-call", "not-the-receiving-agency"),
    ):
        referral, matter = a_referral("requested")
        with pytest.raises(Refusal) as refused:
            REFERRAL_ACTS[act](referral, matter, BODIES[act], at(SHELTER, mou=wide))
        assert refused.value.reason == reason
        assert "whatever a county agrees" in refused.value.detail


def test_a_document_without_rules_for_an_act_allows_nobody_to_do_it():
    document = document_of(MOU)
    document["may"] = [rule for rule in document["may"] if rule["act"] != "start-referral"]
    narrow = load_document(document)
    assert [row.clauses for row in rows(narrow) if row.act == "start-referral"] == [(), (), ()]
    referral, matter = a_referral("accepted")
    with pytest.raises(Refusal) as refused:
        REFERRAL_ACTS["start-referral"](referral, matter, BODIES["start-referral"], at(ADVOCATE, mou=narrow))
    assert (refused.value.reason, refused.value.clause) == ("not-allowed", MOU.otherwise)


class TestAnAgencyOutsideTheNetwork:
    def outside(self, log):
        from services.referrals.domain import referrals

        matter = log.one(Matter)
        asked = BODIES["request-referral"].model_copy(
            update={"recipient": None, "outside": "regional-center"}
        )
        log.append(referrals.request(matter, asked, at(SENDER)), SENDER)
        return list(log.parts.values())[-1]

    def test_is_answered_for_by_the_agency_that_asked_through_its_whole_life(self):
        log = Log()
        a_referral("requested", log)
        referral = self.outside(log)
        for act in ("receive", "accept", "start", "hold", "resume", "complete"):
            name = f"{act}-referral"
            facts = REFERRAL_ACTS[name](log.parts[referral.id], log.one(Matter), BODIES[name], at(SENDER))
            assert facts[0].clause == "4.10"
            log.append(facts, SENDER)
        assert log.parts[referral.id].status == "completed"

    def test_is_not_answered_for_by_another_agency(self):
        log = Log()
        a_referral("requested", log)
        referral = self.outside(log)
        with pytest.raises(Refusal) as refused:
            REFERRAL_ACTS["accept-referral"](
                referral, log.one(Matter), BODIES["accept-referral"], at(ADVOCATE)
            )
        assert refused.value.reason == "not-the-receiving-agency"

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"recipient": None, "outside": "an-agency-of-no-list"}, "other-agency-not-a-party"),
            ({"recipient": None}, "invalid-field"),
            ({"outside": "regional-center"}, "invalid-field"),
            (
                {
                    "recipient": None,
                    "outside": "regional-center",
                    "to_worker": "8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d11",
                },
                "invalid-field",
            ),
        ],
        ids=["on no list", "nobody", "both", "a worker of it"],
    )
    def test_is_asked_by_its_code_on_the_list_alone(self, changes, reason):
        from services.referrals.domain import referrals

        _, matter = a_referral("requested")
        with pytest.raises(Refusal) as refused:
            referrals.request(matter, BODIES["request-referral"].model_copy(update=changes), at(SENDER))
        assert refused.value.reason == reason


def test_a_worker_who_is_asked_by_name_is_on_the_request():
    from services.referrals.domain import referrals

    _, matter = a_referral("requested")
    person = "8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d11"
    asked = BODIES["request-referral"].model_copy(update={"to_worker": person})
    assert referrals.request(matter, asked, at(SENDER))[0].data.to_worker == person


def test_a_worker_who_is_known_to_work_for_another_agency_is_not_asked_by_name():
    from services.referrals.domain import referrals

    _, matter = a_referral("requested")
    person = "8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d11"
    known = matter.model_copy(update={"workers": {person: "probation"}})
    asked = BODIES["request-referral"].model_copy(update={"to_worker": person})
    with pytest.raises(Refusal) as refused:
        referrals.request(known, asked, at(SENDER))
    assert (refused.value.reason, refused.value.field) == ("invalid-field", "/to_worker")


def test_an_agencys_administrator_does_none_of_it():
    referral, matter = a_referral("accepted")
    admin = replace(ADVOCATE, roles=frozenset({"agency-admin"}))
    with pytest.raises(Refusal) as refused:
        REFERRAL_ACTS["start-referral"](referral, matter, BODIES["start-referral"], at(admin))
    assert refused.value.reason == "role-may-not"
