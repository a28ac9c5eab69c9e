"""A referral: one agency asks another to serve a youth, the other answers, serves, and says how it ended."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.events.data import (
    AgencyCode,
    ClassCode,
    Data,
    Id,
    MatterCode,
    Sealed,
    UrgencyCode,
    Word,
    YouthChoiceCode,
)
from shared.events.moments import Moment


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


class ReferralFailed(Data):
    """The service could not be given to its end, for a coded reason; the youth may still need somebody."""

    TYPE: ClassVar[str] = "accord.referral.failed.v1"
    referral: Id
    case: Id
    reason: Word
    attempts: int | None = Field(default=None, ge=0, le=999)
    flags: tuple[Word, ...] = ()


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
