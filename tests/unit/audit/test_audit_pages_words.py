"""What the pages of audit call things: each type of event, each field of the state, each value has words."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from services.audit.domain import words
from services.audit.domain.fields import OF_THE_CASE
from services.audit.domain.state import Act, Concern, Matter, Notice, Participant, Referral, Screening, Worker
from services.audit.domain.things import SECTIONS as TABLES
from services.audit.pages.titles import FIELDS, KINDS, SECTIONS, TITLES, UNKNOWN, kind_of, title_of
from services.audit.pages.values import Reader
from shared.settings import Settings
from shared.web.site.codes import code_of
from shared.web.site.county import county_of

THINGS = (Matter, Participant, Worker, Concern, Screening, Act, Referral, Notice)
#: The id of a thing is in its path, and its notices are things of their own.
NO_FIELDS = {"notices", "item", "referral", "screening", "record"}
SAY = Reader("en", county_of(Settings()), {"probation": "Alder County Probation"})
#: The workers of a run name their tests alike, so what stands in a name is not random.
ID = "0f000000-0000-4000-8000-000000000001"


def test_every_type_of_event_has_a_title() -> None:
    types = {".".join(kind.TYPE.split(".")[1:-1]) for kind in words.ON}
    assert types == set(TITLES)
    assert title_of("accord.comet.seen.v1") == UNKNOWN


def test_every_field_of_the_state_has_a_name() -> None:
    names = {f.name for thing in THINGS for f in fields(thing)} | set(OF_THE_CASE)
    assert names - set(FIELDS) - NO_FIELDS == set()


def test_every_section_of_the_state_has_a_heading() -> None:
    assert set(TABLES) | {"case", "notices"} == set(SECTIONS)


def test_what_no_filter_names_is_among_the_others() -> None:
    assert kind_of("accord.referral.accepted.v1") == "referrals"
    assert kind_of("accord.agency.joined.v1") == "team"
    assert kind_of("accord.comet.seen.v1") == "other"
    assert kind_of(None) == "other"
    assert set(KINDS) >= {kind_of(kind.TYPE) for kind in words.ON}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sender", "probation", "Alder County Probation"),
        ("recipient", "probation/supervisor", "Alder County Probation, supervisor"),
        ("recipient", "shelter", "Shelter"),
        ("status", "rejected", "The agency could not take it"),
        ("reason", "no-capacity", "no capacity"),
        ("known", True, "Yes"),
        ("attempts", 3, "3"),
        ("needs", ["advocate-now", "shelter-bed"], "advocate now, shelter bed"),
        ("follows", ID, code_of("referral", ID)),
        ("youth", ID, code_of("person", ID)),
        ("respond_by", "2026-03-03T22:15:00.000000Z", "Tue, Mar 3, 2026, 2:15 PM PST"),
    ],
)
def test_a_value_in_words(name: str, value: Any, said: str) -> None:
    assert " ".join(SAY.value(name, value).split()) == said


def test_words_of_the_mou_are_known_as_english() -> None:
    assert SAY.coded("reason", "no-capacity")
    assert SAY.coded("needs", ["advocate-now"])
    for name, value in (("sender", "probation"), ("status", "held"), ("youth", ID), ("attempts", 3)):
        assert not SAY.coded(name, value)


def test_of_what_happened_the_agency_and_the_moment_are_said() -> None:
    happening = {
        "event": ID,
        "happened": "2026-03-03T22:15:00.000000Z",
        "recorded": "",
        "agency": "probation",
    }
    said = SAY.value("answered", happening | {"actor": ID, "clause": "4.2"})
    assert " ".join(said.split()) == "Alder County Probation, Tue, Mar 3, 2026, 2:15 PM PST"


def test_a_field_is_named_with_its_thing() -> None:
    assert SAY.path(f"referrals/{ID}/status") == f"Referral {code_of('referral', ID)}: Status"
    assert SAY.path("case/lead") == "Case: Lead agency"
    assert SAY.path(f"notices/{ID}/recipient") == f"Notice {code_of('notice', ID)}: Told to"
    assert SAY.path(f"matters/{ID}/agencies.probation").endswith("Takes part: Alder County Probation")
