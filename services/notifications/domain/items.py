"""What an item of the feed is, and which items an event makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.notifications.domain.facts import Facts, Known, concerns
from shared.errors import TryLater
from shared.events import Recorded
from shared.events.types.notification import Tier
from shared.mou import SILENT, EventFacts, Mou, Recipient, ThingFacts, recipients
from shared.mou.duties.rules import Per
from shared.mou.owing import DutyFacts, Owing, duty_recipients
from shared.mou.routing import TOLD_BY_DUTIES

#: An item's id is made of (event, rule, recipient) in this space: a replay gives the same item again.
ITEMS = UUID("5f0a7c52-3a9e-4d7b-9a63-2b8f6c1d0e94")

#: What an event's `mouversion` says as long as the county has adopted none.
NO_MOU = "none"

#: Told before any MOU is adopted: a youth may be waiting, so nothing may wait for paper (DESIGN 1, rule 4).
BUILT_IN = "built-in-safety"
BUILT_IN_QUEUES = ("human-services/coordinator", "human-services/screener")
BUILT_IN_TOLD: Mapping[str, str] = {
    "accord.concern.reported.v1": "An agency reported a concern about a young person; no MOU is adopted yet.",
    "accord.submission.unreadable.v1": (
        "A message could not be read. It may be about a child, so somebody has to look."
    ),
}

#: Event types of which somebody is told: by the MOU's routing rules, or by the rule of the duty.
HANDLED = frozenset(
    {
        *TOLD_BY_DUTIES,
        "accord.concern.reported.v1",
        "accord.concern.evaluated-out.v1",
        "accord.concern.attached.v1",
        "accord.concern.linked.v1",
        "accord.agency.joined.v1",
        "accord.worker.assigned.v1",
        "accord.cover.arranged.v1",
        "accord.cover.ended.v1",
        "accord.referral.requested.v1",
        "accord.referral.accepted.v1",
        "accord.referral.rejected.v1",
        "accord.referral.started.v1",
        "accord.referral.held.v1",
        "accord.referral.resumed.v1",
        "accord.referral.completed.v1",
        "accord.referral.failed.v1",
        "accord.referral.cancelled.v1",
        "accord.referral.information-asked.v1",
        "accord.referral.information-given.v1",
        "accord.referral.undone.v1",
        "accord.referral.entered-in-error.v1",
        "accord.screening.recorded.v1",
        "accord.screening.entered-in-error.v1",
        "accord.submission.refused.v1",
        "accord.submission.unreadable.v1",
    }
)

#: Event types of which nobody is told, and why: the MOU's own list, and what no kept topic holds.
DELIBERATELY_SILENT: Mapping[str, str] = {
    **SILENT,
    "accord.submission.receipted.v1": "The receipt itself tells the submitter, on a topic of its own.",
}

#: Event types that name a person who is told -> the field that does.
NAMES_A_PERSON: Mapping[str, str] = {
    "accord.worker.assigned.v1": "worker",
    "accord.referral.requested.v1": "to_worker",
    "accord.referral.information-given.v1": "asked_by",
    "accord.cover.arranged.v1": "covering",
    "accord.cover.ended.v1": "covering",
}

#: Kind of a thing -> the field of an event's data that holds its id. The first that is there counts.
ABOUT: tuple[tuple[str, str], ...] = (
    ("referral", "referral"),
    ("deadletter", "deadletter"),
    ("case", "case"),
    ("concern", "concern"),
)
#: An event of these names the case as well, but is about the concern.
ABOUT_THE_CONCERN = frozenset({"accord.concern.attached.v1"})


@dataclass(frozen=True)
class Item:
    """One entry of a feed: who is told of which event, why and how loudly. No name, no sealed fact."""

    id: UUID
    event: str
    type: str
    subject: UUID
    correlation: str
    about_kind: str | None
    about: str | None
    recordedtime: datetime
    recipient: str
    tier: Tier
    clause: str
    rule: str
    reason: str
    needs_ack: bool
    mouversion: str
    urgency: str | None = None
    respond_by: datetime | None = None
    duty: UUID | None = None


def items_for(event: Recorded, known: Known, mou: Mou | None) -> list[Item]:
    """Every item that `event` makes, in the MOU's order.

    `mou` is the version that the event was judged under; None only where its `mouversion` is "none".
    Raises TryLater if the version is not known yet.
    """
    if event.type not in HANDLED:
        return []
    if mou is None and event.envelope.mouversion != NO_MOU:
        raise TryLater("the event's version of the MOU is not known yet")
    if event.type in TOLD_BY_DUTIES:
        return _of_duty(event, known, mou)
    told = recipients(event_facts(event, known), mou, _rota(mou)) if mou else _built_in(event)
    return [_item(event, recipient, known) for recipient in told]


def _of_duty(event: Recorded, known: Known, mou: Mou | None) -> list[Item]:
    """The items of a duty's event; none of a rule that the version does not have."""
    said: Any = event.data
    rule = next((rule for rule in mou.duties if rule.id == said.rule), None) if mou else None
    if rule is None or mou is None:
        return []
    who = Owing(_text(said.owed_by), _text(said.role))
    facts = DutyFacts(event.type, who, said.due_at, vars(said).get("queue"))
    items = [_item(event, recipient, known) for recipient in duty_recipients(rule, facts, mou)]
    referral = said.about if rule.per is Per.REFERRAL else None
    about = (
        ("referral", referral)
        if referral
        else ("case", said.case)
        if said.case
        else ("concern", said.concern)
    )
    changed = {"duty": UUID(said.duty), "respond_by": said.due_at, "about_kind": about[0], "about": about[1]}
    return [replace(item, **changed) for item in items]


