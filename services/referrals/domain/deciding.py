"""What every decision is given, and the questions that all of them ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.referrals.domain.parts import Concern, Matter, Referral
from shared.errors import Refusal
from shared.mou.authority import Permission, may
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.gaps import safety_rule
from shared.mou.terms import coded
from shared.mou.vocabulary import Act

#: How far ahead of the clock a stated time may lie (DECISIONS, Store).
AHEAD = timedelta(minutes=5)
#: What the lead agency's coordinator may do while no MOU is in force: all that leads to the first one.
FIRST_MOU = frozenset({"propose-mou", "comment-mou", "answer-mou-comment", "sign-mou", "adopt-mou"})
#: Clause and MOU version of what is judged while no MOU is in force.
NO_MOU = "none"


@dataclass(frozen=True)
class NewIds:
    """Random ids for new things, made by the caller of `decide`."""

    concern: str
    youth: str
    case: str
    stream: str
    referral: str
    screening: str
    record: str
    cover: str
    proposal: str
    comment: str


@dataclass(frozen=True)
class At:
    """Who decides, under which MOU, when, and the ids for new things."""

    caller: CallerFacts
    mou: Mou | None
    now: datetime
    new: NewIds


def permit(at: At, act: str, thing: ThingFacts | None) -> Permission:
    """The MOU's permission for `act`, as `permitted`."""
    return permitted(at.caller, at.mou, act, thing)


def permitted(caller: CallerFacts, mou: Mou | None, act: str, thing: ThingFacts | None) -> Permission:
    """The MOU's permission for `act`. Raises Refusal with clause, reason and remedy.

    While no MOU is in force a report and the statement of a call are taken and flagged, the lead agency's
    coordinator may propose and adopt one, and nothing else is allowed.
    """
    if mou is not None:
        return may(caller, act, thing, mou).require()
    if act in ("report-concern", "state-call"):
        return Permission(True, NO_MOU, "allowed", "", "", ("no-mou-in-force",))
    if act in FIRST_MOU and "coordinator" in caller.roles and caller.agency == "human-services":
        return Permission(True, NO_MOU, "allowed", "", "")
    raise Refusal(
        NO_MOU,
        "no-mou-in-force",
        "No MOU is in force in this county yet.",
        "The lead agency's coordinator adopts one: accord mou adopt FILE.",
    )


#: Why the MOU might refuse an act for form, training or term alone -> the flag where it takes it in spite of that.
IN_SPITE_OF = {"role-may-not": "role-not-listed", "purpose-may-not": "purpose-not-listed"}


def take(at: At, act: Act, thing: ThingFacts) -> Permission:
    """The permission for an act that states a fact: flagged, not refused, in spite of what the MOU lists there.

    Raises Refusal where the caller's agency has no part in the thing (DESIGN 1, rule 4).
    """
    if at.mou is not None:
        permission, rule = may(at.caller, act, thing, at.mou), safety_rule(at.mou)
        if act in rule.accepted and permission.reason in rule.in_spite_of:
            flags = (IN_SPITE_OF[permission.reason],)
            return Permission(True, permission.clause, "allowed", permission.detail, "", flags)
    return permit(at, act, thing)


def happened(stated: datetime | None, at: At, clause: str) -> datetime:
    """When it happened, as stated; now, if nothing was. Raises Refusal if that lies too far ahead."""
    moment = stated or at.now
    if moment > at.now + AHEAD:
        raise Refusal(
            clause,
            "too-far-ahead",
            "The time lies more than five minutes ahead of Accord's clock.",
            "State when it happened, with its UTC offset, or leave it out for now.",
            "/time",
        )
    return moment


def concern_facts(concern: Concern) -> ThingFacts:
    """What the MOU needs to know of a concern."""
    return ThingFacts("concern", reporters=frozenset({concern.reported_by}))


def case_facts(matter: Matter) -> ThingFacts:
    """What the MOU needs to know of a matter of a case."""
    return ThingFacts(
        "case",
        lead=matter.lead,
        participants=frozenset(matter.agencies),
        reporters=frozenset(matter.reporters),
        workers=frozenset(matter.workers),
    )


def referral_facts(referral: Referral, matter: Matter) -> ThingFacts:
    """What the MOU needs to know of a referral."""
    return ThingFacts(
        "referral",
        lead=matter.lead,
        participants=frozenset(matter.agencies),
        sender=referral.sender,
        recipient=None if referral.outside else referral.recipient,
        workers=frozenset(matter.workers),
        outside=referral.outside,
    )


def in_force(at: At, clause: str) -> Mou:
    """The MOU; `permit` refuses most acts while there is none."""
    assert at.mou is not None, f"clause {clause} came from a MOU"
    return at.mou


def listed(at: At, part: str, code: str, clause: str, field: str) -> None:
    """Raises Refusal unless `code` is on this list of the MOU (`shared.mou.terms.CODED`)."""
    if code not in coded(in_force(at, clause), part):
        detail, remedy = "The code is not on the MOU's list.", f"Choose one of its `{part}`: accord mou show."
        raise Refusal(clause, "invalid-field", detail, remedy, field)


def illegal(clause: str, kind: str, status: str, act: str, remedies: Mapping[str, str]) -> Refusal:
    """The refusal of an act for which the life cycle has no cell."""
    return Refusal(
        clause,
        "illegal-transition",
        f"A {kind} that is {status} does not take {act}.",
        remedies.get(status, f"Read the {kind} again: someone may have acted on it."),
    )
