"""A case told from its events: order, cuts, state, gaps, words. No I/O."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.audit.answers import case_view, history_entry
from services.audit.domain import fold as folding
from services.audit.domain import words
from services.audit.domain.corrections import with_corrections
from services.audit.domain.entry import Axis, Cut, in_order, up_to
from services.audit.domain.fold import fold
from services.audit.domain.gaps import gaps
from shared.events import TYPES, read
from shared.events.examples import EXAMPLES
from shared.events.types.concern import ConcernCallStated
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralCompleted,
    ReferralReceived,
    ReferralRejected,
    ReferralStarted,
)
from tests.unit.audit.independent import as_of, picture_of
from tests.unit.audit.made import MONDAY, Case, Entry, Log

ANSWERS = (ReferralReceived, ReferralAccepted, ReferralRejected, ReferralStarted, ReferralCompleted)


def story(seed: int = 1) -> Case:
    return Case(Log(seed)).open()


def told(case: Case, axis: Axis = Axis.RECORDED) -> list[Entry]:
    return in_order(case.log.entries(), axis)


class TestOrder:
    def test_events_of_all_topics_come_in_the_order_in_which_they_were_recorded(self) -> None:
        case = story()
        case.accept(case.refer())
        shuffled = case.log.entries()
        random.Random(2).shuffle(shuffled)
        assert [e.event.envelope.id for e in in_order(shuffled)] == [
            e.event.envelope.id for e in case.log.entries()
        ]

    def test_events_recorded_at_the_same_moment_come_by_topic_then_sequence(self) -> None:
        case = story()
        for entry in (first := case.log.entries()[0]), first:
            assert entry.recorded == first.recorded
        ties = [
            replace(first, topic=topic, sequence=sequence, event=other.event)
            for topic, sequence, other in zip("bbaa", (9, 10, 3, 2), case.log.entries()[:4], strict=True)
        ]
        same = [
            replace(
                t,
                event=replace(t.event, envelope=t.event.envelope.model_copy(update={"recordedtime": MONDAY})),
            )
            for t in ties
        ]
        assert [(e.topic, e.sequence) for e in in_order(same)] == [("a", 2), ("a", 3), ("b", 9), ("b", 10)]

    def test_an_event_id_counts_once_the_first_that_was_recorded(self) -> None:
        case = story()
        entries = case.log.entries()
        again = replace(entries[0], sequence=77)
        assert in_order([again, *entries]) == entries

    def test_a_fact_of_monday_recorded_on_thursday_stands_on_both_days(self) -> None:
        case = story()
        referral = case.refer()
        case.log.now = MONDAY + timedelta(days=3)
        case.accept(referral, ago=timedelta(days=2))
        tuesday = MONDAY + timedelta(days=1, hours=12)
        recorded = up_to(told(case), Cut(Axis.RECORDED, tuesday))
        happened = up_to(told(case, Axis.HAPPENED), Cut(Axis.HAPPENED, tuesday))
        assert fold(case.case, recorded).referrals[referral].status == "requested"
        assert fold(case.case, happened).referrals[referral].status == "accepted"
        assert history_entry(told(case)[-1]).late


class TestCuts:
    def test_a_moment_is_inclusive(self) -> None:
        case = story()
        at = told(case)[2].recorded
        assert len(up_to(told(case), Cut(as_of=at))) == 3
        assert len(up_to(told(case), Cut(as_of=at - timedelta(microseconds=1)))) == 2

    def test_an_event_is_inclusive_and_must_be_of_the_case(self) -> None:
        case = story()
        assert (
            up_to(told(case), Cut(as_of_event=case.events["opened"]))[-1].event.envelope.id
            == (case.events["opened"])
        )
        with pytest.raises(LookupError):
            up_to(told(case), Cut(as_of_event=case.case))


class TestState:
    def test_a_case_before_its_first_event_is_empty(self) -> None:
        state = fold("c", [])
        assert not state.known
        assert picture_of(case_view(state).model_dump(mode="json"))["referrals"] == {}

    def test_the_first_acknowledgement_counts_and_stands_with_what_it_is_about(self) -> None:
        case = story()
        referral = case.refer()
        case.told(f"requested {referral}", "advocacy/advocate", acknowledge=True)
        found = fold(case.case, told(case)).referrals[referral]
        assert [n.recipient for n in found.notices] == ["advocacy/supervisor", "advocacy/advocate"]
        assert found.notices[1].acknowledged is not None
        assert fold(case.case, told(case)).concerns[case.concern].notices[0].recipient.startswith("human")

    def test_an_answer_states_who_gave_it_when_and_why(self) -> None:
        case = story()
        referral = case.refer("public-health")
        case.reject(referral, by="public-health")
        found = fold(case.case, told(case)).referrals[referral]
        assert (found.status, found.reason) == ("rejected", "no-capacity")
        assert found.answered is not None
        assert found.answered.agency == "public-health"
        assert found.sealed == ("narrative",)

    def test_a_referral_is_told_from_its_beginning_to_its_outcome_with_the_chain(self) -> None:
        case = story()
        first = case.refer("public-health")
        case.reject(first, by="public-health")
        second = case.forward(first, "medical-hub")
        case.accept(second, by="medical-hub")
        for kind in ("started", "held", "resumed", "completed"):
            case.say(kind, second, "medical-hub")
        state = fold(case.case, told(case))
        one, other = state.referrals[first], state.referrals[second]
        assert (one.status, one.forwarded_to, other.follows) == ("rejected", (second,), first)
        assert (other.status, other.outcome, other.attempts) == ("completed", "completed", 2)
        assert all(other_ is not None for other_ in (other.answered, other.started, other.held, other.ended))

    def test_a_question_stands_unanswered_until_it_is_answered_and_moves_nothing_else(self) -> None:
        case = story()
        referral = case.refer()
        asked = case.ask(referral, missing=("language", "consent"))
        case.call(referral, "no-answer")
        waits = fold(case.case, told(case)).referrals[referral]
        assert (waits.status, waits.missing, waits.told) == ("requested", ("language", "consent"), None)
        assert (waits.called_by, waits.result) == ("recipient", "no-answer")
        answered = case.tell_more(referral, asked)
        after = fold(case.case, told(case)).referrals[referral]
        assert (after.missing, after.told is not None, after.sealed) == ((), True, ("narrative",))
        case.undo(referral, answered, by="human-services")
        again = fold(case.case, told(case)).referrals[referral]
        assert (again.missing, again.told) == (("language", "consent"), None)

    def test_before_a_correction_the_case_shows_what_was_believed_and_after_it_what_counts(self) -> None:
        case = story()
        referral = case.refer()
        wrong = case.accept(referral)
        undone = case.undo(referral, wrong)
        before = fold(case.case, up_to(told(case), Cut(as_of_event=wrong))).referrals[referral]
        after = fold(case.case, up_to(told(case), Cut(as_of_event=undone))).referrals[referral]
        assert (before.status, after.status, after.answered) == ("accepted", "requested", None)
        assert [(c.entry, c.how) for c in after.corrections] == [(wrong, "undone")]

    def test_what_never_was_so_was_not_so_on_the_day_before_either(self) -> None:
        case = story()
        referral = case.refer()
        wrong = case.accept(referral)
        at = case.log.now
        case.log.now = at + timedelta(days=3)
        case.wrong(referral, wrong)
        screening = case.screen(ago=timedelta(days=3))
        case.not_screened(screening)
        for axis, status in ((Axis.RECORDED, "accepted"), (Axis.HAPPENED, "requested")):
            ordered = told(case, axis)
            kept = with_corrections(up_to(ordered, Cut(axis, at + timedelta(hours=1))), ordered, axis)
            state = fold(case.case, kept)
            assert state.referrals[referral].status == status
            assert (screening in state.screenings) == (axis is Axis.HAPPENED)
        assert state.screenings[screening].corrected is not None

    def test_a_call_that_was_made_before_the_report_is_not_lost_by_when_things_happened(self) -> None:
        case = story()
        where = {"subject": case.concern, "stream": case.concern, "agency": "sheriff"}
        call = ConcernCallStated(
            concern=case.concern, called_at=MONDAY, called_line="hotline", flags=("late",)
        )
        case.log.add(call, **where, ago=timedelta(hours=1))
        values = [(m.topic, m.sequence, m.value) for m in case.log.made]
        for axis in Axis:
            state = fold(case.case, told(case, axis))
            concern = state.concerns[case.concern]
            assert (concern.called_at, concern.called_line, concern.flags) == (MONDAY, "hotline", ("late",))
            picture = picture_of(case_view(state).model_dump(mode="json"))
            assert picture == as_of(case.case, values, case.log.now, axis.value)

    def test_an_agency_that_left_one_of_two_matters_is_in_the_case_until_it_left_the_other(self) -> None:
        case = story()
        second = case.further()
        for stream in (case.stream, second):
            case.join("probation", stream)
        case.leave("probation", second)
        state = fold(case.case, told(case))
        assert state.agencies["probation"].left is None
        assert [("probation" in m.agencies) for m in state.matters.values()] == [True, False]
        case.leave("probation", case.stream)
        assert fold(case.case, told(case)).agencies["probation"].left is not None

    def test_by_what_happened_it_is_told_when_a_mistake_was_none(self) -> None:
        case = story()
        referral = case.refer()
        before = case.log.now
        mistake = case.say("in-error", referral, "human-services")
        status = {}
        for taken_back in (False, True):
            if taken_back:
                case.undo(referral, mistake, "human-services")
            ordered = told(case, Axis.HAPPENED)
            cut = up_to(ordered, Cut(Axis.HAPPENED, before - timedelta(seconds=2)))
            kept = with_corrections(cut, ordered, Axis.HAPPENED)
            status[taken_back] = fold(case.case, kept).referrals[referral].status
        assert status == {False: "entered-in-error", True: "requested"}

    @pytest.mark.parametrize("seed", range(25))
    def test_as_of_any_moment_of_either_axis_equals_the_independent_fold(self, seed: int) -> None:
        case = mixed(seed)
        values = [(m.topic, m.sequence, m.value) for m in case.log.made]
        chance = random.Random(seed)
        for axis in Axis:
            for _ in range(20):
                moment = MONDAY + (case.log.now - MONDAY) * chance.uniform(-0.1, 1.1)
                kept = up_to(told(case, axis), Cut(axis, moment))
                cut = with_corrections(kept, told(case, axis), axis)
                state = case_view(fold(case.case, cut)).model_dump(mode="json")
                assert picture_of(state) == as_of(case.case, values, moment, axis.value)


def mixed(seed: int) -> Case:
    """A case with random acts, some recorded late, some answers stated as earlier than their request."""
    chance = random.Random(seed)
    case = story(seed)
    agencies = ("advocacy", "public-health", "medical-hub", "shelter")
    said: list[tuple[str, str]] = []
    screened: list[str] = []
    for _ in range(40):
        late: dict[str, Any] = {"ago": timedelta(seconds=chance.choice((1, 2, 60, 3000)))}
        act = chance.choice((case.receive, case.accept, case.reject))
        match chance.randrange(9):
            case 0:
                case.refer(chance.choice(agencies))
            case 1 | 2 if case.referrals:
                said.append((referral := chance.choice(case.referrals), act(referral, **late)))
            case 4 | 5 if case.referrals:
                kind = chance.choice(("started", "held", "resumed", "completed", "failed", "cancelled"))
                said.append((referral := chance.choice(case.referrals), case.say(kind, referral, **late)))
            case 6 if said:
                take_back(case, said, chance, late)
            case 7 if case.referrals:
                screened.append(case.screen(**late))
                if chance.random() < 0.3:
                    case.say("in-error", case.forward(chance.choice(case.referrals), "shelter"))
            case 8 if screened:
                case.not_screened(screened.pop())
            case 3:
                chance.choice((case.join, case.leave, case.assign))(chance.choice(agencies))
            case _:
                about = chance.choice(list(case.events))
                of_concern = about in ("reported", "attached")
                case.told(about, "sheriff/deputy", case.concern if of_concern else "", acknowledge=True)
    return case


def take_back(case: Case, said: list[tuple[str, str]], chance: random.Random, late: dict[str, Any]) -> None:
    """An entry is taken back; or the whole referral is called a mistake, and that is."""
    referral, entry = said.pop(chance.randrange(len(said)))
    if chance.random() < 0.3:
        entry = case.say("in-error", referral, **late)
    chance.choice((case.undo, case.wrong))(referral, entry, **late)


def take_one_back(case: Case, chance: random.Random) -> None:
    """Any entry on a referral, whenever it was made, is taken back now."""
    case.accept(case.refer())
    said = [e.event for e in case.log.entries() if type(e.event.data) in ANSWERS]
    one = chance.choice(said)
    case.undo(one.data.referral, one.envelope.id)  # type: ignore[union-attr]


class TestGaps:
    def test_a_dense_case_has_none(self) -> None:
        case = mixed(5)
        assert gaps(told(case), held(told(case))) == []

    def test_a_missing_event_is_named_by_stream_and_version(self) -> None:
        case = story()
        referral = case.refer()
        case.accept(referral)
        left_out = case.events[f"requested {referral}"]
        rest = [e for e in told(case) if e.event.envelope.id != left_out]
        assert gaps(rest, held(rest)) == [
            f"Stream {case.stream} lacks version 3: an event of it is not in the ledger."
        ]

    def test_the_last_event_of_a_linked_concern_cannot_be_left_out(self) -> None:
        case = story()
        rest = [e for e in told(case) if e.event.envelope.id != case.events["attached"]]
        assert gaps(rest, held(rest)) == [
            f"Stream {case.concern} lacks version 2: an event of it is not in the ledger."
        ]


def held(entries: list[Entry]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for e in entries:
        found.setdefault(e.event.envelope.stream, set()).add(e.event.version)
    return {s: frozenset(v) for s, v in found.items()}


class TestWords:
    def test_every_type_of_the_contract_has_a_sentence_and_a_step_or_explicit_silence(self) -> None:
        kinds = set(TYPES.values())
        assert set(words.ON) == kinds
        assert set(folding.ON) | set(folding.TELLING) | folding.SILENT == kinds

    def test_an_unknown_type_is_kept_and_shown_unread(self) -> None:
        case = story()
        entry = case.log.entries()[-1]
        value = entry.event.value.replace(b"accord.concern.linked.v1", b"accord.concern.merged.v7")
        strange = replace(entry, event=read(value))
        told_ = history_entry(strange)
        assert not told_.handled
        assert told_.codes == {}
        assert "does not know (accord.concern.merged.v7)" in told_.sentence
        assert [u.type for u in fold(case.case, [strange]).unhandled] == ["accord.concern.merged.v7"]

    def test_a_cover_is_told_and_so_is_what_was_taken_in_hand_by_it(self) -> None:
        kinds = ("cover.arranged", "cover.ended", "notification.acknowledged")
        arranged, ended, taken = (read(EXAMPLES[f"accord.{kind}.v1"].value()) for kind in kinds)
        assert words.sentence(arranged) == (
            "A person of Advocacy covers for a colleague from 2030-03-11T16:00:00.000000Z"
            " until 2030-03-16T01:00:00.000000Z."
        )
        assert words.sentence(ended) == (
            "A person of Advocacy does not cover for a colleague any more: returned."
        )
        another = replace(taken, data=taken.data.model_copy(update={"cover": arranged.data.cover}))
        assert "who was away" not in words.sentence(taken)
        assert ", for a colleague who was away (rule " in words.sentence(another)

    def test_sealed_facts_are_named_and_never_shown(self) -> None:
        case = story()
        case.refer()
        entry = next(e for e in told(case) if e.event.type.startswith("accord.referral"))
        shown = history_entry(entry)
        assert shown.sealed == ["narrative"]
        assert "eyJ" not in shown.model_dump_json()
        assert shown.sentence == (
            "Human services referred the youth to Advocacy (advocate), urgency hours; the youth agrees."
        )
