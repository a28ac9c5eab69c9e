"""Checks of lists: that what a rule names by code is on the list it chooses from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from shared.mou.document import Mou
from shared.mou.findings import Finding
from shared.mou.law import never_in_a_device_agreement
from shared.mou.parties import party_of
from shared.mou.practice import Entry, PlanElement, ReferralKind
from shared.mou.vocabulary import CodeList


def check_lists(mou: Mou) -> list[Finding]:
    """What is wrong with the codes that rules name, in their order. Raises nothing."""
    return [*_lists(mou), *_teams(mou), *_kinds(mou), *_devices(mou)]


#: Where a code stands, the codes there, and the list that they come from.
Named = tuple[str, Iterable[str | None], str]


def _lists(mou: Mou) -> Iterator[Finding]:
    known = {name: {entry.code for entry in getattr(mou, name)} for name in ("forms", "told", "conditions")}
    known["codes/trigger"] = {entry.code for entry in mou.codes.get(CodeList.TRIGGER, ())}
    for path, codes, name in _named(mou):
        if {code for code in codes if code is not None} - known[name]:
            yield Finding(path, f"is not on the list `{name}`", f"Add the code to /{name}.")


def _named(mou: Mou) -> Iterator[Named]:
    for i, rule in enumerate(mou.reporting):
        yield f"/reporting/{i}/form", [rule.form], "forms"
        yield f"/reporting/{i}/to", rule.to, "told"
    for i, consent in enumerate(mou.consent_rules):
        yield f"/consent_rules/{i}/form", [consent.form], "forms"
    for i, tool in enumerate(mou.screening_tools):
        if tool.rescreen:
            yield f"/screening_tools/{i}/rescreen/triggers", tool.rescreen.triggers, "codes/trigger"
    for i, tier in enumerate(mou.response_tiers):
        for n, member in enumerate(tier.members):
            yield f"/response_tiers/{i}/members/{n}/condition", [member.condition], "conditions"
    for i, act in enumerate(mou.acts):
        yield f"/acts/{i}/to", act.to, "told"
    if mou.missing_youth:
        yield "/missing_youth/told", mou.missing_youth.told, "told"


def _teams(mou: Mou) -> Iterator[Finding]:
    for i, tier in enumerate(mou.response_tiers):
        for n, member in enumerate(tier.members):
            if party_of(mou, member.agency) is None:
                yield Finding(f"/response_tiers/{i}/members/{n}/agency", "is no party", "Add it to /parties.")


def _kinds(mou: Mou) -> Iterator[Finding]:
    kinds = {entry.code for entry in mou.codes.get(CodeList.REFERRAL_KIND, ())}
    known = {str(party.agency) for party in mou.parties if party.inbound}
    known |= {outside.code for outside in mou.outside_agencies}
    for index, kind in enumerate(mou.referral_kinds):
        yield from _kind(
            f"/referral_kinds/{index}", kind, kinds, known, {rule.id for rule in mou.consent_rules}
        )


def _kind(
    path: str, kind: ReferralKind, kinds: set[str], known: set[str], consents: set[str]
) -> Iterator[Finding]:
    if kind.kind not in kinds:
        yield Finding(f"{path}/kind", "is not on the list `codes/kind`", "Add the code to /codes/kind.")
    if set(kind.receivers) - known:
        remedy = "Name parties with `inbound`, or agencies of the list outside."
        yield Finding(f"{path}/receivers", "names somebody who cannot be asked", remedy)
    if kind.consent is not None and kind.consent not in consents:
        yield Finding(f"{path}/consent", "is no rule of /consent_rules", "Add the rule, or leave it out.")


def _devices(mou: Mou) -> Iterator[Finding]:
    never = never_in_a_device_agreement()
    lists: list[tuple[str, tuple[Entry | PlanElement, ...]]] = [("/plan_elements", mou.plan_elements)]
    lists += [("/device_agreement/elements", mou.device_agreement.elements)] if mou.device_agreement else []
    for path, entries in lists:
        for index, entry in enumerate(entries):
            if never & set(re.findall(r"[a-z]+", f"{entry.code} {entry.label}".lower())):
                remedy = "Take it out: a young person's plan never asks for that."
                yield Finding(f"{path}/{index}", "asks to search or to track", remedy)
