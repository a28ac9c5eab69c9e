"""The template holds every row of the list of deadlines, as `deadline_rows.yaml` has it, and the corrections."""

from pathlib import Path

import pytest
import yaml
from alder import MOU as ALDER

from shared.mou import load
from shared.mou.documents import text_of
from shared.mou.duties.rules import Mode

ROWS = yaml.safe_load((Path(__file__).parent / "deadline_rows.yaml").read_text("utf-8"))
TEMPLATE = load(text_of("california-csec"))
THREE = load(text_of("three-counties"))
CLOCKS = {"hours": "E", "at_once": "E", "days": "C", "months": "C", "court_days": "B", "court_hours": "B"}
NAMES = [row["row"] for row in ROWS]


def duties(row, mou=TEMPLATE):
    return [duty for duty in mou.duties if duty.row == row]


def only(id, mou=TEMPLATE):
    (duty,) = (duty for duty in mou.duties if duty.id == id)
    return duty


def times(row, mou=TEMPLATE):
    """The times of a row, each once, in the document's order."""
    found = []
    for duty in duties(row, mou):
        time = duty.within and duty.within.model_dump(exclude_none=True, exclude_defaults=True)
        if time and time not in found:
            found.append(time)
    return found


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
class TestEveryRow:
    def test_is_in_the_template_with_its_time(self, row):
        assert duties(row["row"])
        assert times(row["row"]) == row["within"]

    def test_runs_on_its_clock(self, row):
        kinds = [CLOCKS.get(kind, kind) for time in times(row["row"]) for kind in time]
        assert " and ".join(dict.fromkeys(kinds)) == (row["clock"] if row["within"] else "")

    def test_names_its_source(self, row):
        assert {duty.source.startswith(row["source"]) for duty in duties(row["row"])} == {True}

    def test_is_timed_recorded_or_off_with_the_reason(self, row):
        modes = {duty.mode for duty in duties(row["row"])}
        assert modes == {Mode.OFF} if row.get("mode") == "off" else Mode.TIMED in modes
        assert all(duty.why_off for duty in duties(row["row"]) if duty.mode is Mode.OFF)

    def test_is_a_proposal_until_counsel_has_read_it(self, row):
        assert {duty.confirmed for duty in duties(row["row"])} == {"default"}


class TestTheList:
    def test_there_is_no_row_that_is_not_on_it(self):
        assert {duty.row for duty in TEMPLATE.duties if duty.row} == set(NAMES)

    def test_only_the_gaps_of_what_was_taken_whatever_was_amiss_have_no_row(self):
        without = {duty.id for duty in TEMPLATE.duties if duty.row is None}
        assert without == {"report-gap-looked-into", "record-gap-looked-into"}
        assert without <= {duty for gap in TEMPLATE.safety_facts.gaps for duty in gap.opens}

    def test_what_was_vetoed_is_no_duty(self):
        assert "DX" not in NAMES
        assert not any("AB 273" in duty.source and duty.mode is not Mode.OFF for duty in TEMPLATE.duties)

    def test_every_act_that_a_duty_waits_for_can_be_recorded_and_cites_a_clause(self):
        clauses = {clause.id for clause in TEMPLATE.clauses}
        assert {act.clause for act in TEMPLATE.acts} <= clauses
        assert len(TEMPLATE.acts) > 40


class TestTheLists:
    def test_every_kind_of_service_has_its_usual_receiver_urgency_or_none(self):
        kinds = [entry.code for entry in TEMPLATE.codes["kind"]]
        assert {kind.kind for kind in TEMPLATE.referral_kinds} == set(kinds)

    def test_forensic_care_is_a_matter_of_hours_and_of_the_young_persons_own_consent(self):
        (exam,) = (kind for kind in TEMPLATE.referral_kinds if kind.kind == "med-forensic")
        assert (exam.urgency, exam.receivers, exam.consent) == (
            "hours",
            ("medical-hub",),
            "own-sexual-assault-care",
        )

    def test_substance_use_is_disclosed_to_nobody_without_a_consent_on_record(self):
        (rule,) = (rule for rule in TEMPLATE.consent_rules if rule.needed)
        assert rule.classes == ("substance_use",)
        assert not any("substance_use" in row.classes for row in TEMPLATE.disclosure)

    @pytest.mark.parametrize(
        ("part", "codes"),
        [
            ("reject_reasons", {"no-capacity", "youth-declined", "no-language-access", "mou-not-in-force"}),
            ("cancel_reasons", {"sent-in-error", "wrong-youth", "need-met", "youth-missing", "superseded"}),
            ("outcomes", {"completed", "partial", "engaged-ongoing", "need-changed", "youth-declined"}),
            (
                "fail_reasons",
                {"unable-to-locate", "not-engaged", "transferred-county", "expired", "deceased"},
            ),
            (
                "close_reasons",
                {"services-complete", "aged-out", "court-terminated", "not-substantiated", "merged"},
            ),
        ],
    )
    def test_what_is_chosen_from_a_list_is_on_it(self, part, codes):
        assert codes <= {reason.code for reason in getattr(TEMPLATE, part)}


