"""Taking back a mis-click, and marking a wrong entry. What was recorded stays recorded; it counts no longer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from services.referrals.domain.commands import EnterReferralInError, UndoReferral
from services.referrals.domain.deciding import At, happened, in_force, listed, referral_facts
from services.referrals.domain.facts import Fact
from services.referrals.domain.life_cycle import allowed
from services.referrals.domain.parts import Matter, Referral, Step
from services.referrals.domain.referrals import joins, on
from shared.errors import Refusal
from shared.events.types.case import AgencyLeft
from shared.events.types.referral import ReferralEnteredInError, ReferralUndone
from shared.mou.facts import ThingFacts
from shared.mou.terms import undo_within

#: What others have acted on as soon as it is recorded: it is cancelled or entered in error, not undone.
NOT_UNDONE = frozenset({"forward-referral"})
#: Entries that say that the agency serves, or will serve, the youth.
SERVES = frozenset({"accept-referral", "start-referral", "complete-referral"})
#: The command of an agency that did not come in by one.
NOBODY = ""
_ENTER = "If it is wrong, mark it: accord referral enter-in-error."


def undo(referral: Referral, matter: Matter, command: UndoReferral, at: At) -> list[Fact]:
    """Take back one's own last entry, within the MOU's minutes. Raises Refusal."""
    last = next((step for step in reversed(referral.steps) if step.struck is None), None)
    clause, _ = allowed(referral, matter, "undo-referral", at, entry_of(referral, matter, last, at))
    if last is None:
        detail = "Nothing that was entered on it counts any more."
        raise Refusal(clause, "nothing-to-undo", detail, "Read the referral again.")
    if last.person != at.caller.person:
        detail = "Somebody else made the last entry."
        raise Refusal(clause, "not-your-entry", detail, f"Each takes back their own. {_ENTER}")
    if last.act in NOT_UNDONE:
        detail = "Another agency was asked already."
        raise Refusal(clause, "nothing-to-undo", detail, "Cancel the new referral.")
    minutes = undo_within(in_force(at, clause))
    if at.now > last.recorded + minutes:
        detail = f"It was recorded more than {minutes // timedelta(minutes=1)} minutes ago."
        raise Refusal(clause, "too-late-to-undo", detail, _ENTER)
    data = ReferralUndone(referral=referral.id, case=referral.case, entry=last.event, act=last.act)
    return [
        on(referral, data, clause, happened(command.time, at, clause)),
        *_leaves(referral, matter, [last], "entry-taken-back", clause, at.now),
        *_joins_again(referral, matter, last, clause, at.now),
    ]


def enter_in_error(referral: Referral, matter: Matter, command: EnterReferralInError, at: At) -> list[Fact]:
    """Mark an entry as wrong, or the whole referral. Only the agency that made it. Raises Refusal."""
    found = next((s for s in referral.steps if s.event == command.entry and s.struck is None), None)
    author = entry_of(referral, matter, found, at) if command.entry else whole(referral, matter)
    clause, _ = allowed(referral, matter, "enter-referral-in-error", at, author)
    if command.entry is not None and (found is None or found.act in NOT_UNDONE):
        detail, remedy = "The referral has no such entry that counts.", "Its entries are its `steps`."
        raise Refusal(clause, "no-such-entry", detail, remedy, "/entry")
    listed(at, "error_reasons", command.reason, clause, "/reason")
    data = ReferralEnteredInError(
        referral=referral.id,
        case=referral.case,
        reason=command.reason,
        entry=command.entry,
        act=found.act if found else None,
    )
    wrong = [found] if found else referral.steps
    return [
        on(referral, data, clause, happened(command.time, at, clause)),
        *_leaves(referral, matter, wrong, "entered-in-error", clause, at.now),
    ]


def entry_of(referral: Referral, matter: Matter, step: Step | None, at: At) -> ThingFacts:
    """The MOU is asked about the entry: whose it is. Where there is none, it is as if it were the caller's."""
    return replace(referral_facts(referral, matter), owner=step.agency if step else at.caller.agency)


def whole(referral: Referral, matter: Matter) -> ThingFacts:
    """The MOU is asked about the whole referral: it is the sender's."""
    return replace(referral_facts(referral, matter), owner=referral.sender)


def _leaves(
    referral: Referral, matter: Matter, wrong: Iterable[Step], reason: str, clause: str, now: datetime
) -> list[Fact]:
    """An agency that an entry on this referral brought in takes part no longer, once none that counts says that it
    serves the youth: whichever of them it was. What it knew, it knew."""
    gone = {step.event for step in wrong}
    serves = any(s.act in SERVES and s.struck is None and s.event not in gone for s in referral.steps)
    brought_in = {command for s in referral.steps for command in (s.command, s.struck_by)}
    if serves or matter.joined_by.get(referral.recipient, NOBODY) not in brought_in:
        return []
    left = AgencyLeft(case=referral.case, agency=referral.recipient, reason=reason)
    return [on(referral, left, clause, now)]


def _joins_again(referral: Referral, matter: Matter, last: Step, clause: str, now: datetime) -> list[Fact]:
    """If the referral was no mistake after all, whoever left with that takes part again."""
    left_with_it = matter.left_by.get(referral.recipient) == last.command
    return joins(referral, matter, clause, now) if left_with_it else []
