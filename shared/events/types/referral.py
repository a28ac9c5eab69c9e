"""A referral: one agency asks another to serve a youth, the other answers, serves, and says how it ended."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from shared.events.data import (
    AgencyCode,
    ClassCode,
    Data,
    Id,
    MatterCode,
    Sealed,
    Unrecognised,
    UrgencyCode,
    Word,
    YouthChoiceCode,
    _code,
)
from shared.events.gaps import Gaps
from shared.events.moments import Moment


class Side(StrEnum):
    """One of the two agencies of a referral. For an agency outside, the one that asked speaks for both."""

    SENDER = "sender"
    RECIPIENT = "recipient"


class CallResult(StrEnum):
    """What came of a telephone call between the two agencies. Nothing is ever left on an answering machine that
    somebody else could hear."""

    REACHED = "reached"
    LEFT_NO_MESSAGE = "left-no-message"
    NO_ANSWER = "no-answer"


SideCode = Annotated[Side | Unrecognised, BeforeValidator(partial(_code, Side))]
ResultCode = Annotated[CallResult | Unrecognised, BeforeValidator(partial(_code, CallResult))]


class ReferralRequested(Data):
    """An agency asked another to serve a youth, what is asked, and what the youth said of it.

    `recipient` is the agency that answers. Where `outside` names an agency outside the network, the agency that
    asked records its answers, and is itself the `recipient`. `to_worker` is the person who is asked by name;
    `follows` is the referral that this one carries on.
    """

    TYPE: ClassVar[str] = "accord.referral.requested.v1"
    referral: Id
    case: Id
    matter: MatterCode
    sender: AgencyCode
    recipient: AgencyCode
    kind: Word
    needs: tuple[Word, ...] = Field(default=(), max_length=20)
    urgency: UrgencyCode
    respond_by: Moment
    youth_choice: YouthChoiceCode
    classes: tuple[ClassCode, ...] = ()
    to_worker: Id | None = None
    outside: Word | None = None
    follows: Id | None = None
    sealed: Sealed


class ReferralReceived(Data):
    """The receiving agency says that it has the referral in hand; not yet an answer."""

    TYPE: ClassVar[str] = "accord.referral.received.v1"
    referral: Id
    case: Id


class ReferralAccepted(Data):
    """The receiving agency will serve the youth."""

    TYPE: ClassVar[str] = "accord.referral.accepted.v1"
    referral: Id
    case: Id
    worker: Id | None = None
    first_contact_by: Moment | None = None


class ReferralRejected(Data):
    """The receiving agency could not take the referral, for a coded reason."""

    TYPE: ClassVar[str] = "accord.referral.rejected.v1"
    referral: Id
    case: Id
    reason: Word
    alternatives: tuple[AgencyCode, ...] = ()
    sealed: Sealed


class ReferralStarted(Data):
    """The receiving agency began to serve the youth. `flags` name what should have been recorded before."""

    TYPE: ClassVar[str] = "accord.referral.started.v1"
    referral: Id
    case: Id
    worker: Id | None = None
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None


class ReferralHeld(Data):
    """The receiving agency cannot serve the youth for now, for a coded reason; it has not given up."""

    TYPE: ClassVar[str] = "accord.referral.held.v1"
    referral: Id
    case: Id
    reason: Word
    until: Moment | None = None


class ReferralResumed(Data):
    """The receiving agency serves the youth again."""

    TYPE: ClassVar[str] = "accord.referral.resumed.v1"
    referral: Id
    case: Id


class ReferralCompleted(Data):
    """The service has ended, with a coded outcome. None of the outcomes is held against the youth."""

    TYPE: ClassVar[str] = "accord.referral.completed.v1"
    referral: Id
    case: Id
    outcome: Word
    attempts: int | None = Field(default=None, ge=0, le=999)
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None


class ReferralFailed(Data):
    """The service could not be given to its end, for a coded reason; the youth may still need somebody."""

    TYPE: ClassVar[str] = "accord.referral.failed.v1"
    referral: Id
    case: Id
    reason: Word
    attempts: int | None = Field(default=None, ge=0, le=999)
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None


class ReferralCancelled(Data):
    """The agency that asked takes its request back, for a coded reason."""

    TYPE: ClassVar[str] = "accord.referral.cancelled.v1"
    referral: Id
    case: Id
    reason: Word


class ReferralForwarded(Data):
    """The agency that asked went on to another agency with a new referral, which follows this one."""

    TYPE: ClassVar[str] = "accord.referral.forwarded.v1"
    referral: Id
    case: Id
    forwarded_to: Id
    recipient: AgencyCode
    outside: Word | None = None


class ReferralInformationAsked(Data):
    """The agency that was asked needs to know more before it can go on: what is missing, by code. It is no answer,
    and the time for the answer goes on."""

    TYPE: ClassVar[str] = "accord.referral.information-asked.v1"
    referral: Id
    case: Id
    missing: tuple[Word, ...] = Field(min_length=1, max_length=20)
    sealed: Sealed


class ReferralInformationGiven(Data):
    """The agency that asked told what was missing. `question` is the event that asked for it, `asked_by` the person
    who did: nobody, where an agency's system or an agency outside asked."""

    TYPE: ClassVar[str] = "accord.referral.information-given.v1"
    referral: Id
    case: Id
    question: Id
    asked_by: Id | None = None
    sealed: Sealed


class ReferralCallStated(Data):
    """The two agencies telephoned about the referral, or one tried to: when, which of them called, what came of it.

    It is no answer and changes nothing else. Who spoke is not said.
    """

    TYPE: ClassVar[str] = "accord.referral.call-stated.v1"
    referral: Id
    case: Id
    called_at: Moment
    called_by: SideCode
    result: ResultCode = CallResult.REACHED
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None


class ReferralUndone(Data):
    """A person took back their own last entry on the referral, within the MOU's minutes. It stays recorded."""

    TYPE: ClassVar[str] = "accord.referral.undone.v1"
    referral: Id
    case: Id
    entry: Id
    act: Word


class ReferralEnteredInError(Data):
    """An entry on the referral was wrong (`entry`, the event), or the whole referral was. Both stay recorded."""

    TYPE: ClassVar[str] = "accord.referral.entered-in-error.v1"
    referral: Id
    case: Id
    reason: Word
    entry: Id | None = None
    act: Word | None = None
