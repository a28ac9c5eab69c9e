"""A referral: one agency asks another to serve a youth, and the other answers."""

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
    """An agency asked another to serve a youth, what is asked, and what the youth said of it."""

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