class TestTheCorrections:
    def test_the_call_is_met_by_stating_when_and_whom_one_called(self):
        closes = [(p.event, p.at, p.act) for p in only("call-made").closes]
        assert closes == [
            ("accord.concern.reported.v1", "called_at", None),
            ("accord.concern.call-stated.v1", "called_at", None),
            (None, None, "reported-by-telephone"),
        ]

    def test_the_written_report_is_met_by_its_having_been_sent_whichever_way(self):
        (close,) = only("written-report-sent").closes
        assert close.act == "written-report-sent"
        assert not close.where
        assert not close.present

    def test_after_120_hours_care_is_offered_and_the_medical_team_is_asked(self):
        exam = only("evidence-exam")
        assert "Offer care" in exam.afterwards
        assert "medical team" in exam.afterwards
        assert "youth-declined-exam" in {p.act for p in exam.ends}

    def test_after_30_days_sharing_goes_on(self):
        exchange = only("exchange-looked-at")
        assert exchange.afterwards.startswith("Sharing goes on")
        assert {p.act for p in exchange.closes} == {"good-cause-documented", "other-basis-named"}

    def test_before_an_interview_two_duties_stand_and_the_second_is_the_advocates(self):
        told, explained = duties("D25")
        assert "chapter 109" in told.source
        assert told.owed_by.agency == "sheriff"
        assert explained.owed_by.agency == "advocacy"
        assert "limits of confidentiality" in explained.says

    def test_law_enforcement_gives_the_endorsement_letter_within_15_business_days(self):
        letter = only("endorsement-letter")
        assert letter.within.court_days == 15
        assert letter.owed_by.agency == "sheriff"

    def test_law_enforcement_and_ncmec_are_each_told_that_a_young_person_is_missing(self):
        assert [duty.to for duty in duties("D5")] == [("law-enforcement",), ("ncmec",)]

    def test_no_refusal_of_the_young_person_meets_a_duty_it_ends_it(self):
        for duty in TEMPLATE.duties:
            assert not any((p.act or "").startswith("youth-declined") for p in duty.closes)

    def test_a_case_has_no_place_for_a_number_of_the_missing_persons_system(self):
        assert "ncic" not in text_of("california-csec").lower()


class TestAlderCounty:
    """It begins from the template; what differs is what the county chose, and nothing else."""

    def test_adopts_the_template(self):
        assert (ALDER.adopted_from.document, ALDER.adopted_from.version) == (
            "california-csec",
            TEMPLATE.version,
        )

    def test_changes_these_duties_and_no_others(self):
        changed = {duty.id: duty for duty in ALDER.duties if duty != only(duty.id)}
        assert set(changed) == {
            "initial-meeting-held",
            "debrief-held",
            "seen-in-five-days",
            "first-steps",
            "health-evaluation",
        }
        assert changed["initial-meeting-held"].within.days == 7
        assert changed["debrief-held"].within.hours == 48
        assert {changed[id].mode for id in ("seen-in-five-days", "first-steps", "health-evaluation")} == {
            Mode.OFF
        }
        assert [duty.id for duty in ALDER.duties] == [duty.id for duty in TEMPLATE.duties]


class TestThreeCounties:
    def test_three_offices_of_each_county_sign_and_nobody_else(self):
        assert len(THREE.signatories) == 9
        assert {s.county for s in THREE.signatories} == set(THREE.counties) == {"birch", "cedar", "hazel"}
        signing = {str(party.agency) for party in THREE.parties if party.signatory}
        assert signing == {"human-services", "probation", "public-health"}
        assert {str(s.agency) for s in THREE.signatories} == signing

    def test_the_court_took_part_by_standing_order_and_does_not_sign(self):
        (court,) = (one for one in THREE.developed_with if one.agency == "juvenile-court")
        assert court.how == "By standing order"
        assert court.named_by == "WIC 16524.8"

    def test_it_ends_on_a_day(self):
        assert THREE.term.until.isoformat() == "2029-06-30"
