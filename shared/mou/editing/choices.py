"""What may be chosen where a document names something: parties, roles, clocks, whom people tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from shared.mou.document import Mou
from shared.mou.editing.fields import N_, Choice
from shared.mou.vocabulary import QueueRole, Target

#: How it stands with a rule -> what people read.
CONFIRMED = (
    Choice("default", N_("Not confirmed yet: it is a proposal")),
    Choice("counsel", N_("County counsel has confirmed it")),
)
MODES = (
    Choice("timed", N_("Timed: somebody is told before and after it is due")),
    Choice("recorded", N_("Recorded: it stays open until it is recorded, without a time")),
    Choice("off", N_("Off: this county does not use it")),
)
PROFILES = (
    Choice("locator", N_("Locator: identity and contact only; anything further goes to one agency by name")),
    Choice("coordination", N_("Coordination: more is shared, each kind of fact on a basis of its own")),
)
#: The clocks that count one number. `at_once` has two, and `before` none.
CLOCKS = (
    Choice("hours", N_("hours, nights and weekends included")),
    Choice("days", N_("days, by the end of the last one")),
    Choice("months", N_("months, by the end of the day")),
    Choice("court_days", N_("days on which the court sits")),
    Choice("court_hours", N_("hours, without days on which the court does not sit")),
)
TIERS = (
    Choice("act-now", N_("Act now")),
    Choice("act-soon", N_("Act soon")),
    Choice("information", N_("For information")),
)
#: Relations that a duty's holder, or a rule of telling, may name, and how people say them.
RELATIONS: Mapping[str, str] = {
    Target.LEAD: N_("The case's lead agency"),
    Target.REPORTER: N_("The agency that reported"),
    Target.SENDER: N_("The agency that asked"),
    Target.RECIPIENT: N_("The agency that was asked"),
    Target.SUBMITTER: N_("The agency whose message it was"),
    Target.OWNER: N_("The agency whose seat it is"),
    Target.WORKER: N_("The worker who is named"),
}
#: What somebody who owes a duty may be besides a party.
HOLDERS = (Target.LEAD, Target.REPORTER, Target.SENDER, Target.RECIPIENT)
QUEUES: Mapping[str, str] = {
    QueueRole.INBOUND: N_("Whoever takes what the agency is asked"),
    QueueRole.OUTBOUND: N_("Whoever takes the answers to what the agency asked"),
}
#: What Accord itself records of a concern, a case or a referral, that may open or meet a duty.
EVENTS: Mapping[str, str] = {
    "accord.concern.reported.v1": N_("A concern was reported"),
    "accord.concern.evaluated-out.v1": N_("A concern was evaluated out"),
    "accord.case.opened.v1": N_("A case was opened"),
    "accord.concern.linked.v1": N_("A further concern joined a case"),
    "accord.agency.joined.v1": N_("An agency joined the team"),
    "accord.worker.assigned.v1": N_("A worker was assigned"),
    "accord.screening.recorded.v1": N_("A screening was recorded"),
    "accord.referral.requested.v1": N_("An agency was asked for help"),
    "accord.referral.accepted.v1": N_("A referral was accepted"),
    "accord.referral.rejected.v1": N_("A referral was declined"),
    "accord.referral.started.v1": N_("A service began"),
    "accord.referral.completed.v1": N_("A service was completed"),
}


def parties(mou: Mou) -> tuple[Choice, ...]:
    """Every party by its name."""
    return tuple(Choice(party.agency, party.name) for party in mou.parties)


def holders(mou: Mou) -> tuple[Choice, ...]:
    """Who may owe a duty: an agency by what it has to do with the case, or a party."""
    return (*(Choice(code, RELATIONS[code]) for code in HOLDERS), *parties(mou))


def receivers(mou: Mou) -> tuple[Choice, ...]:
    """Whose queue a rule of telling may name."""
    return (*(Choice(code, label) for code, label in RELATIONS.items()), *parties(mou))


def roles(mou: Mou) -> tuple[Choice, ...]:
    """Every role that a party has; the two queues by what they are for."""
    held = dict.fromkeys(role for party in mou.parties for role in party.roles)
    return (
        *(Choice(code, label) for code, label in QUEUES.items()),
        *(Choice(role, role.replace("-", " ").capitalize()) for role in held),
    )


def queues(mou: Mou) -> tuple[Choice, ...]:
    """Every queue: a party and one of its roles."""
    return tuple(
        Choice(f"{party.agency}/{role}", f"{party.name}: {role.replace('-', ' ')}")
        for party in mou.parties
        for role in party.roles
    )


def told(mou: Mou) -> tuple[Choice, ...]:
    """Whom people tell."""
    return tuple(Choice(entry.code, entry.label) for entry in mou.told)


def happenings(mou: Mou) -> tuple[Choice, ...]:
    """What may open or meet a duty: `act:` and a code of the document, or `event:` and a type."""
    return (
        *(Choice(f"act:{act.code}", act.label) for act in mou.acts),
        *(Choice(f"event:{kind}", label) for kind, label in EVENTS.items()),
    )
