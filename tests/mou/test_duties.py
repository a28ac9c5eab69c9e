"""What stands open, what was met in time, and what nobody has recorded: the edges of every clock."""

import pytest
from alder import MOU
from duty_county import (
    ACCEPTED,
    CALLED,
    CANCELLED,
    CASE,
    CONCERN,
    DOCUMENT,
    EVALUATED_OUT,
    REQUESTED,
    RULES,
    SCREENED,
    SECOND_CONCERN,
    UNDONE,
    happened,
    here,
    linked,
    only,
    owed,
    reported,
    rule,
    stated,
)

from shared.mou.duties.book import empty, evolve, reached
from shared.mou.duties.happenings import DUTY_NOT_DONE, DUTY_TOLLED, DUTY_WAIVED
from shared.mou.duties.obligations import obligations, standing
from shared.mou.duties.states import State, moments, next_moment

LATER = "2026-12-01 09:00"


def cross_reported(when, **more):
    return happened("cross-reported", when, on=more.pop("on", CONCERN), to="law-enforcement", **more)


ACT_IN_ERROR = "accord.act.entered-in-error.v1"


class TestMou_CrossReport_WithinTwentyFourHours:
    concern = reported("2026-01-14 09:00")

    def state(self, *history, now):
        return only(self.concern, *history, now=now, by="cross-report").state

    def test_it_stands_open_from_the_report_on(self):
        duty = only(self.concern, now="2026-01-14 09:00", by="cross-report")
        assert (duty.state, duty.due_at) == (State.OPEN, here("2026-01-15 09:00"))
        assert duty.key == f"cross-report:{self.concern.id}"

    def test_it_is_due_soon_six_hours_before(self):
        assert self.state(now="2026-01-15 02:59:59") == State.OPEN
        assert self.state(now="2026-01-15 03:00") == State.DUE_SOON

    def test_at_its_due_time_it_still_can_be_met(self):
        assert self.state(now="2026-01-15 09:00") == State.DUE_SOON

    def test_a_second_later_there_is_no_record_by_its_due_time_which_is_not_to_say_that_it_was_missed(self):
        assert self.state(now="2026-01-15 09:00:01") == State.NO_RECORD

    def test_what_was_done_exactly_at_its_due_time_is_on_time(self):
        assert self.state(cross_reported("2026-01-15 09:00"), now=LATER) == State.DONE_ON_TIME

    def test_what_was_done_a_second_later_is_late(self):
        assert self.state(cross_reported("2026-01-15 09:00:01"), now=LATER) == State.DONE_LATE

    def test_what_was_done_in_time_and_recorded_two_days_later_is_on_time_and_recorded_late(self):
        told = cross_reported("2026-01-14 15:00", recorded="2026-01-16 15:00")
        assert self.state(now="2026-01-16 14:59") == State.NO_RECORD
        assert self.state(told, now="2026-01-16 15:00") == State.DONE_ON_TIME_RECORDED_LATE

    def test_an_earlier_call_that_is_recorded_late_does_not_make_late_what_was_recorded_in_time(self):
        told = cross_reported("2026-01-14 20:00")
        earlier = cross_reported("2026-01-14 10:00", recorded="2026-01-16 15:00")
        duty = only(self.concern, told, earlier, now=LATER, by="cross-report")
        assert (duty.state, duty.met_by) == (State.DONE_ON_TIME, earlier.id)

    def test_who_was_told_matters(self):
        told = happened("cross-reported", "2026-01-14 10:00", on=CONCERN, to="district-attorney")
        assert self.state(told, now=LATER) == State.NO_RECORD

    def test_what_was_done_before_the_report_came_does_not_meet_it(self):
        assert self.state(cross_reported("2026-01-14 08:59:59"), now=LATER) == State.NO_RECORD

    def test_what_meets_it_may_be_recorded_before_the_report_is(self):
        late_report = reported("2026-01-14 09:00", recorded="2026-01-14 12:00")
        told = cross_reported("2026-01-14 10:00")
        assert only(told, late_report, now=LATER, by="cross-report").state == State.DONE_ON_TIME

    def test_a_concern_that_is_evaluated_out_in_time_takes_it_away(self):
        out = happened(EVALUATED_OUT, "2026-01-14 12:00", on=CONCERN, concern=CONCERN)
        duty = only(self.concern, out, now=LATER, by="cross-report")
        assert (duty.state, duty.settled_by, duty.met_by) == (State.SUPERSEDED, out.id, None)

    def test_evaluating_out_after_its_due_time_does_not_mend_that_there_was_no_record(self):
        out = happened(EVALUATED_OUT, "2026-01-15 12:00", on=CONCERN, concern=CONCERN)
        assert self.state(out, now=LATER) == State.NO_RECORD

    def test_what_was_done_at_the_very_moment_at_which_it_ended_was_done(self):
        out = happened(EVALUATED_OUT, "2026-01-14 12:00", on=CONCERN, concern=CONCERN)
        assert self.state(out, cross_reported("2026-01-14 12:00"), now=LATER) == State.DONE_ON_TIME

    def test_what_was_done_after_it_ended_does_not_show_that_it_was_recorded_in_time(self):
        out = happened(EVALUATED_OUT, "2026-01-14 12:00", on=CONCERN, concern=CONCERN)
        told = cross_reported("2026-01-14 11:00", recorded="2026-01-18 11:00")
        again = cross_reported("2026-01-14 13:00")
        assert self.state(out, told, again, now=LATER) == State.DONE_ON_TIME_RECORDED_LATE

    def test_each_concern_has_a_duty_of_its_own_and_is_met_on_its_own(self):
        second = reported("2026-01-14 10:00", on=SECOND_CONCERN)
        told = cross_reported("2026-01-14 11:00", on=SECOND_CONCERN)
        first, other = owed(self.concern, second, told, now=LATER, by="cross-report")
        assert (first.state, other.state) == (State.NO_RECORD, State.DONE_ON_TIME)

    def test_what_is_recorded_on_the_case_counts_for_each_of_its_concerns(self):
        told = cross_reported("2026-01-14 15:00", on=CASE)
        assert self.state(told, now=LATER) == State.NO_RECORD
        assert self.state(linked("2026-01-14 12:00"), told, now=LATER) == State.DONE_ON_TIME

    def test_so_does_what_was_recorded_on_the_case_before_the_concern_became_part_of_it(self):
        told = cross_reported("2026-01-14 15:00", on=CASE)
        after = linked("2026-01-14 18:00")
        assert self.state(told, after, now=LATER) == State.DONE_ON_TIME

    def test_unless_it_says_which_concern_it_is_about(self):
        second = reported("2026-01-14 10:00", on=SECOND_CONCERN)
        both = (linked("2026-01-14 12:00"), linked("2026-01-14 12:00", SECOND_CONCERN))
        told = cross_reported("2026-01-14 15:00", on=CASE, about=SECOND_CONCERN)
        first, other = owed(self.concern, second, *both, told, now=LATER, by="cross-report")
        assert (first.state, other.state) == (State.NO_RECORD, State.DONE_ON_TIME)

    def test_an_event_that_is_read_twice_counts_once(self):
        assert len(owed(self.concern, self.concern, now=LATER, by="cross-report")) == 1

    def test_it_is_escalated_when_its_time_is_past_and_again_twelve_hours_later(self):
        duty = only(self.concern, now="2026-01-15 09:00", by="cross-report")
        assert [(one.kind, one.step, one.at) for one in moments(duty)] == [
            ("warning", None, here("2026-01-15 03:00")),
            ("past-due", None, here("2026-01-15 09:00:00.000001")),
            ("escalation", 0, here("2026-01-15 09:00:00.000001")),
            ("escalation", 1, here("2026-01-15 21:00")),
        ]

    def test_what_comes_next_is_the_first_that_has_not_been_yet(self):
        duty = only(self.concern, now="2026-01-14 09:00", by="cross-report")
        assert next_moment(duty, here("2026-01-15 02:59")).kind == "warning"
        assert next_moment(duty, here("2026-01-15 03:00")).kind == "past-due"
        assert next_moment(duty, here("2026-01-15 10:00")).step == 1
        assert next_moment(duty, here("2026-01-15 21:00")) is None

    def test_nothing_comes_of_a_duty_that_was_met(self):
        told = cross_reported("2026-01-14 15:00")
        duty = only(self.concern, told, now="2026-01-14 16:00", by="cross-report")
        assert next_moment(duty, here("2026-01-14 16:00")) is None


