"""Who may do what, and who may know of what. Pure: no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import Refusal
from shared.mou.document import MayRule, Mou
from shared.mou.facts import CallerFacts, CaseFacts, ThingFacts
from shared.mou.parties import clause_of, holds, includes, members, party_of
from shared.mou.vocabulary import SAFETY_ACTS, Kind, Relation


@dataclass(frozen=True, slots=True)
class Permission:
    """The MOU's answer. `clause` is what allows or refuses; `reason` a code of `REASONS`, or `allowed`.

    `flags` name what is unusual about a safety act that is allowed all the same.
    """

    allowed: bool
    clause: str
    reason: str
    detail: str
    remedy: str
    flags: tuple[str, ...] = ()

    def require(self) -> Permission:
        """This permission. Raises Refusal if it is none."""
        if not self.allowed:
            raise Refusal(self.clause, self.reason, self.detail, self.remedy)
        return self


#: A relation that is missing -> the reason that is given.
REASON_OF: dict[Relation, str] = {
    Relation.LEAD: "not-the-lead-agency",
    Relation.PARTICIPANT: "not-a-participant",
    Relation.SENDER: "not-the-sending-agency",
    Relation.RECIPIENT: "not-the-receiving-agency",
    Relation.REPORTER: "not-the-reporting-agency",
    Relation.OWN_AGENCY: "not-your-agency",
    Relation.OWN_PERSON: "not-yourself",
    Relation.ASSIGNED_WORKER: "not-assigned",
    Relation.OWNER_IS_PARTY: "other-agency-not-a-party",
    Relation.RECIPIENT_IS_PARTY: "other-agency-not-a-party",
    Relation.OUTSIDE_IS_LISTED: "other-agency-not-a-party",
    Relation.SENDER_FOR_OUTSIDE: "not-the-receiving-agency",
}

#: How near a rule came, and so which of several refusals is explained: tests passed, relations held.
Near = tuple[int, int]


def may(caller: CallerFacts, act: str, thing: ThingFacts | None, mou: Mou) -> Permission:
    """Whether the caller may do `act` to `thing`, and by which clause.

    A refusal explains the rule that came nearest. A report of a concern is never refused. Raises nothing.
    """
    rules = [rule for rule in mou.may if rule.act == act]
    if act in SAFETY_ACTS:
        return _safety(caller, rules, mou)
    if party_of(mou, caller.agency) is None:
        return _refused(mou.otherwise, "not-a-party", "Ask the lead agency how to become a party.", mou)
    nearest: tuple[Near, MayRule, str] | None = None
    for rule in rules:
        near, reason = _misses(caller, rule, thing or ThingFacts("none"), mou)
        if not reason:
            return Permission(True, rule.clause, "allowed", _text(mou, rule.clause), "")
        if nearest is None or near > nearest[0]:
            nearest = (near, rule, reason)
    if nearest is None:
        return _refused(mou.otherwise, "not-allowed", "Ask the lead agency's coordinator.", mou)
    return _refused(nearest[1].clause, nearest[2], _remedy(nearest[2], nearest[1], mou), mou)


def sees(viewer: CallerFacts, case: CaseFacts, mou: Mou) -> bool:
    """Whether the viewer may know of this concern, case or referral at all; if not, answer 404.

    The same rules as `may` for reading it, whatever the purpose: a wrong purpose is told, not hidden.
    """
    if case.kind not in set(Kind) or party_of(mou, viewer.agency) is None:
        return False
    reads = (rule for rule in mou.may if rule.act == f"read-{case.kind}")
    return any(_misses(viewer, rule, case, mou)[1] in ("", "purpose-may-not") for rule in reads)


def _misses(caller: CallerFacts, rule: MayRule, thing: ThingFacts, mou: Mou) -> tuple[Near, str]:
    """How near the rule came, and the reason why not nearer; an empty reason if it fits."""
    if not includes(rule.agencies, mou.agency_sets, frozenset({caller.agency})):
        return (0, 0), "not-allowed"
    for held, relation in enumerate(rule.needs):
        if not holds(relation, caller, thing, mou):
            return (1, held), REASON_OF[relation]
    if not includes(rule.roles, mou.role_sets, caller.all_roles):
        return (2, 0), "role-may-not"
    if rule.purposes and caller.purpose not in rule.purposes:
        return (3, 0), "purpose-may-not"
    return (4, 0), ""


def _safety(caller: CallerFacts, rules: list[MayRule], mou: Mou) -> Permission:
    flags = []
    if party_of(mou, caller.agency) is None:
        flags.append("not-a-party")
    elif not any(_misses(caller, rule, ThingFacts("none"), mou)[1] == "" for rule in rules):
        flags.append("role-not-listed")
    clause = rules[0].clause if rules else mou.otherwise
    return Permission(True, clause, "allowed", _text(mou, clause), "", tuple(flags))


def _refused(clause: str, reason: str, remedy: str, mou: Mou) -> Permission:
    return Permission(False, clause, reason, _text(mou, clause), remedy)


def _text(mou: Mou, clause: str) -> str:
    found = clause_of(mou, clause)
    return found.text if found else ""


def _remedy(reason: str, rule: MayRule, mou: Mou) -> str:
    if reason == "role-may-not":
        return f"Ask someone who holds one of: {', '.join(sorted(members(rule.roles, mou.role_sets)))}."
    if reason == "purpose-may-not":
        return f"State one of these purposes: {', '.join(rule.purposes)}."
    return REMEDIES.get(reason, "Ask the lead agency's coordinator.")


#: What the caller can do, by reason; roles and purposes are told from the rule itself.
REMEDIES: dict[str, str] = {
    "not-the-lead-agency": "Ask the case's lead agency to do it.",
    "not-a-participant": "Ask the case's lead agency to add your agency to the case.",
    "not-the-sending-agency": "Ask the agency that sent the referral.",
    "not-the-receiving-agency": "Only the agency that was asked can answer; ask it to, or ask the sender.",
    "not-the-reporting-agency": "If you know something yourself, report it as a concern of your own.",
    "not-your-agency": "Ask that agency's own administrator.",
    "not-yourself": "Ask the person, or your agency's administrator.",
    "not-assigned": "Ask your supervisor to assign you.",
    "other-agency-not-a-party": "Name a party, not your own, that takes referrals, or one of the list outside.",
}
