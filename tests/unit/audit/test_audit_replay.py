"""A case told from its events: order, cuts, state, gaps, words. No I/O."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from services.audit.answers import case_view, history_entry
from services.audit.domain import fold as folding
from services.audit.domain import words
from services.audit.domain.entry import Axis, Cut, in_order, up_to
from services.audit.domain.fold import fold
from services.audit.domain.gaps import gaps
from shared.events import TYPES, read
from tests.unit.audit.independent import as_of, picture_of
from tests.unit.audit.made import MONDAY, Case, Entry, Log


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

    @pytest.mark.parametrize("seed", range(25))
    def test_as_of_any_moment_of_either_axis_equals_the_independent_fold(self, seed: int) -> None:
        case = mixed(seed)
        values = [(m.topic, m.sequence, m.value) for m in case.log.made]
        chance = random.Random(seed)
        for axis in Axis:
            for _ in range(20):
                moment = MONDAY + (case.log.now - MONDAY) * chance.uniform(-0.1, 1.1)
                cut = up_to(told(case, axis), Cut(axis, moment))
                state = case_view(fold(case.case, cut)).model_dump(mode="json")
                assert picture_of(state) == as_of(case.case, values, moment, axis.value)


def mixed(seed: int) -> Case:
    """A case with random acts, some recorded late, some answers stated as earlier than their request."""
    chance = random.Random(seed)
    case = story(seed)
    agencies = ("advocacy", "public-health", "medical-hub", "shelter")
    for _ in range(30):
        late = {"ago": timedelta(seconds=chance.choice((1, 2, 60, 3000)))}
        act = chance.choice((case.receive, case.accept, case.reject))
        match chance.randrange(5):
            case 0:
                case.refer(chance.choice(agencies))
            case 1 | 2 if case.referrals:
                act(chance.choice(case.referrals), **late)
            case 3:
                chance.choice((case.join, case.leave, case.assign))(chance.choice(agencies))
            case _:
                about = chance.choice(list(case.events))
                of_concern = about in ("reported", "attached")
                case.told(about, "sheriff/deputy", case.concern if of_concern else "", acknowledge=True)
    return case


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
