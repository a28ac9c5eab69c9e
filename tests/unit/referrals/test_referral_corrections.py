"""Taking back a mis-click, marking a wrong entry, going on to another agency: what counts afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.referrals.domain import cases, corrections, referrals, screenings
from services.referrals.domain.commands import (
    EnterReferralInError,
    EnterScreeningInError,
    ForwardReferral,
    JoinAgency,
    LeaveAgency,
    RecordScreening,
    UndoReferral,
)
from services.referrals.domain.parts import Matter, Referral
from shared.errors import Refusal
from shared.events.types.case import AgencyLeft
from tests.mou.alder import MOU
from tests.unit.referrals.made import (
    ADVOCATE,
    BODIES,
    DEPUTY,
    NOW,
    OFFICER,
    REFERRAL_ACTS,
    SCREENER,
    SHELTER,
    Log,
    a_referral,
    at,
)

TEN_MINUTES = timedelta(minutes=10)


def do(log, act, caller=ADVOCATE, body=None):
    referral, matter = log.one(Referral), log.one(Matter)
    log.append(REFERRAL_ACTS[act](referral, matter, body or BODIES[act], at(caller)), caller)
    return log.one(Referral)


def undo(log, caller=ADVOCATE, now=NOW):
    facts = corrections.undo(log.one(Referral), log.one(Matter), UndoReferral(), at(caller, now))
    log.append(facts, caller)
    return log.one(Referral)


class TestUndo:
    def test_gives_what_the_remaining_entries_say(self):
        log = Log()
        a_referral("in-progress", log)
        do(log, "complete-referral")
        back = undo(log)
        assert (back.status, back.outcome, back.ended_at, back.attempts) == ("in-progress", None, None, None)
        assert [s.struck for s in back.steps] == [None, None, "undone"]

    def test_goes_back_step_by_step(self):
        log = Log()
        a_referral("on-hold", log)
        assert [undo(log).status, undo(log).status, undo(log).status] == [
            "in-progress",
            "accepted",
            "requested",
        ]
        assert log.one(Referral).received_at is None

    def test_takes_an_agency_out_of_the_case_that_the_entry_had_brought_in(self):
        log = Log()
        a_referral("accepted", log)
        assert "advocacy" in log.one(Matter).agencies
        undo(log)
        assert "advocacy" not in log.one(Matter).agencies

    def test_leaves_an_agency_in_the_case_that_took_part_before(self):
        log = Log()
        a_referral("accepted", log)
        log.append(referrals.request(log.one(Matter), BODIES["request-referral"], at()))
        do(log, "accept-referral")
        undo(log)
        assert "advocacy" in log.one(Matter).agencies

    def test_is_in_time_until_the_last_moment_and_late_after_it(self):
        log = Log()
        referral, _ = a_referral("accepted", log)
        recorded = referral.steps[-1].recorded
        with pytest.raises(Refusal) as refused:
            undo(log, now=recorded + TEN_MINUTES + timedelta(microseconds=1))
        assert (refused.value.reason, refused.value.clause) == ("too-late-to-undo", "7.4")
        assert "enter-in-error" in refused.value.remedy
        assert undo(log, now=recorded + TEN_MINUTES).status == "requested"

    def test_is_for_its_author_alone(self):
        log = Log()
        a_referral("accepted", log)
        colleague = replace(ADVOCATE, person="8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d11")
        with pytest.raises(Refusal) as refused:
            undo(log, colleague)
        assert refused.value.reason == "not-your-entry"
        with pytest.raises(Refusal) as refused:
            undo(log, SCREENER)
        assert refused.value.reason == "not-your-agency"

    def test_does_not_reach_behind_what_another_agency_did_since(self):
        log = Log()
        first, _ = a_referral("rejected", log)
        do(log, "forward-referral", SCREENER)
        with pytest.raises(Refusal) as refused:
            corrections.undo(log.parts[first.id], log.one(Matter), UndoReferral(), at(ADVOCATE))
        assert refused.value.reason == "not-your-agency"

    def test_takes_back_that_a_referral_was_a_mistake(self):
        log = Log()
        a_referral("entered-in-error", log)
        assert undo(log, SCREENER).status == "accepted"

    def test_that_a_referral_was_a_mistake_gives_the_agency_its_part_in_the_case_again(self):
        log = Log()
        a_referral("entered-in-error", log)
        assert "advocacy" not in log.one(Matter).agencies
        undo(log, SCREENER)
        assert log.one(Matter).agencies["advocacy"] == "referral-recipient"

    def test_brings_no_agency_back_that_left_for_another_reason(self):
        log = Log()
        a_referral("accepted", log)
        log.append(cases.leave(log.one(Matter), LeaveAgency(agency="advocacy", reason="service-ended"), at()))
        do(log, "enter-referral-in-error", SCREENER)
        undo(log, SCREENER)
        assert "advocacy" not in log.one(Matter).agencies

    def test_an_undone_entry_is_not_undone_again(self):
        log = Log()
        a_referral("accepted", log)
        undo(log)
        with pytest.raises(Refusal) as refused:
            undo(log)
        assert refused.value.reason == "nothing-to-undo"


class TestEnteredInError:
    def wrong(self, log, entry, caller=ADVOCATE, reason="wrong-entry"):
        command = EnterReferralInError(reason=reason, entry=entry)
        log.append(
            corrections.enter_in_error(log.one(Referral), log.one(Matter), command, at(caller)), caller
        )
        return log.one(Referral)

    def test_of_an_entry_in_the_middle_leaves_what_came_after_it(self):
        log = Log()
        referral, _ = a_referral("on-hold", log)
        accepted = referral.steps[0]
        after = self.wrong(log, accepted.event)
        assert (after.status, after.reason) == ("on-hold", "waitlist")
        assert after.steps[0].struck == "entered-in-error"

    def test_of_the_last_entry_gives_what_was_before_at_any_time_after(self):
        log = Log()
        referral, _ = a_referral("completed", log)
        assert self.wrong(log, referral.steps[-1].event).status == "in-progress"

    def test_of_the_whole_referral_is_for_the_agency_that_asked(self):
        log = Log()
        a_referral("accepted", log)
        with pytest.raises(Refusal) as refused:
            self.wrong(log, None)
        assert (refused.value.reason, refused.value.clause) == ("not-your-agency", "7.6")
        after = self.wrong(log, None, SCREENER, "wrong-youth")
        assert (after.status, after.reason) == ("entered-in-error", "wrong-youth")
        assert "advocacy" not in log.one(Matter).agencies

    def test_of_another_agencys_entry_is_refused(self):
        log = Log()
        referral, _ = a_referral("accepted", log)
        with pytest.raises(Refusal) as refused:
            self.wrong(log, referral.steps[0].event, SCREENER)
        assert refused.value.reason == "not-your-agency"

    def test_of_an_entry_that_is_not_there_or_counts_no_longer_names_the_field(self):
        log = Log()
        referral, _ = a_referral("completed", log)
        last = referral.steps[-1].event
        self.wrong(log, last)
        for entry in (last, "8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d11"):
            with pytest.raises(Refusal) as refused:
                self.wrong(log, entry)
            assert (refused.value.reason, refused.value.field) == ("no-such-entry", "/entry")

    def test_with_a_reason_that_is_not_the_mous_is_refused(self):
        log = Log()
        referral, _ = a_referral("accepted", log)
        with pytest.raises(Refusal) as refused:
            self.wrong(log, referral.steps[0].event, reason="oops")
        assert refused.value.field == "/reason"

    def test_of_the_acceptance_takes_the_agency_out_of_the_case(self):
        log = Log()
        referral, matter = a_referral("accepted", log)
        command = EnterReferralInError(reason="wrong-entry", entry=referral.steps[0].event)
        facts = corrections.enter_in_error(referral, matter, command, at(ADVOCATE))
        assert [type(f.data) for f in facts][1:] == [AgencyLeft]

    def test_of_all_that_says_that_an_agency_serves_takes_it_out_of_the_case_whichever_came_first(self):
        for order in ((0, 1), (1, 0)):
            log = Log()
            referral, _ = a_referral("in-progress", log)
            entries = [step.event for step in referral.steps]
            self.wrong(log, entries[order[0]])
            assert "advocacy" in log.one(Matter).agencies, "another entry says that it serves"
            self.wrong(log, entries[order[1]])
            assert "advocacy" not in log.one(Matter).agencies, order

    def test_of_what_brought_it_in_counts_also_after_a_mistake_was_none(self):
        log = Log()
        referral, _ = a_referral("accepted", log)
        self.wrong(log, None, SCREENER, "wrong-youth")
        undo(log, SCREENER)
        assert "advocacy" in log.one(Matter).agencies
        self.wrong(log, referral.steps[0].event)
        assert "advocacy" not in log.one(Matter).agencies

    def test_of_an_agency_that_was_added_by_the_lead_leaves_it_in_the_case(self):
        log = Log()
        _, matter = a_referral("requested", log)
        log.append(cases.join(matter, JoinAgency(agency="advocacy"), at()))
        do(log, "accept-referral")
        self.wrong(log, log.one(Referral).steps[0].event)
        assert "advocacy" in log.one(Matter).agencies


class TestForward:
    def test_makes_a_new_referral_that_names_the_one_it_follows_and_the_first_says_where_it_went(self):
        log = Log()
        first, matter = a_referral("rejected", log)
        facts = referrals.forward(first, matter, BODIES["forward-referral"], at(SCREENER))
        log.append(facts, SCREENER)
        second = log.one(Referral)
        assert second.follows == first.id
        assert log.parts[first.id].forwarded_to == (second.id,)
        assert (log.parts[first.id].status, second.status) == ("rejected", "requested")
        assert (second.recipient, second.kind, second.urgency) == ("shelter", first.kind, first.urgency)

    def test_asks_anew_only_what_it_says_anew(self):
        first, matter = a_referral("failed")
        asked = ForwardReferral(
            recipient="medical-hub", youth_choice="not-yet-asked", urgency="day", kind="med-well", needs=()
        )
        _, fact = referrals.forward(first, matter, asked, at(SCREENER))
        assert (fact.data.kind, fact.data.needs, fact.data.urgency) == ("med-well", (), "day")
        assert fact.data.youth_choice == "not-yet-asked"
        assert fact.data.respond_by == NOW + timedelta(hours=24)

    def test_goes_to_an_agency_outside_as_well(self):
        first, matter = a_referral("rejected")
        asked = ForwardReferral(outside="regional-center", youth_choice="agrees")
        said, fact = referrals.forward(first, matter, asked, at(SCREENER))
        assert (said.data.outside, fact.data.outside, fact.clause) == (
            "regional-center",
            "regional-center",
            "4.10",
        )

    def test_is_not_for_the_agency_that_was_asked(self):
        first, matter = a_referral("rejected")
        with pytest.raises(Refusal) as refused:
            referrals.forward(first, matter, BODIES["forward-referral"], at(ADVOCATE))
        assert refused.value.reason == "not-the-sending-agency"

    def test_to_nobody_who_takes_referrals_is_refused(self):
        first, matter = a_referral("rejected")
        with pytest.raises(Refusal) as refused:
            referrals.forward(
                first, matter, ForwardReferral(recipient="county", youth_choice="agrees"), at(SCREENER)
            )
        assert refused.value.reason == "other-agency-not-a-party"


SCREENED = RecordScreening(tool="cse-it", tool_version="2.0", band="clear-concern")


class TestAScreening:
    def recorded(self, log, caller=SCREENER, **changes):
        body = SCREENED.model_copy(update=changes)
        log.append(screenings.record(log.one(Matter), body, at(caller)), caller)
        return list(log.one(Matter).screenings.items())[-1]

    def test_is_kept_as_tool_version_band_and_date(self):
        log = Log()
        a_referral("accepted", log)
        monday = NOW - timedelta(days=3)
        _, one = self.recorded(log, screened_at=monday)
        assert (one.tool, one.tool_version, one.band, one.screened_at) == (
            *("cse-it", "2.0", "clear-concern"),
            monday,
        )
        assert one.flags == ()

    @pytest.mark.parametrize(
        ("changes", "flag"),
        [
            ({"tool": "another-tool"}, "tool-not-listed"),
            ({"tool_version": "9.9"}, "version-not-listed"),
            ({"band": "another-band"}, "band-not-listed"),
            ({"tool": None}, "missing.tool"),
            ({"band": None}, "missing.band"),
            ({"matter": "delinquency"}, "matter-not-of-case"),
            ({"screened_at": NOW + timedelta(hours=1)}, "ahead.screened_at"),
        ],
    )
    def test_is_never_refused_for_its_form_it_is_flagged(self, changes, flag):
        log = Log()
        a_referral("accepted", log)
        assert self.recorded(log, **changes)[1].flags == (flag,)

    def test_is_never_refused_for_want_of_training_it_is_flagged(self):
        log = Log()
        a_referral("accepted", log)
        untrained = replace(ADVOCATE, roles=frozenset({"agency-admin"}))
        assert self.recorded(log, untrained)[1].flags == ("role-not-listed",)

    @pytest.mark.parametrize("caller", [SHELTER, DEPUTY, OFFICER])
    def test_is_refused_to_an_agency_that_is_not_on_the_team(self, caller):
        log = Log()
        a_referral("accepted", log)
        with pytest.raises(Refusal) as refused:
            self.recorded(log, caller)
        assert (refused.value.reason, refused.value.clause) == ("not-a-participant", "5.5")

    def test_is_entered_in_error_by_the_agency_that_recorded_it_or_the_lead_once(self):
        log = Log()
        a_referral("accepted", log)
        for caller in (ADVOCATE, SCREENER):
            screening, _ = self.recorded(log, ADVOCATE)
            wrong = EnterScreeningInError(screening=screening, reason="wrong-youth")
            log.append(screenings.enter_in_error(log.one(Matter), wrong, at(caller)), caller)
            assert log.one(Matter).screenings[screening].struck == "wrong-youth"
            with pytest.raises(Refusal) as refused:
                screenings.enter_in_error(log.one(Matter), wrong, at(caller))
            assert (refused.value.reason, refused.value.field) == ("no-such-entry", "/screening")

    def test_of_another_agency_is_not_ours_to_mark(self):
        log = Log()
        a_referral("accepted", log)
        screening, _ = self.recorded(log, SCREENER)
        wrong = EnterScreeningInError(screening=screening, reason="wrong-youth")
        with pytest.raises(Refusal) as refused:
            screenings.enter_in_error(log.one(Matter), wrong, at(ADVOCATE))
        assert refused.value.clause == "5.6"


def test_every_list_of_the_county_is_what_its_commands_choose_from():
    for part, act, field in (
        ("hold_reasons", "hold-referral", "reason"),
        ("fail_reasons", "fail-referral", "reason"),
        ("cancel_reasons", "cancel-referral", "reason"),
        ("outcomes", "complete-referral", "outcome"),
    ):
        status = "in-progress" if act != "cancel-referral" else "requested"
        caller = SCREENER if act == "cancel-referral" else ADVOCATE
        for reason in getattr(MOU, part):
            body = BODIES[act].model_copy(update={field: reason.code})
            assert REFERRAL_ACTS[act](*a_referral(status), body, at(caller))
        body = BODIES[act].model_copy(update={field: "no-such-code"})
        with pytest.raises(Refusal) as refused:
            REFERRAL_ACTS[act](*a_referral(status), body, at(caller))
        assert (refused.value.reason, refused.value.field) == ("invalid-field", f"/{field}")
