"""What pages of casework make of what was typed, and of codes: pure, without a database."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.application.bodies import read_body
from services.referrals.application.views import Viewer
from services.referrals.domain.concerns import EXPECTED, SEALED_EXPECTED
from services.referrals.domain.evolve import PART_OF
from services.referrals.domain.parts import ConcernStatus
from services.referrals.pages.attempts import seen_until
from services.referrals.pages.cases import may_replay
from services.referrals.pages.flags import say_flag
from services.referrals.pages.reporting import report_of
from services.referrals.pages.telling import told
from services.referrals.pages.wording import (
    CHANGES,
    CONCERN_STATES,
    DANGER,
    FIELDS,
    LABELS,
    LINES,
    Wording,
)
from shared.events.names import SealedClass
from shared.events.types.concern import CallLine, Danger
from shared.mou.facts import CallerFacts
from shared.mou.terms import evaluated_out_reasons, listed_codes
from shared.mou.vocabulary import CodeList
from shared.web.site.codes import code_of, ids_of, unbroken
from shared.web.site.forms import Form
from tests.mou.alder import AUDITOR, MOU, SCREENER

ZONE = ZoneInfo("America/Los_Angeles")
WORDS = Wording("en", MOU)


class TestAReport:
    def test_of_what_fits_its_fields_is_taken_without_a_flag(self) -> None:
        typed = {
            "danger": ("yes",),
            "kind": ("commercial-sexual",),
            "signs": ("injury", "older-partner"),
            "age": (" 15 ",),
            "since": ("2026-03-01 08:00",),
            "called_at": ("2026-03-02 14:15",),
            "called_line": ("hotline",),
            "spoke_to": ("Somebody",),
            "name": ("Someone",),
            "what": ("At the station",),
        }
        command, flags = read_body("report-concern", report_of(typed, ZONE))
        assert flags == ()
        said = command.model_dump(mode="json")
        assert said["age_years"] == 15
        assert said["called_at"] == "2026-03-02T22:15:00Z"
        assert said["clear"] == {
            "identity": {"name": "Someone"},
            "reporter": {"spoke_to": "Somebody"},
            "narrative": {"text": "At the station"},
        }

    @given(
        st.dictionaries(st.sampled_from(["danger", "kind", "age", "since", "called_at", "what"]), st.text())
    )
    def test_of_anything_at_all_is_read_and_loses_nothing(self, typed: dict[str, str]) -> None:
        body = report_of({name: (value,) for name, value in typed.items()}, ZONE)
        command, _ = read_body("report-concern", body)
        kept = repr(command.model_dump(mode="json"))
        for name in ("danger", "kind", "what"):
            assert not typed.get(name, "").strip() or repr(typed[name].strip())[1:-1] in kept

    def test_of_nothing_is_nothing(self) -> None:
        assert report_of({"danger": ("",), "what": ("  ",), "signs": ("",)}, ZONE) == {}


class TestACode:
    @given(st.uuids(), st.sampled_from(["referral", "case", "concern"]))
    def test_names_its_own_id_however_it_is_typed(self, id: UUID, kind: str) -> None:
        code = code_of(kind, id)
        for typed in (code, code.lower(), code.replace("-", " "), code.replace("-", "")):
            meant = ids_of(typed)
            assert meant is not None
            assert meant[0] in (kind, None)
            assert meant[1] <= id <= meant[2]

    def test_that_is_misread_for_a_digit_is_understood(self) -> None:
        assert ids_of("C-OIL000") == ids_of("C-011000")

    @pytest.mark.parametrize("typed", ["", "C-", "C-12345", "C-1234567", "X-7F3K2Q", "C-7F3K2U", "Somebody"])
    def test_that_is_none_is_none(self, typed: str) -> None:
        assert ids_of(typed) is None

    def test_stays_on_one_line_of_a_page_and_what_is_typed_stays_text(self) -> None:
        assert unbroken("Case C-7F3K2Q is <b>open</b>") == (
            'Case <span class="accord-code">C-7F3K2Q</span> is &lt;b&gt;open&lt;/b&gt;'
        )


class TestWords:
    def test_are_there_for_every_code_of_accords_own(self) -> None:
        assert set(DANGER) == set(Danger)
        assert set(LINES) == set(CallLine)
        assert set(CONCERN_STATES) == set(ConcernStatus) - {ConcernStatus.NONE}
        assert set(FIELDS) >= {*EXPECTED, *SEALED_EXPECTED, *SealedClass}

    def test_are_there_for_everything_that_changes_a_concern_or_a_case(self) -> None:
        changing = {t.TYPE for t, (kind, _) in PART_OF.items() if kind not in ("referral", "proposal")}
        assert changing - set(CHANGES) == {
            "accord.screening.recorded.v1",
            "accord.screening.entered-in-error.v1",
            "accord.act.recorded.v1",
            "accord.act.entered-in-error.v1",
            "accord.duty.waived.v1",
            "accord.duty.tolled.v1",
            "accord.duty.confirmed-not-done.v1",
            "accord.duty.entered-in-error.v1",
        }

    def test_of_the_countys_lists_are_translated(self) -> None:
        lists = (CodeList.SIGNS, CodeList.EXPLOITATION_KIND, CodeList.RELATION, CodeList.LEAVE_REASON)
        labels = {entry.label for name in lists for entry in listed_codes(name, MOU).values()}
        labels |= {reason.label for reason in evaluated_out_reasons(MOU).values()}
        labels |= {one.label for one in (*MOU.acts, *MOU.told)}
        assert labels == set(LABELS)
        spanish = Wording("es", MOU)
        assert [label for label in labels if spanish.say(label) == label] == []

    def test_of_a_code_that_has_none_are_the_code(self) -> None:
        assert WORDS.agency("nobody") == "nobody"
        assert WORDS.listed(CodeList.SIGNS, "unlisted") == "unlisted"
        assert Wording("en", None).listed(CodeList.SIGNS, "injury") == "injury"

    @pytest.mark.parametrize(
        ("flag", "said"),
        [
            ("missing.age_years", "Not said: Age"),
            ("missing.identity", "Not said: Who the young person is"),
            ("ahead.called_at", "Lies in the future as it was typed: When the call was made"),
            ("continued.narrative", "It is long and is kept in several parts, all of them here."),
            ("not-a-party", "The agency has not signed the memorandum."),
            ("of-a-later-version", "of-a-later-version"),
        ],
    )
    def test_of_a_flag(self, flag: str, said: str) -> None:
        assert say_flag(flag, WORDS) == said


class TestSealedFacts:
    def view(self, opened: dict[str, object], withheld: list[str]) -> dict[str, object]:
        return {"classes": {"disclosed": list(opened), "withheld": withheld}, "opened": opened}

    def states(self, view: dict[str, object], *may_open: str) -> dict[str, str]:
        return {one.label: one.state for one in told(view, WORDS, ("identity", "narrative"), may_open)}

    def test_are_opened_withheld_or_not_recorded_and_never_two_of_these(self) -> None:
        opened = {"identity": {"clause": "6.1", "basis": "law", "facts": [{"facts": {"name": "Someone"}}]}}
        assert self.states(self.view(opened, ["reporter"]), "identity", "narrative") == {
            "Who the young person is": "told",
            "What was told": "not-recorded",
            "Who told it, and who was spoken to": "withheld",
        }

    def test_that_may_not_be_opened_look_the_same_whether_there_are_any_or_not(self) -> None:
        held, empty = self.view({}, ["identity", "narrative"]), self.view({}, [])
        assert self.states(held) == self.states(empty)

    def test_that_were_forgotten_say_so(self) -> None:
        opened = {"identity": {"clause": "6.1", "basis": "law", "facts": [{"forgotten": True}]}}
        assert self.states(self.view(opened, []))["Who the young person is"] == "forgotten"

    def test_within_facts_are_told_line_by_line(self) -> None:
        facts = {
            "text": "Told",
            "as_submitted": {"age_years": "about fifteen", "signs": ["a", "b"]},
            "odd": 1,
        }
        opened = {"narrative": {"clause": "6.1", "basis": "law", "facts": [{"facts": facts}]}}
        [one] = [t for t in told(self.view(opened, []), WORDS, (), ()) if t.state == "told"]
        assert one.lines == (
            ("What happened", "Told"),
            ("As it was typed: Age", "about fifteen"),
            ("As it was typed: What was seen", "a, b"),
            ("odd", "1"),
        )


def test_a_forged_moment_of_an_old_page_is_none() -> None:
    assert seen_until(Form("key", {"seen": ("yesterday",)})) is None
    assert seen_until(Form("key", {"seen": ("2026-03-03T10:00:00Z",)})) is not None


def test_the_timeline_is_offered_to_those_whom_the_mou_lets_replay() -> None:
    assert may_replay(Viewer(AUDITOR, MOU))
    assert not may_replay(Viewer(SCREENER, MOU))
    assert not may_replay(Viewer(CallerFacts("county", frozenset({"auditor"})), None))
