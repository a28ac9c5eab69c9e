"""What people can do with a referral on its pages: a table of acts, each with its words and its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.referrals.domain.parts import ReferralStatus
from shared.web.site.words import N_


@dataclass(frozen=True)
class Act:
    """An act: the last segment of its page, its command, how it is offered, and what is said once it is done.

    `fields` are those of its form (`filled.py`); `required` of them must be filled in. One that needs more than a
    form has a page of its own.
    """

    slug: str
    command: str
    title: str
    says: str
    button: str
    done: str
    fields: tuple[str, ...] = ()
    required: str = ""
    own_page: bool = False


RECEIVE = Act(
    "receive",
    "receive-referral",
    N_("Say that you have it"),
    N_("The agency that asked sees that it is in hand. It is not yet an answer."),
    N_("We have it"),
    N_("The agency that asked can see that you have it."),
    ("time",),
)
ACCEPT = Act(
    "accept",
    "accept-referral",
    N_("Accept it"),
    N_("Your agency will serve the young person, and takes part in the case from then on."),
    N_("Accept"),
    N_("Accepted. The agency that asked is told."),
    ("worker", "first_contact_by", "time"),
)
REJECT = Act(
    "decline",
    "reject-referral",
    N_("Say that you cannot take it"),
    N_("The agency that asked is told why, so that it can ask somebody else."),
    N_("We cannot take it"),
    N_("The agency that asked is told that you cannot take it."),
    ("reason", "alternatives", "words", "time"),
    "reason",
)
ASK = Act(
    "ask",
    "ask-information",
    N_("Ask for what you need to know"),
    N_("The agency that asked is told what is missing. The time for your answer goes on."),
    N_("Ask"),
    N_("Asked. The agency that can answer is told."),
    ("missing", "words", "time"),
    "missing",
)
ANSWER = Act(
    "answer",
    "give-information",
    N_("Answer the question"),
    N_("The agency that you asked needs to know more before it goes on."),
    N_("Answer the question"),
    N_("Answered. The agency that has the question is told."),
    own_page=True,
)
CALL = Act(
    "call",
    "state-referral-call",
    N_("Record a call"),
    N_("Say that the two agencies telephoned, or that one tried to. It is not an answer."),
    N_("Record the call"),
    N_("The call is recorded."),
    ("called_at", "called_by", "result"),
    "called_at",
)
START = Act(
    "start",
    "start-referral",
    N_("Say that the service began"),
    N_("The agency that asked is told that the young person is being served."),
    N_("The service began"),
    N_("It is recorded that the service began."),
    ("worker", "time"),
)
HOLD = Act(
    "hold",
    "hold-referral",
    N_("Put it on hold"),
    N_("Your agency cannot serve the young person for now, and has not given up."),
    N_("Put on hold"),
    N_("It is on hold. The agency that asked is told why."),
    ("reason", "until", "time"),
    "reason",
)
RESUME = Act(
    "resume",
    "resume-referral",
    N_("Say that it goes on"),
    N_("The young person is being served again."),
    N_("It goes on"),
    N_("It is recorded that the service goes on."),
    ("time",),
)
COMPLETE = Act(
    "complete",
    "complete-referral",
    N_("Say that it is completed"),
    N_("The service has ended. Say how it ended."),
    N_("Completed"),
    N_("It is completed. The agency that asked is told."),
    ("outcome", "attempts", "time"),
    "outcome",
)
FAIL = Act(
    "not-completed",
    "fail-referral",
    N_("Say that it could not be completed"),
    N_("The young person may still need somebody. The agency that asked is told at once."),
    N_("Not completed"),
    N_("It is recorded as not completed. The agency that asked is told."),
    ("reason", "attempts", "time"),
    "reason",
)
CANCEL = Act(
    "cancel",
    "cancel-referral",
    N_("Take the request back"),
    N_("The agency that was asked is told that it is no longer asked for."),
    N_("Take it back"),
    N_("The request is taken back. The agency that was asked is told."),
    ("reason",),
    "reason",
)
FORWARD = Act(
    "forward",
    "forward-referral",
    N_("Ask another agency"),
    N_("A new referral that follows this one. Ask the young person anew."),
    N_("Ask another agency"),
    "",
    own_page=True,
)
UNDO = Act(
    "undo",
    "undo-referral",
    N_("Undo your last entry"),
    N_("It stays in the record and counts no more."),
    N_("Undo it"),
    N_("Your last entry counts no more."),
)
IN_ERROR = Act(
    "wrong",
    "enter-referral-in-error",
    N_("Mark an entry as wrong"),
    N_("It stays in the record and counts no more."),
    N_("Mark as wrong"),
    N_("It is marked as wrong and counts no more."),
    ("entry", "reason"),
    "reason",
)

ACTS = (
    RECEIVE,
    ACCEPT,
    REJECT,
    ASK,
    ANSWER,
    CALL,
    START,
    HOLD,
    RESUME,
    COMPLETE,
    FAIL,
    CANCEL,
    FORWARD,
    UNDO,
    IN_ERROR,
)
BY_SLUG: Mapping[str, Act] = {act.slug: act for act in ACTS}
BY_COMMAND: Mapping[str, Act] = {act.command: act for act in ACTS}

_S = ReferralStatus
#: The one step that brings a referral on, by how it stands.
NEXT: Mapping[ReferralStatus, Act] = {
    _S.REQUESTED: RECEIVE,
    _S.RECEIVED: ACCEPT,
    _S.ACCEPTED: START,
    _S.IN_PROGRESS: COMPLETE,
    _S.ON_HOLD: RESUME,
    _S.REJECTED: FORWARD,
    _S.FAILED: FORWARD,
}
#: What the sender, and then the agency that was asked, read where nothing is theirs to do.
WAITING: Mapping[ReferralStatus, tuple[str, str]] = {
    _S.REQUESTED: (N_("Nothing for you now: %(agency)s has been asked."), N_("Waits for your agency.")),
    _S.RECEIVED: (
        N_("Nothing for you now: %(agency)s has it and will answer."),
        N_("Waits for your agency's answer."),
    ),
    _S.ACCEPTED: (
        N_("Nothing for you now: %(agency)s accepted it and will begin."),
        N_("Waits for your agency to begin."),
    ),
    _S.IN_PROGRESS: (
        N_("Nothing for you now: %(agency)s serves the young person."),
        N_("Your agency serves the young person."),
    ),
    _S.ON_HOLD: (
        N_("Nothing for you now: %(agency)s has it on hold."),
        N_("Your agency has it on hold."),
    ),
    _S.REJECTED: (N_("%(agency)s could not take it."), N_("Your agency could not take it. You are done.")),
    _S.COMPLETED: (N_("It is completed. You are done."), N_("It is completed. You are done.")),
    _S.FAILED: (N_("It was not completed."), N_("It was not completed. You are done.")),
    _S.CANCELLED: (N_("It is no longer asked for."), N_("It is no longer asked for. You are done.")),
    _S.ENTERED_IN_ERROR: (N_("It was entered by mistake."), N_("It was entered by mistake.")),
}


def next_step(status: str, offered: tuple[str, ...], forwarded: bool) -> Act | None:
    """The single next step of whom these commands are offered to. Who went on to another agency has none left.

    A question comes first: whoever can answer it is waited for.
    """
    act = ANSWER if ANSWER.command in offered else NEXT.get(ReferralStatus(status))
    if act is None or act.command not in offered or (act is FORWARD and forwarded):
        return None
    return act


def others(offered: tuple[str, ...], first: Act | None) -> tuple[Act, ...]:
    """What else may be done, in the order of the table."""
    return tuple(act for act in ACTS if act.command in offered and act is not first)


def waiting(status: str, is_sender: bool) -> str:
    """What somebody reads who has no next step; a sentence that may name the agency that was asked."""
    return WAITING[ReferralStatus(status)][0 if is_sender else 1]
