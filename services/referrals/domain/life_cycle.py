"""The life of a referral, as one table. Its page, its 409 answers and the test of every pair are made from it.

States are those of FHIR SDOHCC's task, with `received` as a step of our own. The table says what may follow what,
and who may do it at most. The county's MOU says who of them may, in which role and for which purpose, and gives the
clause (`rows`): a document can narrow what stands here, never widen it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.referrals.domain.deciding import At, permit, referral_facts
from services.referrals.domain.parts import GOES_ON, Matter, Referral, ReferralStatus
from shared.errors import Refusal
from shared.mou.document import Mou
from shared.mou.facts import ThingFacts


class Party(StrEnum):
    """Who may do an act, at most. For an agency outside the network the one that asked is also the one asked."""

    SENDER = "the agency that asked"
    RECIPIENT = "the agency that was asked"
    EITHER = "one of the two agencies"
    AUTHOR = "whoever made the entry"


@dataclass(frozen=True)
class Move:
    """What an act leads to: the status after it, who may do it, and what is flagged about it.

    Without a status after it, it is what the remaining entries say. A flag names what should have been recorded
    before: that a youth was served is never refused for its order (DESIGN 1, rule 4).
    """

    after: ReferralStatus | None
    by: Party
    flags: tuple[str, ...] = ()


_S, _BY = ReferralStatus, Party
NO_ACCEPTANCE, NO_START, NO_RESUMPTION = (
    "acceptance-not-recorded",
    "start-not-recorded",
    "resumption-not-recorded",
)

#: (status, act) -> what follows. A pair that is absent is refused, with the clause of the act.
MOVES: Mapping[tuple[ReferralStatus, str], Move] = {
    (_S.NONE, "request-referral"): Move(_S.REQUESTED, _BY.SENDER),
    (_S.REQUESTED, "receive-referral"): Move(_S.RECEIVED, _BY.RECIPIENT),
    (_S.REQUESTED, "accept-referral"): Move(_S.ACCEPTED, _BY.RECIPIENT),
    (_S.REQUESTED, "reject-referral"): Move(_S.REJECTED, _BY.RECIPIENT),
    (_S.REQUESTED, "start-referral"): Move(_S.IN_PROGRESS, _BY.RECIPIENT, (NO_ACCEPTANCE,)),
    (_S.REQUESTED, "complete-referral"): Move(_S.COMPLETED, _BY.RECIPIENT, (NO_ACCEPTANCE, NO_START)),
    (_S.REQUESTED, "fail-referral"): Move(_S.FAILED, _BY.RECIPIENT, (NO_ACCEPTANCE,)),
    (_S.REQUESTED, "cancel-referral"): Move(_S.CANCELLED, _BY.SENDER),
    (_S.REQUESTED, "undo-referral"): Move(None, _BY.AUTHOR),
    (_S.REQUESTED, "enter-referral-in-error"): Move(_S.ENTERED_IN_ERROR, _BY.AUTHOR),
    (_S.RECEIVED, "accept-referral"): Move(_S.ACCEPTED, _BY.RECIPIENT),
    (_S.RECEIVED, "reject-referral"): Move(_S.REJECTED, _BY.RECIPIENT),
    (_S.RECEIVED, "start-referral"): Move(_S.IN_PROGRESS, _BY.RECIPIENT, (NO_ACCEPTANCE,)),
    (_S.RECEIVED, "complete-referral"): Move(_S.COMPLETED, _BY.RECIPIENT, (NO_ACCEPTANCE, NO_START)),
    (_S.RECEIVED, "fail-referral"): Move(_S.FAILED, _BY.RECIPIENT, (NO_ACCEPTANCE,)),
    (_S.RECEIVED, "cancel-referral"): Move(_S.CANCELLED, _BY.SENDER),
    (_S.RECEIVED, "undo-referral"): Move(None, _BY.AUTHOR),
    (_S.RECEIVED, "enter-referral-in-error"): Move(_S.ENTERED_IN_ERROR, _BY.AUTHOR),
    (_S.ACCEPTED, "start-referral"): Move(_S.IN_PROGRESS, _BY.RECIPIENT),
    (_S.ACCEPTED, "hold-referral"): Move(_S.ON_HOLD, _BY.RECIPIENT),
    (_S.ACCEPTED, "complete-referral"): Move(_S.COMPLETED, _BY.RECIPIENT, (NO_START,)),
    (_S.ACCEPTED, "fail-referral"): Move(_S.FAILED, _BY.RECIPIENT),
    (_S.ACCEPTED, "cancel-referral"): Move(_S.CANCELLED, _BY.SENDER),
    (_S.ACCEPTED, "undo-referral"): Move(None, _BY.AUTHOR),
    (_S.ACCEPTED, "enter-referral-in-error"): Move(_S.ENTERED_IN_ERROR, _BY.AUTHOR),
    (_S.IN_PROGRESS, "hold-referral"): Move(_S.ON_HOLD, _BY.RECIPIENT),
    (_S.IN_PROGRESS, "complete-referral"): Move(_S.COMPLETED, _BY.RECIPIENT),
    (_S.IN_PROGRESS, "fail-referral"): Move(_S.FAILED, _BY.RECIPIENT),
    (_S.IN_PROGRESS, "cancel-referral"): Move(_S.CANCELLED, _BY.SENDER),
    (_S.IN_PROGRESS, "undo-referral"): Move(None, _BY.AUTHOR),
    (_S.IN_PROGRESS, "enter-referral-in-error"): Move(_S.ENTERED_IN_ERROR, _BY.AUTHOR),
    (_S.ON_HOLD, "resume-referral"): Move(_S.IN_PROGRESS, _BY.RECIPIENT),
    (_S.ON_HOLD, "complete-referral"): Move(_S.COMPLETED, _BY.RECIPIENT, (NO_RESUMPTION,)),
    (_S.ON_HOLD, "fail-referral"): Move(_S.FAILED, _BY.RECIPIENT),
    (_S.ON_HOLD, "cancel-referral"): Move(_S.CANCELLED, _BY.SENDER),
    (_S.ON_HOLD, "undo-referral"): Move(None, _BY.AUTHOR),
    (_S.ON_HOLD, "enter-referral-in-error"): Move(_S.ENTERED_IN_ERROR, _BY.AUTHOR),
    (_S.REJECTED, "forward-referral"): Move(_S.REJECTED, _BY.SENDER),
    (_S.REJECTED, "undo-referral"): Move(None, _BY.AUTHOR),
    (_S.REJECTED, "enter-referral-in-error"): Move(_S.ENTERED_IN_ERROR, _BY.AUTHOR),
    (_S.COMPLETED, "undo-referral"): Move(None, _BY.AUTHOR),
    (_S.COMPLETED, "enter-referral-in-error"): Move(_S.ENTERED_IN_ERROR, _BY.AUTHOR),
    (_S.FAILED, "forward-referral"): Move(_S.FAILED, _BY.SENDER),
    (_S.FAILED, "undo-referral"): Move(None, _BY.AUTHOR),
    (_S.FAILED, "enter-referral-in-error"): Move(_S.ENTERED_IN_ERROR, _BY.AUTHOR),
    (_S.CANCELLED, "undo-referral"): Move(None, _BY.AUTHOR),
    (_S.CANCELLED, "enter-referral-in-error"): Move(_S.ENTERED_IN_ERROR, _BY.AUTHOR),
    (_S.ENTERED_IN_ERROR, "undo-referral"): Move(None, _BY.AUTHOR),
}
_ASKS: Mapping[tuple[ReferralStatus, str], Move] = {
    (status, act): Move(status, by)
    for status in GOES_ON
    for act, by in (("ask-information", _BY.RECIPIENT), ("give-information", _BY.SENDER))
}
_CALLS: Mapping[tuple[ReferralStatus, str], Move] = {
    (s, "state-referral-call"): Move(s, _BY.EITHER) for s in _S if s is not _S.NONE
}
#: Every pair. Asking, telling and calling leave a referral as it stands, and stop no clock: an agency may ask for
#: as long as something is to be done, and call at any time.
TRANSITIONS: Mapping[tuple[ReferralStatus, str], Move] = {**MOVES, **_ASKS, **_CALLS}
ACTS = tuple(dict.fromkeys(act for _, act in TRANSITIONS))

#: Who must be told apart from the caller, by party -> the refusal's reason.
_REASONS = {
    Party.SENDER: "not-the-sending-agency",
    Party.RECIPIENT: "not-the-receiving-agency",
    Party.EITHER: "not-the-receiving-agency",
}


@dataclass(frozen=True)
class Row:
    """One row of the table as a county has it: with the clauses of its MOU."""

    status: ReferralStatus
    act: str
    move: Move
    clauses: tuple[str, ...]


def rows(mou: Mou) -> Iterator[Row]:
    """The whole table, with the clauses under which this MOU allows each act (none: it does not)."""
    for (status, act), move in TRANSITIONS.items():
        found = dict.fromkeys(rule.clause for rule in mou.may if rule.act == act)
        yield Row(status, act, move, tuple(found))


def allowed(
    referral: Referral, matter: Matter, act: str, at: At, thing: ThingFacts | None = None
) -> tuple[str, Move]:
    """The clause by which the caller may do `act` now, and what follows. Raises Refusal: authority, then state.

    `thing` is what the MOU is asked about, where that is not just the referral.
    """
    clause = permit(at, act, thing or referral_facts(referral, matter)).clause
    move = TRANSITIONS.get((referral.status, act))
    if move is None:
        detail = f"A referral that is {referral.status} does not take {act}."
        raise Refusal(clause, "illegal-transition", detail, remedy(referral.status))
    if at.caller.agency not in _side(move.by, referral, at):
        detail = f"Only {move.by} may do this, whatever a county agrees."
        raise Refusal(clause, _REASONS[move.by], detail, f"Ask {move.by}.")
    return clause, move


def _side(by: Party, referral: Referral, at: At) -> tuple[str, ...]:
    """The agencies that may. Whose an entry is the MOU has been asked already."""
    both = (referral.sender, referral.recipient)
    sides = {Party.SENDER: both[:1], Party.RECIPIENT: both[1:], Party.EITHER: both}
    return sides.get(by, (at.caller.agency,))


def remedy(status: ReferralStatus) -> str:
    """What a caller can do whose act the status does not take."""
    takes = ", ".join(act for found, act in TRANSITIONS if found is status)
    first = REMEDIES.get(status, "Read the referral again: someone may have acted on it.")
    return f"{first} It takes: {takes}."


REMEDIES = {
    _S.RECEIVED: "It is in hand already: accept it, or say that you cannot take it.",
    _S.ACCEPTED: "The referral was accepted already: read it again.",
    _S.REJECTED: "The agency could not take it: the sender may go on to another agency.",
    _S.ON_HOLD: "It is on hold: resume it first.",
    _S.COMPLETED: "The service has ended: if that is wrong, mark the entry as entered in error.",
    _S.FAILED: "The service has ended: the sender may go on to another agency.",
    _S.CANCELLED: "The agency that asked took it back: ask it to refer the youth again.",
    _S.ENTERED_IN_ERROR: "The referral was a mistake: refer the youth again if that is needed.",
}
