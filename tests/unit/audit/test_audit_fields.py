"""A case field by field: what each event set, where a value came from, how two views differ."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.difference import applied, difference
from services.audit.domain.entry import Axis, in_order
from services.audit.domain.fields import OF_THE_CASE, Field, Tracing, flat, history_of, path_of, trace, values
from services.audit.domain.fold import Folding, fold
from services.audit.domain.state import CaseState
from services.audit.domain.things import CASE, SECTIONS
from tests.unit.audit.made import Case, Entry, Log
from tests.unit.audit.test_audit_replay import mixed, take_one_back


def whole(state: CaseState) -> dict[str, Any]:
    """Every field of a state, looked for everywhere: what the tracing must come to by looking where it was told."""
    table = {path_of(CASE, n): v for n in OF_THE_CASE if (v := getattr(state, n))}
    things = [(s, id, thing) for s in SECTIONS for id, thing in getattr(state, s).items()]
    for section, id, thing in things:
        table |= {path_of((section, id), n): v for n, v in flat(thing).items()}
    notices = [*state.notices, *(n for _, _, t in things for n in getattr(t, "notices", ()))]
    for notice in notices:
        table |= {path_of(("notices", notice.item), n): v for n, v in flat(notice).items()}
    return table


@given(st.integers(0, 10_000), st.sampled_from(Axis), st.floats(0, 1))
def test_what_events_are_said_to_have_changed_is_all_that_they_changed(
    seed: int, axis: Axis, share: float
) -> None:
    case = mixed(seed)
    entries = in_order(case.log.entries(), axis)
    cut = entries[: int(len(entries) * share)]
    assert values(trace(case.case, cut).table()) == whole(fold(case.case, cut))


class TestWhereAFieldCameFrom:
    def test_each_field_names_the_event_that_last_set_it(self) -> None:
        case = Case(Log()).open()
        referral = case.refer()
        received = case.receive(referral)
        accepted = case.accept(referral)
        table = trace(case.case, in_order(case.log.entries())).table()
        assert table[f"referrals/{referral}/status"].event == accepted
        assert table[f"referrals/{referral}/received"].event == received
        assert table[f"referrals/{referral}/urgency"].event == case.events[f"requested {referral}"]
        assert table["case/lead"].event == case.events["opened"]

    def test_its_history_has_every_value_it_had_and_when_it_went(self) -> None:
        case = Case(Log()).open()
        joined, left, again = case.join("probation"), case.leave("probation"), case.join("probation")
        found = history_of(
            case.case, in_order(case.log.entries()), f"matters/{case.stream}/agencies.probation"
        )
        assert [(e.event.envelope.id, v) for e, v in found] == [
            (joined, "serving"),
            (left, None),
            (again, "serving"),
        ]

    def test_a_value_that_is_stated_again_is_still_that_of_the_event_that_first_set_it(self) -> None:
        case = Case(Log()).open()
        first = case.join("probation")
        case.join("probation")
        table = trace(case.case, in_order(case.log.entries())).table()
        assert table[f"matters/{case.stream}/agencies.probation"].event == first

    def test_a_notice_is_a_thing_of_its_own(self) -> None:
        case = Case(Log()).open()
        case.told("opened", "human-services/supervisor", acknowledge=True)
        table = trace(case.case, in_order(case.log.entries())).table()
        item = next(p.split("/")[1] for p, f in table.items() if f.value == "human-services/supervisor")
        assert table[f"notices/{item}/event"].value == case.events["opened"]
        assert table[f"notices/{item}/acknowledged"].value["agency"] == "human-services"


class TestDifference:
    @given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1))
    def test_applied_to_the_one_view_it_gives_the_other(self, seed: int, one: float, other: float) -> None:
        case = mixed(seed)
        entries = in_order(case.log.entries())
        a, b = (trace(case.case, entries[: int(len(entries) * s)]).table() for s in (one, other))
        assert applied(difference(a, b), a) == b
        assert applied(difference(b, a), b) == a
        assert difference(a, a) == []

    def test_each_field_is_added_removed_changed_or_set_again(self) -> None:
        case = Case(Log()).open()
        referral = case.refer()
        case.join("probation")
        before = trace(case.case, in_order(case.log.entries())).table()
        case.accept(referral)
        case.leave("probation")
        after = trace(case.case, in_order(case.log.entries())).table()
        kinds = {d.path: d.kind for d in difference(before, after)}
        assert kinds[f"referrals/{referral}/status"] == "changed"
        assert kinds[f"referrals/{referral}/answered"] == "added"
        assert kinds[f"matters/{case.stream}/agencies.probation"] == "removed"
        again = {**before, "case/lead": replace(before["case/lead"], event="another")}
        assert [d.kind for d in difference(before, again)] == ["set-again"]

    def test_it_is_not_applied_to_a_view_that_it_was_not_made_from(self) -> None:
        case = Case(Log()).open()
        a = trace(case.case, in_order(case.log.entries())).table()
        with pytest.raises(ValueError, match="another view"):
            applied(difference({}, a), a)


def test_stepping_gives_the_same_as_all_at_once() -> None:
    case = mixed(random.Random(3).randrange(1000))
    entries: list[Entry] = in_order(case.log.entries())
    stepping = Tracing.of(case.case)
    for place, entry in enumerate(entries, 1):
        stepping.apply(entry)
        assert stepping.table() == trace(case.case, entries[:place]).table()


class TestTakingBack:
    """An event can take back an earlier entry: its referral is then told as if that one had no effect."""

    def test_what_was_taken_back_has_no_effect_and_the_one_that_took_it_back_set_the_fields_anew(
        self,
    ) -> None:
        case = Case(Log()).open()
        referral = case.refer()
        before = trace(case.case, in_order(case.log.entries())).table()
        accepted = case.accept(referral)
        taken_back = case.undo(referral, accepted)
        after = trace(case.case, in_order(case.log.entries())).table()
        changed = {d.path.rpartition("/")[2]: d.kind for d in difference(before, after)}
        assert changed == {"status": "set-again", "corrections": "added"}
        assert after[f"referrals/{referral}/status"] == Field("requested", taken_back)
        history = history_of(case.case, in_order(case.log.entries()), f"referrals/{referral}/status")
        assert [v for _, v in history] == ["requested", "accepted", "requested"]

    @given(st.integers(0, 10_000), st.floats(0, 1))
    def test_stepwise_it_is_the_same_as_all_at_once(self, seed: int, share: float) -> None:
        case = mixed(seed)
        take_one_back(case, random.Random(seed))
        entries = in_order(case.log.entries())
        cut = entries[: max(1, int(len(entries) * share))]
        assert values(trace(case.case, cut).table()) == whole(fold(case.case, cut))

    def test_it_costs_as_much_as_its_referral_and_not_as_the_case(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        steps, step = [], Folding._apply_on
        monkeypatch.setattr(Folding, "_apply_on", lambda self, entry: steps.append(step(self, entry)))
        case = Case(Log()).open()
        for _ in range(60):
            case.undo(referral := case.refer(), case.accept(referral))
        entries = in_order(case.log.entries())
        assert fold(case.case, entries).referrals[referral].status == "requested"
        assert len(steps) < 2 * len(entries)
