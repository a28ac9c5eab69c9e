"""What a referral's pages say and offer, by its state and by who looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from services.referrals.domain.life_cycle import ACTS as COMMANDS
from services.referrals.domain.life_cycle import TRANSITIONS
from services.referrals.domain.parts import ReferralStatus
from services.referrals.pages import acts
from services.referrals.pages import referral_telling as telling
from services.referrals.pages.asking import asked, class_of
from services.referrals.pages.filled import READERS, fill, refused_field
from services.referrals.pages.labels import ENTRIES, REASONS, RESULTS, Labels
from services.referrals.pages.referral import DONE
from services.referrals.pages.wording import REFERRAL_STATES
from shared.errors import Refusal
from shared.events.types.referral import CallResult
from shared.mou.vocabulary import CodeList
from shared.web.site.forms import Form
from tests.mou.alder import MOU

NOW = datetime(2026, 3, 3, 22, 15, tzinfo=UTC)
ZONE = ZoneInfo("America/Los_Angeles")
STATUSES = [status for status in ReferralStatus if status is not ReferralStatus.NONE]
VISITOR = SimpleNamespace(caller=SimpleNamespace(person="me-random-id"))
#: Everything that may be offered while no question waits.
ALL = tuple(command for command in COMMANDS if command != "give-information")


class TestTheNextStep:
    @pytest.mark.parametrize(
        ("status", "step"),
        [
            ("requested", "receive"),
            ("received", "accept"),
            ("accepted", "start"),
            ("in-progress", "complete"),
            ("on-hold", "resume"),
            ("rejected", "forward"),
            ("failed", "forward"),
            ("completed", None),
            ("cancelled", None),
            ("entered-in-error", None),
        ],
    )
    def test_is_one_for_each_state(self, status, step):
        found = acts.next_step(status, ALL, forwarded=False)
        assert (found.slug if found else None) == step

    @pytest.mark.parametrize("status", STATUSES)
    def test_is_none_for_whom_it_is_not_offered_to(self, status):
        assert acts.next_step(status, (), forwarded=False) is None

    @pytest.mark.parametrize("status", ["requested", "received", "accepted", "in-progress", "on-hold"])
    def test_is_the_question_for_whoever_can_answer_it(self, status):
        found = acts.next_step(status, ("cancel-referral", "give-information"), forwarded=False)
        assert found is acts.ANSWER
        assert acts.next_step(status, ("cancel-referral",), forwarded=False) is None

    def test_is_none_once_another_agency_was_asked(self):
        assert acts.next_step("rejected", ALL, forwarded=True) is None

    @pytest.mark.parametrize("status", STATUSES)
    def test_is_one_that_the_life_cycle_has(self, status):
        act = acts.NEXT.get(status)
        assert act is None or (status, act.command) in TRANSITIONS

    @pytest.mark.parametrize("status", STATUSES)
    def test_is_not_among_the_others(self, status):
        first = acts.next_step(status, ALL, forwarded=False)
        assert first not in acts.others(ALL, first)
        assert len(acts.others(ALL, first)) == len(acts.ACTS) - 1 - (first is not None)


class TestWords:
    def test_there_is_an_act_for_each_command_and_words_for_each_state_and_entry(self):
        assert {act.command for act in acts.ACTS} == set(COMMANDS) - {"request-referral"}
        assert set(RESULTS) == set(CallResult)
        assert set(acts.WAITING) == set(STATUSES) == set(REFERRAL_STATES)
        assert set(ENTRIES) == set(COMMANDS) - {"request-referral", "undo-referral"}
        assert set(DONE) == {"sent", *(act.slug for act in acts.ACTS)} - {"forward"}

    def test_each_field_of_an_act_can_be_read_and_each_list_is_the_memorandums(self):
        for act in acts.ACTS:
            assert set(act.fields) <= set(READERS)
            assert not {"reason", "outcome"} & set(act.fields) or Labels(MOU).options(act.command)
        assert set(REASONS.values()) < set(type(MOU).model_fields)

    def test_nobody_reads_the_codes_of_a_standard(self):
        said = [
            *REFERRAL_STATES.values(),
            *ENTRIES.values(),
            *(w for pair in acts.WAITING.values() for w in pair),
        ]
        assert not [words for words in said if "reject" in words.lower() or "fail" in words.lower()]

    def test_a_code_without_a_name_is_shown_as_it_is(self):
        labels = Labels(None)
        assert (
            labels.agency("x"),
            labels.kind("x"),
            labels.outside("x"),
            labels.options("reject-referral"),
        ) == (
            "x",
            "x",
            "x",
            [],
        )


class TestHowFarItHasCome:
    @pytest.mark.parametrize(
        ("status", "names", "at"),
        [
            ("requested", 5, 1),
            ("received", 5, 2),
            ("accepted", 5, 3),
            ("in-progress", 5, 4),
            ("on-hold", 5, 4),
            ("completed", 5, 5),
            ("failed", 5, 5),
            ("rejected", 2, 2),
            ("cancelled", 2, 2),
            ("entered-in-error", 2, 2),
        ],
    )
    def test_is_a_stage_of_its_way(self, status, names, at):
        found, current = telling.stages(status)
        assert (len(found), current) == (names, at)
        assert found[current - 1] == telling.SHORT[status]

    @pytest.mark.parametrize(
        ("view", "state"),
        [
            ({"status": "requested", "respond_by": NOW + timedelta(hours=5)}, "due"),
            ({"status": "received", "respond_by": NOW + timedelta(hours=4)}, "soon"),
            ({"status": "requested", "respond_by": NOW}, "soon"),
            ({"status": "requested", "respond_by": NOW - timedelta(seconds=1)}, "past"),
            ({"status": "accepted", "respond_by": NOW, "answered_at": NOW}, "done"),
            ({"status": "cancelled", "respond_by": NOW}, None),
        ],
    )
    def test_an_answer_is_due_at_its_moment_and_past_behind_it(self, view, state):
        found = telling.due(view, NOW)
        assert (found.state if found else None) == state


class TestAForm:
    def test_becomes_the_commands_body_with_times_of_the_county(self):
        typed = {
            "worker": ("me",),
            "first_contact_by": ("2026-03-03 14:15",),
            "time": ("",),
            "agency": ("x",),
        }
        found = fill(acts.ACCEPT, Form("key", typed), VISITOR, ZONE)
        assert found.errors == {}
        assert found.body == {"worker": "me-random-id", "first_contact_by": "2026-03-03T22:15:00.000000Z"}

    @pytest.mark.parametrize(
        ("typed", "wrong"),
        [
            ({}, {"outcome"}),
            ({"outcome": ("completed",), "attempts": ("1000",)}, {"attempts"}),
            ({"outcome": ("completed",), "attempts": ("²",)}, {"attempts"}),
            ({"outcome": ("completed",), "time": ("tomorrow",)}, {"time"}),
            ({"outcome": ("completed",), "attempts": ("2",), "time": ("2026-03-03 14:15",)}, set()),
        ],
    )
    def test_says_which_field_is_not_right(self, typed, wrong):
        assert set(fill(acts.COMPLETE, Form("key", typed), VISITOR, ZONE).errors) == wrong

    @pytest.mark.parametrize(
        ("pointer", "reason", "field"),
        [
            ("/reason", "invalid-field", "reason"),
            ("/clear/narrative", "too-large", "words"),
            ("/needs/0", "unknown-code", "needs"),
            ("/outside", "invalid-field", "recipient"),
            (None, "other-agency-not-a-party", "recipient"),
            (None, "illegal-transition", None),
        ],
    )
    def test_a_refusal_stands_beside_the_field_that_it_is_about(self, pointer, reason, field):
        found = refused_field(Refusal("4.1", reason, "detail", "remedy", pointer))
        assert (found[0] if found else None) == field

    def test_for_another_agency_names_a_party_or_one_of_the_list_outside(self):
        typed = {"recipient": ("outside/regional-center",), "kind": ("sud",), "words": ("Words.",)}
        found = asked(Form("key", typed), ("dependency",))
        assert found.body["outside"] == "regional-center"
        assert "recipient" not in found.body
        assert found.body["clear"] == {"substance_use": {"text": "Words."}}
        assert set(found.errors) == {"urgency", "youth_choice"}

    def test_of_a_case_with_several_matters_asks_which(self):
        assert "matter" in asked(Form("key", {}), ("dependency", "delinquency")).errors
        assert asked(Form("key", {}), ("dependency",)).body["matter"] == "dependency"
        assert "matter" not in asked(Form("key", {}), None).body

    def test_kinds_with_a_class_of_their_own_are_of_the_countys_list(self):
        listed = dict(Labels(MOU).listed(CodeList.REFERRAL_KIND))
        assert {kind for kind in listed if class_of(kind) != "narrative"} == {
            "med-forensic",
            "med-well",
            "mh-crisis",
            "mh-outpt",
            "parenting",
            "sud",
            "education",
        }


VIEW = {"recipient": "advocacy", "changed": NOW, "steps": []}


class TestWhatChanged:
    def step(self, minutes, **more):
        at = NOW + timedelta(minutes=minutes)
        return {
            "event": "e",
            "act": "accept-referral",
            "agency": "advocacy",
            "recorded": at,
            "happened": at,
            **more,
        }

    def test_is_what_was_recorded_after_the_form_was_made(self):
        view = {**VIEW, "steps": [self.step(0), self.step(2)]}
        seen = "2026-03-03T22:16:00.000000Z"
        [(what, who, when)] = telling.changes(view, seen, Labels(MOU), str)
        assert (what, who, when) == ("Accepted", "Lantern Advocacy", NOW + timedelta(minutes=2))

    @pytest.mark.parametrize("seen", ["", "forged", "2026-03-03T22:17:00.000000Z"])
    def test_is_told_of_in_general_where_no_entry_is_new(self, seen):
        view = {**VIEW, "steps": [self.step(0, struck="undone")]}
        [(what, who, _)] = telling.changes(view, seen, Labels(MOU), str)
        assert (what, who) == ("An entry was taken back or changed", "Lantern Advocacy")

    def test_facts_are_told_line_by_line(self):
        facts = {"text": "Words.", "phones": ["1", "2"], "next_of_kin": {"name": "Testa"}}
        assert telling.lines(facts) == [("", "Words."), ("Phones", "1; 2"), ("Next of kin", "Name: Testa")]
