"""A year of a county in which three acts in ten are recorded one to five days late, and some are never recorded."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from duty_county import CASE, DOCUMENT, REPORTED

from shared.mou.duties.book import empty, evolve
from shared.mou.duties.happenings import ACT_RECORDED, Happening
from shared.mou.duties.obligations import obligations, standing
from shared.mou.duties.states import State

BEGAN = datetime(2026, 1, 1, 8, tzinfo=UTC)
OVER = BEGAN + timedelta(days=400)
#: What opens a duty, the rule, what meets it, and how many hours the slowest take.
DONE = (
    (REPORTED, "cross-report", "cross-reported", 40),
    (REPORTED, "written-report", "form-sent", 60),
    ("petition-filed", "hearing", "hearing-held", 72),
    ("youth-missing", "missing", "reported-missing", 40),
    ("youth-returned", "debrief", "debriefed", 110),
)


class Year:
    """Its events, and the truth: when each duty was done, by its key; None if it never was."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.events = []
        self.truth = {}
        for number in range(300):
            opens, rule, meets, slowest = self.chance.choice(DONE)
            at = BEGAN + timedelta(minutes=self.chance.randrange(365 * 24 * 60))
            opened = self.event(opens, at, f"{'concern' if opens == REPORTED else CASE}-{number}")
            done = at + timedelta(minutes=self.chance.randrange(slowest * 60))
            self.truth[f"{rule}:{opened.id}"] = done = None if self.chance.random() < 0.1 else done
            if done is not None:
                to = "law-enforcement" if rule == "cross-report" else "ncmec"
                self.event(meets, done, opened.subject, self.late(), about=opened.id, to=to)

    def late(self):
        return timedelta(hours=self.chance.randrange(24, 120)) if self.chance.random() < 0.3 else timedelta()

    def event(self, kind, at, subject, late=timedelta(), **data):
        if "." in kind:
            data = {"concern": subject}
        else:
            kind, data = ACT_RECORDED, {"act": kind, **data}
        made = Happening(f"event-{len(self.events):05}", kind, at, at + late, "v1", subject, data)
        self.events.append(made)
        return made


@pytest.mark.parametrize("seed", range(5))
class TestAYear:
    def test_each_duty_is_said_to_have_been_done_when_it_was_and_none_is_called_missed(self, seed):
        year = Year(seed)
        duties = {duty.key: duty for duty in obligations(year.events, lambda _: DOCUMENT, OVER)}
        for key, done in year.truth.items():
            duty = duties[key]
            if done is None:
                assert duty.state is State.NO_RECORD
            elif done <= duty.due_at:
                assert duty.state in (State.DONE_ON_TIME, State.DONE_ON_TIME_RECORDED_LATE)
            else:
                assert duty.state is State.DONE_LATE

    def test_on_no_day_of_it_is_anything_called_missed_and_what_was_found_done_stays_so(self, seed):
        year = Year(seed)
        book, done = empty(lambda _: DOCUMENT), {}
        coming = sorted(year.events, key=lambda one: one.order)
        for day in range(0, 400, 10):
            now = BEGAN + timedelta(days=day)
            while coming and coming[0].recordedtime <= now:
                book = evolve(book, coming.pop(0))
            for duty in standing(book, now):
                assert duty.state is not State.CONFIRMED_NOT_DONE
                assert done.setdefault(duty.key, duty.met_at) in (None, duty.met_at)
                done[duty.key] = duty.met_at

    def test_something_of_every_outcome_happens_in_it(self, seed):
        states = {duty.state for duty in obligations(Year(seed).events, lambda _: DOCUMENT, OVER)}
        assert states >= {
            State.NO_RECORD,
            State.DONE_ON_TIME,
            State.DONE_ON_TIME_RECORDED_LATE,
            State.DONE_LATE,
        }