class TestMou_Call_AtOnce:
    def test_somebody_is_reminded_after_an_hour_and_four_are_the_limit(self):
        duty = only(reported("2026-01-14 09:00"), now="2026-01-14 10:00", by="call")
        assert (duty.alarm_at, duty.due_at) == (here("2026-01-14 10:00"), here("2026-01-14 13:00"))
        assert duty.state == State.DUE_SOON

    def test_a_call_that_the_report_itself_states_meets_it(self):
        concern = reported("2026-01-14 09:00", called_at="2026-01-14T16:30:00.000000Z")
        duty = only(concern, now="2026-01-14 09:00", by="call")
        assert (duty.state, duty.met_at) == (State.DONE_ON_TIME, here("2026-01-14 08:30"))

    def test_a_call_of_more_than_a_day_before_is_another_call(self):
        concern = reported("2026-01-14 09:00", called_at="2026-01-13T16:59:59.000000Z")
        assert only(concern, now="2026-01-14 09:00", by="call").state == State.OPEN

    def test_a_second_call_that_was_stated_earlier_still_shows_that_it_was_recorded_in_time(self):
        concern = reported("2026-01-14 09:00", called_at="2026-01-14T17:30:00.000000Z")
        before = happened(
            CALLED, "2026-01-16 09:00", on=CONCERN, concern=CONCERN, called_at="2026-01-14T17:00:00.000000Z"
        )
        assert only(concern, before, now=LATER, by="call").state == State.DONE_ON_TIME

    def test_when_the_call_was_made_counts_and_not_when_it_was_stated(self):
        call = happened(
            CALLED, "2026-01-16 09:00", on=CONCERN, concern=CONCERN, called_at="2026-01-14T18:00:00.000000Z"
        )
        duty = only(reported("2026-01-14 09:00"), call, now=LATER, by="call")
        assert duty.state == State.DONE_ON_TIME_RECORDED_LATE

    @pytest.mark.parametrize("called_at", ["soon", 5, None, {"at": "noon"}, "2026-01-14"])
    def test_a_call_that_does_not_say_when_meets_nothing(self, called_at):
        call = happened(CALLED, "2026-01-14 09:30", on=CONCERN, concern=CONCERN, called_at=called_at)
        assert only(reported("2026-01-14 09:00"), call, now=LATER, by="call").state == State.NO_RECORD


class TestMou_WrittenReport_FromWhenTheCountyHadIt:
    concern = reported("2026-01-14 09:00", recorded="2026-01-14 12:00")

    def test_its_clock_starts_when_the_report_was_recorded(self):
        duty = only(self.concern, now=LATER, by="written-report")
        assert (duty.opened_at, duty.due_at) == (here("2026-01-14 12:00"), here("2026-01-16 00:00"))

    def test_a_form_that_was_sent_before_it_was_recorded_and_after_it_was_made_meets_it(self):
        form = happened("form-sent", "2026-01-14 10:00", on=CONCERN)
        assert only(self.concern, form, now=LATER, by="written-report").state == State.DONE_ON_TIME

    def test_a_form_that_was_sent_before_the_report_was_made_does_not(self):
        form = happened("form-sent", "2026-01-14 08:59", on=CONCERN)
        assert only(self.concern, form, now=LATER, by="written-report").state == State.NO_RECORD


