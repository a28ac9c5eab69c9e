"""What holds of duties whatever was recorded, and in whatever order it came."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from duty_county import (
    ACCEPTED,
    CALLED,
    CANCELLED,
    CASE,
    CONCERN,
    DOCUMENT,
    EVALUATED_OUT,
    LINKED,
    REJECTED,
    REPORTED,
    REQUESTED,
    RULES,
    SCREENED,
    SECOND_CONCERN,
    UNDONE,
)
from hypothesis import given
from hypothesis import strategies as st

from shared.events.moments import write_moment
from shared.mou.duties.book import empty, evolve, reached
from shared.mou.duties.calendars import Calendar
from shared.mou.duties.clocks import due_at, merged
from shared.mou.duties.happenings import (
    ACT_RECORDED,
    DUTY_NOT_DONE,
    DUTY_TOLLED,
    DUTY_WAIVED,
    Happening,
)
from shared.mou.duties.obligations import obligations, standing
from shared.mou.duties.rules import Mode, Within
from shared.mou.duties.states import SETTLED, State, at, moments, next_moment

BEGAN = datetime(2026, 2, 26, 8, tzinfo=UTC)
ACTS = sorted({one.act for rule in RULES for one in (*rule.opens, *rule.closes, *rule.ends) if one.act})
#: The second version has other times, and lacks what the first one repeats.
SECOND = DOCUMENT.model_copy(
    update={
        "duties": tuple(
            rule.model_copy(update={"within": Within(hours=30)} if rule.within else {})
            for rule in RULES
            if rule.id != "review"
        )
    }
)
DOCUMENTS = {"v1": DOCUMENT, "v2": SECOND}
document = DOCUMENTS.__getitem__

KINDS = [
    *ACTS,
    REPORTED,
    CALLED,
    EVALUATED_OUT,
    REQUESTED,
    ACCEPTED,
    REJECTED,
    CANCELLED,
    SCREENED,
    LINKED,
    UNDONE,
    DUTY_WAIVED,
    DUTY_TOLLED,
    DUTY_NOT_DONE,
]
TROUBLE = {UNDONE, DUTY_TOLLED, DUTY_NOT_DONE}


def moves(kinds):
    """What may be recorded, out of these."""
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(kinds),
            "hours": st.integers(0, 24 * 45),
            "delay": st.sampled_from([0, 0, 0, 1, 30, 120]),
            "version": st.sampled_from(["v1", "v1", "v2"]),
            "on": st.sampled_from([CASE, CASE, CONCERN, SECOND_CONCERN]),
            "which": st.integers(0, 30),
            "other": st.integers(0, 30),
            "span": st.none() | st.integers(0, 400),
        }
    )


def some_histories(kinds, always=()):
    """Histories of a few kinds of event each, so that one often bears on another."""
    few = st.lists(st.sampled_from(kinds), min_size=2, max_size=7, unique=True)
    return few.flatmap(lambda chosen: st.lists(moves([*chosen, *always]), min_size=2, max_size=20)).map(
        history_of
    )


def moment(hours):
    return BEGAN + timedelta(hours=hours)


def made(number, move, before):
    """An event; where it names an earlier one, one of its own case or concern."""
    kind, subject = move["kind"], move["on"]
    if kind in (CALLED, REPORTED, EVALUATED_OUT):
        subject = subject if subject != CASE else CONCERN
    elif kind in (LINKED, REQUESTED, ACCEPTED, REJECTED, CANCELLED, SCREENED, UNDONE):
        subject = CASE
    own = [one.id for one in before if one.subject == subject]
    earlier = own[move["which"] % len(own)] if own else "none"
    data = {}
    if kind in ACTS:
        data = {"act": kind, "to": ["law-enforcement", "ncmec"][move["which"] % 2]}
        if move["other"] % 3 == 0:
            data["about"] = earlier
        kind = ACT_RECORDED
    elif kind in (CALLED, REPORTED, EVALUATED_OUT):
        data = {"concern": subject, "called_at": write_moment(moment(move["hours"] - move["which"]))}
    elif kind == LINKED:
        data = {"case": CASE, "concern": [CONCERN, SECOND_CONCERN][move["which"] % 2]}
    elif kind in (DUTY_WAIVED, DUTY_TOLLED, DUTY_NOT_DONE):
        rule, earlier = opened(move["which"], subject, before)
        data = {"rule": rule, "opening": earlier}
        data["begins"] = write_moment(moment(move["hours"]))
        if move["span"] is not None:
            data["until"] = write_moment(moment(move["hours"] + move["span"]))
    else:
        data = {
            "case": CASE,
            "referral": f"referral-{move['which'] % 3}",
            "urgency": "days",
            "band": "clear-concern",
            "screened_at": write_moment(moment(move["hours"] - move["other"])),
        }
        if kind == UNDONE:
            data["entry"] = earlier
    happened = moment(move["hours"])
    recorded = happened + timedelta(hours=move["delay"])
    return Happening(f"e{number:03}", kind, happened, recorded, move["version"], subject, data)


def opened(which, subject, before):
    """A rule, and an earlier event that opened a duty of it."""
    found = [
        (rule.id, what.id)
        for what in before
        for rule in DOCUMENTS[what.mouversion].duties
        if what.subject == subject and any(opens(pattern, what) for pattern in rule.opens)
    ]
    return found[which % len(found)] if found else ("team", "none")


def opens(pattern, what):
    """Whether it fits, said once more and in another way."""
    named = what.data.get("act") if what.type == ACT_RECORDED else what.type
    wanted = pattern.act if what.type == ACT_RECORDED else pattern.event
    return named == wanted and all(what.data.get(path) in held for path, held in pattern.where.items())


def history_of(chosen):
    """In the order of recording; what an event names was recorded before it."""
    found = []
    for number, move in enumerate(sorted(chosen, key=lambda one: one["hours"] + one["delay"])):
        found.append(made(number, move, found))
    return found


histories = some_histories(KINDS) | some_histories([*ACTS, REQUESTED, SCREENED], always=[UNDONE])
untroubled = some_histories([kind for kind in KINDS if kind not in TROUBLE])
times = st.integers(0, 24 * 120).map(moment)


@given(histories, times)
def test_event_by_event_gives_the_same_as_at_once_whenever_it_is_asked(history, now):
    book = empty(document)
    for count, what in enumerate(history, 1):
        book = evolve(book, what)
        assert standing(book, now) == obligations(history[:count], document, now)


@given(histories, times)
def test_what_is_not_said_to_be_reached_stands_as_it_did(history, now):
    book, known = empty(document), {}
    for what in history:
        book = evolve(book, what)
        changed = {duty.key: at(duty, now) for duty in reached(book)}
        after = {duty.key: duty for duty in standing(book, now)}
        assert all(after[key] == changed.get(key, known.get(key)) for key in after)
        known = after


@given(histories, times, st.randoms(use_true_random=False))
def test_it_does_not_matter_how_the_streams_of_cases_and_concerns_come_between_each_other(
    history, now, chance
):
    streams = [[one for one in history if one.subject == name] for name in (CASE, CONCERN, SECOND_CONCERN)]
    book = empty(document)
    while any(streams):
        stream = chance.choice([one for one in streams if one])
        book = evolve(book, stream.pop(0))
        list(reached(book))
    assert standing(book, now) == obligations(history, document, now)


@given(histories, times)
def test_reading_everything_twice_changes_nothing(history, now):
    book = empty(document)
    for what in [*history, *history]:
        book = evolve(book, what)
    assert standing(book, now) == obligations(history, document, now)


@given(untroubled, times)
def test_no_duty_is_ever_lost(history, now):
    duties = obligations(history, document, now)
    held = {(duty.rule.id, event) for duty in duties for event in (duty.opened_by, *duty.joined)}
    for what in history:
        for rule in DOCUMENTS[what.mouversion].duties:
            if rule.mode is not Mode.OFF and any(opens(pattern, what) for pattern in rule.opens):
                assert (rule.id, what.id) in held


@given(histories, times)
def test_no_duty_has_the_key_of_another(history, now):
    keys = [duty.key for duty in obligations(history, document, now)]
    assert len(keys) == len(set(keys))


BETTER = {State.NO_RECORD: 0, State.DONE_LATE: 1}
STAYS = {State.DONE_ON_TIME, State.SUPERSEDED}
#: An earlier interview would make its duty due earlier; that is no record that came late, but another deadline.
late_moves = moves([kind for kind in KINDS if kind not in {*TROUBLE, "interviewed"}])


@given(untroubled, late_moves)
def test_what_is_entered_late_only_ever_betters_a_duty_without_record(history, move):
    now = moment(24 * 200)
    late = made(len(history), {**move, "delay": 24 * 100}, history)
    before = {duty.key: duty for duty in obligations(history, document, now)}
    after = {duty.key: duty for duty in obligations([*history, late], document, now)}
    for key in before.keys() & after.keys():
        was, became = before[key].state, after[key].state
        assert BETTER.get(became, 2) >= BETTER.get(was, 2)
        assert was is not State.DONE_ON_TIME or became in STAYS


@given(histories, times, times)
def test_time_alone_settles_nothing_and_takes_nothing_back(history, one, other):
    earlier, later = sorted((one, other))
    rank = [State.OPEN, State.DUE_SOON, State.NO_RECORD]
    before, after = (obligations(history, document, now) for now in (earlier, later))
    assert [duty.key for duty in before] == [duty.key for duty in after]
    for was, became in zip(before, after, strict=True):
        assert (was.state in SETTLED) == (became.state in SETTLED)
        assert was.state not in SETTLED or was == became
        if was.state in rank and became.state in rank:
            assert rank.index(was.state) <= rank.index(became.state)


@given(histories, times)
def test_a_duty_changes_only_at_one_of_its_moments_or_where_its_clock_stops_or_goes_on(history, now):
    for duty in obligations(history, document, now):
        coming = next_moment(duty, now)
        turns = [turn for span in duty.held for turn in span if turn is not None and turn > now]
        until = min([*turns, *([coming.at] if coming else [])], default=now + timedelta(days=999))
        assert at(duty, until - timedelta(microseconds=1)).state is duty.state
        assert all(one.at > now for one in moments(duty) if coming and one.at >= coming.at)


withins = st.one_of(
    st.builds(Within, hours=st.integers(1, 500)),
    st.builds(Within, days=st.integers(0, 90)),
    st.builds(Within, months=st.integers(1, 14)),
    st.builds(Within, court_days=st.integers(1, 30)),
    st.builds(Within, court_hours=st.integers(1, 200)),
)
starts = st.datetimes(datetime(2026, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))
spans = st.lists(st.tuples(st.integers(-100, 900), st.integers(0, 300)), max_size=4)
CALENDAR = Calendar(ZoneInfo("America/Los_Angeles"))


@given(withins, starts, spans)
def test_a_clock_that_stands_still_never_makes_anything_due_earlier(within, start, chosen):
    held = merged(
        (start + timedelta(hours=begin), start + timedelta(hours=begin + length)) for begin, length in chosen
    )
    assert due_at(within, start, held, CALENDAR) >= due_at(within, start, (), CALENDAR) >= start


@given(withins, starts, st.timedeltas(timedelta(), timedelta(days=40)))
def test_what_starts_later_is_never_due_earlier(within, start, more):
    assert due_at(within, start + more, (), CALENDAR) >= due_at(within, start, (), CALENDAR)


@given(withins, starts)
def test_a_clock_that_stands_still_for_ever_is_never_due(within, start):
    assert due_at(within, start, ((start, None),), CALENDAR) is None
