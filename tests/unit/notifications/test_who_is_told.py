"""Which items an event makes: the MOU says it, the facts fill in whose agencies these are."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from services.notifications.domain.facts import Facts, concerns, evolve
from services.notifications.domain.items import (
    BUILT_IN,
    DELIBERATELY_SILENT,
    HANDLED,
    Item,
    items_for,
)
from shared.errors import TryLater
from shared.events import TYPES, Recorded, read
from shared.events.examples import EXAMPLES
from shared.mou import load

COUNTY = load((Path(__file__).parents[3] / "deploy/local/alder-county.yaml").read_text(encoding="utf-8"))
CASE, CONCERN, REFERRAL = (str(uuid4()) for _ in range(3))
KNOWN = {
    CONCERN: Facts(kind="concern", reporters=("sheriff",)),
    CASE: Facts(kind="case", lead="human-services", reporters=("sheriff",)),
    REFERRAL: Facts(kind="referral", sender="human-services", recipient="advocacy", urgency="hours"),
}


def example(type_name: str, mouversion: str = COUNTY.version, **facts: object) -> Recorded:
    """The catalogue's example of a type, with other facts."""
    value = json.loads(EXAMPLES[type_name].value())
    value["mouversion"] = mouversion
    value["data"] |= facts
    return read(json.dumps(value).encode())


def told(event: Recorded, known: dict[str, Facts] | None = None) -> list[tuple[str, str]]:
    return [(i.recipient, str(i.tier)) for i in items_for(event, KNOWN if known is None else known, COUNTY)]


class TestEveryEventTypeIsHandledOrDeliberatelySilent:
    def test_no_type_is_forgotten(self) -> None:
        assert set(HANDLED) | set(DELIBERATELY_SILENT) == set(TYPES)

    def test_no_type_is_both(self) -> None:
        assert not set(HANDLED) & set(DELIBERATELY_SILENT)

    @pytest.mark.parametrize("type_name", sorted(DELIBERATELY_SILENT))
    def test_of_a_silent_one_nobody_is_told(self, type_name: str) -> None:
        assert items_for(example(type_name), KNOWN, COUNTY) == []

    @pytest.mark.parametrize("type_name", sorted(DELIBERATELY_SILENT))
    def test_the_reason_for_silence_is_a_sentence(self, type_name: str) -> None:
        assert DELIBERATELY_SILENT[type_name].endswith(".")


class TestMou_3_AConcernAndItsReporter:
    def test_the_screeners_are_told_at_once_of_a_concern(self) -> None:
        event = example("accord.concern.reported.v1", concern=CONCERN)
        assert told(event) == [("human-services/screener", "act-now")]

    def test_the_reporter_is_told_what_became_of_it(self) -> None:
        event = example("accord.concern.evaluated-out.v1", concern=CONCERN)
        assert told(event) == [("sheriff/system", "information")]

    def test_an_unreadable_submission_goes_to_the_coordinator_at_once(self) -> None:
        event = example("accord.submission.unreadable.v1")
        assert told(event, {}) == [("human-services/coordinator", "act-now")]

    def test_the_reporter_of_a_concern_that_joined_a_case_is_pointed_to_the_concern(self) -> None:
        event = example("accord.concern.attached.v1", case=CASE, concern=CONCERN)
        (item,) = [i for i in items_for(event, KNOWN, COUNTY) if i.recipient == "sheriff/system"]
        assert (item.about_kind, item.about) == ("concern", CONCERN)


class TestMou_4_AReferralAndItsAnswer:
    def test_an_urgent_referral_asks_the_receiving_agency_to_act_now(self) -> None:
        event = example(
            "accord.referral.requested.v1",
            referral=REFERRAL,
            case=CASE,
            urgency="hours",
            recipient="advocacy",
        )
        assert told(event) == [("advocacy/advocate", "act-now")]

    def test_a_routine_one_to_act_soon(self) -> None:
        event = example(
            "accord.referral.requested.v1",
            referral=REFERRAL,
            case=CASE,
            urgency="routine",
            recipient="advocacy",
        )
        assert told(event) == [("advocacy/advocate", "act-soon")]

    def test_the_item_holds_until_when_an_answer_is_due(self) -> None:
        event = example("accord.referral.requested.v1", referral=REFERRAL, case=CASE)
        known = KNOWN | evolve(KNOWN, event)
        (item,) = items_for(event, known, COUNTY)
        assert item.respond_by == known[REFERRAL].respond_by is not None

    def test_the_sender_is_told_that_it_was_accepted(self) -> None:
        event = example("accord.referral.accepted.v1", referral=REFERRAL, case=CASE)
        assert told(event) == [("human-services/social-worker", "information")]

    def test_an_answer_to_a_referral_that_is_not_known_falls_to_nobody_else_by_guess(self) -> None:
        event = example("accord.referral.accepted.v1", referral=str(uuid4()), case=CASE)
        assert told(event) == []