def event_facts(event: Recorded, known: Known) -> EventFacts:
    """What the MOU's routing needs to know of `event`."""
    said = vars(event.data)  # getattr with a default is slow on a model that lacks the field
    return EventFacts(
        event.type,
        _thing(event, known),
        actor=event.envelope.agency,
        urgency=_text(said.get("urgency")) or _urgency(event, known),
        submitter=_text(said.get("submitter")),
        worker=said.get(NAMES_A_PERSON[event.type]) if event.type in NAMES_A_PERSON else None,
        flags=tuple(said.get("flags", ())),
        band=said.get("band"),
    )


def _thing(event: Recorded, known: Known) -> ThingFacts:
    found = [known.get(id, Facts(kind="unknown")) for id in concerns(event)]
    if not found:
        return ThingFacts("none")
    thing = found[0]
    lead = next((facts.lead for facts in found if facts.lead), None)
    reporters = {agency for facts in found for agency in facts.reporters}
    return ThingFacts(
        thing.kind,
        lead=lead,
        participants=frozenset(thing.participants),
        sender=thing.sender,
        recipient=thing.recipient,
        reporters=frozenset(reporters),
        owner=_text(vars(event.data).get("agency")),
        workers=frozenset(thing.workers),
    )


def _urgency(event: Recorded, known: Known) -> str | None:
    """How urgent the referral is that the event is about; None if it is about no referral, or that is not known."""
    return next((known[id].urgency for id in concerns(event)[:1] if id in known), None)


def _text(code: Any) -> str | None:
    return None if code is None else str(code)


def _rota(mou: Mou) -> Mapping[str, tuple[UUID, ...]]:
    return mou.rota


def _built_in(event: Recorded) -> list[Recipient]:
    reason = BUILT_IN_TOLD.get(event.type)
    if reason is None:
        return []
    return [
        Recipient(queue, None, Tier.ACT_NOW, NO_MOU, BUILT_IN, reason, needs_ack=True)
        for queue in BUILT_IN_QUEUES
    ]


def _item(event: Recorded, recipient: Recipient, known: Known) -> Item:
    envelope = event.envelope
    kind, about = about_of(event, recipient.address, known)
    thing = known.get(about) if about else None
    return Item(
        id=uuid5(ITEMS, f"{envelope.id}/{recipient.rule}/{recipient.address}"),
        event=envelope.id,
        type=event.type,
        subject=UUID(envelope.subject),
        correlation=envelope.correlationid,
        about_kind=kind,
        about=about,
        recordedtime=envelope.recordedtime,
        recipient=recipient.address,
        tier=Tier(recipient.tier),
        clause=recipient.clause,
        rule=recipient.rule,
        reason=recipient.reason,
        needs_ack=recipient.needs_ack,
        mouversion=envelope.mouversion,
        urgency=thing.urgency if thing else None,
        respond_by=thing.respond_by if thing else None,
    )


def about_of(event: Recorded, recipient: str, known: Known) -> tuple[str | None, str | None]:
    """Kind and id of what the recipient may open because of `event`; None and None if there is none.

    An agency that reported a concern and has no part in the case is pointed to its concern.
    """
    said = vars(event.data)
    if event.type == "accord.submission.refused.v1":
        kind, about = said.get("about_kind"), said.get("about")
        return (str(kind), str(about)) if kind and about else (None, None)
    concern = said.get("concern")
    if concern and (event.type in ABOUT_THE_CONCERN or _only_reported(recipient, event, known)):
        return "concern", str(concern)
    for kind, field in ABOUT:
        if found := said.get(field):
            return kind, str(found)
    return None, None


def _only_reported(recipient: str, event: Recorded, known: Known) -> bool:
    if "case" not in vars(event.data):
        return False
    agency, _, queue = recipient.partition("/")
    thing = _thing(event, known)
    lead = thing.lead or vars(event.data).get("lead")
    return bool(queue) and agency in thing.reporters and agency not in {lead, *thing.participants}