class TestMou_Answer_WithinTwoDays:
    def requested(self, when, referral="referral-1", urgency="days", **more):
        return happened(REQUESTED, when, case=CASE, referral=referral, urgency=urgency, **more)

    def accepted(self, when, referral="referral-1", **more):
        return happened(ACCEPTED, when, case=CASE, referral=referral, **more)

    def test_it_is_due_when_the_second_day_ends_across_the_night_that_is_an_hour_short(self):
        duty = only(self.requested("2026-03-07 10:00"), now=LATER, by="answer")
        assert duty.due_at == here("2026-03-09T23:59:59.999999-07:00")

    def test_it_is_due_when_the_second_day_ends_across_the_night_that_is_an_hour_long(self):
        duty = only(self.requested("2026-10-31 10:00"), now=LATER, by="answer")
        assert duty.due_at == here("2026-11-02T23:59:59.999999-08:00")

    def test_an_answer_of_the_last_minute_of_the_last_day_is_on_time_and_one_of_midnight_is_late(self):
        asked = self.requested("2026-03-07 10:00")
        for when, state in (
            ("2026-03-09 23:59:59", State.DONE_ON_TIME),
            ("2026-03-10 00:00", State.DONE_LATE),
        ):
            assert only(asked, self.accepted(when), now=LATER, by="answer").state == state

    def test_an_answer_to_another_referral_does_not_meet_it(self):
        asked = self.requested("2026-03-02 10:00")
        other = self.accepted("2026-03-02 11:00", "referral-2")
        assert only(asked, other, now=LATER, by="answer").state == State.NO_RECORD

    def test_a_referral_that_is_not_so_urgent_opens_none(self):
        assert owed(self.requested("2026-03-02 10:00", urgency="routine"), now=LATER, by="answer") == []

    def test_a_referral_that_was_taken_back_in_time_takes_it_away(self):
        asked = self.requested("2026-03-02 10:00")
        back = happened(CANCELLED, "2026-03-03 10:00", case=CASE, referral="referral-1")
        assert only(asked, back, now=LATER, by="answer").state == State.SUPERSEDED

    def test_an_answer_after_it_was_taken_back_does_not_count_any_more(self):
        asked = self.requested("2026-03-02 10:00")
        back = happened(CANCELLED, "2026-03-03 10:00", case=CASE, referral="referral-1")
        answer = self.accepted("2026-03-03 11:00")
        assert only(asked, back, answer, now=LATER, by="answer").state == State.SUPERSEDED

    def test_an_answer_that_was_undone_did_not_meet_it(self):
        asked, answer = self.requested("2026-03-02 10:00"), self.accepted("2026-03-02 11:00")
        undone = happened(UNDONE, "2026-03-02 11:05", case=CASE, referral="referral-1", entry=answer.id)
        assert only(asked, answer, now=LATER, by="answer").state == State.DONE_ON_TIME
        assert only(asked, answer, undone, now=LATER, by="answer").state == State.NO_RECORD

    def test_an_undoing_that_was_itself_entered_in_error_takes_nothing_back(self):
        asked, answer = self.requested("2026-03-02 10:00"), self.accepted("2026-03-02 11:00")
        undone = happened(UNDONE, "2026-03-02 11:05", case=CASE, referral="referral-1", entry=answer.id)
        wrong = happened(
            "accord.referral.entered-in-error.v1",
            "2026-03-03 09:00",
            case=CASE,
            referral="referral-1",
            entry=undone.id,
        )
        assert only(asked, answer, undone, wrong, now=LATER, by="answer").state == State.DONE_ON_TIME

    def test_a_referral_that_was_entered_in_error_as_a_whole_never_opened_a_duty(self):
        asked, answer = self.requested("2026-03-02 10:00"), self.accepted("2026-03-02 11:00")
        wrong = happened(
            "accord.referral.entered-in-error.v1", "2026-03-03 09:00", case=CASE, referral="referral-1"
        )
        assert owed(asked, answer, wrong, now=LATER, by="answer") == []

    def test_what_is_recorded_after_a_correction_is_not_taken_back_by_it(self):
        asked = self.requested("2026-03-02 10:00")
        wrong = happened(UNDONE, "2026-03-02 10:30", case=CASE, referral="referral-1", entry="event-x")
        answer = self.accepted("2026-03-02 11:00", id="event-x")
        assert only(asked, wrong, answer, now=LATER, by="answer").state == State.DONE_ON_TIME


class TestMou_Hearing_OnTheNextCourtDay:
    @pytest.mark.parametrize(
        ("filed", "last"),
        [
            ("2026-01-09 16:00", "2026-01-12"),  # over a weekend
            ("2026-05-22 16:00", "2026-05-26"),  # over the three days of Memorial Day
            ("2026-11-25 16:00", "2026-11-30"),  # over Thanksgiving
        ],
    )
    def test_it_is_due_by_the_end_of_it(self, filed, last):
        petition = happened("petition-filed", filed)
        duty = only(petition, now=f"{last} 23:59:59.999999", by="hearing")
        assert (duty.state, duty.due_at) == (State.OPEN, here(f"{last} 23:59:59.999999"))

    def test_one_that_is_held_a_day_later_is_late(self):
        petition = happened("petition-filed", "2026-05-22 16:00")
        for day, state in (("26", State.DONE_ON_TIME), ("27", State.DONE_LATE)):
            held = happened("hearing-held", f"2026-05-{day} 08:30")
            assert only(petition, held, now=LATER, by="hearing").state == state

    def test_on_a_day_on_which_the_county_s_court_is_closed_it_is_not_due(self):
        closed = DOCUMENT.model_copy(update={"closures": (here("2026-04-15 12:00").date(),)})
        petition = happened("petition-filed", "2026-04-14 16:00")
        duty = only(petition, now=LATER, by="hearing", document=closed)
        assert duty.due_at == here("2026-04-16 23:59:59.999999")


