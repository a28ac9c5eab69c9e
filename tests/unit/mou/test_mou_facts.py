from dataclasses import dataclass
from pathlib import Path

from shared.events.names import Agency, Purpose, Role
from shared.mou import CallerFacts, CaseFacts, ThingFacts, load
from shared.mou.parties import holds
from shared.mou.vocabulary import Relation
from shared.web.callers import Caller

MOU = load((Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8"))


@dataclass(frozen=True)
class Somebody:
    person: str = "p1"
    agency: str = "shelter"
    roles: tuple[str, ...] = ("advocate",)
    purpose: str = "support"
    system: bool = False


def test_facts_are_made_from_anything_that_has_the_fields_of_a_caller():
    facts = CallerFacts.of(Somebody())
    assert facts == CallerFacts("shelter", frozenset({"advocate"}), "support", False, "p1")


def test_facts_are_made_from_the_caller_of_an_api():
    caller = Caller("p1", Agency.SHERIFF, frozenset({Role.SYSTEM}), Purpose.REPORT)
    assert CallerFacts.of(caller) == CallerFacts("sheriff", frozenset({"system"}), "report", True, "p1")


def test_a_system_holds_the_role_system():
    assert CallerFacts("sheriff", system=True).all_roles == {"system"}


class TestRelations:
    def test_an_assigned_worker_is_a_person_and_not_their_agency(self):
        case = CaseFacts("case", workers=frozenset({"p1"}))
        assert holds(Relation.ASSIGNED_WORKER, CallerFacts("shelter", person="p1"), case, MOU)
        assert not holds(Relation.ASSIGNED_WORKER, CallerFacts("shelter", person="p2"), case, MOU)
        assert not holds(Relation.ASSIGNED_WORKER, CallerFacts("shelter"), case, MOU)

    def test_a_case_may_be_led_by_another_agency_than_the_county_at_large(self):
        case = CaseFacts("case", lead="probation")
        assert holds(Relation.LEAD, CallerFacts("probation"), case, MOU)
        assert not holds(Relation.LEAD, CallerFacts("human-services"), case, MOU)

    def test_a_fact_that_is_left_out_is_no_relation(self):
        bare = ThingFacts("referral")
        for relation in set(Relation) - {Relation.ANY}:
            assert not holds(relation, CallerFacts("shelter", person="p1"), bare, MOU), relation
