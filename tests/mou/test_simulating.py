"""A proposed version over recorded history: the figures are those of the engine, and only what changed moves."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from duty_county import CALLED, CASE, DOCUMENT, REPORTED, RULES, happened, here, linked, reported
from hypothesis import given
from hypothesis import strategies as st
from test_a_year_of_duties import OVER, Year
from test_duties_properties import KINDS, some_histories

from shared.mou.duties.obligations import obligations
from shared.mou.duties.rules import Holder, Mode, Step, Within
from shared.mou.simulating import Past, simulate, tables
from shared.mou.simulating.counting import COUNTED
from shared.mou.simulating.tables import WORDS

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def past(one, *, agency="human-services", command=None, stream=None):
    """A happening as the log of record holds it."""
    return Past(
        one.id,
        f"/agencies/{agency}",
        one.type,
        one.subject,
        stream or one.subject,
        command or f"command-of-{one.id}",
        agency,
        "a-random-person",
        "coordinate",
        one.mouversion,
        one.time,
        one.recordedtime,
        one.data,
    )


def over(history, proposed=DOCUMENT, now=NOW, present=DOCUMENT):
    return simulate(map(past, history), present, proposed, now)


def with_rule(name, **changes):
    """The county's document with another rule of this name."""
    rules = (rule.model_copy(update=changes) if rule.id == name else rule for rule in DOCUMENT.duties)
    return DOCUMENT.model_copy(update={"duties": tuple(rules)})


def counted(duties):
    """Rule -> how many of its duties are counted as what."""
    found = {}
    for duty in duties:
        found.setdefault(duty.rule.id, Counter())[COUNTED[duty.state]] += 1
    return found


def told(result, side):
    """The same, as a simulation tells it."""
    found = {}
    for line in result.duties:
        counts = Counter(getattr(line, side).model_dump())
        opened = counts.pop("opened")
        assert opened == counts.total()
        if opened:
            found[line.rule] = +counts
    return found


class TestTheVersionInForceOverItsOwnHistory:
    @given(history=some_histories(KINDS))
    def test_has_the_duties_that_the_engine_has(self, history):
        result = over(history)
        assert told(result, "present") == counted(obligations(history, lambda _: DOCUMENT, NOW))

    @given(history=some_histories(KINDS))
    def test_differs_in_nothing_from_itself(self, history):
        result = over(history)
        assert told(result, "present") == told(result, "proposed")
        assert result.changes == ()
        assert all(not line.differing for line in result.duties)

    def test_a_year_of_it_too(self):
        history = Year(1).events
        result = over(history, now=OVER)
        assert told(result, "present") == counted(obligations(history, lambda _: DOCUMENT, OVER))
        assert (result.events, result.first) == (len(history), min(one.recordedtime for one in history))


class TestAnotherTime:
    def test_moves_exactly_the_duties_that_are_met_between_the_old_time_and_the_new_one(self):
        history = Year(2).events
        shorter = with_rule("written-report", within=Within(hours=24))
        result = over(history, shorter, now=OVER)
        duties = {
            d.key: d for d in obligations(history, lambda _: DOCUMENT, OVER) if d.rule.id == "written-report"
        }
        between = [
            duty
            for duty in duties.values()
            if duty.met_at and duty.opened_at + timedelta(hours=24) < duty.met_at <= duty.due_at
        ]
        assert between
        moved = [one for one in result.changes if one.becomes == "late"]
        assert sum(one.count for one in moved) == len(between)
        assert {line.rule for line in result.duties if line.differing} == {"written-report"}
        assert told(result, "present").keys() == told(result, "proposed").keys()

    @given(history=some_histories(KINDS), which=st.sampled_from([r for r in RULES if r.within]))
    def test_of_any_rule_gives_what_the_engine_gives_and_leaves_the_other_rules_alone(self, history, which):
        proposed = with_rule(which.id, within=Within(hours=30))
        result = over(history, proposed)
        assert told(result, "proposed") == counted(obligations(history, lambda _: proposed, NOW))
        assert {one.rule for one in result.changes} <= {which.id}

    @given(
        history=some_histories(KINDS),
        which=st.sampled_from([r for r in RULES if r.opens]),
        other=st.sampled_from(RULES),
    )
    def test_nor_does_it_matter_what_else_of_a_rule_is_changed(self, history, which, other):
        proposed = with_rule(which.id, opens=other.opens or which.closes, per=other.per, starts=other.starts)
        result = over(history, proposed)
        assert told(result, "proposed") == counted(obligations(history, lambda _: proposed, NOW))
        assert {one.rule for one in result.changes} <= {which.id}

    def test_a_report_that_was_on_time_within_36_hours_is_late_within_24(self):
        history = [
            reported("2026-01-14 09:00", id="the-report"),
            happened("form-sent", "2026-01-15 15:00", on="concern-1", about="the-report"),
        ]
        shorter = with_rule("written-report", within=Within(hours=24))
        (change,) = over(history, shorter).changes
        assert (change.rule, change.was, change.becomes, change.count) == (
            "written-report",
            "on_time",
            "late",
            1,
        )


