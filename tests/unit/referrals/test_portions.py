"""What one event cannot hold goes on in the next: nothing is left out, and every event fits."""

from __future__ import annotations

import json
import os
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.referrals.application.bodies import open_sealed, read_body
from services.referrals.domain import concerns
from services.referrals.domain.kept import AS_SUBMITTED
from services.referrals.domain.portions import SURELY_FITS, length, portions
from services.referrals.vault import MemoryVault
from shared.errors import Refusal
from shared.events.envelope import MAX_EVENT_BYTES
from shared.events.names import SealedClass
from shared.events.sealing import MAX_SEALED, plain, plain_room, seal, sealed_length
from shared.events.types.concern import ConcernContinued, ConcernReported
from shared.mou.document import ListedCode
from shared.mou.vocabulary import CodeList
from tests.mou.alder import MOU
from tests.unit.referrals.made import DEPUTY, Log, a_concern, at

IDENTITY, NARRATIVE = SealedClass.IDENTITY, SealedClass.NARRATIVE
RELAXED = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
#: A character of one, two, three and four bytes, and two that JSON escapes.
LETTERS = 'aé少😀"\n'
TEXTS = st.builds(lambda letter, times: letter * times, st.sampled_from(LETTERS), st.integers(0, 60_000))
FACTS = st.dictionaries(
    st.text(max_size=8) | st.just("n" * 1_200),
    TEXTS | st.lists(st.integers(0, 9), max_size=30_000) | st.integers() | st.booleans(),
    max_size=5,
)
CLEAR = st.dictionaries(st.sampled_from(list(SealedClass)), FACTS, max_size=4)


def joined(parts):
    """All facts again: texts of one name joined."""
    whole = {}
    for part in parts:
        for cls, facts in part.items():
            known = whole.setdefault(cls, {})
            for name, value in facts.items():
                known[name] = known[name] + value if name in known else value
    return whole


def meant(cls, facts, whole):
    """The facts of a class as they were stated, from what was kept of them."""
    if any(len(name) > 1_000 for name in facts):
        return json.loads(whole[AS_SUBMITTED]) == facts
    return all(
        whole[name] == value or json.loads(whole[name]) == {name: value} for name, value in facts.items()
    )


class TestPortions:
    @RELAXED
    @given(CLEAR)
    def test_leave_nothing_out_and_each_fits(self, clear):
        parts = portions(clear)
        assert all(length(part) <= MAX_SEALED for part in parts)
        if len(parts) == 1:
            assert parts == [clear]
        else:
            whole = joined(parts)
            assert all(meant(cls, facts, whole.get(cls, {})) for cls, facts in clear.items() if facts)

    def test_keep_the_small_classes_whole_in_the_first(self):
        clear = {NARRATIVE: {"text": "x" * 60_000}, IDENTITY: {"name": "Testa Example"}}
        first, *rest = portions(clear)
        assert first[IDENTITY] == {"name": "Testa Example"}
        assert [set(part) for part in rest] == [{NARRATIVE}]

    def test_are_not_many_more_than_are_needed(self):
        assert len(portions({NARRATIVE: {"text": "x" * 60_000}})) == 2
        assert len(portions({NARRATIVE: {f"n{i}": "x" * 9 for i in range(3_000)}})) == 2


@given(st.sampled_from(list(SealedClass)), st.integers(0, 3_000))
def test_the_length_of_what_is_sealed_is_known_before(cls, size):
    facts = {"t": "x" * size}
    sealed = seal(os.urandom(32), uuid4(), uuid4(), uuid4(), cls, facts)
    assert len(sealed) == sealed_length(cls, len(plain(facts)))
    assert plain_room(cls, len(sealed)) >= len(plain(facts)) > plain_room(cls, len(sealed) - 1)


class TestAReport:
    def test_with_much_in_every_field_and_class_is_as_many_events_as_it_needs_each_within_the_limit(self):
        signs = [f"{'long' * 11}-{i:02}" for i in range(40)]
        clear = {cls.value: {"text": "少" * 2_300} for cls in SealedClass}
        body = {"signs": signs, "exploitation_kind": signs[0], "x": 1, "known_since": 7, "called_at": 7}
        command, flags = read_body("report-concern", {**body, "clear": clear})
        listed = tuple(ListedCode(code=code, clause="3.1", label="Long") for code in signs)
        codes = {CodeList.SIGNS: listed, CodeList.EXPLOITATION_KIND: (listed[0],)}
        facts = concerns.report(command, at(DEPUTY, mou=MOU.model_copy(update={"codes": codes})), flags)
        assert len(facts[0].data.signs) == 40
        assert [type(f.data) for f in facts][:2] == [ConcernReported, ConcernContinued]
        log = Log()
        for fact in facts:
            sealed = {
                cls: seal(os.urandom(32), uuid4(), uuid4(), uuid4(), cls, said)
                for cls, said in fact.seal.items()
            }
            [event] = log.append([fact], "sheriff")
            assert len(event.value) + len(json.dumps(sealed)) + 200 <= MAX_EVENT_BYTES  # and a traceparent

    def test_is_flagged_by_the_classes_that_go_on(self):
        command, flags = read_body("report-concern", {"clear": {"narrative": {"text": "x" * 60_000}}})
        first, rest = concerns.report(command, at(DEPUTY), flags)
        assert "continued.narrative" in first.data.flags
        assert (rest.data.concern, rest.data.part) == (first.data.concern, 2)
        assert first.seal[NARRATIVE]["text"] + rest.seal[NARRATIVE]["text"] == "x" * 60_000

    def test_and_what_goes_on_is_of_the_concern_and_sealed_with_its_keys(self):
        log = Log()
        command, _ = read_body("report-concern", {"clear": {"narrative": {"text": "x" * 60_000}}})
        first, rest = concerns.report(command, at(DEPUTY))
        log.append([first, rest], "sheriff")
        assert [f.jwe for f in log.parts[first.data.concern].sealed["narrative"]] == ["sealed-narrative"] * 2
        assert (rest.youth, rest.stream, rest.subject) == (first.youth, first.stream, first.subject)

    def test_as_does_a_statement_of_the_call(self):
        body = {"called_at": "2026-03-02T15:00:00Z", "clear": {"reporter": {"text": "x" * 60_000}}}
        command, _ = read_body("state-call", body)
        facts = concerns.state_call(a_concern("waiting"), None, command, at(DEPUTY))
        assert "continued.reporter" in facts[0].data.flags
        assert len(facts) == 2


class TestAnythingElse:
    def test_that_one_event_cannot_hold_is_refused_with_the_class_and_the_limit(self):
        clear = {"narrative": {"text": "x" * 50_000}, "health": {"text": "x"}}
        command, _ = read_body("evaluate-out", {"reason": "other", "clear": clear})
        with pytest.raises(Refusal) as refused:
            open_sealed("evaluate-out", command, uuid4(), MemoryVault())
        assert (refused.value.reason, refused.value.field) == ("too-large", "/clear/narrative")
        assert "60,000 characters" in refused.value.detail
        assert "40,000 bytes" in refused.value.remedy

    def test_of_what_is_said_to_fit_fits(self):
        each = SURELY_FITS // len(SealedClass) - 20
        clear = {cls.value: {"text": "x" * each} for cls in SealedClass}
        command, _ = read_body("evaluate-out", {"reason": "other", "clear": clear})
        assert open_sealed("evaluate-out", command, uuid4(), MemoryVault())[0].clear == command.clear
