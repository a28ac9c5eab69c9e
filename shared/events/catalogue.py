"""Where each event type is written, by which door it comes about, and what the other services do with it.

A test compares this table with the registry, with the routing of `shared.mou` and with the handlers of the
services.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.events import names
from shared.events.names import Service
from shared.events.registry import TYPES

#: What stands in a topic's name for the agency, where each agency has a topic of its own.
EACH_AGENCY = "{agency}"

_REFERRALS = (names.events_topic(Service.REFERRALS),)
_NOTIFICATIONS = (names.events_topic(Service.NOTIFICATIONS),)
_ACCESS = tuple(names.access_topic(service) for service in Service)
_AUDIT_ACCESS = (names.access_topic(Service.AUDIT),)
_MOU = (names.MOU_TOPIC,)
_REFERRALS_ACCESS = (names.access_topic(Service.REFERRALS),)
_DEADLETTERS = tuple(names.deadletters_topic(service) for service in Service)
_ROLES = "an agency's administrator, or a sign-in to the pages: what the agency's provider says"
_RECEIPTS = (names.receipts_topic(EACH_AGENCY),)


@dataclass(frozen=True)
class Entry:
    """One type: its topics, the door by which it comes about, and whether notifications tells anyone."""

    topics: tuple[str, ...]
    door: str
    told: bool

    @property
    def kept(self) -> bool:
        """Whether it is part of the record that is kept for ever."""
        return EACH_AGENCY not in self.topics[0]


CATALOGUE: Mapping[str, Entry] = {
    "accord.concern.reported.v1": Entry(
        _REFERRALS, "the submission `report-concern`, or `POST /v1/concerns`", True
    ),
    "accord.concern.call-stated.v1": Entry(_REFERRALS, "`POST /v1/concerns/{concern}/calls`", False),
    "accord.concern.continued.v1": Entry(
        _REFERRALS,
        "together with `accord.concern.reported.v1` or `…call-stated.v1` that is too long for one",
        False,
    ),
    "accord.concern.evaluated-out.v1": Entry(_REFERRALS, "`POST /v1/concerns/{concern}/evaluate-out`", True),
    "accord.concern.attached.v1": Entry(
        _REFERRALS, "`POST /v1/concerns/{concern}/attach`, or `…/open-case`", True
    ),
    "accord.concern.linked.v1": Entry(
        _REFERRALS, "together with `accord.concern.attached.v1`, in the case's stream", True
    ),
    "accord.case.opened.v1": Entry(_REFERRALS, "`POST /v1/concerns/{concern}/open-case`", False),
    "accord.agency.joined.v1": Entry(
        _REFERRALS, "`POST /v1/cases/{case}/agencies`, and with an accepted referral", True
    ),
    "accord.agency.left.v1": Entry(_REFERRALS, "`POST /v1/cases/{case}/agencies`", False),
    "accord.worker.assigned.v1": Entry(_REFERRALS, "`POST /v1/cases/{case}/workers`", True),
    "accord.role.assigned.v1": Entry(_REFERRALS, _ROLES, False),
    "accord.role.ended.v1": Entry(_REFERRALS, _ROLES, False),
    "accord.cover.arranged.v1": Entry(_REFERRALS, "`POST /v1/people/{person}/covers`", True),
    "accord.cover.ended.v1": Entry(
        _REFERRALS, "`POST /v1/people/{person}/covers/end`, or the removal of the person who covers", True
    ),
    "accord.referral.requested.v1": Entry(_REFERRALS, "`POST /v1/cases/{case}/referrals`", True),
    "accord.referral.received.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/receive`", False),
    "accord.referral.accepted.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/accept`", True),
    "accord.referral.rejected.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/reject`", True),
    "accord.referral.started.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/start`", True),
    "accord.referral.held.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/hold`", True),
    "accord.referral.resumed.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/resume`", True),
    "accord.referral.completed.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/complete`", True),
    "accord.referral.failed.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/fail`", True),
    "accord.referral.cancelled.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/cancel`", True),
    "accord.referral.forwarded.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/forward`", False),
    "accord.referral.information-asked.v1": Entry(
        _REFERRALS, "`POST /v1/referrals/{referral}/ask-information`", True
    ),
    "accord.referral.information-given.v1": Entry(
        _REFERRALS, "`POST /v1/referrals/{referral}/give-information`", True
    ),
    "accord.referral.call-stated.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/calls`", False),
    "accord.referral.undone.v1": Entry(_REFERRALS, "`POST /v1/referrals/{referral}/undo`", True),
    "accord.referral.entered-in-error.v1": Entry(
        _REFERRALS, "`POST /v1/referrals/{referral}/enter-in-error`", True
    ),
    "accord.screening.recorded.v1": Entry(_REFERRALS, "`POST /v1/cases/{case}/screenings`", True),
    "accord.screening.entered-in-error.v1": Entry(
        _REFERRALS, "`POST /v1/cases/{case}/screenings/enter-in-error`", True
    ),
    "accord.act.recorded.v1": Entry(
        _REFERRALS, "`POST /v1/cases/{case}/acts`, or `POST /v1/concerns/{concern}/acts`", False
    ),
    "accord.act.entered-in-error.v1": Entry(
        _REFERRALS, "`POST /v1/cases/{case}/acts/enter-in-error`, or `…/concerns/{concern}/acts/…`", False
    ),
    "accord.duty.waived.v1": Entry(
        _REFERRALS, "`POST /v1/cases/{case}/duties/waive`, or `…/concerns/{concern}/duties/…`", False
    ),
    "accord.duty.tolled.v1": Entry(
        _REFERRALS, "`POST /v1/cases/{case}/duties/toll`, or `…/concerns/{concern}/duties/…`", False
    ),
    "accord.duty.confirmed-not-done.v1": Entry(
        _REFERRALS, "`POST /v1/cases/{case}/duties/not-done`, or `…/concerns/{concern}/duties/…`", False
    ),
    "accord.duty.entered-in-error.v1": Entry(
        _REFERRALS, "`POST /v1/cases/{case}/duties/enter-in-error`, or `…/concerns/{concern}/duties/…`", False
    ),
    "accord.submission.refused.v1": Entry(
        _REFERRALS, "a submission on Kafka that the MOU, or the state of things, forbids", True
    ),
    "accord.submission.unreadable.v1": Entry(_REFERRALS, "a submission on Kafka that does not parse", True),
    "accord.deadletter.recorded.v1": Entry(_DEADLETTERS, "a record that a service can never use", False),
    "accord.submission.receipted.v1": Entry(
        _RECEIPTS, "each record on a submissions topic; only its submitter can read the receipt", False
    ),
    "accord.command.refused.v1": Entry(
        (*_REFERRALS, *_NOTIFICATIONS), "a command over HTTP that was refused", False
    ),
    "accord.notification.delivered.v1": Entry(_NOTIFICATIONS, "an item put into a feed", False),
    "accord.notification.acknowledged.v1": Entry(
        _NOTIFICATIONS, "`POST /v1/feed/items/{id}/acknowledge`", False
    ),
    "accord.duty.opened.v1": Entry(_NOTIFICATIONS, "an event that opens a duty of the memorandum", False),
    "accord.duty.warned.v1": Entry(_NOTIFICATIONS, "time: a duty is soon due", True),
    "accord.duty.met.v1": Entry(_NOTIFICATIONS, "an event that meets a duty", False),
    "accord.duty.unanswered.v1": Entry(
        _NOTIFICATIONS, "time: the due time is past, and all that was recorded by then has arrived", True
    ),
    "accord.duty.escalated.v1": Entry(_NOTIFICATIONS, "time, as the rule's steps say", True),
    "accord.duty.changed.v1": Entry(
        _NOTIFICATIONS, "an event that ends, waives, tolls or reopens a duty, or takes back what did", False
    ),
    "accord.record.read.v1": Entry(_ACCESS, "reading what is recorded of a case or concern", False),
    "accord.record.denied.v1": Entry(_ACCESS, "asking for what one may not know of", False),
    "accord.evidence.made.v1": Entry(_AUDIT_ACCESS, "`POST /v1/cases/{case}/evidence`", False),
    "accord.evidence.opened.v1": Entry(_AUDIT_ACCESS, "`POST /v1/cases/{case}/evidence/opened`", False),
    "accord.session.begun.v1": Entry(_REFERRALS_ACCESS, "signing in to the pages", False),
    "accord.session.ended.v1": Entry(
        _REFERRALS_ACCESS, "quick exit, signing out, the lock, or the end of the person's roles", False
    ),
    "accord.mou.proposed.v1": Entry(_MOU, "`POST /v1/mou/proposals`", False),
    "accord.mou.commented.v1": Entry(_MOU, "`POST /v1/mou/proposals/{proposal}/comments`", False),
    "accord.mou.comment-answered.v1": Entry(
        _MOU, "`POST /v1/mou/proposals/{proposal}/comments/answer`", False
    ),
    "accord.mou.signed.v1": Entry(_MOU, "`POST /v1/mou/proposals/{proposal}/signatures`", False),
    "accord.mou.adopted.v1": Entry(
        _MOU, "`accord mou adopt`: `POST /v1/mou/proposals/{proposal}/adopt`, or `/v1/mou/versions`", False
    ),
    "accord.mou.superseded.v1": Entry(
        _MOU, "together with `accord.mou.adopted.v1` of a later version", False
    ),
}


def types_on(topic: str) -> tuple[str, ...]:
    """The event types on a topic; `topic` may hold `{agency}`."""
    return tuple(name for name in TYPES if topic in CATALOGUE[name].topics)