class TestMou_Missing_EachEpisodeOfItsOwn:
    first = happened("youth-missing", "2026-02-02 09:00")
    second = happened("youth-missing", "2026-02-20 09:00")

    def told(self, when, **more):
        return happened("reported-missing", when, to="ncmec", **more)

    def test_an_act_about_an_episode_meets_its_duty_only(self):
        told = self.told("2026-02-20 10:00", about=self.second.id)
        first, second = owed(self.first, self.second, told, now=LATER, by="missing")
        assert (first.state, second.state) == (State.NO_RECORD, State.DONE_ON_TIME)

    def test_an_act_that_does_not_say_what_it_is_about_counts_for_every_episode_before_it(self):
        told = self.told("2026-02-20 10:00")
        first, second = owed(self.first, self.second, told, now=LATER, by="missing")
        assert (first.state, second.state) == (State.DONE_LATE, State.DONE_ON_TIME)

    def test_an_act_about_an_act_of_the_episode_is_about_the_episode(self):
        search = happened("searched", "2026-02-02 09:30", about=self.first.id)
        told = self.told("2026-02-02 10:00", about=search.id)
        assert only(self.first, search, told, now=LATER, by="missing").state == State.DONE_ON_TIME

    def test_an_act_may_be_named_by_the_id_of_its_record(self):
        gone = happened("youth-missing", "2026-02-02 09:00", record="record-1")
        search = happened("searched", "2026-02-02 09:30", record="record-2", about="record-1")
        told = self.told("2026-02-02 10:00", record="record-3", about="record-2")
        first, second = owed(gone, search, told, self.second, now=LATER, by="missing")
        assert (first.state, second.state) == (State.DONE_ON_TIME, State.NO_RECORD)

    def test_an_act_that_was_recorded_in_error_opens_nothing_and_meets_nothing(self):
        told = self.told("2026-02-02 10:00", record="record-1")
        wrong = happened(ACT_IN_ERROR, "2026-02-02 11:00", record="record-1")
        assert only(self.first, told, wrong, now=LATER, by="missing").state == State.NO_RECORD
        gone = happened("youth-missing", "2026-02-02 09:00", record="record-2")
        wrong = happened(ACT_IN_ERROR, "2026-02-02 11:00", record="record-2")
        assert owed(gone, wrong, now=LATER, by="missing") == []

    def test_an_act_about_something_else_meets_nothing(self):
        told = self.told("2026-02-02 10:00", about="referral-1")
        assert only(self.first, told, now=LATER, by="missing").state == State.NO_RECORD

    def test_acts_that_name_each_other_are_no_trouble(self):
        one = happened("searched", "2026-02-02 09:30", id="act-a", about="act-b")
        other = happened("reported-missing", "2026-02-02 09:40", id="act-b", about="act-a", to="ncmec")
        assert only(self.first, one, other, now=LATER, by="missing").state == State.NO_RECORD

    def test_the_youth_s_return_in_time_takes_the_duty_away_and_opens_the_debrief(self):
        back = happened("youth-returned", "2026-02-02 20:00", about=self.first.id)
        missing, debrief = owed(self.first, back, now="2026-02-03 09:00")
        assert (missing.state, debrief.state) == (State.SUPERSEDED, State.OPEN)
        assert debrief.due_at == here("2026-02-05 20:00")
        assert debrief.matter == self.first.id

    def test_a_debrief_may_be_recorded_about_the_episode(self):
        back = happened("youth-returned", "2026-02-02 20:00", about=self.first.id)
        talk = happened("debriefed", "2026-02-04 10:00", about=self.first.id)
        assert only(self.first, back, talk, now=LATER, by="debrief").state == State.DONE_ON_TIME


class TestMou_Review_EveryThirtyDays:
    began = happened("tier-three-began", "2026-04-01 09:00")

    def reviewed(self, when, **more):
        return happened("team-reviewed", when, **more)

    def test_meeting_it_opens_the_next_one_from_the_day_it_was_met(self):
        met = self.reviewed("2026-04-20 09:00")
        first, second = owed(self.began, met, now="2026-04-20 10:00", by="review")
        assert (first.state, second.state) == (State.DONE_ON_TIME, State.OPEN)
        assert (second.opened_by, second.due_at) == (met.id, here("2026-05-20 23:59:59.999999"))

    def test_one_that_was_met_late_opens_the_next_one_as_well(self):
        met = self.reviewed("2026-05-05 09:00")
        first, second = owed(self.began, met, now="2026-05-06 10:00", by="review")
        assert (first.state, second.state) == (State.DONE_LATE, State.OPEN)

    def test_one_that_nobody_recorded_stands_alone(self):
        assert only(self.began, now=LATER, by="review").state == State.NO_RECORD

    def test_the_end_of_the_tier_ends_it(self):
        over = happened("tier-three-ended", "2026-05-01 09:00")
        history = (self.began, self.reviewed("2026-04-20 09:00"), over)
        assert [duty.state for duty in owed(*history, now=LATER, by="review")] == [
            State.DONE_ON_TIME,
            State.SUPERSEDED,
        ]

    def test_a_meeting_after_the_end_opens_none(self):
        over = happened("tier-three-ended", "2026-04-10 09:00")
        met = self.reviewed("2026-04-20 09:00")
        assert only(self.began, over, met, now=LATER, by="review").state == State.SUPERSEDED

    def test_a_meeting_in_between_that_is_recorded_late_meets_the_one_that_stood_then(self):
        met = self.reviewed("2026-06-10 09:00")
        between = self.reviewed("2026-04-25 09:00", recorded="2026-06-11 09:00")
        assert [duty.state for duty in owed(self.began, met, now="2026-06-12 09:00", by="review")] == [
            State.DONE_LATE,
            State.OPEN,
        ]
        states = [duty.state for duty in owed(self.began, met, between, now="2026-06-12 09:00", by="review")]
        assert states == [State.DONE_ON_TIME_RECORDED_LATE, State.DONE_LATE, State.OPEN]

    def test_two_meetings_of_the_same_moment_are_no_trouble(self):
        twice = (self.reviewed("2026-04-20 09:00"), self.reviewed("2026-04-20 09:00"))
        states = [duty.state for duty in owed(self.began, *twice, now="2026-04-21 09:00", by="review")]
        assert states == [State.DONE_ON_TIME, State.DONE_ON_TIME, State.OPEN]

    def test_one_that_was_waived_opens_the_next_one_when_its_time_is_over(self):
        duty = only(self.began, now="2026-04-02 09:00", by="review")
        waived = stated(DUTY_WAIVED, duty, "2026-04-03 09:00")
        first, second = owed(self.began, waived, now="2026-05-02 09:00", by="review")
        assert (first.state, second.opened_at) == (State.WAIVED, first.due_at)
        assert second.due_at == here("2026-05-31 23:59:59.999999")

    def test_a_second_beginning_while_it_stands_joins_it(self):
        again = happened("tier-three-began", "2026-04-10 09:00")
        duty = only(self.began, again, now=LATER, by="review")
        assert (duty.opened_by, duty.joined) == (self.began.id, (again.id,))


