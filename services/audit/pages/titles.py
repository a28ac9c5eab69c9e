"""What events, fields and sections of a case are called on a page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from shared.web.site.words import N_

#: Type of an event, without `accord.` and its version.
TITLES: Mapping[str, str] = {
    "case.opened": N_("The case was opened"),
    "agency.joined": N_("An agency joined"),
    "agency.left": N_("An agency left"),
    "worker.assigned": N_("A worker was named"),
    "concern.reported": N_("A concern was reported"),
    "concern.call-stated": N_("The call was stated"),
    "concern.continued": N_("More of a concern was stated"),
    "concern.evaluated-out": N_("A concern was evaluated out"),
    "concern.attached": N_("A concern was joined to the case"),
    "concern.linked": N_("The case took in a concern"),
    "referral.requested": N_("A referral was asked for"),
    "referral.received": N_("A referral is in hand"),
    "referral.accepted": N_("A referral was accepted"),
    "referral.rejected": N_("The agency could not take a referral"),
    "referral.started": N_("A service began"),
    "referral.held": N_("A referral is on hold"),
    "referral.resumed": N_("A referral goes on"),
    "referral.completed": N_("A referral was completed"),
    "referral.failed": N_("A referral was not completed"),
    "referral.cancelled": N_("A referral is no longer asked for"),
    "referral.forwarded": N_("A referral went on to another agency"),
    "referral.information-asked": N_("More was asked about a referral"),
    "referral.information-given": N_("A question about a referral was answered"),
    "referral.call-stated": N_("The agencies telephoned"),
    "referral.undone": N_("An entry was taken back"),
    "referral.entered-in-error": N_("An entry was marked as wrong"),
    "screening.recorded": N_("A screening was recorded"),
    "screening.entered-in-error": N_("A screening was marked as wrong"),
    "act.recorded": N_("Something done outside Accord was recorded"),
    "act.entered-in-error": N_("A record was marked as wrong"),
    "duty.waived": N_("A duty was waived"),
    "duty.tolled": N_("The clock of a duty stands still"),
    "duty.confirmed-not-done": N_("Somebody confirmed that a duty was not done"),
    "duty.entered-in-error": N_("What was said of a duty was marked as wrong"),
    "notification.delivered": N_("Somebody was told"),
    "notification.acknowledged": N_("Somebody has it in hand"),
    "duty.opened": N_("Something is to be done"),
    "duty.warned": N_("Something is soon due"),
    "duty.met": N_("Something due is on record"),
    "duty.unanswered": N_("No record by the due time"),
    "duty.escalated": N_("No record: somebody further was told"),
    "duty.changed": N_("Something due stands otherwise"),
    "record.read": N_("The record was read"),
    "record.denied": N_("The record was asked for and not shown"),
    "command.refused": N_("An entry was not taken"),
    "submission.refused": N_("A message was not taken"),
    "submission.unreadable": N_("A message could not be read"),
    "submission.receipted": N_("A message got its receipt"),
    "deadletter.recorded": N_("A record was set aside"),
    "role.assigned": N_("A person was given a role"),
    "role.ended": N_("A person's role ended"),
    "cover.arranged": N_("A colleague covers for a person"),
    "cover.ended": N_("A cover ended"),
    "session.begun": N_("A person signed in"),
    "session.ended": N_("A session ended"),
    "mou.proposed": N_("A version of the MOU was proposed"),
    "mou.commented": N_("A proposed version was commented on"),
    "mou.comment-answered": N_("A comment was answered"),
    "mou.signed": N_("A proposed version was signed"),
    "mou.adopted": N_("The MOU was adopted"),
    "mou.superseded": N_("A version of the MOU was followed by another"),
    "evidence.made": N_("Evidence was taken"),
    "evidence.opened": N_("Evidence was opened"),
}
UNKNOWN = N_("Something that this version does not read")
IN_PART = N_("Something that it could see in part")

#: What the filter calls kinds of events -> the first words of their types. Reads are chosen apart.
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "concerns": (N_("Concerns"), ("concern",)),
    "team": (N_("Case and team"), ("case", "agency", "worker")),
    "referrals": (N_("Referrals"), ("referral",)),
    "screenings": (N_("Screenings"), ("screening",)),
    "acts": (N_("Done outside Accord"), ("act",)),
    "notices": (N_("Who was told"), ("notification",)),
    "duties": (N_("What is due"), ("duty",)),
    "not-taken": (N_("What was not taken"), ("command", "submission")),
    "evidence": (N_("Evidence"), ("evidence",)),
    "other": (N_("Other"), ()),
}
KIND_OF = {noun: kind for kind, (_, nouns) in KINDS.items() for noun in nouns}

#: Section of the state -> its heading, what one of its things is called, and the kind by which its ids have codes.
SECTIONS: Mapping[str, tuple[str, str, str]] = {
    "case": (N_("Case"), N_("Case"), "case"),
    "matters": (N_("Matters"), N_("Matter"), "matter"),
    "agencies": (N_("Agencies"), N_("Agency"), "agency"),
    "workers": (N_("Workers"), N_("Worker"), "person"),
    "concerns": (N_("Concerns"), N_("Concern"), "concern"),
    "referrals": (N_("Referrals"), N_("Referral"), "referral"),
    "screenings": (N_("Screenings"), N_("Screening"), "screening"),
    "acts": (N_("Done outside Accord"), N_("Act on record"), "act"),
    "notices": (N_("Who was told"), N_("Notice"), "notice"),
}

FIELDS: Mapping[str, str] = {
    "about": N_("Belongs to"),
    "acknowledged": N_("In hand since"),
    "act": N_("What was done"),
    "age_years": N_("Age in years"),
    "agencies": N_("Takes part"),
    "agency": N_("Agency"),
    "alternatives": N_("Other agencies named"),
    "answered": N_("Answered"),
    "answers": N_("Answers"),
    "asked": N_("Asked for more"),
    "assigned": N_("Named"),
    "attempts": N_("Attempts"),
    "band": N_("Band"),
    "called_at": N_("Called at"),
    "called_by": N_("Called by"),
    "called_line": N_("Line called"),
    "case": N_("Case"),
    "channel": N_("Way of telling"),
    "concern": N_("Opened with concern"),
    "concerns": N_("Concern taken in, reported by"),
    "corrected": N_("Marked as wrong"),
    "corrections": N_("Entries taken back"),
    "delivered": N_("Told"),
    "done_at": N_("When it was done"),
    "ended": N_("Ended"),
    "evaluated_out_reason": N_("Why it was evaluated out"),
    "event": N_("Told of"),
    "exploitation_kind": N_("Kind of exploitation"),
    "first_contact_by": N_("First contact by"),
    "flags": N_("Flags"),
    "follows": N_("Follows referral"),
    "forwarded_to": N_("Went on as referral"),
    "held": N_("On hold since"),
    "held_until": N_("On hold until"),
    "immediate_danger": N_("Immediate danger"),
    "joined": N_("Joined"),
    "kind": N_("Kind of help"),
    "known": N_("Opened as a case"),
    "known_since": N_("Known since"),
    "lead": N_("Lead agency"),
    "left": N_("Left"),
    "left_reason": N_("Why it left"),
    "linked": N_("Taken in"),
    "linked_version": N_("Events before it was taken in"),
    "matter": N_("Matter"),
    "method": N_("How"),
    "missing": N_("Asked and not answered"),
    "needs": N_("Needs"),
    "notices/recipient": N_("Told to"),
    "opened": N_("Opened"),
    "outcome": N_("Outcome"),
    "outside": N_("Agency outside the network"),
    "questions": N_("Questions"),
    "reason": N_("Reason"),
    "received": N_("In hand since"),
    "recipient": N_("Asked of"),
    "recorded": N_("Recorded"),
    "relation": N_("Part in the case"),
    "reported": N_("Reported"),
    "reported_by": N_("Reported by"),
    "requested": N_("Asked for"),
    "respond_by": N_("Answer by"),
    "result": N_("What came of the call"),
    "role": N_("Role"),
    "rule": N_("Rule"),
    "screened_at": N_("Screened"),
    "sealed": N_("Sealed"),
    "sender": N_("Asked by"),
    "signs": N_("Signs"),
    "started": N_("Service began"),
    "status": N_("Status"),
    "stream": N_("Matter's id"),
    "tier": N_("How pressing"),
    "told": N_("Question answered"),
    "to": N_("To whom"),
    "to_worker": N_("Asked of a worker by name"),
    "tool": N_("Tool"),
    "tool_version": N_("Version of the tool"),
    "trigger": N_("What led to it"),
    "urgency": N_("Urgency"),
    "worker": N_("Worker"),
    "workers": N_("Works on it, for"),
    "youth": N_("Youth"),
    "youth_choice": N_("What the youth said"),
}

#: Codes of fields in words, where the code would say it harder than it is, or is met on every page.
CODES: Mapping[str, Mapping[str, str]] = {
    "status": {
        "requested": N_("Asked for"),
        "received": N_("In hand"),
        "accepted": N_("Accepted"),
        "rejected": N_("The agency could not take it"),
        "started": N_("Under way"),
        "held": N_("On hold"),
        "completed": N_("Completed"),
        "failed": N_("Not completed"),
        "cancelled": N_("No longer asked for"),
        "forwarded": N_("Went on to another agency"),
        "entered-in-error": N_("Marked as wrong"),
        "reported": N_("Reported"),
        "attached": N_("Joined to a case"),
        "evaluated-out": N_("Evaluated out"),
        "unknown": N_("Not known"),
    },
    "immediate_danger": {"yes": N_("Yes"), "no": N_("No"), "unknown": N_("Not known")},
    "youth_choice": {
        "agrees": N_("Agrees"),
        "declines": N_("Declines"),
        "not-yet-asked": N_("Not asked yet"),
        "not-theirs-to-decide": N_("Not theirs to decide"),
    },
}

#: Section -> fields that are named as not recorded where nothing says them.
EXPECTED: Mapping[str, tuple[str, ...]] = {
    "concerns": ("immediate_danger", "age_years", "called_at"),
    "referrals": ("youth_choice", "respond_by", "answered"),
    "screenings": ("band",),
}
#: Section -> fields that are for proof, and not shown in a summary.
INNER: Mapping[str, frozenset[str]] = {
    "concerns": frozenset({"linked_version", "case"}),
    "referrals": frozenset({"stream", "questions", "answers"}),
    "screenings": frozenset({"stream"}),
    "acts": frozenset({"stream"}),
    "workers": frozenset({"worker"}),
}


def title_of(type: str | None) -> str:
    """What an event of this type is called; of one that was seen in part only, that it was."""
    if type is None:
        return IN_PART
    return TITLES.get(".".join(type.split(".")[1:-1]), UNKNOWN)


@cache
def kind_of(type: str | None) -> str:
    """The filter's kind of an event of this type."""
    return KIND_OF.get(type.split(".")[1], "other") if type else "other"
