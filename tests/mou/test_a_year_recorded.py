"""A year in which three acts in ten are recorded late: what notifications recorded of its duties, and audit says.

The decisions are notifications' own, event by event with a clock that moves; audit works all of it out anew.
"""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache
from uuid import NAMESPACE_OID, uuid5

import pytest
from duty_county import DOCUMENT
from test_a_year_of_duties import BEGAN, OVER, Year

from services.audit.domain.duties import Documents, owed
from services.audit.domain.duties_compared import PATIENCE, Compare, Verdict, Why
from services.audit.domain.duties_said import Word, said
from shared.events.types.duty import DutyMet, DutyOpened, DutyUnanswered
from shared.mou.duties.states import State
from tests.unit.audit.faithful import Faithful

SEEDS = range(5)
DONE = {State.DONE_ON_TIME, State.DONE_ON_TIME_RECORDED_LATE, State.DONE_LATE}
#: A week in which notifications did nothing.
AWAY = (BEGAN + timedelta(days=100), BEGAN + timedelta(days=107))


def named(text):
    return str(uuid5(NAMESPACE_OID, text))


def as_recorded(what):
    """The happening with ids as the store gives them."""
    ids = {name: named(text) for name in ("concern", "about") if (text := what.text(name))}
    return replace(what, id=named(what.id), subject=named(what.subject), data={**what.data, **ids})


@cache
def lived(seed):
    """A year's events; what was done when, by the duty's key; and the duties that audit works out."""
    year = Year(seed)
    events = [as_recorded(one) for one in year.events]
    truth = {f"{rule}:{named(id)}": done for (rule, id), done in split(year.truth).items()}
    return events, truth, owed(events, Documents({"v1": DOCUMENT}, DOCUMENT, BEGAN))


def split(truth):
    return {tuple(key.split(":")): done for key, done in truth.items()}


@cache
def recorded(seed, away=None):
    return tuple(Faithful(lambda _: DOCUMENT, timedelta(seconds=2 + seed), away).run(lived(seed)[0], OVER))


def compared(seed, words, moment, complete=OVER):
    return Compare(lived(seed)[2], said(words), moment, complete).all()


def moments(seed, words, count=30):
    """Any moments, and some just before, at and after something was recorded."""
    chance = random.Random(seed)
    near = [
        word.recorded + timedelta(seconds=chance.choice((-3, -1, 0, 1)))
        for word in chance.sample(words, count)
    ]
    return near + [BEGAN + (OVER - BEGAN) * chance.random() for _ in range(count)]


@pytest.mark.parametrize("seed", SEEDS)
class TestAYearRecorded:
    def test_nothing_that_was_done_is_called_missed_and_what_was_done_is_recorded_as_done(self, seed):
        found = said(recorded(seed))
        for key, done in lived(seed)[1].items():
            states = [stand.state for stand in found[key].stands]
            assert State.CONFIRMED_NOT_DONE not in states
            assert (states[-1] in DONE) == (done is not None)

    def test_what_was_on_record_in_time_is_never_said_to_be_without_record(self, seed):
        found = said(recorded(seed))
        events = {one.id: one for one in lived(seed)[0]}
        for duty in lived(seed)[2].standing(OVER):
            in_time = duty.met_by and duty.due_at and events[duty.met_by].recordedtime <= duty.due_at
            told = {notice.kind[0] for notice in found[duty.key].notices}
            assert not (in_time and duty.state is State.DONE_ON_TIME and told & {"past-due", "escalation"})

    def test_at_its_end_audit_and_notifications_agree_on_every_duty(self, seed):
        found = compared(seed, recorded(seed), OVER)
        assert {one.verdict for one in found} == {Verdict.AGREES}
        assert {one.key for one in found} >= lived(seed)[1].keys()

    def test_on_the_way_they_agree_or_the_record_explains_why_not(self, seed):
        words = recorded(seed)
        whys = Counter()
        for moment in moments(seed, words):
            for one in compared(seed, words, moment):
                whys.update(difference.why for difference in one.differences)
        assert whys.keys() <= {Why.RECORDED_LATER, Why.CHANGED_SINCE}
        assert whys, "some of the moments lie between what came and its being recorded"

    def test_after_a_week_away_it_agrees_again_and_what_it_said_late_is_listed(self, seed):
        words = recorded(seed, AWAY)
        away = [one for day in range(1, 7) for one in compared(seed, words, AWAY[0] + timedelta(days=day))]
        listed = Counter(difference.why for one in away for difference in one.differences)
        assert listed[Why.RECORDED_LATER] > 0
        behind = AWAY[1] + timedelta(seconds=2)
        assert {one.verdict for one in compared(seed, words, behind)} == {Verdict.AGREES}
        assert {one.verdict for one in compared(seed, words, OVER)} == {Verdict.AGREES}


def dropped(words, place):
    return (*words[:place], *words[place + 1 :])


def shifted(words, place):
    """Due an hour later than it is."""
    data = words[place].data
    other = data.model_copy(update={"due_at": data.due_at + timedelta(hours=1)})
    return (*words[:place], replace(words[place], data=other), *words[place + 1 :])


def otherwise(words, place):
    """Another of the three ways of being done."""
    data = words[place].data
    other = data.model_copy(
        update={"state": str(next(state for state in sorted(DONE) if state != data.state))}
    )
    return (*words[:place], replace(words[place], data=other), *words[place + 1 :])


def called_missed(words, place):
    """That there is no record, said of what was met; when it was due."""
    met = words[place].data
    facts = {name: getattr(met, name) for name in ("duty", "rule", "opening", "due_at", "revision")}
    lie = Word(named("lie"), met.due_at + timedelta(seconds=2), DutyUnanswered(**facts))
    return tuple(sorted((*words, lie), key=lambda word: word.recorded))


class TestAWrongRecordOfTheYearIsFound:
    @pytest.mark.parametrize(
        ("kind", "spoil"),
        [
            (DutyOpened, dropped),
            (DutyMet, dropped),
            (DutyUnanswered, dropped),
            (DutyOpened, shifted),
            (DutyMet, shifted),
            (DutyMet, otherwise),
        ],
    )
    @pytest.mark.parametrize("seed", SEEDS)
    def test_soon_after_it_was_or_was_not_recorded(self, seed, kind, spoil):
        words = recorded(seed)
        chance, found = random.Random(seed), 0
        places = [n for n, word in enumerate(words) if isinstance(word.data, kind)]
        for place in chance.sample(places, 10):
            word = words[place]
            stood = [w for w in words[place + 1 :] if w.data.duty == word.data.duty]
            if stood and stood[0].recorded <= word.recorded + PATIENCE:
                continue  # what followed at once mended it
            key = f"{word.data.rule}:{word.data.opening}"
            wrong = compared(seed, spoil(words, place), word.recorded + PATIENCE)
            assert [one.key for one in wrong if one.verdict is Verdict.DIFFERS] == [key]
            found += 1
        assert found >= 3

    @pytest.mark.parametrize("seed", SEEDS)
    def test_what_was_met_and_on_record_in_time_is_called_without_record(self, seed):
        words, chance = recorded(seed), random.Random(seed)
        met = [
            n
            for n, word in enumerate(words)
            if isinstance(word.data, DutyMet) and word.data.due_at and word.recorded < word.data.due_at
        ]
        for place in chance.sample(met, 10):
            wrong = compared(seed, called_missed(words, place), OVER)
            key = f"{words[place].data.rule}:{words[place].data.opening}"
            assert [one.key for one in wrong if one.verdict is Verdict.DIFFERS] == [key]
