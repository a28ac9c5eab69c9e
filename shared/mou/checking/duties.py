"""Checks of duties: that somebody can meet them, that somebody owes them, that no escalation goes nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from shared.events import TYPES
from shared.events.names import Role
from shared.mou.document import Mou
from shared.mou.duties.rules import CountyAct, DutyRule, Holder, Pattern
from shared.mou.findings import Finding
from shared.mou.parties import ANY, party_of
from shared.mou.vocabulary import Act, QueueRole, Target


def check_duties(mou: Mou) -> list[Finding]:
    """What is wrong with duties, with what names them and with escalation, in their order. Raises nothing."""
    return [*_duties(mou), *_named_duties(mou), *_authorities(mou), *_queues(mou), *_cycles(mou)]


def _duties(mou: Mou) -> Iterator[Finding]:
    acts = {act.code: act for act in mou.acts}
    if acts and not any(rule.act is Act.RECORD_ACT for rule in mou.may):
        remedy = "Add a rule that lets somebody record acts."
        yield Finding("/may", f"has no rule for {Act.RECORD_ACT}: no duty could be met by an act", remedy)
    for index, duty in enumerate(mou.duties):
        path = f"/duties/{index}"
        for where, pattern in _patterns(path, duty):
            yield from _pattern(where, pattern, acts)
        if duty.owed_by is not None:
            yield from _holder(f"{path}/owed_by", duty.owed_by, mou)
        hours = [step.after_hours for step in duty.escalate]
        if hours != sorted(set(hours)):
            remedy = "Give each step more hours than the one before."
            yield Finding(f"{path}/escalate", "does not go up step by step", remedy)
        if len({step.queue for step in duty.escalate}) < len(duty.escalate):
            yield Finding(f"{path}/escalate", "goes round in a circle", "Name each queue once.")
        if set(duty.to) - {entry.code for entry in mou.told}:
            yield Finding(f"{path}/to", "names nobody of the list `told`", "Add the code to /told.")


def _patterns(path: str, duty: DutyRule) -> Iterator[tuple[str, Pattern]]:
    for part in ("opens", "closes", "ends"):
        for index, pattern in enumerate(getattr(duty, part)):
            yield f"{path}/{part}/{index}", pattern
    if duty.within and duty.within.before:
        yield f"{path}/within/before", duty.within.before


def _pattern(path: str, pattern: Pattern, acts: Mapping[str, CountyAct]) -> Iterator[Finding]:
    nobody = "nobody can do or record, so the duty cannot be met"
    act = acts.get(pattern.act or "")
    if pattern.event is not None and pattern.event not in TYPES:
        yield Finding(f"{path}/event", f"is what {nobody}", "See `accord events catalogue`.")
    if pattern.act is not None and pattern.act not in acts:
        yield Finding(f"{path}/act", f"is what {nobody}", "Add the act to /acts.")
    if act is not None and not set(pattern.where.get("to", ())) <= set(act.to):
        remedy = "Add the code to `to` of the act, or name another."
        yield Finding(f"{path}/where/to", "names somebody whom this act is never told to", remedy)


def _holder(path: str, holder: Holder, mou: Mou) -> Iterator[Finding]:
    if holder.agency in set(Target):
        agencies = [party for party in mou.parties if _can_hold(holder, party.roles)]
        if not agencies:
            yield Finding(path, "is nobody: no party has this role", "Name a role of a party.")
        return
    party = party_of(mou, holder.agency)
    if party is None:
        yield Finding(f"{path}/agency", "is no party", "Add it to /parties, or name a relation.")
    elif not _can_hold(holder, party.roles):
        yield Finding(f"{path}/role", "is a role that nobody holds there", "Name one of the party's roles.")


def _can_hold(holder: Holder, roles: Iterable[str]) -> bool:
    return holder.role is None or holder.role in set(QueueRole) or holder.role in set(roles)


def _named_duties(mou: Mou) -> Iterator[Finding]:
    known = {duty.id for duty in mou.duties}
    named = [(f"/reporting/{i}/duties", rule.duties) for i, rule in enumerate(mou.reporting)]
    named += [(f"/response_tiers/{i}/duties", tier.duties) for i, tier in enumerate(mou.response_tiers)]
    named += [("/missing_youth/duties", mou.missing_youth.duties)] if mou.missing_youth else []
    named += [(f"/authorities/{i}/duties", authority.duties) for i, authority in enumerate(mou.authorities)]
    for path, duties in named:
        for index, duty in enumerate(duties):
            if duty not in known:
                yield Finding(f"{path}/{index}", "is no duty of this document", "Add it to /duties.")


def _authorities(mou: Mou) -> Iterator[Finding]:
    roles = {ANY, *mou.role_sets, *set(Role)}
    for index, authority in enumerate(mou.authorities):
        if not roles.issuperset(authority.roles):
            path = f"/authorities/{index}/roles"
            yield Finding(path, "names neither a role nor a set of roles", "See /role_sets.")
    allowed = {act for authority in mou.authorities for act in authority.allows}
    for index, rule in enumerate(mou.may):
        if rule.act in (Act.WAIVE_DUTY, Act.TOLL_DUTY) and rule.act not in allowed:
            remedy = "Add an authority that allows it, or take the rule out."
            yield Finding(f"/may/{index}", "allows what no authority is listed for", remedy)


def _queues(mou: Mou) -> Iterator[Finding]:
    queues = [(f"/escalation/{i}/queue", step.queue) for i, step in enumerate(mou.escalation)]
    queues += [(f"/escalation/{i}/to", step.to) for i, step in enumerate(mou.escalation)]
    queues += [
        (f"/duties/{i}/escalate/{n}/queue", step.queue)
        for i, duty in enumerate(mou.duties)
        for n, step in enumerate(duty.escalate)
    ]
    queues += [("/annual_review/by", mou.annual_review.by)] if mou.annual_review else []
    for path, queue in queues:
        agency, role = queue.split("/")
        party = party_of(mou, agency)
        if party is None or role not in party.roles:
            yield Finding(path, "goes to a role that nobody holds", "Name a party and one of its roles.")


def _cycles(mou: Mou) -> Iterator[Finding]:
    following: dict[str, set[str]] = {}
    for index, step in enumerate(mou.escalation):
        following.setdefault(step.queue, set()).add(step.to)
        if _reached(step.to, following) & {step.queue}:
            remedy = "Let it end with somebody: take this step out, or name another queue."
            yield Finding(f"/escalation/{index}", "goes round in a circle", remedy)


def _reached(start: str, following: Mapping[str, set[str]]) -> set[str]:
    reached, ahead = {start}, [start]
    while ahead:
        new = following.get(ahead.pop(), set()) - reached
        reached |= new
        ahead += new
    return reached
