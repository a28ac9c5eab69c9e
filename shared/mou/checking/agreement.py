"""Checks of what the county agreed: whole, its counties, its signatures, who receives, and on which basis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from shared.mou.document import Mou
from shared.mou.findings import Finding
from shared.mou.law import counties
from shared.mou.parties import ANY, party_of


def check_agreement(mou: Mou) -> list[Finding]:
    """What is wrong with these parts, in their order. Raises nothing."""
    found = [*_counties(mou), *_zone(mou), *_signatures(mou)]
    # What was adopted once is read for good: what is asked only since the second format is asked of it only.
    return found if mou.format == "accord-mou-1" else [*_whole(mou), *found, *_receiving(mou), *_bases(mou)]


#: What a document of the second format has to say.
WHOLE = ("counties", "term", "signatories", "developed_with", "annual_review")


def _whole(mou: Mou) -> Iterator[Finding]:
    for part in WHOLE:
        if not getattr(mou, part):
            yield Finding(f"/{part}", "is missing", "Add it; the template has one to begin from.")


def _counties(mou: Mou) -> Iterator[Finding]:
    for index, code in enumerate(mou.counties):
        if code not in counties():
            remedy = "Write the county's name in small letters, with `-` for a space."
            yield Finding(f"/counties/{index}", "is no county of California", remedy)


def _zone(mou: Mou) -> Iterator[Finding]:
    zones = {counties()[code].time_zone for code in mou.counties if code in counties()}
    try:
        ZoneInfo(mou.time_zone)
    except (ValueError, OSError, KeyError):
        yield Finding("/time_zone", "is no time zone", "Use a name such as America/Los_Angeles.")
        return
    if zones and mou.time_zone not in zones:
        yield Finding("/time_zone", "is not the zone of its counties", f"Write {' or '.join(sorted(zones))}.")


def _signatures(mou: Mou) -> Iterator[Finding]:
    signing = {str(signatory.agency) for signatory in mou.signatories}
    for index, signatory in enumerate(mou.signatories):
        path = f"/signatories/{index}"
        party = party_of(mou, signatory.agency)
        if party is None or not party.signatory:
            remedy = "Set `signatory: true` on the party, or leave the office out."
            yield Finding(f"{path}/agency", "is not a party that signs", remedy)
        if signatory.county not in {*mou.counties, None} or (signatory.county is None) != (
            len(mou.counties) == 1
        ):
            remedy = "Name one of /counties if there are several, and none if there is one."
            yield Finding(f"{path}/county", "does not say for which county it signs", remedy)
    if any(signatory.signed and signatory.signed > mou.effective for signatory in mou.signatories):
        remedy = "Let it take effect on the day of the last signature or later."
        yield Finding("/effective", "lies before a signature", remedy)
    for index, party in enumerate(mou.parties):
        if mou.signatories and party.signatory and party.agency not in signing:
            yield Finding(
                f"/parties/{index}/signatory", "has no office that signs", "Add it to /signatories."
            )
    if mou.term and mou.term.until and mou.term.until <= mou.effective:
        yield Finding("/term/until", "lies before it takes effect", "Write a later day.")


def _receiving(mou: Mou) -> Iterator[Finding]:
    read = {name for rule in mou.may if rule.act.startswith("read-") for name in rule.agencies} - {ANY}
    reads = {code for name in read for code in mou.agency_sets.get(name, (name,))}
    owing = {duty.owed_by.agency for duty in mou.duties if duty.owed_by}
    told = {str(rule.agency) for rule in mou.routing} | {str(agency) for agency in owing} | reads
    for index, party in enumerate(mou.parties):
        if party.inbound is None and party.outbound is None and party.agency not in told:
            remedy = (
                "Give it `inbound` or `outbound`, a rule of /routing, or something to read; or leave it out."
            )
            yield Finding(f"/parties/{index}", "is a party that receives nothing", remedy)


def _bases(mou: Mou) -> Iterator[Finding]:
    needed = {sealed: rule.id for rule in mou.consent_rules if rule.needed for sealed in rule.classes}
    for index, row in enumerate(mou.disclosure):
        path = f"/disclosure/{index}"
        if not re.search(r"[0-9]", row.basis):
            remedy = "Cite the law that allows it, with its section, or take the row out."
            yield Finding(
                f"{path}/basis", "is no basis: these classes would be disclosed without one", remedy
            )
        if needed.keys() & set(row.classes):
            remedy = "Take the class out: Accord holds no consents."
            yield Finding(f"{path}/classes", "holds a class that needs a consent on record", remedy)