class TestMou_Advise_BeforeTheInterview:
    interview = happened("interviewed", "2026-02-10 14:00")

    def test_advice_before_it_is_on_time(self):
        told = happened("advised-of-advocate", "2026-02-10 13:50", about=self.interview.id)
        duty = only(told, self.interview, now=LATER, by="advise")
        assert (duty.state, duty.due_at) == (State.DONE_ON_TIME, self.interview.time)

    def test_advice_after_it_began_is_late(self):
        told = happened("advised-of-advocate", "2026-02-10 14:00:01", about=self.interview.id)
        assert only(told, self.interview, now=LATER, by="advise").state == State.DONE_LATE

    def test_without_advice_there_is_no_record_by_then(self):
        assert only(self.interview, now=LATER, by="advise").state == State.NO_RECORD

    def test_until_it_is_known_when_it_is_there_is_no_due_time(self):
        planned = rule(
            "advise",
            opens=[{"act": "interview-planned"}],
            closes=[{"act": "advised-of-advocate"}],
            per="act",
            within={"before": {"act": "interviewed"}},
        )
        document = MOU.model_copy(update={"duties": (planned,)})
        plan = happened("interview-planned", "2026-02-09 14:00")
        duty = only(plan, now=LATER, by="advise", document=document)
        assert (duty.state, duty.due_at, next_moment(duty, here(LATER))) == (State.OPEN, None, None)
        began = happened("interviewed", "2026-02-10 14:00", about=plan.id)
        assert only(plan, began, now=LATER, by="advise", document=document).state == State.NO_RECORD


class TestMou_Team_WithinTenDays:
    def screened(self, when, band="clear-concern", at="2026-03-02T17:00:00.000000Z", **more):
        return happened(SCREENED, when, case=CASE, band=band, screened_at=at, **more)

    def test_its_clock_starts_when_the_screening_was_made(self):
        duty = only(self.screened("2026-03-04 09:00"), now=LATER, by="team")
        assert duty.opened_at == here("2026-03-02 09:00")
        assert duty.due_at == here("2026-03-12 23:59:59.999999")

    def test_a_screening_with_another_band_opens_none(self):
        assert owed(self.screened("2026-03-04 09:00", band="no-concern"), now=LATER, by="team") == []

    def test_a_second_screening_while_it_stands_joins_it(self):
        first = self.screened("2026-03-02 09:00")
        second = self.screened("2026-03-05 09:00", at="2026-03-05T17:00:00.000000Z")
        duty = only(first, second, now=LATER, by="team")
        assert (duty.opened_by, duty.joined) == (first.id, (second.id,))

    def test_a_second_screening_after_it_was_met_opens_another(self):
        first = self.screened("2026-03-02 09:00")
        met = happened("team-met", "2026-03-04 09:00")
        second = self.screened("2026-03-05 09:00", at="2026-03-05T17:00:00.000000Z")
        assert [duty.opened_by for duty in owed(first, met, second, now=LATER, by="team")] == [
            first.id,
            second.id,
        ]

    def test_what_was_said_of_a_screening_that_joined_is_said_of_the_duty(self):
        second = self.screened("2026-03-05 09:00", at="2026-03-05T17:00:00.000000Z")
        waived = stated(DUTY_WAIVED, only(second, now=LATER, by="team"), "2026-03-06 09:00")
        first = self.screened("2026-03-02 09:00", recorded="2026-03-07 09:00")
        duty = only(first, second, waived, now=LATER, by="team")
        assert (duty.opened_by, duty.state) == (first.id, State.WAIVED)

    def test_a_next_screening_meets_the_duty_to_screen_again_and_never_the_one_it_opens(self):
        first = self.screened("2026-03-02 09:00")
        second = self.screened("2026-08-03 09:00")
        old, new = owed(first, second, now="2026-08-04 09:00", by="re-screen")
        assert (old.state, old.due_at) == (State.DONE_ON_TIME, here("2026-09-02 23:59:59.999999"))
        assert new.state == State.OPEN

    def test_a_screening_that_was_entered_in_error_opens_nothing_and_meets_nothing(self):
        first = self.screened("2026-03-02 09:00", screening="screening-1")
        second = self.screened("2026-08-03 09:00", screening="screening-2")
        wrong = happened(
            "accord.screening.entered-in-error.v1", "2026-08-04 09:00", case=CASE, screening="screening-2"
        )
        duty = only(first, second, wrong, now="2026-08-04 09:00", by="re-screen")
        assert (duty.opened_by, duty.state) == (first.id, State.OPEN)


class TestMou_Agreement_RecordedWithoutATime:
    offered = happened("agreement-offered", "2026-02-02 09:00")

    def test_it_stands_open_for_as_long_as_it_takes(self):
        duty = only(self.offered, now="2030-01-01 09:00", by="agreement")
        assert (duty.state, duty.due_at) == (State.OPEN, None)

    def test_whenever_it_is_made_it_is_not_late(self):
        made = happened("agreement-made", "2026-06-02 09:00", recorded="2026-07-02 09:00")
        assert only(self.offered, made, now=LATER, by="agreement").state == State.DONE_ON_TIME

    def test_of_two_times_at_which_an_event_may_count_the_first_does(self):
        either = rule(
            "agreement",
            opens=[{"act": "agreement-offered"}],
            closes=[{"act": "agreement-made"}, {"act": "agreement-made", "at": "signed_at"}],
            within={"days": 5},
        )
        document = MOU.model_copy(update={"duties": (either,)})
        made = happened("agreement-made", "2026-02-09 09:00", signed_at="2026-02-05T18:00:00.000000Z")
        duty = only(self.offered, made, now=LATER, by="agreement", document=document)
        assert (duty.state, duty.met_at) == (State.DONE_ON_TIME_RECORDED_LATE, here("2026-02-05 10:00"))

    def test_a_field_that_must_be_absent_must_be_absent(self):
        made = happened("agreement-made", "2026-06-02 09:00", declined="in part")
        assert only(self.offered, made, now=LATER, by="agreement").state == State.OPEN


