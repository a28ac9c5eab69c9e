"""Who covers for whom: decided from the person's roles and covers, the colleague's roles, and the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from services.referrals.domain.commands import ArrangeCover, EndCover
from services.referrals.domain.covers import LONGEST, Cover, Person, arrange, covers_of, covers_stream, end
from shared.errors import Refusal
from shared.events import read
from shared.events.names import EndOfCover
from shared.mou.facts import CallerFacts
from tests.unit.referrals.made import ADVOCATE, NOW, at, draft_of

HOUR = timedelta(hours=1)
COLLEAGUE = str(uuid4())
AWAY = Person(str(ADVOCATE.person), frozenset({"advocate"}), frozenset({"supervisor"}))
ADMIN = CallerFacts("advocacy", frozenset({"agency-admin"}), "coordinate", person=str(uuid4()))
SPAN = {"begins": NOW, "until": NOW + 8 * HOUR}


def wanted(**changes):
    return ArrangeCover.model_validate({"covering": COLLEAGUE, **SPAN, **changes})


def recorded(facts):
    return [
        read(draft_of(fact, "advocacy", AWAY.id, str(uuid4())).seal_bytes(NOW, n))
        for n, fact in enumerate(facts, 1)
    ]


def covered(person=AWAY, caller=ADVOCATE, **changes):
    """The person once a cover was arranged."""
    facts = arrange(person, wanted(**changes), at(caller))
    return replace(person, covers=(*person.covers, *covers_of(recorded(facts))))


def reason_of(decide, *given):
    with pytest.raises(Refusal) as refused:
        decide(*given)
    return refused.value.reason, refused.value.field


class TestACover:
    @pytest.mark.parametrize("caller", [ADVOCATE, ADMIN], ids=["by-oneself", "by-the-administrator"])
    def test_names_who_is_away_who_covers_and_the_span(self, caller):
        [fact] = arrange(AWAY, wanted(), at(caller))
        assert (fact.clause, fact.stream, fact.subject) == ("7.7", covers_stream(AWAY.id), AWAY.id)
        said = fact.data.written()
        assert (said["person"], said["covering"], said["agency"]) == (AWAY.id, COLLEAGUE, "advocacy")
        assert (said["begins"], said["until"]) == (
            "2026-03-02T16:00:00.000000Z",
            "2026-03-03T00:00:00.000000Z",
        )

    def test_begins_at_its_first_moment_and_is_over_at_its_last(self):
        [cover] = covered().covers
        seconds = timedelta(microseconds=1)
        moments = (NOW - seconds, NOW, cover.until - seconds, cover.until)
        assert [cover.in_force(moment) for moment in moments] == [False, True, True, False]

    def test_may_have_begun_a_while_ago(self):
        assert covered(begins=NOW - 3 * HOUR).covers[0].in_force(NOW)

    @pytest.mark.parametrize(
        ("covering", "held"),
        [(AWAY.id, frozenset({"advocate"})), (COLLEAGUE, frozenset())],
        ids=["oneself", "nobody-of-the-agency"],
    )
    def test_is_a_colleagues_who_holds_a_role_at_the_agency(self, covering, held):
        person = replace(AWAY, covering_held=held)
        assert reason_of(arrange, person, wanted(covering=covering), at(ADVOCATE)) == (
            "not-a-colleague",
            "/covering",
        )

    @pytest.mark.parametrize(
        "span",
        [
            {"until": NOW},
            {"begins": NOW + HOUR, "until": NOW + HOUR},
            {"begins": NOW - HOUR, "until": NOW - timedelta(microseconds=1)},
            {"until": NOW + LONGEST + timedelta(microseconds=1)},
        ],
        ids=["over-now", "no-time-at-all", "past", "too-long"],
    )
    def test_lasts_for_some_time_to_come_and_not_for_ever(self, span):
        assert reason_of(arrange, AWAY, wanted(**span), at(ADVOCATE)) == ("invalid-field", "/until")

    def test_of_the_longest_time_is_taken(self):
        assert covered(until=NOW + LONGEST).covers

    def test_is_refused_where_another_one_covers_a_part_of_the_time(self):
        later = wanted(begins=NOW + 7 * HOUR, until=NOW + 9 * HOUR)
        assert reason_of(arrange, covered(), later, at(ADVOCATE)) == ("cover-overlaps", "/begins")

    def test_may_begin_where_another_one_ends(self):
        assert len(covered(covered(), begins=NOW + 8 * HOUR, until=NOW + 9 * HOUR).covers) == 2

    def test_may_take_the_place_of_one_that_was_ended(self):
        person = covered()
        gone = recorded(end(person, EndCover(cover=person.covers[0].id, reason="changed"), at(ADVOCATE)))
        ended = replace(person.covers[0], ended=gone[0].envelope.recordedtime)
        assert covered(replace(person, covers=(ended,))).covers[1].covering == COLLEAGUE

    @pytest.mark.parametrize(
        ("caller", "reason"),
        [
            (
                CallerFacts("advocacy", frozenset({"advocate"}), "coordinate", person=COLLEAGUE),
                "role-may-not",
            ),
            (replace(ADMIN, agency="no-party"), "not-a-party"),
        ],
        ids=["by-a-colleague", "by-a-stranger"],
    )
    def test_is_arranged_by_nobody_else(self, caller, reason):
        assert reason_of(arrange, AWAY, wanted(), at(caller))[0] == reason


class TestTheEndOfACover:
    def test_names_the_cover_both_people_and_why(self):
        person = covered()
        [cover] = person.covers
        [fact] = end(person, EndCover(cover=cover.id, reason="returned"), at(ADMIN))
        assert (fact.clause, fact.stream) == ("7.7", covers_stream(AWAY.id))
        assert fact.data.written() == {
            "cover": cover.id,
            "person": AWAY.id,
            "covering": COLLEAGUE,
            "agency": "advocacy",
            "reason": "returned",
        }

    def test_is_folded_into_it(self):
        facts = arrange(AWAY, wanted(), at(ADVOCATE))
        arranged = recorded(facts)
        [cover] = covers_of(arranged)
        person = replace(AWAY, covers=(cover,))
        gone = recorded(end(person, EndCover(cover=cover.id, reason="changed"), at(ADVOCATE)))
        [after] = covers_of([*arranged, *gone])
        assert (after.reason, after.over(NOW), after.in_force(NOW + HOUR)) == (
            EndOfCover.CHANGED,
            True,
            False,
        )

    def test_comes_once(self):
        person = covered()
        over = replace(person.covers[0], ended=NOW)
        command = EndCover(cover=over.id, reason="returned")
        assert reason_of(end, replace(person, covers=(over,)), command, at(ADVOCATE)) == (
            "illegal-transition",
            "/cover",
        )

    def test_is_of_this_persons_cover_at_this_agency(self):
        elsewhere = Cover(str(uuid4()), AWAY.id, COLLEAGUE, "shelter", NOW, NOW + HOUR)
        person = replace(AWAY, covers=(elsewhere,))
        for cover in (elsewhere.id, str(uuid4())):
            command = EndCover(cover=cover, reason="returned")
            assert reason_of(end, person, command, at(ADVOCATE)) == ("invalid-field", "/cover")