class TestMou_4_7_TheLifeOfAReferral:
    def about(self, kind: str, **facts: object) -> Recorded:
        return example(f"accord.referral.{kind}.v1", referral=REFERRAL, case=CASE, **facts)

    @pytest.mark.parametrize(
        ("kind", "tier"),
        [
            ("started", "information"),
            ("held", "act-soon"),
            ("resumed", "information"),
            ("completed", "information"),
            ("failed", "act-soon"),
        ],
    )
    def test_the_sender_is_told_of_each_step(self, kind: str, tier: str) -> None:
        assert told(self.about(kind)) == [("human-services/social-worker", tier)]

    def test_the_sender_is_told_as_act_now_of_what_was_recorded_out_of_order(self) -> None:
        event = self.about("started", flags=["acceptance-not-recorded"])
        assert told(event) == [("human-services/social-worker", "act-now")]

    def test_the_agency_that_was_asked_is_told_that_the_request_is_taken_back(self) -> None:
        assert told(self.about("cancelled")) == [("advocacy/advocate", "act-soon")]

    @pytest.mark.parametrize("kind", ["undone", "entered-in-error"])
    def test_the_other_side_is_told_of_a_correction(self, kind: str) -> None:
        assert told(self.about(kind)) == [("human-services/social-worker", "act-soon")]

    def test_nobody_is_told_twice_of_a_forward_the_new_referral_tells_its_recipient(self) -> None:
        assert told(self.about("forwarded")) == []

    def test_a_worker_who_is_asked_by_name_is_told_and_so_is_the_queue(self) -> None:
        person = "30d9f6a5-7ce1-4b84-9d2b-a8f705e3c619"
        event = self.about("requested", recipient="advocacy", urgency="hours", to_worker=person)
        assert told(event) == [("advocacy/advocate", "act-now"), (person, "act-now")]

    def test_what_goes_outside_the_network_waits_in_the_senders_own_queue(self) -> None:
        event = self.about("requested", recipient="human-services", outside="regional-center", urgency="day")
        known = KNOWN | {k: v for k, v in evolve(KNOWN, event).items()}
        assert told(event, known) == [("human-services/social-worker", "act-soon")]

    @pytest.mark.parametrize(("kind", "tier"), [("arranged", "act-soon"), ("ended", "information")])
    def test_who_covers_for_a_colleague_is_told_when_it_is_arranged_and_when_it_is_ended(
        self, kind: str, tier: str
    ) -> None:
        event = example(f"accord.cover.{kind}.v1")
        assert told(event) == [(vars(event.data)["covering"], tier)]

    @pytest.mark.parametrize(("band", "tier"), [("clear-concern", "act-now"), ("no-concern", "act-soon")])
    def test_the_lead_agency_looks_at_a_screening(self, band: str, tier: str) -> None:
        event = example("accord.screening.recorded.v1", case=CASE, band=band)
        assert told(event) == [("human-services/social-worker", tier)]


class TestBeforeAnyMouIsAdopted:
    @pytest.mark.parametrize("type_name", ["accord.concern.reported.v1", "accord.submission.unreadable.v1"])
    def test_coordinator_and_screener_are_told_at_once(self, type_name: str) -> None:
        items = items_for(example(type_name, "none"), {}, None)
        assert [(i.recipient, str(i.tier), i.rule) for i in items] == [
            ("human-services/coordinator", "act-now", BUILT_IN),
            ("human-services/screener", "act-now", BUILT_IN),
        ]

    def test_of_other_events_nobody_is_told(self) -> None:
        assert items_for(example("accord.referral.requested.v1", "none"), {}, None) == []


class TestAVersionOfTheMouThatIsNotHereYet:
    def test_the_event_waits_for_it(self) -> None:
        with pytest.raises(TryLater):
            items_for(example("accord.concern.reported.v1", "2031-1"), {}, None)

    def test_a_silent_event_does_not(self) -> None:
        assert items_for(example("accord.role.assigned.v1", "2031-1"), {}, None) == []


class TestAnItemIsTheSameOnEveryReplay:
    def items(self) -> list[Item]:
        return items_for(example("accord.concern.reported.v1", concern=CONCERN), KNOWN, COUNTY)

    def test_its_id_is_made_of_event_rule_and_recipient(self) -> None:
        assert [i.id for i in self.items()] == [i.id for i in self.items()]

    def test_two_recipients_of_one_event_have_two_items(self) -> None:
        items = items_for(example("accord.concern.reported.v1", "none"), {}, None)
        assert len({i.id for i in items}) == len(items) == 2

    def test_it_holds_no_sealed_part(self) -> None:
        sealed = example("accord.concern.reported.v1", concern=CONCERN)
        text = repr(self.items())
        assert not any(jwe in text for jwe in sealed.envelope.data["sealed"].values())


class TestFactsAreFoldedFromEvents:
    def test_an_agency_that_left_takes_part_no_longer(self) -> None:
        known: dict[str, Facts] = {}
        joined = example("accord.agency.joined.v1", case=CASE, agency="probation")
        left = example("accord.agency.left.v1", case=CASE, agency="probation")
        known |= evolve(known, joined)
        assert known[CASE].participants == ("probation",)
        known |= evolve(known, left)
        assert known[CASE].participants == ()

    def test_a_case_keeps_who_reported_its_concerns(self) -> None:
        linked = example("accord.concern.linked.v1", case=CASE, concern=CONCERN, reported_by="shelter")
        assert evolve(KNOWN, linked)[CASE].reporters == ("shelter", "sheriff")

    @pytest.mark.parametrize("type_name", sorted(TYPES))
    def test_an_event_changes_the_facts_of_its_own_subject_alone(self, type_name: str) -> None:
        event = example(type_name)
        changed = evolve({}, event)
        own = {event.envelope.subject, *concerns(event)[:1]}
        assert set(changed) <= own
