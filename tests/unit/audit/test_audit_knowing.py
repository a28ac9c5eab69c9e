"""As known to an agency: equal to what is worked out anew for the tests; not a byte of what it could not see."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.answers import case_view
from services.audit.domain.corrections import with_corrections
from services.audit.domain.entry import Axis, Cut, Entry, in_order, up_to
from services.audit.domain.fold import fold
from services.audit.domain.knowing import known_to
from services.audit.domain.knowledge import Knowledge
from shared.events.types.case import AgencyLeft, WorkerAssigned
from shared.events.types.record import RecordRead
from shared.events.types.referral import ReferralForwarded
from tests.unit.audit.county import PARTIES, County, county, versions
from tests.unit.audit.independent import as_of, picture_of
from tests.unit.audit.independent_knowing import knew, rows_of
from tests.unit.audit.made import ACCESS, MONDAY, Case, Log


def schedule(made: County) -> list[tuple[datetime, Any]]:
    turns = sorted({max(recorded, effective) for recorded, effective, _ in made.adopted})
    return [(turn, [m for r, e, m in made.adopted if r <= turn and e <= turn][-1]) for turn in turns]


def entries_of(made: County, case: Case, until: datetime) -> list[Entry]:
    values = [(m.topic, m.sequence, m.value) for m in made.log.made]
    ids = {row[0]["id"] for row in rows_of(case.case, values)}
    found = in_order(e for e in made.log.entries() if e.event.envelope.id in ids)
    return [e for e in found if e.recorded <= until]


def knowledge(made: County, case: Case, agency: str, until: datetime) -> Knowledge:
    return known_to(agency, case.case, entries_of(made, case, until), schedule(made), until)


def opens(found: Knowledge) -> set[tuple[str, str, str, str]]:
    return {
        (*key, name, event)
        for key, thing in found.things.items()
        for name, events in thing.opens.items()
        for event in events
    }


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000), st.sampled_from(PARTIES), st.floats(-0.05, 1.1))
def test_as_known_to_equals_what_is_worked_out_anew_from_the_exported_events(
    seed: int, agency: str, share: float
) -> None:
    made = county(seed)
    case = random.Random(seed).choice(made.cases)
    until = MONDAY + (made.log.now - MONDAY) * share
    found = knowledge(made, case, agency, until)
    values = [(m.topic, m.sequence, m.value) for m in made.log.made]
    fields, opened, knows = knew(case.case, values, agency, until, made.adopted)
    assert {p: f.value for p, f in found.table().items()} == fields
    assert opens(found) == opened
    assert bool(found) == knows


@pytest.mark.parametrize("chunk", range(10))
def test_a_thousand_questions_about_three_hundred_cases(chunk: int) -> None:
    """Random (case, moment, axis, agency): the whole on either axis, and as known to the agency."""
    chance = random.Random(chunk)
    answered = 0
    for number in range(15):
        made = county(10_000 + 15 * chunk + number, acts=25)
        values = [(m.topic, m.sequence, m.value) for m in made.log.made]
        for _ in range(7):
            case, agency = chance.choice(made.cases), chance.choice(PARTIES)
            until = MONDAY + (made.log.now - MONDAY) * chance.uniform(-0.05, 1.1)
            axis = chance.choice(list(Axis))
            entries = in_order(entries_of(made, case, made.log.now), axis)
            told = with_corrections(up_to(entries, Cut(axis, until)), entries, axis)
            state = case_view(fold(case.case, told)).model_dump(mode="json")
            assert picture_of(state) == as_of(case.case, values, until, axis.value)
            found = knowledge(made, case, agency, until)
            fields, opened, knows = knew(case.case, values, agency, until, made.adopted)
            assert {p: f.value for p, f in found.table().items()} == fields
            assert (opens(found), bool(found)) == (opened, knows)
            answered += knows
    assert answered > 20


class TestTime:
    def test_what_was_known_stays_known(self) -> None:
        for seed in range(5):
            made = county(seed)
            case = made.cases[0]
            moments = [MONDAY + (made.log.now - MONDAY) * n / 6 for n in range(7)]
            for agency in PARTIES:
                known = [knowledge(made, case, agency, m) for m in moments]
                for earlier, later in pairwise(known):
                    assert earlier.things.keys() <= later.things.keys()
                    assert earlier.events.keys() <= later.events.keys()
                    assert opens(earlier) <= opens(later)

    def test_an_agency_that_left_knows_what_it_knew_and_nothing_after(self) -> None:
        case, made = small(Log())
        case.join("probation")
        while_in = made.log.now
        worker = case.assign("advocacy")
        case.leave("probation")
        left = made.log.now
        later = case.assign("shelter")
        found = knowledge(made, case, "probation", made.log.now)
        matter = found.things["matters", case.stream]
        assert matter.until == left
        assert worker in found.events
        assert later not in found.events
        assert knowledge(made, case, "probation", while_in).things["matters", case.stream].until is None

    def test_with_an_agency_its_workers_leave_too(self) -> None:
        case, made = small(Log())
        made.adopt(versions()[2])  # whoever is assigned to the case may read its referrals
        made.log.now += timedelta(seconds=1)
        case.join("sheriff")
        case.assign("sheriff")
        before = case.refer("medical-hub")
        case.leave("sheriff")
        after = case.refer("medical-hub")
        things = knowledge(made, case, "sheriff", made.log.now).things
        assert ("referrals", before) in things
        assert ("referrals", after) not in things

    def test_a_new_mou_ends_seeing_and_not_having_known(self) -> None:
        case, made = small(Log())
        before = knowledge(made, case, "sheriff", made.log.now)
        assert before.things["concerns", case.concern].until is None
        made.adopt(versions()[1], timedelta(seconds=5))
        effective = made.adopted[-1][1]
        made.log.now = effective + timedelta(seconds=1)
        after = knowledge(made, case, "sheriff", made.log.now)
        assert after.things["concerns", case.concern].until == effective
        assert after.things["concerns", case.concern].fields == before.things["concerns", case.concern].fields
        just_before = knowledge(made, case, "sheriff", effective - timedelta(microseconds=1))
        assert just_before.things["concerns", case.concern].until is None

    def test_a_fact_of_monday_recorded_on_thursday_was_not_known_on_tuesday(self) -> None:
        case, made = small(Log())
        referral = case.refer("advocacy")
        made.log.now = MONDAY + timedelta(days=3)
        case.accept(referral, ago=timedelta(days=3))
        tuesday = knowledge(made, case, "advocacy", MONDAY + timedelta(days=1))
        assert tuesday.things["referrals", referral].fields["status"].value == "requested"
        thursday = knowledge(made, case, "advocacy", made.log.now)
        assert thursday.things["referrals", referral].fields["status"].value == "accepted"


def small(log: Log) -> tuple[Case, County]:
    made = County(log, random.Random(1))
    made.adopt(versions()[0])
    case = Case(log, {"identity": "eyJ.canary-identity-1", "narrative": "eyJ.canary-narrative-1"}).open()
    made.cases.append(case)
    return case, made


class TestWhoKnows:
    def test_an_agency_that_never_had_anything_to_do_with_the_case_knows_nothing_ever(self) -> None:
        for seed in range(6):
            made = county(seed)
            for case in made.cases:
                found = knowledge(made, case, "probation", made.log.now)
                assert not found
                assert found.table() == {}

    def test_being_denied_is_no_knowledge(self) -> None:
        case, made = small(Log())
        made.chance.random = lambda: 0.0  # type: ignore[method-assign]
        made.read(case, "shelter")
        assert not knowledge(made, case, "shelter", made.log.now)

    def test_being_referred_to_gives_the_referral_and_its_classes_and_nothing_of_the_case(self) -> None:
        case, made = small(Log())
        made.recipients[
            referral := case.refer("advocacy", sealed={"narrative": "eyJ.n", "health": "eyJ.h"})
        ] = ""
        case.join("shelter")
        found = knowledge(made, case, "advocacy", made.log.now)
        assert {k for k in found.things if k[0] != "notices"} == {("referrals", referral)}
        assert set(found.things["referrals", referral].opens) == {"narrative"}
        assert {k.entry.event.type for k in found.in_order()} == {
            "accord.referral.requested.v1",
            "accord.notification.delivered.v1",
        }

    def test_of_a_case_of_two_matters_it_knows_its_own_and_not_that_there_is_another(self) -> None:
        case, made = small(Log())
        own = {"shelter": case.stream, "probation": case.further()}
        things = {}
        for agency, stream in own.items():
            case.join(agency, stream)
            worker = case.assign("human-services", stream)
            referral = case.refer("medical-hub", matter=stream)
            things[agency] = {stream, worker, referral, case.screen(matter=stream, agency="human-services")}
        text = {agency: json.dumps(told(knowledge(made, case, agency, made.log.now))) for agency in own}
        for agency, other in (("shelter", "probation"), ("probation", "shelter")):
            found = knowledge(made, case, agency, made.log.now)
            assert [id for section, id in found.things if section == "matters"] == [own[agency]]
            assert len([id for section, id in found.things if section == "screenings"]) == 1
            assert not [secret for secret in (*things[other], other) if secret in text[agency]]
        lead = knowledge(made, case, "human-services", made.log.now)
        assert {id for section, id in lead.things if section == "matters"} == set(own.values())

    def test_what_somebody_did_see_and_was_not_to_see_stands_out(self) -> None:
        case, made = small(Log())
        case.join("office-of-education")
        made.chance.random = lambda: 1.0  # type: ignore[method-assign]
        made.read(case, "office-of-education")
        made.read(case, "human-services")
        saw = [
            s for s in knowledge(made, case, "office-of-education", made.log.now).did_see if s.kind == "read"
        ]
        assert [(s.classes, s.beyond) for s in saw] == [(("identity",), ("identity",))]
        lead = knowledge(made, case, "human-services", made.log.now).did_see
        assert [s.beyond for s in lead if s.kind == "read"] == [()]

    def test_what_could_be_opened_with_a_referral_is_beyond_when_it_is_opened_with_the_case(self) -> None:
        case, made = small(Log())
        referral = case.refer("medical-hub", sealed={"health": "eyJ.h"})
        case.join("medical-hub")
        for about, kind in ((referral, "referral"), (case.case, "case")):
            read = RecordRead(about=about, about_kind=kind, classes=("health",))
            where = {"topic": ACCESS, "agency": "medical-hub", "source": "/services/referrals"}
            case.log.add(read, case.case, case.log.id(), **where)
        saw = knowledge(made, case, "medical-hub", made.log.now).did_see
        assert [s.beyond for s in saw if s.kind == "read"] == [(), ("health",)]

    def test_a_sentence_is_told_only_if_all_that_it_says_could_be_known(self) -> None:
        case, made = small(Log())
        case.join("probation")
        case.assign("advocacy")
        case.leave("shelter")
        found = knowledge(made, case, "probation", made.log.now)
        whole = {k.entry.event.type: found.whole(k) for k in found.in_order()}
        assert whole["accord.agency.joined.v1"]
        assert not whole["accord.worker.assigned.v1"]
        assert "accord.agency.left.v1" not in whole


class TestNotOneByte:
    """What an agency's knowledge says does not depend on anything that it could not have known."""

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 100_000), st.sampled_from(PARTIES))
    def test_events_it_could_not_know_can_be_left_out_without_changing_anything(
        self, seed: int, agency: str
    ) -> None:
        made = county(seed)
        case, until = made.cases[0], made.log.now
        entries = entries_of(made, case, until)
        found = known_to(agency, case.case, entries, schedule(made), until)
        text = json.dumps(told(found))
        # An item in its feed names the event that it is about.
        named = {
            f.value for p, f in found.table().items() if p.startswith("notices/") and p.endswith("/event")
        }
        hidden = [e for e in entries if e.event.envelope.id not in found.events]
        for entry in hidden:
            assert entry.event.envelope.id not in text or entry.event.envelope.id in named
            assert entry.event.envelope.actor not in text
        # Who was taken off before anybody looked is not there, and whose worker is named may look: that shows, the
        # event does not. So it is with a referral that went on before, and is named in one list with later ones.
        gives = (AgencyLeft, WorkerAssigned, ReferralForwarded)
        # Nor is what was taken back before it could look: that something was, and what counts instead, shows.
        back = {getattr(e.event.data, "entry", None) for e in entries if e not in hidden}
        rest = [
            e
            for e in entries
            if e not in hidden or isinstance(e.event.data, gives) or e.event.envelope.id in back
        ]
        assert told(known_to(agency, case.case, rest, schedule(made), until)) == told(found)

    def test_and_the_search_finds_what_it_could_know(self) -> None:
        case, made = small(Log())
        text = json.dumps(told(knowledge(made, case, "human-services", made.log.now)))
        assert case.events["opened"] in text
        assert "sign" in text or "older-partner" in text


def told(found: Knowledge) -> dict[str, Any]:
    return {
        "fields": {p: [f.value, f.event] for p, f in found.table().items()},
        "opens": sorted(map(list, opens(found))),
        "events": {e: k.fields for e, k in found.events.items()},
        "until": [str(t.until) for t in found.things.values()],
    }


@pytest.mark.parametrize("agency", PARTIES)
def test_each_agency_can_be_asked_about_before_the_first_event(agency: str) -> None:
    made = county(7)
    assert not knowledge(made, made.cases[0], agency, MONDAY - timedelta(days=400))