class TestMou_Statements_OfAnAuthority:
    concern = reported("2026-01-14 09:00")
    duty = only(concern, now="2026-01-14 09:00", by="cross-report")

    def after(self, *said, now=LATER):
        return only(self.concern, *said, now=now, by="cross-report")

    def test_a_duty_that_was_waived_before_it_was_due_is_waived(self):
        waived = stated(DUTY_WAIVED, self.duty, "2026-01-15 09:00")
        assert (self.after(waived).state, self.after(waived).settled_by) == (State.WAIVED, waived.id)

    def test_a_waiver_that_was_given_in_time_counts_however_late_it_is_recorded(self):
        waived = stated(DUTY_WAIVED, self.duty, "2026-01-15 08:00", recorded="2026-01-20 08:00")
        assert self.after(waived).state == State.WAIVED

    def test_a_waiver_that_came_too_late_does_not_say_that_there_was_a_record(self):
        assert self.after(stated(DUTY_WAIVED, self.duty, "2026-01-15 09:00:01")).state == State.NO_RECORD

    def test_what_was_done_in_spite_of_a_waiver_is_done(self):
        waived = stated(DUTY_WAIVED, self.duty, "2026-01-14 10:00")
        assert self.after(waived, cross_reported("2026-01-14 11:00")).state == State.DONE_ON_TIME

    def test_a_waiver_of_another_duty_does_not_matter(self):
        other = only(self.concern, now="2026-01-14 09:00", by="call")
        assert self.after(stated(DUTY_WAIVED, other, "2026-01-14 10:00")).state == State.NO_RECORD

    def test_missed_is_said_only_when_a_person_says_that_it_was_not_done(self):
        said = stated(DUTY_NOT_DONE, self.duty, "2026-01-16 09:00")
        assert self.after(said).state == State.CONFIRMED_NOT_DONE

    def test_a_call_that_is_found_after_all_outweighs_what_was_said(self):
        said = stated(DUTY_NOT_DONE, self.duty, "2026-01-16 09:00")
        found = cross_reported("2026-01-14 20:00", recorded="2026-01-18 09:00")
        assert self.after(said, found).state == State.DONE_ON_TIME_RECORDED_LATE

    def test_a_statement_that_was_entered_in_error_does_not_count(self):
        said = stated(DUTY_NOT_DONE, self.duty, "2026-01-16 09:00")
        wrong = happened("accord.duty.entered-in-error.v1", "2026-01-17 09:00", on=CONCERN, entry=said.id)
        assert self.after(said, wrong).state == State.NO_RECORD

    def tolled(self, begin, end=None, when="2026-01-14 12:00"):
        span = {"begins": begin} if end is None else {"begins": begin, "until": end}
        return stated(DUTY_TOLLED, self.duty, when, **span)

    def test_while_its_clock_stands_still_it_is_tolled_and_has_no_due_time(self):
        held = self.after(self.tolled("2026-01-14T20:00:00Z"))
        assert (held.state, held.due_at, next_moment(held, here(LATER))) == (State.TOLLED, None, None)

    def test_its_due_time_moves_by_as_long_as_the_clock_stood_still(self):
        held = self.after(self.tolled("2026-01-14T20:00:00Z", "2026-01-15T02:30:00Z"))
        assert held.due_at == here("2026-01-15 15:30")

    def test_before_and_after_that_it_stands_open(self):
        said = self.tolled("2026-01-14T20:00:00Z", "2026-01-15T02:30:00Z")
        states = [
            self.after(said, now=now).state
            for now in ("2026-01-14 11:59", "2026-01-14 12:00", "2026-01-14 18:29", "2026-01-14 18:30")
        ]
        assert states == [State.OPEN, State.TOLLED, State.TOLLED, State.OPEN]

    def test_two_spans_that_overlap_count_once(self):
        said = (
            self.tolled("2026-01-14T20:00:00Z", "2026-01-14T22:00:00Z"),
            self.tolled("2026-01-14T21:00:00Z", "2026-01-14T23:00:00Z"),
        )
        assert self.after(*said).due_at == here("2026-01-15 12:00")

    def test_a_later_statement_of_the_same_beginning_says_when_it_ended(self):
        said = (
            self.tolled("2026-01-14T20:00:00Z"),
            self.tolled("2026-01-14T20:00:00Z", "2026-01-14T21:00:00Z", when="2026-01-14 13:00"),
        )
        assert self.after(*said).due_at == here("2026-01-15 10:00")

    def test_a_span_that_begins_when_it_was_past_due_moves_nothing(self):
        held = self.after(self.tolled("2026-01-15T17:00:01Z", "2026-01-16T17:00:00Z"))
        assert (held.due_at, held.state) == (self.duty.due_at, State.NO_RECORD)

    def test_nor_does_it_say_that_there_was_a_record_while_it_lasts(self):
        said = self.tolled("2026-01-15T17:00:01Z", "2026-01-16T17:00:00Z")
        assert self.after(said, now="2026-01-15 12:00").state == State.NO_RECORD

    def test_of_two_waivers_one_that_was_given_in_time_is_enough(self):
        late = stated(DUTY_WAIVED, self.duty, "2026-01-16 09:00")
        early = stated(DUTY_WAIVED, self.duty, "2026-01-14 12:00", recorded="2026-01-17 09:00")
        assert self.after(late, early).settled_by == early.id

    def test_a_clock_of_calendar_days_moves_by_the_days_that_passed(self):
        asked = happened(REQUESTED, "2026-03-02 10:00", case=CASE, referral="r", urgency="days")
        duty = only(asked, now="2026-03-02 11:00", by="answer")
        span = {"begins": "2026-03-03T18:00:00Z", "until": "2026-03-06T18:00:00Z"}
        held = only(
            asked, stated(DUTY_TOLLED, duty, "2026-03-03 10:00", **span), now="2026-03-04 10:00", by="answer"
        )
        assert (held.state, held.due_at) == (State.TOLLED, here("2026-03-07 23:59:59.999999"))

    def test_a_hold_that_was_over_before_the_clock_started_moves_nothing(self):
        asked = happened(REQUESTED, "2026-03-05 10:00", case=CASE, referral="r", urgency="days")
        duty = only(asked, now="2026-03-05 11:00", by="answer")
        span = {"begins": "2026-03-01T18:00:00Z", "until": "2026-03-03T18:00:00Z"}
        said = stated(DUTY_TOLLED, duty, "2026-03-05 10:30", **span)
        assert only(asked, said, now=LATER, by="answer").due_at == duty.due_at

    def test_a_clock_of_court_days_moves_by_the_court_days_that_passed(self):
        filed = happened("petition-filed", "2026-01-08 10:00")
        duty = only(filed, now="2026-01-08 11:00", by="hearing")
        span = {"begins": "2026-01-09T18:00:00Z", "until": "2026-01-13T18:00:00Z"}
        held = only(filed, stated(DUTY_TOLLED, duty, "2026-01-09 10:00", **span), now=LATER, by="hearing")
        assert held.due_at == here("2026-01-13 23:59:59.999999")

    @pytest.mark.parametrize(
        ("begin", "until", "last"),
        [
            ("2026-01-09T18:00:00Z", "2026-01-11T18:00:00Z", "2026-01-12"),  # Friday to Sunday: on Monday
            ("2026-01-09T18:00:00Z", "2026-01-10T01:00:00Z", "2026-01-09"),  # within Friday: still Friday
            ("2026-01-10T18:00:00Z", "2026-01-11T18:00:00Z", "2026-01-09"),  # after it was due
        ],
    )
    def test_a_hold_that_ends_on_a_day_without_court_lasts_to_the_next_day_with_court(
        self, begin, until, last
    ):
        filed = happened("petition-filed", "2026-01-08 10:00")
        duty = only(filed, now="2026-01-08 11:00", by="hearing")
        said = stated(DUTY_TOLLED, duty, "2026-01-09 10:00", **{"begins": begin, "until": until})
        held = only(filed, said, now=LATER, by="hearing")
        assert held.due_at == here(f"{last} 23:59:59.999999")


