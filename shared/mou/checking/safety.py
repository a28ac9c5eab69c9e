"""Checks of the safety-fact rule: that its flags are known, and that each gap's duty is there and opens on it."""

from __future__ import annotations

from collections.abc import Iterator

from shared.mou.document import Mou
from shared.mou.duties.rules import DutyRule, Mode
from shared.mou.findings import Finding
from shared.mou.gaps import FLAGS
from shared.mou.safety import GapRule, SafetyFacts, kind_of
from shared.mou.vocabulary import SAFETY_ACTS, Act

#: Acts that state a fact and can be taken whatever is amiss with their form.
STATING = frozenset(
    {Act.REPORT_CONCERN, Act.STATE_CALL, Act.RECORD_SCREENING, Act.RECORD_ACT, Act.CONFIRM_DUTY_NOT_DONE}
)


def check_safety(mou: Mou) -> list[Finding]:
    """What is wrong with the rule and with what waits for a flag, in their order. Raises nothing."""
    found = list(_waiting(mou))
    if mou.safety_facts is not None:
        found += [*_acts(mou.safety_facts), *_gaps(mou, mou.safety_facts)]
    return found


def _acts(rule: SafetyFacts) -> Iterator[Finding]:
    path = "/safety_facts/accepted"
    for act in sorted({*SAFETY_ACTS, Act.STATE_CALL} - {*rule.accepted}):
        yield Finding(path, f"leaves out {act}", f"Add {act}: no county may turn it away.")
    if set(rule.accepted) - STATING:
        yield Finding(path, "names an act that states no fact", f"Name of {', '.join(sorted(STATING))}.")
    if set(rule.need_a_fact) - set(rule.accepted):
        yield Finding("/safety_facts/need_a_fact", "names an act that is not accepted", "See `accepted`.")


def _gaps(mou: Mou, rule: SafetyFacts) -> Iterator[Finding]:
    duties = {duty.id: duty for duty in mou.duties}
    seen: set[str] = set()
    for index, gap in enumerate(rule.gaps):
        path = f"/safety_facts/gaps/{index}"
        if kind_of(gap.flag) not in FLAGS:
            yield Finding(f"{path}/flag", "is no flag of Accord", f"Name of {', '.join(FLAGS)}.")
        if gap.flag in seen:
            yield Finding(path, "says again what an entry above says", "Keep one of the two.")
        seen.add(gap.flag)
        for n, name in enumerate(gap.opens):
            yield from _opens(f"{path}/opens/{n}", gap, duties.get(name))


def _opens(path: str, gap: GapRule, duty: DutyRule | None) -> Iterator[Finding]:
    if duty is None:
        yield Finding(path, "is no duty of this document", "Add it to /duties.")
    elif duty.mode is Mode.OFF:
        yield Finding(path, "is a duty that is off", "Name one that somebody can meet.")
    elif not any(_fits(gap.flag, [str(one) for one in each.where.get("flags", ())]) for each in duty.opens):
        remedy = "Name the flag in `where: {flags: […]}` of what opens the duty."
        yield Finding(path, "is a duty that this flag does not open", remedy)


def _fits(flag: str, named: list[str]) -> bool:
    """Whether a pattern that names these flags, or none at all, is met by this one or one of its kind."""
    return not named or any(flag in (one, kind_of(one)) for one in named)


def _waiting(mou: Mou) -> Iterator[Finding]:
    for index, rule in enumerate(mou.routing):
        if {kind_of(flag) for flag in rule.if_flagged} - FLAGS.keys():
            yield Finding(f"/routing/{index}/if_flagged", "names no flag of Accord", "See docs/mou.md.")
