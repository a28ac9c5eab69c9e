"""Who owes a duty, and who is told of it. Pure, as `routing`: the audit recomputes what notifications did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.events.types.notification import Tier
from shared.mou.document import Mou
from shared.mou.duties.rules import DutyRule
from shared.mou.facts import ThingFacts
from shared.mou.parties import lead_agency, party_of
from shared.mou.routing import Recipient
from shared.mou.vocabulary import QueueRole, Target


@dataclass(frozen=True, slots=True)
class Owing:
    """The agency that owes a duty and the role there; None and None where nobody of the memorandum can be named."""

    agency: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class DutyFacts:
    """What telling needs of a duty's event: its type, who owes the duty, and for an escalation the step's queue."""

    type: str
    owing: Owing
    due_at: datetime | None = None
    step_queue: str | None = None


def owing(rule: DutyRule, thing: ThingFacts, mou: Mou) -> Owing:
    """Who owes a duty that is about `thing`. A worker's duty is the lead agency's, in the role that is named."""
    if rule.owed_by is None:
        return Owing()
    agency = _agency(rule.owed_by.agency, thing, mou)
    party = party_of(mou, agency)
    if party is None:
        return Owing()
    match rule.owed_by.role:
        case QueueRole.INBOUND | None:
            role = party.inbound
        case QueueRole.OUTBOUND:
            role = party.outbound
        case named:
            role = named if named in party.roles else None
    return Owing(agency, str(role)) if role else Owing()


def _agency(holder: str, thing: ThingFacts, mou: Mou) -> str | None:
    match holder:
        case Target.LEAD | Target.OWNER | Target.WORKER:
            return thing.lead or lead_agency(mou)
        case Target.SENDER:
            return thing.sender
        case Target.RECIPIENT:
            return thing.recipient
        case Target.REPORTER | Target.SUBMITTER:
            return min(thing.reporters, default=None)
        case named:
            return str(named)


def queue_of(who: Owing, mou: Mou) -> str:
    """The queue of whoever owes it; where nobody can be named, the one that the document names for that."""
    return f"{who.agency}/{who.role}" if who.agency and who.role else mou.unroutable.queue


def duty_recipients(rule: DutyRule, facts: DutyFacts, mou: Mou) -> list[Recipient]:
    """Who is told of a duty's event: of a warning and of a past due time, whoever owes it; then each step's queue.

    A warning is as loud as the rule says, and act-now where nobody could be named; all others are act-now and ask
    for an acknowledgement. Nobody is told of any other event of a duty.
    """
    queue = queue_of(facts.owing, mou)
    reason = " ".join([rule.says, *_due(facts.due_at, mou)])
    match facts.type:
        case "accord.duty.warned.v1":
            named = facts.owing.agency is not None
            return [_told(queue, rule.tier if named else Tier.ACT_NOW, rule, reason, needs_ack=False)]
        case "accord.duty.unanswered.v1":
            return [_told(queue, Tier.ACT_NOW, rule, reason, needs_ack=True)]
        case "accord.duty.escalated.v1":
            return [_told(facts.step_queue or queue, Tier.ACT_NOW, rule, reason, needs_ack=True)]
    return []


def _told(queue: str, tier: Tier, rule: DutyRule, reason: str, *, needs_ack: bool) -> Recipient:
    return Recipient(queue, None, tier, rule.clause, rule.id, reason, needs_ack)


def _due(due_at: datetime | None, mou: Mou) -> list[str]:
    """When it was due, as people of the county say it."""
    if due_at is None:
        return []
    return [f"Due {due_at.astimezone(ZoneInfo(mou.time_zone)):%a %-d %b %Y, %H:%M}."]