class TestMou_Versions_EachFactUnderItsOwn:
    longer = DOCUMENT.model_copy(
        update={
            "duties": tuple(
                rule(
                    "cross-report",
                    opens=[{"event": "accord.concern.reported.v1"}],
                    closes=[{"act": "told-the-sheriff"}],
                    per="concern",
                    within={"hours": 48},
                )
                if one.id == "cross-report"
                else one
                for one in RULES
            )
        }
    )
    old = reported("2026-01-14 09:00")
    new = reported("2026-01-14 10:00", on=SECOND_CONCERN, version="v2")

    def duties(self, *history, now=LATER):
        documents = {"v1": DOCUMENT, "v2": self.longer}
        found = obligations(history, documents.__getitem__, here(now))
        return [duty for duty in found if duty.rule.id == "cross-report"]

    def test_a_duty_keeps_the_rule_of_the_version_under_which_it_was_opened(self):
        first, second = self.duties(self.old, self.new)
        assert first.due_at == here("2026-01-15 09:00")
        assert second.due_at == here("2026-01-16 10:00")
        assert (first.mouversion, second.mouversion) == ("v1", "v2")

    def test_what_is_recorded_under_the_new_version_can_meet_it(self):
        told = cross_reported("2026-01-14 11:00", version="v2")
        assert self.duties(self.old, told)[0].state == State.DONE_ON_TIME

    def test_what_the_new_version_asks_for_does_not_meet_it(self):
        told = happened("told-the-sheriff", "2026-01-14 11:00", on=CONCERN, version="v2")
        assert self.duties(self.old, told)[0].state == State.NO_RECORD

    def test_an_event_under_a_version_that_is_not_here_yet_is_not_read_at_all(self):
        book = evolve(empty({"v1": DOCUMENT}.__getitem__), self.old)
        with pytest.raises(LookupError):
            evolve(book, self.new)
        assert len(standing(book, here(LATER))) == 3
        assert book.read == 1

    def test_a_rule_that_is_off_opens_nothing(self):
        off = DOCUMENT.model_copy(
            update={"duties": (rule("cross-report", mode="off", why_off="Elsewhere."),)}
        )
        assert owed(self.old, now=LATER, document=off) == []

    def test_a_repeated_duty_goes_on_under_the_version_of_what_met_it(self):
        other = DOCUMENT.model_copy(
            update={
                "duties": (
                    rule(
                        "review",
                        opens=[{"act": "tier-three-began"}],
                        closes=[{"act": "board-reviewed"}],
                        repeats=True,
                        within={"days": 60},
                    ),
                )
            }
        )
        book = empty({"v1": DOCUMENT, "v2": other}.__getitem__)
        for what in (
            happened("tier-three-began", "2026-04-01 09:00"),
            happened("team-reviewed", "2026-04-20 09:00", version="v2"),
        ):
            book = evolve(book, what)
        first, second = standing(book, here("2026-04-21 09:00"))
        assert (first.state, second.due_at) == (State.DONE_ON_TIME, here("2026-06-19 23:59:59.999999"))
        book = evolve(book, happened("board-reviewed", "2026-05-20 09:00", version="v2"))
        assert [duty.state for duty in standing(book, here("2026-05-21 09:00"))] == [
            State.DONE_ON_TIME,
            State.DONE_ON_TIME,
            State.OPEN,
        ]

    def test_a_repeated_duty_ends_where_the_new_version_has_it_no_longer(self):
        without = DOCUMENT.model_copy(update={"duties": ()})
        history = (
            happened("tier-three-began", "2026-04-01 09:00"),
            happened("team-reviewed", "2026-04-20 09:00", version="v2"),
        )
        found = obligations(history, {"v1": DOCUMENT, "v2": without}.__getitem__, here(LATER))
        assert [duty.state for duty in found] == [State.DONE_ON_TIME]