class TestAnotherCalendar:
    def test_a_day_on_which_the_court_is_closed_moves_what_is_due_on_court_days(self):
        history = [
            happened("petition-filed", "2026-03-03 10:00"),
            happened("hearing-held", "2026-03-05 10:00"),
        ]
        closed = DOCUMENT.model_copy(update={"closures": (here("2026-03-04 00:00").date(),)})
        result = over(history, DOCUMENT, present=closed)
        assert [(one.rule, one.was, one.becomes) for one in result.changes] == [
            ("hearing", "on_time", "late")
        ]


class TestARuleOfItsOwn:
    def test_that_only_the_proposal_has_finds_what_it_would_have_asked(self):
        history = [reported("2026-01-14 09:00"), reported("2026-01-15 09:00", on="concern-2")]
        without = DOCUMENT.model_copy(update={"duties": tuple(r for r in RULES if r.id != "written-report")})
        result = over(history, DOCUMENT, present=without)
        assert [(one.was, one.becomes, one.count) for one in result.changes] == [("none", "no_record", 2)]

    def test_that_the_proposal_leaves_out_or_turns_off_is_owed_by_nobody(self):
        history = [reported("2026-01-14 09:00")]
        rest = tuple(r for r in RULES if r.id != "written-report")
        for proposed in (
            DOCUMENT.model_copy(update={"duties": rest}),
            with_rule("written-report", mode=Mode.OFF, why_off="The board keeps it."),
        ):
            result = over(history, proposed)
            assert [(one.rule, one.was, one.becomes) for one in result.changes] == [
                ("written-report", "no_record", "none")
            ]


WARNED = {("act-soon", "sheriff/deputy"): 1}
PASSED = {
    ("act-now", "sheriff/deputy"): 1,
    ("act-now", "human-services/supervisor"): 1,
    ("act-now", "human-services/coordinator"): 1,
}


