"""Who is told of an event. Pure: the audit recomputes what notifications did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.events.types.notification import Tier
from shared.mou.document import Mou, RoutingRule
from shared.mou.facts import EventFacts
from shared.mou.parties import lead_agency, party_of
from shared.mou.safety import kind_of
from shared.mou.vocabulary import QueueRole, Target

#: Queue -> random ids of the persons on duty. `Mou.rota` is one.
Rota = Mapping[str, Sequence[str | UUID]]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told: a queue `<agency>/<role>`, or one person.

    `on_call` are the persons on that queue's rota, to be reached first; the item stays the queue's own.
    `rule` and the address make it unique for its event.
    """

    queue: str | None
    person: str | None
    tier: Tier
    clause: str
    rule: str
    reason: str
    needs_ack: bool
    on_call: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The person's id or the queue; what `NotificationDelivered.recipient` holds."""
        return self.person or self.queue or ""


#: Event types of which nobody is told, and why.
SILENT: Mapping[str, str] = {
    "accord.concern.call-stated.v1": "The concern itself was told; the call shows on it.",
    "accord.case.opened.v1": "Whoever opened it knows; who reported is told that the concern was attached.",
    "accord.concern.continued.v1": "It is the rest of the event before, which was told.",
    "accord.agency.left.v1": "Those who asked for it know; the case shows it.",
    "accord.role.assigned.v1": "The agency's own administrator, or its provider, did it.",
    "accord.role.ended.v1": "The agency's own administrator, or its provider, did it.",
    "accord.referral.received.v1": "Not an answer yet; the referral shows it.",
    "accord.referral.call-stated.v1": "Both agencies spoke, or one will try again; the referral shows it.",
    "accord.referral.forwarded.v1": "The new referral tells the agency that it goes to.",
    "accord.act.recorded.v1": "The case shows it; whom it matters to is told by the duty that it meets.",
    "accord.act.entered-in-error.v1": "The case shows it; a duty that it had met stands open again.",
    "accord.duty.waived.v1": "What is due in the case shows it, with who said so and on which authority.",
    "accord.duty.tolled.v1": "What is due in the case shows it, with who said so and on which authority.",
    "accord.duty.confirmed-not-done.v1": "What is due in the case shows it.",
    "accord.duty.entered-in-error.v1": "What is due in the case shows the duty as it stood before.",
    "accord.command.refused.v1": "The caller was answered at once.",
    "accord.submission.receipted.v1": "The receipt itself is the answer.",
    "accord.deadletter.recorded.v1": "Told as submission.unreadable; `accord status` counts the others.",
    "accord.notification.delivered.v1": "Telling of telling would never end.",
    "accord.notification.acknowledged.v1": "The item itself shows who has it in hand.",
    "accord.duty.opened.v1": "Nobody is told of each duty; what is due next stands in a list of its own.",
    "accord.duty.met.v1": "Whoever did it knows.",
    "accord.duty.changed.v1": "Whoever changed it knows; the case shows it.",
    "accord.record.read.v1": "For the auditor; a viewer is not announced.",
    "accord.record.denied.v1": "For the auditor; telling anyone would say that there is something to know.",
    "accord.session.begun.v1": "For the auditor; whoever signs in knows.",
    "accord.session.ended.v1": "For the auditor; the screen says it.",
    "accord.evidence.made.v1": "For the auditor, as any read is.",
    "accord.evidence.opened.v1": "For the auditor, as any read is.",
    "accord.mou.proposed.v1": "The coordinator sends it to the parties; its page shows it to all staff.",
    "accord.mou.commented.v1": "The proposal shows it, and is not adopted before it is answered.",
    "accord.mou.comment-answered.v1": "The proposal shows the answer to whoever commented.",
    "accord.mou.signed.v1": "The proposal shows who signed, and who has still to.",
    "accord.mou.adopted.v1": "The parties that signed it know.",
    "accord.mou.superseded.v1": "The version that takes its place was adopted in the same breath.",
}

#: Event types whose recipients a duty's own rule names, and not a rule of the routing.
TOLD_BY_DUTIES = frozenset({"accord.duty.warned.v1", "accord.duty.unanswered.v1", "accord.duty.escalated.v1"})

