"""I8 for concerns: every pair of state and act, against a table written by hand; and what decisions give.

A referral's pairs are in test_referral_matrix.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from services.referrals.domain import cases, concerns, governance, referrals
from services.referrals.domain.commands import (
    AcceptReferral,
    AssignRole,
    AssignWorker,
    AttachConcern,
    EndRole,
    EvaluateOut,
    JoinAgency,
    LeaveAgency,
    OpenCase,
    RejectReferral,
    ReportConcern,
    StateCall,
)
from services.referrals.domain.parts import ConcernStatus, Matter
from shared.errors import Refusal
from shared.events.types.case import AgencyJoined, CaseOpened
from shared.events.types.concern import ConcernAttached, ConcernLinked
from shared.events.types.referral import ReferralRequested
from tests.unit.referrals.made import (
    ADVOCATE,
    BODIES,
    CONCERN_ACTS,
    DEPUTY,
    NOW,
    OFFICER,
    REFERRAL_ACTS,
    REQUEST,
    SCREENER,
    SHELTER,
    Log,
    a_concern,
    a_referral,
    at,
)

#: What a person of the county would say may happen. None: refused.
CONCERN = {
    ("waiting", "state-call"): "waiting",
    ("waiting", "evaluate-out"): "evaluated-out",
    ("waiting", "open-case"): "attached",
    ("waiting", "attach-concern"): "attached",
    ("evaluated-out", "state-call"): "evaluated-out",
    ("evaluated-out", "evaluate-out"): None,
    ("evaluated-out", "open-case"): "attached",
    ("evaluated-out", "attach-concern"): "attached",
    ("attached", "state-call"): "attached",
    ("attached", "evaluate-out"): None,
    ("attached", "open-case"): None,
    ("attached", "attach-concern"): None,
}


def new_case(log: Log) -> Matter:
    """A case that has nothing to do with the concern at hand."""
    a_concern("attached", log)
    matter: Matter = log.one(Matter)
    return matter


class TestTheTableOfConcernsIsWhole:
    def test_every_concern_pair_is_expected_by_hand(self):
        states = {s.value for s in ConcernStatus} - {"none"}
        assert set(CONCERN) == {(s, act) for s in states for act in CONCERN_ACTS}

    def test_the_code_has_exactly_the_legal_pairs_and_the_beginning(self):
        legal = {pair: after for pair, after in CONCERN.items() if after}
        assert {("none", "report-concern"): "waiting", **legal} == concerns.TRANSITIONS


@pytest.mark.parametrize(("status", "act"), sorted(CONCERN))
def test_a_concern_in_each_status_takes_each_act_as_expected(status, act):
    log = Log()
    other = new_case(log)
    concern = a_concern(status, log)
    matter = log.parts[concern.case_stream] if concern.case_stream else other
    expected = CONCERN[status, act]
    if expected is None:
        with pytest.raises(Refusal) as refused:
            CONCERN_ACTS[act](concern, matter, BODIES[act], at())
        assert refused.value.reason == "illegal-transition"
        assert refused.value.clause.startswith("3.")
        assert refused.value.remedy
        return
    log.append(CONCERN_ACTS[act](concern, matter, BODIES[act], at()))
    assert log.parts[concern.id].status == expected


@pytest.mark.parametrize("act", ["evaluate-out", "open-case", "attach-concern"])
@pytest.mark.parametrize("caller", [SHELTER, DEPUTY, OFFICER])
def test_only_the_lead_agency_decides_on_a_concern(act, caller):
    log = Log()
    matter = new_case(log)
    with pytest.raises(Refusal) as refused:
        CONCERN_ACTS[act](a_concern("waiting", log), matter, BODIES[act], at(caller))
    assert refused.value.reason in ("not-the-lead-agency", "not-allowed")
    assert refused.value.clause


class TestWithoutAMou:
    def test_a_report_is_taken_and_flagged(self):
        [fact] = concerns.report(ReportConcern(immediate_danger="yes"), at(DEPUTY, mou=None))
        assert "no-mou-in-force" in fact.data.flags

    def test_a_call_is_taken_and_flagged(self):
        [fact] = concerns.state_call(a_concern("waiting"), None, BODIES["state-call"], at(DEPUTY, mou=None))
        assert "no-mou-in-force" in fact.data.flags

    @pytest.mark.parametrize("act", ["evaluate-out", "open-case", "attach-concern"])
    def test_nothing_is_decided_on_a_concern(self, act):
        log = Log()
        matter = new_case(log)
        with pytest.raises(Refusal, match="No MOU"):
            CONCERN_ACTS[act](a_concern("waiting", log), matter, BODIES[act], at(mou=None))

    @pytest.mark.parametrize("act", sorted(REFERRAL_ACTS))
    def test_no_referral_is_answered(self, act):
        with pytest.raises(Refusal, match="No MOU"):
            REFERRAL_ACTS[act](*a_referral("requested"), BODIES[act], at(ADVOCATE, mou=None))


class TestStatedTimes:
    AHEAD = NOW + timedelta(minutes=5, microseconds=1)

    def test_a_report_from_the_future_is_taken_flagged_and_dated_now(self):
        [fact] = concerns.report(ReportConcern(time=self.AHEAD, called_at=self.AHEAD), at(DEPUTY))
        assert {"ahead.time", "ahead.called_at"} <= set(fact.data.flags)
        assert (fact.time, fact.data.called_at) == (NOW, self.AHEAD)

    def test_a_call_from_the_future_is_taken_flagged_and_dated_now(self):
        [fact] = concerns.state_call(a_concern("waiting"), None, StateCall(called_at=self.AHEAD), at(DEPUTY))
        assert (fact.data.flags, fact.time) == (("ahead.called_at",), NOW)

    def test_exactly_five_minutes_ahead_is_not_too_far(self):
        [fact, *_] = concerns.open_case(
            a_concern("waiting"), OpenCase(matter="none", time=NOW + timedelta(minutes=5)), at()
        )
        assert fact.time == NOW + timedelta(minutes=5)

    @pytest.mark.parametrize(
        "decide",
        [
            lambda t: concerns.evaluate_out(
                a_concern("waiting"), EvaluateOut(reason="insufficient", time=t), at()
            ),
            lambda t: concerns.open_case(a_concern("waiting"), OpenCase(matter="none", time=t), at()),
            lambda t: referrals.accept(*a_referral("requested"), AcceptReferral(time=t), at(ADVOCATE)),
            lambda t: referrals.reject(
                *a_referral("requested"), RejectReferral(reason="funding", time=t), at(ADVOCATE)
            ),
            lambda t: referrals.request(
                a_referral("requested")[1], REQUEST.model_copy(update={"time": t}), at()
            ),
        ],
    )
    def test_everything_else_is_refused_beyond_that(self, decide):
        with pytest.raises(Refusal) as refused:
            decide(self.AHEAD)
        assert (refused.value.reason, refused.value.field) == ("too-far-ahead", "/time")


class TestWhatADecisionGives:
    def test_a_case_is_opened_by_the_last_event_of_the_concern_and_the_first_of_the_case(self):
        concern = a_concern("waiting")
        when = at()
        facts = concerns.open_case(concern, OpenCase(matter="delinquency"), when)
        assert [type(f.data) for f in facts] == [ConcernAttached, CaseOpened, ConcernLinked]
        assert [f.stream for f in facts] == [concern.stream, when.new.stream, when.new.stream]
        assert facts[2].data.concern_version == concern.version + 1

    def test_accepting_makes_the_agency_part_of_the_case_once(self):
        log = Log()
        referral, matter = a_referral("requested", log)
        facts = referrals.accept(referral, matter, AcceptReferral(), at(ADVOCATE))
        assert [type(f.data) for f in facts][1:] == [AgencyJoined]
        joined = replace_agencies(matter, {"advocacy": "serving"})
        assert len(referrals.accept(referral, joined, AcceptReferral(), at(ADVOCATE))) == 1

    def test_the_answer_is_due_two_hours_after_an_urgent_request_as_it_was_stated(self):
        stated = NOW - timedelta(minutes=30)
        asked = REQUEST.model_copy(update={"time": stated})
        [fact] = referrals.request(a_referral("requested")[1], asked, at())
        assert fact.data.respond_by == stated + timedelta(hours=2)

    def test_a_matter_that_is_new_to_the_case_begins_with_its_own_stream(self):
        _, matter = a_referral("requested")
        when = at()
        asked = REQUEST.model_copy(update={"matter": "delinquency"})
        facts = referrals.request(matter, asked, when)
        assert [type(f.data) for f in facts] == [CaseOpened, ReferralRequested]
        assert {f.stream for f in facts} == {when.new.stream}
        assert facts[1].matter == "delinquency"

    def test_a_call_stated_after_the_concern_joined_a_case_is_sealed_with_that_cases_keys(self):
        log = Log()
        concern = a_concern("attached", log)
        matter = log.one(Matter)
        said = StateCall(called_at=NOW, clear={"reporter": {"name": "somebody"}})
        [fact] = concerns.state_call(concern, matter, said, at(DEPUTY))
        assert (fact.stream, fact.subject) == (matter.stream, matter.case)
        assert (fact.youth, fact.matter) == (matter.youth, matter.matter)

    def test_a_concern_is_not_attached_to_a_matter_that_the_case_has_not(self):
        log = Log()
        matter = new_case(log)
        asked = AttachConcern(case=matter.case, matter="delinquency")
        with pytest.raises(Refusal) as refused:
            concerns.attach(a_concern("waiting", log), matter, asked, at())
        assert (refused.value.reason, refused.value.field) == ("no-such-matter", "/matter")

    def test_a_reason_that_is_not_the_mous_is_refused(self):
        with pytest.raises(Refusal) as refused:
            referrals.reject(*a_referral("requested"), RejectReferral(reason="too-busy"), at(ADVOCATE))
        assert (refused.value.reason, refused.value.field) == ("invalid-field", "/reason")


def replace_agencies(matter: Matter, more: dict[str, str]) -> Matter:
    return matter.model_copy(update={"agencies": {**matter.agencies, **more}})


class TestWhoTakesPart:
    def test_an_agency_joins_once(self):
        _, matter = a_referral("requested")
        [fact] = cases.join(matter, JoinAgency(agency="probation"), at())
        assert fact.data == AgencyJoined(case=matter.case, agency="probation", relation="participant")
        with pytest.raises(Refusal, match="already"):
            cases.join(replace_agencies(matter, {"probation": "x"}), JoinAgency(agency="probation"), at())

    def test_the_lead_agency_does_not_leave(self):
        _, matter = a_referral("requested")
        with pytest.raises(Refusal) as refused:
            cases.leave(matter, LeaveAgency(agency="human-services", reason="done"), at())
        assert refused.value.reason == "lead-cannot-leave"

    def test_who_does_not_take_part_does_not_leave(self):
        _, matter = a_referral("requested")
        with pytest.raises(Refusal) as refused:
            cases.leave(matter, LeaveAgency(agency="probation", reason="done"), at())
        assert refused.value.reason == "does-not-take-part"

    def test_an_agency_that_left_is_gone_from_the_matter_with_its_workers_and_nobody_elses(self):
        log = Log()
        a_referral("accepted", log)
        workers = {caller: str(uuid4()) for caller in (ADVOCATE, SCREENER)}
        for caller, worker in workers.items():
            named = AssignWorker(worker=worker, role="advocate")
            log.append(cases.assign_worker(log.one(Matter), named, at(caller)), caller)
        matter = log.one(Matter)
        assert "advocacy" in matter.agencies
        log.append(cases.leave(matter, LeaveAgency(agency="advocacy", reason="done"), at()))
        assert "advocacy" not in log.one(Matter).agencies
        assert log.one(Matter).workers == {workers[SCREENER]: "human-services"}

    def test_a_person_has_their_role_from_their_own_agencys_administrator(self):
        admin = replace(SHELTER, roles=frozenset({"agency-admin"}))
        person = "8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d11"
        [given] = governance.assign_role(
            AssignRole(person=person, agency="shelter", role="advocate"), at(admin)
        )
        ended = EndRole(person=person, agency="shelter", role="advocate", reason="left-the-agency")
        [taken] = governance.end_role(ended, at(admin))
        assert given.stream == taken.stream == governance.roles_stream(person)
        with pytest.raises(Refusal) as refused:
            governance.assign_role(AssignRole(person=person, agency="sheriff", role="deputy"), at(admin))
        assert refused.value.reason == "not-your-agency"
