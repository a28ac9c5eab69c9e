"""What somebody may do with a referral now, and whom they may ask: by the rules that decide it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.referrals.domain.asking import shown_to_recipient
from services.referrals.domain.commands import UndoReferral
from services.referrals.domain.corrections import NOT_UNDONE, entry_of, undo, whole
from services.referrals.domain.deciding import At, referral_facts
from services.referrals.domain.life_cycle import TRANSITIONS, allowed
from services.referrals.domain.parts import Matter, Referral
from services.referrals.domain.referrals import asking
from shared.errors import Refusal
from shared.mou.authority import may
from shared.mou.facts import ThingFacts

FORWARD, UNDO, IN_ERROR = "forward-referral", "undo-referral", "enter-referral-in-error"
GIVE = "give-information"


@dataclass(frozen=True)
class Askable:
    """Who may be asked: parties, and agencies of the MOU's list outside; both by code, in the MOU's order."""

    parties: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parties or self.outside)


@dataclass(frozen=True)
class Offers:
    """What a caller may do with a referral now.

    `acts` are commands, in the order of the life cycle; `next_agencies` who may be asked instead; `wrong` the
    entries (ids of events) that they may mark as entered in error, and `all_wrong` whether the whole referral;
    `tells` the classes of facts in which a question may be answered.
    """

    acts: tuple[str, ...] = ()
    next_agencies: Askable = Askable()
    wrong: tuple[str, ...] = ()
    all_wrong: bool = False
    tells: tuple[str, ...] = ()


def askable_in(matter: Matter, at: At) -> Askable:
    """Whom the caller may ask to serve the youth."""
    return _askable("request-referral", asking(matter, at), at)


def offers(referral: Referral, matter: Matter, at: At) -> Offers:
    """What the caller may do with the referral now."""
    after = Askable()
    if (referral.status, FORWARD) in TRANSITIONS and at.caller.agency == referral.sender:
        after = _askable(FORWARD, referral_facts(referral, matter), at)
    wrong = tuple(
        step.event
        for step in referral.steps
        if step.struck is None
        and step.act not in NOT_UNDONE
        and _may(referral, matter, IN_ERROR, at, entry_of(referral, matter, step, at))
    )
    all_wrong = _may(referral, matter, IN_ERROR, at, whole(referral, matter))
    special = {
        FORWARD: bool(after),
        IN_ERROR: all_wrong or bool(wrong),
        UNDO: _can_undo(referral, matter, at),
        GIVE: bool(referral.open_questions) and _may(referral, matter, GIVE, at),
    }
    acts = tuple(
        act
        for status, act in TRANSITIONS
        if status is referral.status and (special[act] if act in special else _may(referral, matter, act, at))
    )
    tells = shown_to_recipient(referral, matter, at.mou) if GIVE in acts and at.mou else ()
    return Offers(acts, after, wrong, all_wrong, tuple(map(str, tells)))


def _askable(act: str, thing: ThingFacts, at: At) -> Askable:
    if at.mou is None:
        return Askable()
    parties = (str(party.agency) for party in at.mou.parties)
    codes = (listed.code for listed in at.mou.outside_agencies)
    return Askable(
        tuple(p for p in parties if may(at.caller, act, _to(thing, p, None), at.mou).allowed),
        tuple(c for c in codes if may(at.caller, act, _to(thing, None, c), at.mou).allowed),
    )


def _to(thing: ThingFacts, party: str | None, outside: str | None) -> ThingFacts:
    return replace(thing, recipient=party, outside=outside)


def _may(referral: Referral, matter: Matter, act: str, at: At, thing: ThingFacts | None = None) -> bool:
    try:
        allowed(referral, matter, act, at, thing)
    except Refusal:
        return False
    return True


def _can_undo(referral: Referral, matter: Matter, at: At) -> bool:
    try:
        undo(referral, matter, UndoReferral(), at)
    except Refusal:
        return False
    return True
