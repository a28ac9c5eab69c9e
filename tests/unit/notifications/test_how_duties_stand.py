"""What is recorded of a duty, what time brings about next, and who is told: without a database or a clock."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.duties import (
    Kept,
    as_said,
    due_now,
    happening_of,
    kept_of,
    news,
    said_of,
    thing_of,
    told,
    void,
)
from services.notifications.domain.facts import Facts
from services.notifications.domain.items import items_for
from services.notifications.duty_rows import Groups
from services.notifications.pages.duties import SETTLED, STATES
from services.notifications.timer import latest
from shared.bus.beats import Beat
from shared.events import Recorded, read
from shared.events.data import Data
from shared.events.examples import EXAMPLES
from shared.events.types.duty import DutyEscalated, DutyUnanswered, DutyWarned
from shared.mou.duties.happenings import Happening
from shared.mou.duties.obligations import obligations
from shared.mou.duties.states import Duty, State
from shared.mou.facts import ThingFacts
from shared.mou.owing import DutyFacts, Owing, duty_recipients, owing, queue_of
from tests.integration.notifications_support import COUNTY, START

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
CONCERN = str(uuid4())
REPORT = next(rule for rule in COUNTY.duties if rule.id == "written-report-sent")
WARN, DUE = START + 24 * HOUR, START + 36 * HOUR
DEPUTY = Owing("sheriff", "deputy")


def reported() -> Happening:
    data = {"concern": CONCERN, "reported_by": "sheriff"}
    return Happening(str(uuid4()), "accord.concern.reported.v1", START, START, COUNTY.version, CONCERN, data)


def sent(done: datetime, recorded: datetime | None = None) -> Happening:
    data = {"concern": CONCERN, "act": REPORT.id, "record": str(uuid4())}
    return Happening(
        str(uuid4()), "accord.act.recorded.v1", done, recorded or done, COUNTY.version, CONCERN, data
    )


OPENING = reported()


def duty(*acts: Happening) -> Duty:
    """The duty to report in writing, as if time stood still."""
    return next(d for d in obligations([OPENING, *acts], lambda _: COUNTY, START) if d.rule.id == REPORT.id)


def kept(*acts: Happening) -> Kept:
    return kept_of(duty(*acts), OPENING, DEPUTY, COUNTY)


def opened() -> Kept:
    return news(None, kept(), REPORT, None)[0]


def names(said: list[Data]) -> list[str]:
    return [one.TYPE.split(".")[2] for one in said]


def recorded(said: list[Data]) -> list[Recorded]:
    """The events that say this."""
    found = []
    for one in said:
        value = json.loads(EXAMPLES[one.TYPE].value()) | {"data": one.written()}
        found.append(read(json.dumps(value).encode()))
    return found


class TestWhatIsRecorded:
    def test_a_new_duty_is_opened(self) -> None:
        after, said = news(None, kept(), REPORT, None)
        assert names(said) == ["opened"]
        assert (after.revision, after.next_at, after.next_kind) == (0, WARN, "warning")

    def test_one_that_stands_as_it_did_is_not_recorded_again(self) -> None:
        before = opened()
        assert news(before, kept(), REPORT, None) == (before, [])

    def test_what_meets_it_is_recorded_with_its_event_and_nothing_comes_any_more(self) -> None:
        act = sent(START + HOUR)
        after, said = news(opened(), kept(act), REPORT, None)
        assert names(said) == ["met"]
        assert (vars(said[0])["by"], after.revision, after.next_at) == (act.id, 1, None)

    def test_open_again_it_says_because_of_what_and_time_begins_anew(self) -> None:
        met, _ = news(opened(), kept(sent(START + HOUR)), REPORT, None)
        cause = str(uuid4())
        after, said = news(met, kept(), REPORT, cause)
        facts = vars(said[0])
        assert (facts["state"], facts["because"], facts["revision"]) == ("open", cause, 2)
        assert after.next_kind == "warning"

    def test_what_opens_no_duty_any_more_is_void(self) -> None:
        facts: Any = void(opened(), None)
        assert (facts.state, facts.due_at, facts.revision) == ("void", None, 1)

    def test_the_own_events_say_how_it_was_kept(self) -> None:
        first, said = news(None, kept(), REPORT, None)
        warned, warning = told(first, REPORT, due_now(first, REPORT, WARN, None)[0])
        own = said_of(recorded([*said, warning]))
        assert own is not None
        assert own.owing == DEPUTY
        assert as_said(kept(), own) == replace(warned, next_at=None, next_kind=None)


class TestTimePasses:
    @pytest.mark.parametrize(
        ("moment", "complete", "comes"),
        [
            (WARN - TICK, WARN, []),
            (WARN, None, ["warning"]),
            (DUE, DUE, ["warning"]),
            (DUE + TICK, DUE, []),
            (DUE + TICK, DUE + TICK, ["past-due", "escalation"]),
            (DUE + 24 * HOUR, DUE + HOUR, ["past-due", "escalation"]),
            (DUE + 24 * HOUR, DUE + 24 * HOUR, ["past-due", "escalation", "escalation"]),
        ],
    )
    def test_what_it_brings_about(
        self, moment: datetime, complete: datetime | None, comes: list[str]
    ) -> None:
        assert [one.kind for one in due_now(opened(), REPORT, moment, complete)] == comes

    @given(st.lists(st.integers(0, 100), min_size=1, max_size=12))
    def test_each_moment_is_told_once_in_order_however_often_one_looks(self, hours: list[int]) -> None:
        now, seen = opened(), []
        for hour in sorted(hours):
            at = START + hour * HOUR
            for moment in due_now(now, REPORT, at, at):
                now, _ = told(now, REPORT, moment)
                seen.append((moment.kind, moment.step))
                assert moment.at <= at
        assert len(seen) == len(set(seen))
        assert due_now(now, REPORT, at, at) == []


class TestWhoOwesIt:
    def test_it_is_the_agency_that_reported(self) -> None:
        thing = thing_of(OPENING, {})
        assert owing(REPORT, thing, COUNTY) == Owing("sheriff", "deputy")

    def test_of_a_case_it_is_the_agency_that_leads_it(self) -> None:
        rule = next(r for r in COUNTY.duties if r.owed_by and r.owed_by.agency == "lead")
        case = str(uuid4())
        what = replace(OPENING, subject=case, data={"case": case})
        thing = thing_of(what, {case: Facts(kind="case", lead="probation")})
        assert thing.lead == "probation"
        assert owing(rule, ThingFacts("case"), COUNTY).agency == "human-services"

    def test_where_nobody_can_be_named_the_documents_own_queue_is_told(self) -> None:
        nobody = owing(REPORT, ThingFacts("concern"), COUNTY)
        assert nobody == Owing()
        assert queue_of(nobody, COUNTY) == COUNTY.unroutable.queue

    def test_a_warning_to_nobody_is_to_be_acted_on_now(self) -> None:
        (told_,) = duty_recipients(REPORT, DutyFacts(DutyWarned.TYPE, Owing()), COUNTY)
        assert (told_.address, str(told_.tier)) == (COUNTY.unroutable.queue, "act-now")

    @pytest.mark.parametrize("type_name", [DutyUnanswered.TYPE, DutyEscalated.TYPE])
    def test_past_due_asks_for_an_acknowledgement(self, type_name: str) -> None:
        facts = DutyFacts(type_name, DEPUTY, DUE, "human-services/screener")
        (one,) = duty_recipients(REPORT, facts, COUNTY)
        assert (str(one.tier), one.needs_ack, one.clause) == ("act-now", True, REPORT.clause)

    def test_nobody_is_told_that_a_duty_was_opened(self) -> None:
        assert duty_recipients(REPORT, DutyFacts("accord.duty.opened.v1", DEPUTY), COUNTY) == []

    def test_an_item_points_to_what_its_reader_may_open(self) -> None:
        _, warning = told(opened(), REPORT, due_now(opened(), REPORT, WARN, None)[0])
        (event,) = recorded([warning])
        (item,) = items_for(event, {}, COUNTY)
        assert (item.recipient, item.about_kind, item.about) == ("sheriff/deputy", "concern", CONCERN)


class TestWhatIsReadOff:
    def test_nothing_that_is_sealed_is_kept(self) -> None:
        event = read(EXAMPLES["accord.concern.reported.v1"].value())
        assert "sealed" in event.envelope.data
        assert "sealed" not in happening_of(event).data

    def test_a_case_and_its_concerns_are_one_group_in_whatever_order_they_are_tied(self) -> None:
        ids = [str(uuid4()) for _ in range(4)]
        pairs = [(ids[0], ids[1]), (ids[2], ids[3]), (ids[1], ids[2])]
        for order in (pairs, pairs[::-1]):
            groups = Groups()
            for pair in order:
                groups.tie(pair)
            assert dict(groups.members) == {min(ids): set(ids)}
            assert set(groups.of.values()) == {min(ids)}


class TestUntilWhenAllHasCome:
    PLACE = ("accord.referrals.events", 0)

    def test_it_is_the_newest_beat_whose_records_were_all_taken_in(self) -> None:
        beats = [Beat(START + n * HOUR, {self.PLACE: n}) for n in range(5)]
        found = latest(beats, {self.PLACE: 2}, [self.PLACE[0]])
        assert found is not None
        assert found.before == START + 2 * HOUR

    def test_nothing_is_known_before_the_first(self) -> None:
        assert latest([Beat(START, {self.PLACE: 0})], {}, [self.PLACE[0]]) is None

    def test_topics_that_we_do_not_read_count_for_nothing(self) -> None:
        beat = Beat(START, {("accord.referrals.access", 0): 99})
        assert latest([beat], {}, [self.PLACE[0]]) is beat


def test_every_state_of_a_duty_has_its_words() -> None:
    assert set(STATES) | set(SETTLED) == {*State, "void"}
