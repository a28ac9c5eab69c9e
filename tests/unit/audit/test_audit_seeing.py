"""The tables of who sees what: nothing is forgotten in them."""

from __future__ import annotations

from services.audit.domain import seeing
from services.audit.domain.fields import flat
from services.audit.domain.knowledge import WHOLE
from services.audit.domain.state import (
    Act,
    CaseState,
    Concern,
    Matter,
    Notice,
    Participant,
    Referral,
    Screening,
    Worker,
)
from services.audit.domain.things import SECTIONS
from shared.events import TYPES
from shared.mou import ThingFacts
from tests.unit.audit.county import versions


class TestPartsThatNotAllWhoReadTheCaseSee:
    """A section can ask for an act besides reading what it is part of."""

    def test_are_seen_by_those_alone_whom_the_mou_allows_that_act(self) -> None:
        eyes = {
            agency: seeing.Eyes(agency, versions()[0]) for agency in ("human-services", "advocacy", "shelter")
        }
        case = ThingFacts("case", lead="human-services", participants=frozenset({"advocacy"}))
        reads = {a: e.look((case,), {})[0].readable for a, e in eyes.items()}
        assert reads == {"human-services": True, "advocacy": True, "shelter": False}
        also = {a: e.look((case,), {}, "open-case")[0] for a, e in eyes.items()}
        assert {a: s.readable for a, s in also.items()} == {**reads, "advocacy": False}
        assert also["human-services"].opens == eyes["human-services"].look((case,), {})[0].opens
        assert not also["advocacy"].opens
        assert not seeing.Eyes("human-services", None).look((case,), {}, "open-case")[0].readable


class TestTables:
    """A new event type, section or field cannot be forgotten."""

    def test_every_field_of_every_thing_is_shown_or_hidden_on_purpose(self) -> None:
        kinds = {
            "matters": Matter,
            "agencies": Participant,
            "workers": Worker,
            "concerns": Concern,
            "referrals": Referral,
            "screenings": Screening,
            "acts": Act,
            "notices": Notice,
        }
        assert {*SECTIONS, "notices"} == kinds.keys()
        for section, kind in kinds.items():
            _id, *names = (n for n in kind.__slots__ if n != "notices")
            hidden = {h.split("/")[1] for h in seeing.HIDDEN if h.split("/")[0] == section}
            assert hidden == {"*"} or set(names) == seeing.SHOWN[section] | hidden, section
            assert not hidden & seeing.SHOWN.get(section, frozenset())

    def test_every_section_that_is_shown_says_what_the_mou_needs_to_know_of_it(self) -> None:
        assert {*seeing.FACTS, "notices"} == set(seeing.SHOWN)

    def test_a_type_that_is_told_whole_is_of_the_contract(self) -> None:
        assert set(WHOLE) <= set(TYPES.values())
        assert set(WHOLE.values()) <= set(seeing.FACTS)

    def test_the_state_has_no_field_that_no_table_knows(self) -> None:
        names = {n for n in CaseState.__slots__ if n not in SECTIONS}
        assert names == {
            *(
                "case",
                "known",
                "youth",
                "lead",
                "notices",
                "reads",
                "denials",
                "refusals",
                "unhandled",
                "last",
            )
        }
        assert flat(Concern("c")) == {"status": "unknown"}
