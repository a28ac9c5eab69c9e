"""Looking things up in the document: parties, clauses, sets, relations. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.mou.document import Clause, Mou, Party
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.vocabulary import Relation

#: The set that every document has: every party, every role.
ANY = "any"


def party_of(mou: Mou, agency: str | None) -> Party | None:
    """The party with this code, or None."""
    return next((party for party in mou.parties if party.agency == agency), None)


def lead_agency(mou: Mou) -> str:
    """The county's lead agency. A checked document has exactly one."""
    return next(str(party.agency) for party in mou.parties if party.lead)


def clause_of(mou: Mou, clause: str) -> Clause | None:
    """The clause with this id, or None."""
    return next((c for c in mou.clauses if c.id == clause), None)


def members(names: Iterable[str], sets: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The codes that `names` stand for, sets resolved. `any` stays as it is."""
    return frozenset(str(code) for name in names for code in sets.get(name, (name,)))


def includes(names: Iterable[str], sets: Mapping[str, tuple[str, ...]], codes: frozenset[str]) -> bool:
    """Whether any of `codes` is among `names`."""
    named = members(names, sets)
    return ANY in named or bool(named & codes)


def holds(relation: Relation, caller: CallerFacts, thing: ThingFacts, mou: Mou) -> bool:
    """Whether the caller has this relation to the thing. A fact that is left out is no relation."""
    related = _related(thing, mou)
    if relation in related:
        return caller.agency in related[relation]
    match relation:
        case Relation.ANY:
            return True
        case Relation.OWN_PERSON:
            return caller.person is not None and caller.person == thing.person
        case Relation.ASSIGNED_WORKER:
            return caller.person is not None and caller.person in thing.workers
        case Relation.OWNER_IS_PARTY:
            return party_of(mou, thing.owner) is not None
        case Relation.RECIPIENT_IS_PARTY:
            return _can_be_asked(mou, thing.recipient, caller.agency)
        case Relation.OUTSIDE_IS_LISTED:
            return thing.outside in {listed.code for listed in mou.outside_agencies}
        case Relation.SENDER_FOR_OUTSIDE:
            return thing.outside is not None and caller.agency == thing.sender
        case _:
            return False


def _related(thing: ThingFacts, mou: Mou) -> dict[Relation, frozenset[str | None]]:
    """The agencies that stand in each relation to the thing."""
    lead = thing.lead or lead_agency(mou)
    return {
        Relation.LEAD: frozenset({lead}),
        Relation.PARTICIPANT: frozenset({lead, *thing.participants}),
        Relation.SENDER: frozenset({thing.sender}),
        Relation.RECIPIENT: frozenset({thing.recipient}),
        Relation.REPORTER: frozenset(thing.reporters),
        Relation.OWN_AGENCY: frozenset({thing.owner}),
    }


def _can_be_asked(mou: Mou, agency: str | None, asking: str) -> bool:
    party = party_of(mou, agency)
    return party is not None and party.inbound is not None and agency != asking
