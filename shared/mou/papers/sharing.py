"""Who sees what of a young person, in words: the disclosure matrix as people of a role need it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.events.names import Role, SealedClass
from shared.mou.document import DisclosureRow, Mou
from shared.mou.papers.paper import Line, Span, plain, quiet, said, strong
from shared.mou.parties import ANY, includes, members, party_of
from shared.mou.vocabulary import Kind, Relation
from shared.mou.words import Words

#: What the classes of sealed facts are called.
CLASSES: dict[SealedClass, str] = {
    SealedClass.IDENTITY: "who the young person is",
    SealedClass.CONTACT: "how to reach them",
    SealedClass.ADDRESS: "where they live",
    SealedClass.NARRATIVE: "what was told",
    SealedClass.HEALTH: "health",
    SealedClass.SUBSTANCE_USE: "substance use",
    SealedClass.EDUCATION: "school",
    SealedClass.JUSTICE: "arrests and offenses",
    SealedClass.REPORTER: "who reported",
}
KINDS: dict[Kind, str] = {
    Kind.CONCERN: "a concern",
    Kind.CASE: "a case",
    Kind.REFERRAL: "a referral",
}
#: A relation to a thing -> how it is said of one's own agency, and of another one.
RELATIONS: dict[Relation, tuple[str, str]] = {
    Relation.LEAD: ("that your agency leads", "that it leads"),
    Relation.PARTICIPANT: ("on whose team your agency is", "on whose team it is"),
    Relation.SENDER: ("that your agency sent", "that it sent"),
    Relation.RECIPIENT: ("that your agency was asked by", "that it was asked by"),
    Relation.REPORTER: ("that your agency reported", "that it reported"),
    Relation.ASSIGNED_WORKER: ("that you are assigned to", "that the worker is assigned to"),
}


def seen(mou: Mou, role: Role, words: Words) -> Iterator[Line]:
    """What people of the role see themselves: a line for each row that opens something to them."""
    own = agencies_of(mou, role)
    for row in mou.disclosure:
        agencies = frozenset(own) & _agencies(mou, row.agencies)
        if agencies and _opens_to(mou, row, role):
            only = [] if agencies == frozenset(own) else [quiet(f" ({_names(mou, agencies)})")]
            of = of_what(row, words, own=True)
            yield (strong(of[:1].upper() + of[1:]), *only, plain(f": {_classes(row, words)}"), _cited(row))


def seen_by_others(mou: Mou, role: Role, words: Words) -> Iterator[Line]:
    """What other agencies see: a line for each row that opens something to one of them.

    What an agency wrote itself nobody has to share with it; those rows are left out.
    """
    own = frozenset(agencies_of(mou, role))
    for row in mou.disclosure:
        others = _agencies(mou, row.agencies) - own
        if others and not {Relation.REPORTER, Relation.SENDER} & {*row.needs}:
            who = strong(_others(mou, others, own, words))
            what = f", {of_what(row, words, own=False)}: {_classes(row, words)}"
            yield (who, plain(what), _cited(row))


def seen_by_nobody(mou: Mou, words: Words) -> Iterator[Line]:
    """The classes that no row opens, and what a consent that is needed for them says."""
    opened = {sealed for row in mou.disclosure for sealed in row.classes}
    for sealed in SealedClass:
        if sealed not in opened:
            yield (strong(words("Nobody: ")), plain(words(CLASSES[sealed])))
    for rule in mou.consent_rules:
        if rule.needed:
            yield (said(words, rule.says, rule.es), quiet(f"\u00a0[{rule.clause}]"))


def agencies_of(mou: Mou, role: Role) -> tuple[str, ...]:
    """The parties with people of this role."""
    return tuple(str(party.agency) for party in mou.parties if role in party.roles)


def _opens_to(mou: Mou, row: DisclosureRow, role: Role) -> bool:
    return includes(row.roles, mou.role_sets, frozenset({str(role)}))


def _parties(mou: Mou) -> frozenset[str]:
    return frozenset(str(party.agency) for party in mou.parties)


def _agencies(mou: Mou, names: Iterable[str]) -> frozenset[str]:
    """The parties that these codes and names of sets stand for."""
    stand_for = members(names, mou.agency_sets)
    return _parties(mou) if ANY in stand_for else stand_for


def named(mou: Mou, names: Iterable[str]) -> str:
    """The parties that these codes and names of sets stand for; every party but a few, if that is shorter."""
    agencies = _agencies(mou, names)
    left_out = _parties(mou) - agencies
    if not left_out:
        return "Every party"
    return (
        f"Every party but {_names(mou, left_out)}" if len(left_out) < len(agencies) else _names(mou, agencies)
    )


def _names(mou: Mou, agencies: frozenset[str]) -> str:
    return ", ".join(short_name(mou, str(party.agency)) for party in mou.parties if party.agency in agencies)


def short_name(mou: Mou, agency: str) -> str:
    """A party's name, without the county's in front of it; the sheet names the county once."""
    party = party_of(mou, agency)
    return party.name.removeprefix(f"{mou.county} ") if party else agency


def _others(mou: Mou, others: frozenset[str], own: frozenset[str], words: Words) -> str:
    """Their names, or everybody else's if these are fewer."""
    left_out = _parties(mou) - own - others
    if not left_out:
        return words("Every other party")
    if len(left_out) < len(others):
        return words("Every other party but {names}", names=_names(mou, left_out))
    return _names(mou, others)


def of_what(row: DisclosureRow, words: Words, own: bool) -> str:
    """Of which things a row speaks: of one's own agency, "a case that your agency leads", or of another one."""
    kinds = ", ".join(words(KINDS[kind]) for kind in row.of)
    needs = (words(RELATIONS[need][0 if own else 1]) for need in row.needs if need in RELATIONS)
    return " ".join([kinds, *needs])


def _classes(row: DisclosureRow, words: Words) -> str:
    return ", ".join(words(CLASSES[sealed]) for sealed in row.classes)


def _cited(row: DisclosureRow) -> Span:
    return quiet(f"\u00a0[{row.clause}]")