class TestWhatPeopleWouldHaveBeenToldOfADuty:
    """The written report within 36 hours; a warning 12 hours before, a step at once and one a day later."""

    STEPS = (
        Step(after_hours=0, queue="human-services/supervisor"),
        Step(after_hours=24, queue="human-services/coordinator"),
    )
    RULE = next(rule for rule in RULES if rule.id == "written-report").model_copy(
        update={
            "owed_by": Holder(agency="sheriff", role="deputy"),
            "warn_before": 12,
            "escalate": STEPS,
            "starts": "happened",
        }
    )
    MOU = DOCUMENT.model_copy(update={"duties": (RULE,)})

    def told(self, *history, now="2026-02-01 09:00"):
        found = over(history, self.MOU, here(now), present=self.MOU).reminders
        assert all(line.present == line.proposed for line in found)
        return {(line.tier, line.recipient): line.present for line in found}

    def sent(self, when, **more):
        return happened("form-sent", when, on="concern-1", about="the-report", **more)

    def reported(self, **more):
        return reported("2026-01-14 09:00", id="the-report", **more)

    def test_of_what_nobody_recorded_the_warning_and_all_that_came_after(self):
        assert self.told(self.reported()) == WARNED | PASSED

    def test_of_what_was_recorded_soon_nothing(self):
        assert self.told(self.reported(), self.sent("2026-01-14 12:00")) == {}

    def test_of_what_was_recorded_after_the_warning_the_warning(self):
        assert self.told(self.reported(), self.sent("2026-01-15 12:00")) == WARNED

    def test_of_what_was_done_in_time_and_recorded_late_what_came_until_then(self):
        late = self.sent("2026-01-14 12:00", recorded="2026-01-16 09:00")
        told = self.told(self.reported(), late)
        assert told == {key: 1 for key in (WARNED | PASSED) if "coordinator" not in key[1]}

    def test_before_the_warning_is_due_nothing(self):
        assert self.told(self.reported(), now="2026-01-15 08:59") == {}
        assert self.told(self.reported(), now="2026-01-15 09:00") == WARNED

    def test_of_a_report_that_was_recorded_after_its_time_no_warning_any_more(self):
        assert self.told(self.reported(recorded="2026-01-20 09:00")) == PASSED

    def test_of_a_report_that_was_recorded_between_its_warning_and_its_time_one_warning(self):
        assert self.told(self.reported(recorded="2026-01-15 15:00"), now="2026-01-15 16:00") == WARNED

    def test_a_shorter_time_tells_those_whom_it_would_have_reached(self):
        shorter = self.MOU.model_copy(
            update={"duties": (self.RULE.model_copy(update={"within": Within(hours=24)}),)}
        )
        history = [self.reported(), self.sent("2026-01-15 12:00")]
        found = over(history, shorter, present=self.MOU).reminders
        assert {(one.tier, one.recipient): (one.present, one.proposed) for one in found} == {
            ("act-soon", "sheriff/deputy"): (1, 1),
            ("act-now", "sheriff/deputy"): (0, 1),
            ("act-now", "human-services/supervisor"): (0, 1),
        }


class TestNothingButCounts:
    def test_no_id_of_the_history_stands_in_a_result(self):
        history = [
            reported("2026-01-14 09:00"),
            linked("2026-01-14 10:00"),
            happened("youth-missing", "2026-02-01 10:00"),
        ]
        text = over(history, with_rule("written-report", within=Within(hours=24))).model_dump_json()
        for one in history:
            for hidden in (one.id, one.subject, "a-random-person", "concern-1", CASE):
                assert f'"{hidden}"' not in text

    def test_the_tables_hold_the_same_figures_and_words_for_each_outcome(self):
        shorter = with_rule("written-report", within=Within(hours=24))
        duties, changes, *_ = tables(over(Year(2).events, shorter, now=OVER))
        assert sum(row[-1] for row in duties.rows) == sum(row[-1] for row in changes.rows) > 0
        assert set(WORDS) == {*COUNTED.values(), "none"}


LINE = {
    **dict.fromkeys(("id", "subject", "stream", "commandid", "actor", "purpose", "mouversion"), "x"),
    "source": "/agencies/sheriff",
    "type": REPORTED,
    "agency": "sheriff",
    "time": "2026-01-14T09:00:00Z",
    "recordedtime": "2026-01-14T09:00:01.000000Z",
    "data": {"concern": "c"},
}


class TestALineOfHistory:
    def test_is_an_envelope_or_what_the_tail_of_a_topic_prints(self):
        own = Past.of(json.dumps(LINE))
        assert own == Past.of(json.dumps({"topic": "accord.referrals.events", "value": LINE}).encode())
        assert (own.type, own.stated) == (REPORTED, True)

    @pytest.mark.parametrize(
        "broken",
        [
            "",
            "not json",
            "[]",
            "{}",
            '{"value": "unreadable: not-json"}',
            json.dumps({**LINE, "time": "yesterday"}),
            json.dumps({**LINE, "time": "2026-01-14T09:00:00"}),
            json.dumps({**LINE, "data": []}),
            json.dumps({**LINE, "type": CALLED, "id": 7}),
            "[" * 100_000,
        ],
    )
    def test_that_is_none_is_refused_and_not_repeated(self, broken):
        with pytest.raises(ValueError, match=r"^is no recorded event$"):
            Past.of(broken)
