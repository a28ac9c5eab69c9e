"""What is asked about the head of a document: which county, from when, who signs, who took part. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from shared.mou.document import Mou
from shared.mou.editing import choices
from shared.mou.editing.edits import Add, Edit, Remove, Set
from shared.mou.editing.fields import N_, Choice, Field, Form, Question
from shared.mou.law import counties
from shared.mou.parties import party_of


def about_head(mou: Mou) -> Iterator[Question]:
    """The county, its zone, the version, its days, the profile, who signs and who took part."""
    yield _one("county", N_("The county's name"), Form.TEXT, mou.county)
    yield _which_counties(mou)
    yield _one("time_zone", N_("The county's time zone"), Form.ONE, mou.time_zone, _zones(mou.time_zone))
    yield _one("version", N_("What this version is called, like alder-2026.1"), Form.TEXT, mou.version)
    yield _one("effective", N_("The day on which it takes effect"), Form.DAY, mou.effective.isoformat())
    yield from _term(mou)
    yield _one("profile", N_("How much agencies share"), Form.ONE, mou.profile, choices.PROFILES)
    for index, party in enumerate(mou.parties):
        name = Field(
            "name", f"/parties/{index}/name", N_("What the agency is called here"), Form.TEXT, (party.name,)
        )
        yield Question(
            f"party-{party.agency}",
            f"/parties/{index}",
            N_("The name of an agency"),
            (name,),
            (party.name,),
            clause=party.clause,
        )
    yield _who_signs(mou)
    yield from (_office(mou, index) for index in range(len(mou.signatories)))
    for index, one in enumerate(mou.developed_with):
        path = f"/developed_with/{index}"
        who = Field("who", f"{path}/who", N_("Who took part"), Form.TEXT, (one.who,))
        how = Field("how", f"{path}/how", N_("How they took part"), Form.TEXT, (one.how,))
        named = (one.named_by,) if one.named_by else ()
        yield Question(
            f"took-part-{index + 1}",
            path,
            N_("Who took part in developing the protocol"),
            (who, how),
            (f"{one.who}: {one.how}", *named),
            clause=one.clause,
        )
    yield _also_took_part(mou)


def _one(name: str, asks: str, form: Form, present: str, offered: tuple[Choice, ...] = ()) -> Question:
    field = Field(name, f"/{name}", asks, form, (present,), offered)
    shown = next((one.label for one in offered if one.value == present), present)
    return Question(name.replace("_", "-"), f"/{name}", asks, (field,), (shown,))


def _zones(present: str) -> tuple[Choice, ...]:
    zones = dict.fromkeys([present, *(county.time_zone for county in counties().values())])
    return tuple(Choice(zone, zone) for zone in zones)


def _which_counties(mou: Mou) -> Question:
    asks = N_("The county or counties that it covers")
    offered = tuple(
        Choice(one.code, f"{one.name} (does not exist)" if one.fictional else one.name)
        for one in counties().values()
    )
    field = Field("counties", "/counties", asks, Form.SEVERAL, tuple(mou.counties), offered)
    names = [one.label for one in offered if one.value in mou.counties]
    return Question("counties", "/counties", asks, (field,), (", ".join(names),))


def _term(mou: Mou) -> Iterator[Question]:
    if mou.term is None:
        return
    until = mou.term.until.isoformat() if mou.term.until else None
    says = Field(
        "says", "/term/says", N_("How long it holds, in one plain sentence"), Form.LONG, (mou.term.says,)
    )
    day = Field(
        "until",
        "/term/until",
        N_("The day on which it ends, if there is one"),
        Form.DAY,
        (until,) if until else (),
        optional=True,
    )
    yield Question(
        "term",
        "/term",
        N_("How long it holds"),
        (says, day),
        (mou.term.says, *((until,) if until else ())),
        clause=mou.term.clause,
    )


def _who_signs(mou: Mou) -> Question:
    asks = N_("Which agencies sign")
    signing = tuple(str(party.agency) for party in mou.parties if party.signatory)
    field = Field("agencies", "/signatories", asks, Form.SEVERAL, signing, choices.parties(mou))
    names = [party.name for party in mou.parties if party.signatory]
    return Question(
        "who-signs", "/signatories", asks, (field,), (", ".join(names),), changes=partial(_signing, mou)
    )


def _signing(mou: Mou, values: Mapping[str, Any]) -> Sequence[Edit]:
    """A party that no longer signs loses its offices; a new one has an office that is named next."""
    wanted = set(values["agencies"])
    edits: list[Edit] = [
        Set(f"/parties/{index}/signatory", party.agency in wanted)
        for index, party in enumerate(mou.parties)
        if party.signatory != (party.agency in wanted)
    ]
    clause = mou.signatories[0].clause if mou.signatories else mou.otherwise
    for party in mou.parties:
        if party.agency in wanted and not party.signatory:
            several = mou.counties if len(mou.counties) > 1 else (None,)
            for county in several:
                at = {} if county is None else {"county": county}
                office = f"Head of {party.name}"[:120]
                edits.append(
                    Add("/signatories", {"agency": party.agency, **at, "office": office, "clause": clause})
                )
    gone = [index for index, one in enumerate(mou.signatories) if one.agency not in wanted]
    # Taken out from behind, before anything is added: the places of the others stay.
    return [*(Remove(f"/signatories/{index}") for index in reversed(gone)), *edits]


def _office(mou: Mou, index: int) -> Question:
    one, path = mou.signatories[index], f"/signatories/{index}"
    party = party_of(mou, one.agency)
    county = f", {one.county.replace('-', ' ').title()}" if one.county else ""
    name = f"{party.name if party else one.agency}{county}"
    signed = (one.signed.isoformat(),) if one.signed else ()
    return Question(
        f"office-{one.agency}-{one.county}" if one.county else f"office-{one.agency}",
        path,
        name,
        (
            Field("office", f"{path}/office", N_("The office that signs"), Form.TEXT, (one.office,)),
            Field(
                "signed",
                f"{path}/signed",
                N_("The day on which it signed, once it has"),
                Form.DAY,
                signed,
                optional=True,
            ),
        ),
        (one.office, *signed),
        clause=one.clause,
    )


def _also_took_part(mou: Mou) -> Question:
    clause = mou.developed_with[0].clause if mou.developed_with else mou.otherwise
    return Question(
        "also-took-part",
        "/developed_with",
        N_("Who else took part, if anybody did"),
        (
            Field("who", "/developed_with", N_("Who took part"), Form.TEXT, optional=True),
            Field("how", "/developed_with", N_("How they took part"), Form.TEXT, optional=True),
        ),
        clause=clause,
        changes=partial(_taking_part, bool(mou.developed_with), clause),
    )


def _taking_part(listed: bool, clause: str, values: Mapping[str, Any]) -> Sequence[Edit]:
    if not values["who"]:
        return []
    how = values["how"] or "Took part in the work group"
    one = {"who": values["who"], "how": how, "clause": clause}
    return [Add("/developed_with", one)] if listed else [Set("/developed_with", [one])]