#: Event types that every document must tell somebody of, with acknowledgement: a youth may be waiting.
MUST_BE_TOLD = frozenset(
    {
        "accord.concern.reported.v1",
        "accord.referral.requested.v1",
        "accord.referral.rejected.v1",
        "accord.submission.unreadable.v1",
    }
)


def recipients(event: EventFacts, mou: Mou, rota: Rota) -> list[Recipient]:
    """Everyone who is told of `event`, in the document's order; each (rule, address) once.

    A rule that needs an acknowledgement and finds no queue is told, as act-now, to the queue that the
    document names for that: nothing falls between two agencies. Raises nothing.
    """
    told: dict[tuple[str, str], Recipient] = {}
    for rule in mou.routing:
        if rule.event == event.type and _asked_for(rule, event):
            for recipient in _of_rule(rule, event, mou, rota):
                told.setdefault((recipient.rule, recipient.address), recipient)
    return list(told.values())


def _asked_for(rule: RoutingRule, event: EventFacts) -> bool:
    """Whether the event has a flag that the rule waits for, or the rule waits for none."""
    flags = {*event.flags, *map(kind_of, event.flags)}
    return not rule.if_flagged or not flags.isdisjoint(rule.if_flagged)


def _of_rule(rule: RoutingRule, event: EventFacts, mou: Mou, rota: Rota) -> Iterable[Recipient]:
    if rule.agency is Target.WORKER:
        return [_person(rule, event, mou)] if event.worker else []
    agencies = [agency for agency in _agencies(rule, event, mou) if agency]
    queues = [queue for agency in agencies if (queue := _queue(rule, agency, mou))]
    if rule.needs_acknowledgement and (not queues or len(queues) < len(agencies)):
        gap = _to_queue(mou.unroutable.queue, rule, Tier.ACT_NOW, rota)
        return [*(_to_queue(q, rule, _tier(rule, event, mou), rota) for q in queues), gap]
    if rule.not_to_the_actor:
        queues = [queue for queue in queues if queue.split("/")[0] != event.actor]
    return [_to_queue(queue, rule, _tier(rule, event, mou), rota) for queue in queues]


def _agencies(rule: RoutingRule, event: EventFacts, mou: Mou) -> Sequence[str | None]:
    thing = event.thing
    match rule.agency:
        case Target.LEAD:
            return [thing.lead or lead_agency(mou)]
        case Target.SENDER:
            return [thing.sender]
        case Target.RECIPIENT:
            return [thing.recipient]
        case Target.REPORTER:
            return sorted(thing.reporters)
        case Target.SUBMITTER:
            return [event.submitter]
        case Target.OWNER:
            return [thing.owner]
        case Target.WORKER:
            return []
        case code:
            return [str(code)]


def _queue(rule: RoutingRule, agency: str, mou: Mou) -> str | None:
    party = party_of(mou, agency)
    if party is None:
        return None
    match rule.role:
        case QueueRole.INBOUND:
            role = party.inbound
        case QueueRole.OUTBOUND:
            role = party.outbound
        case named:
            role = named
    return f"{agency}/{role}" if role else None


def _tier(rule: RoutingRule, event: EventFacts, mou: Mou) -> Tier:
    """Act-now if the urgency is one of the rule's, or is missing or not known here: better too loud. So for a band,
    and where a fact was recorded out of order (DESIGN 1, rule 4): the gap is somebody's to close."""
    if rule.act_now_if_flagged and event.flags:
        return Tier.ACT_NOW
    bands = {band for tool in mou.screening_tools for band in tool.bands}
    if rule.act_now_if_band and (event.band in rule.act_now_if_band or event.band not in bands):
        return Tier.ACT_NOW
    known = {entry.urgency for entry in mou.respond_within}
    if rule.act_now_if_urgency and (event.urgency in rule.act_now_if_urgency or event.urgency not in known):
        return Tier.ACT_NOW
    return rule.tier


def _to_queue(queue: str, rule: RoutingRule, tier: Tier, rota: Rota) -> Recipient:
    on_call = tuple(str(person) for person in rota.get(queue, ()))
    return Recipient(
        queue, None, tier, rule.clause, rule.id, rule.reason, rule.needs_acknowledgement, on_call
    )


def _person(rule: RoutingRule, event: EventFacts, mou: Mou) -> Recipient:
    tier = _tier(rule, event, mou)
    return Recipient(None, event.worker, tier, rule.clause, rule.id, rule.reason, rule.needs_acknowledgement)