class TestMou_Book_ReadEventByEvent:
    def test_a_book_is_not_changed_by_what_is_added_to_another(self):
        before = evolve(empty(lambda _: DOCUMENT), reported("2026-01-14 09:00"))
        after = evolve(before, cross_reported("2026-01-14 10:00"))
        assert self.state(before) == State.NO_RECORD
        assert self.state(after) == State.DONE_ON_TIME
        other = evolve(before, cross_reported("2026-01-16 10:00"))
        assert self.state(other) == State.DONE_LATE
        assert self.state(after) == State.DONE_ON_TIME

    def state(self, book):
        return next(duty.state for duty in standing(book, here(LATER)) if duty.rule.id == "cross-report")

    def test_a_call_that_was_made_before_another_and_is_stated_after_it_counts_as_the_first(self):
        book = evolve(empty(lambda _: DOCUMENT), reported("2026-01-14 09:00"))
        for stated_at, called_at in (("12:00", "19:30"), ("12:30", "18:00")):
            call = happened(
                CALLED,
                f"2026-01-14 {stated_at}",
                on=CONCERN,
                concern=CONCERN,
                called_at=f"2026-01-14T{called_at}:00.000000Z",
            )
            book = evolve(book, call)
            (duty,) = reached(book)
            assert duty.met_by == call.id

    def states(self, *history, by):
        """How the duties of a rule stand after each event, read one after another."""
        book, found = empty(lambda _: DOCUMENT), []
        for what in history:
            book = evolve(book, what)
            found.append([duty.state for duty in standing(book, here(LATER)) if duty.rule.id == by])
        return found

    def test_a_correction_takes_back_at_once_what_an_entry_opened(self):
        asked = happened(REQUESTED, "2026-03-02 10:00", case=CASE, referral="r", urgency="days")
        undone = happened(UNDONE, "2026-03-02 10:05", case=CASE, referral="r", entry=asked.id)
        assert self.states(asked, undone, by="answer") == [[State.NO_RECORD], []]

    def test_a_correction_of_a_correction_gives_it_back(self):
        asked = happened(REQUESTED, "2026-03-02 10:00", case=CASE, referral="r", urgency="days")
        undone = happened(UNDONE, "2026-03-02 10:05", case=CASE, referral="r", entry=asked.id)
        wrong = happened(
            "accord.referral.entered-in-error.v1", "2026-03-03 09:00", case=CASE, entry=undone.id
        )
        assert self.states(asked, undone, wrong, by="answer") == [
            [State.NO_RECORD],
            [],
            [State.NO_RECORD],
        ]

    def test_what_is_done_in_spite_of_a_waiver_is_seen_at_once(self):
        concern = reported("2026-01-14 09:00")
        duty = only(concern, now="2026-01-14 09:00", by="cross-report")
        waived = stated(DUTY_WAIVED, duty, "2026-01-14 10:00")
        told = cross_reported("2026-01-14 11:00")
        assert self.states(concern, waived, told, by="cross-report") == [
            [State.NO_RECORD],
            [State.WAIVED],
            [State.DONE_ON_TIME],
        ]

    def test_what_was_met_before_anybody_knew_by_when_has_a_due_time_once_that_is_known(self):
        planned = rule(
            "advise",
            opens=[{"act": "interview-planned"}],
            closes=[{"act": "advised-of-advocate"}],
            per="case",
            within={"before": {"act": "interviewed"}},
        )
        document = MOU.model_copy(update={"duties": (planned,)})
        book, due = empty(lambda _: document), []
        for what in (
            happened("interview-planned", "2026-02-09 14:00"),
            happened("advised-of-advocate", "2026-02-09 15:00"),
            happened("interviewed", "2026-02-10 14:00"),
        ):
            book = evolve(book, what)
            due += [duty.due_at for duty in standing(book, here(LATER))]
        assert due == [None, None, here("2026-02-10 14:00")]

    def test_what_joined_a_duty_has_joined_it_once_however_often_it_is_read(self):
        book = empty(lambda _: DOCUMENT)
        band, at = "clear-concern", "2026-03-02T17:00:00.000000Z"
        second = happened(SCREENED, "2026-03-03 09:00", case=CASE, band=band, screened_at=at)
        for what in (
            happened(SCREENED, "2026-03-02 09:00", case=CASE, band=band, screened_at=at),
            second,
            happened("team-met", "2026-03-04 09:00"),
            happened("team-met", "2026-03-05 09:00"),
        ):
            book = evolve(book, what)
            duties = [duty for duty in standing(book, here(LATER)) if duty.rule.id == "team"]
        assert [duty.joined for duty in duties] == [(second.id,)]

    def test_a_correction_takes_back_at_once_what_was_said_of_a_duty(self):
        concern = reported("2026-01-14 09:00")
        duty = only(concern, now="2026-01-14 09:00", by="cross-report")
        said = stated(DUTY_WAIVED, duty, "2026-01-14 10:00")
        wrong = happened("accord.duty.entered-in-error.v1", "2026-01-17 09:00", on=CONCERN, entry=said.id)
        assert self.states(concern, said, wrong, by="cross-report") == [
            [State.NO_RECORD],
            [State.WAIVED],
            [State.NO_RECORD],
        ]

    def test_corrections_that_name_each_other_are_no_trouble(self):
        one = happened(UNDONE, "2026-03-02 10:05", case=CASE, id="undone-a", entry="undone-b")
        other = happened(UNDONE, "2026-03-02 10:06", case=CASE, id="undone-b", entry="undone-a")
        assert self.states(one, other, by="answer") == [[], []]

    def test_it_says_on_which_duties_the_last_event_bears(self):
        book = evolve(empty(lambda _: DOCUMENT), reported("2026-01-14 09:00"))
        book = evolve(book, reported("2026-01-14 09:30", on=SECOND_CONCERN))
        list(reached(book))
        book = evolve(book, cross_reported("2026-01-14 10:00"))
        assert [(duty.rule.id, duty.matter) for duty in reached(book)] == [("cross-report", CONCERN)]

    def test_it_can_be_asked_for_one_case_and_its_concerns(self):
        book = evolve(empty(lambda _: DOCUMENT), reported("2026-01-14 09:00"))
        book = evolve(book, reported("2026-01-14 09:30", on=SECOND_CONCERN))
        book = evolve(book, linked("2026-01-14 11:00"))
        assert {duty.matter for duty in standing(book, here(LATER), CASE)} == {CONCERN}
        assert standing(book, here(LATER), "no-such-case") == ()
