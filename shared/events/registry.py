"""Every event type there is, and how old versions become new ones. A stored name is looked up here only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.events.data import Data
from shared.events.types.act import ActEnteredInError, ActRecorded
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.events.types.concern import (
    ConcernAttached,
    ConcernCallStated,
    ConcernContinued,
    ConcernEvaluatedOut,
    ConcernLinked,
    ConcernReported,
)
from shared.events.types.cover import CoverArranged, CoverEnded
from shared.events.types.deadletter import DeadletterRecorded
from shared.events.types.duty import (
    DutyChanged,
    DutyConfirmedNotDone,
    DutyEnteredInError,
    DutyEscalated,
    DutyMet,
    DutyOpened,
    DutyTolled,
    DutyUnanswered,
    DutyWaived,
    DutyWarned,
)
from shared.events.types.evidence import EvidenceMade, EvidenceOpened
from shared.events.types.mou import (
    MouAdopted,
    MouCommentAnswered,
    MouCommented,
    MouProposed,
    MouSigned,
    MouSuperseded,
)
from shared.events.types.notification import NotificationAcknowledged, NotificationDelivered
from shared.events.types.record import RecordDenied, RecordRead
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralCallStated,
    ReferralCancelled,
    ReferralCompleted,
    ReferralEnteredInError,
    ReferralFailed,
    ReferralForwarded,
    ReferralHeld,
    ReferralInformationAsked,
    ReferralInformationGiven,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
    ReferralResumed,
    ReferralStarted,
    ReferralUndone,
)
from shared.events.types.role import RoleAssigned, RoleEnded
from shared.events.types.screening import ScreeningEnteredInError, ScreeningRecorded
from shared.events.types.session import SessionBegun, SessionEnded
from shared.events.types.submission import (
    CommandRefused,
    SubmissionReceipted,
    SubmissionRefused,
    SubmissionUnreadable,
)

TYPES: Mapping[str, type[Data]] = {
    kind.TYPE: kind
    for kind in (
        ConcernReported,
        ConcernCallStated,
        ConcernContinued,
        ConcernEvaluatedOut,
        ConcernAttached,
        ConcernLinked,
        CaseOpened,
        AgencyJoined,
        AgencyLeft,
        WorkerAssigned,
        RoleAssigned,
        RoleEnded,
        CoverArranged,
        CoverEnded,
        ReferralRequested,
        ReferralReceived,
        ReferralAccepted,
        ReferralRejected,
        ReferralStarted,
        ReferralHeld,
        ReferralResumed,
        ReferralCompleted,
        ReferralFailed,
        ReferralCancelled,
        ReferralForwarded,
        ReferralInformationAsked,
        ReferralInformationGiven,
        ReferralCallStated,
        ReferralUndone,
        ReferralEnteredInError,
        ScreeningRecorded,
        ScreeningEnteredInError,
        ActRecorded,
        ActEnteredInError,
        DutyWaived,
        DutyTolled,
        DutyConfirmedNotDone,
        DutyEnteredInError,
        SubmissionRefused,
        SubmissionUnreadable,
        SubmissionReceipted,
        CommandRefused,
        NotificationDelivered,
        NotificationAcknowledged,
        DutyOpened,
        DutyWarned,
        DutyMet,
        DutyUnanswered,
        DutyEscalated,
        DutyChanged,
        RecordRead,
        RecordDenied,
        MouProposed,
        MouCommented,
        MouCommentAnswered,
        MouSigned,
        MouAdopted,
        MouSuperseded,
        DeadletterRecorded,
        EvidenceMade,
        EvidenceOpened,
        SessionBegun,
        SessionEnded,
    )
}

#: Old contract name -> function from its facts to (newer name, its facts). Chained until none applies.
UPCASTERS: Mapping[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]] = {}
