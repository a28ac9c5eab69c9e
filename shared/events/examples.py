"""One invented example of every event type: for the pages, the schemas' tests and the golden files.

Nobody here exists. Ids spell what they stand for (`ca5e…` a case, `c04ce…` a concern); sealed parts are
well-formed JWE texts over the words "invented, sealed by nobody".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.events import names
from shared.events.examples_life import ACTS, BETWEEN, DUTIES, LIFE, ON_DUTIES
from shared.events.examples_mou import LIFE_OF_A_VERSION
from shared.events.inventing import SUBMISSION, T0, Example, sealed_parts
from shared.events.inventing import invented_id as _id
from shared.events.names import (
    Agency,
    EndOfCover,
    EvaluatedOut,
    Matter,
    Role,
    SealedClass,
    Urgency,
    YouthChoice,
)
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.events.types.concern import (
    CallLine,
    ConcernAttached,
    ConcernCallStated,
    ConcernContinued,
    ConcernEvaluatedOut,
    ConcernLinked,
    ConcernReported,
    Danger,
)
from shared.events.types.cover import CoverArranged, CoverEnded
from shared.events.types.deadletter import DeadletterRecorded
from shared.events.types.evidence import EvidenceMade, EvidenceOpened
from shared.events.types.mou import MouAdopted
from shared.events.types.notification import NotificationAcknowledged, NotificationDelivered, Tier
from shared.events.types.record import RecordDenied, RecordRead
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
)
from shared.events.types.role import RoleAssigned, RoleEnded
from shared.events.types.session import SessionBegun, SessionEnded
from shared.events.types.submission import (
    CommandRefused,
    Outcome,
    SubmissionReceipted,
    SubmissionRefused,
    SubmissionUnreadable,
)

CASE, STREAM, YOUTH = _id("ca5e"), _id("ca5e57"), _id("40174")
CONCERN, REFERRAL, MOU = _id("c04ce"), _id("4efe4"), _id("30c0")
DEPUTY, WORKER, ADVOCATE = _id("de9", 1), _id("50c1a", 2), _id("ad40ca7e", 3)
AUDITOR = _id("a0d17", 1)
SESSION = _id("5e5510")
COVER, COLLEAGUE = _id("c04e4"), _id("ad40ca7e", 4)
ITEM, CALLER = _id("17e3"), _id("ca11e4")


_HS, _SO, _AD = Agency.HUMAN_SERVICES, Agency.SHERIFF, Agency.ADVOCACY
_NOTES, _READS = names.events_topic("notifications"), names.access_topic("referrals")
_BY_AUDIT = names.access_topic("audit")

#: Append new ones at the end (of `LIFE`, or behind it): an example's ids and times come from its place.
_LIST: tuple[Example, ...] = (
    Example(
        ConcernReported(
            concern=CONCERN,
            youth=YOUTH,
            reported_by=_SO,
            immediate_danger=Danger.YES,
            exploitation_kind="commercial-sexual",
            signs=("older-controlling-adult", "unexplained-travel"),
            age_years=15,
            known_since=T0 - timedelta(hours=1),
            flags=("call-not-stated",),
            sealed=sealed_parts(SealedClass.IDENTITY, SealedClass.NARRATIVE),
        ),
        *(_SO, DEPUTY, CONCERN, CONCERN, 1, "3.1"),
    ),
    Example(
        ConcernCallStated(
            concern=CONCERN,
            called_at=T0 - timedelta(minutes=30),
            called_line=CallLine.HOTLINE,
            sealed=sealed_parts(SealedClass.REPORTER),
        ),
        *(_SO, DEPUTY, CONCERN, CONCERN, 2, "3.1"),
    ),
    Example(
        ConcernEvaluatedOut(
            concern=_id("c04ce", 2), reason=EvaluatedOut.DUPLICATE, sealed=sealed_parts(SealedClass.NARRATIVE)
        ),
        *(_HS, WORKER, _id("c04ce", 2), _id("c04ce", 2), 2, "3.3"),
    ),
    Example(
        ConcernAttached(concern=CONCERN, case=CASE, case_stream=STREAM, matter=Matter.DEPENDENCY),
        *(_HS, WORKER, CONCERN, CONCERN, 3, "3.2"),
    ),
    Example(
        ConcernLinked(
            case=CASE,
            concern=CONCERN,
            concern_version=3,
            reported_by=_SO,
            classes=(SealedClass.IDENTITY, SealedClass.NARRATIVE, SealedClass.REPORTER),
        ),
        *(_HS, WORKER, CASE, STREAM, 2, "3.2"),
    ),
    Example(
        CaseOpened(
            case=CASE, case_stream=STREAM, matter=Matter.DEPENDENCY, youth=YOUTH, lead=_HS, concern=CONCERN
        ),
        *(_HS, WORKER, CASE, STREAM, 1, "3.2"),
    ),
    Example(
        AgencyJoined(case=CASE, agency=_AD, relation="serving"),
        *(_HS, WORKER, CASE, STREAM, 3, "2.1"),
    ),
    Example(
        AgencyLeft(case=CASE, agency=_AD, reason="service-complete"),
        *(_HS, WORKER, CASE, STREAM, 9, "2.1"),
    ),
    Example(
        WorkerAssigned(case=CASE, agency=_AD, worker=ADVOCATE, role=Role.ADVOCATE),
        *(_AD, ADVOCATE, CASE, STREAM, 8, "2.2"),
    ),
    Example(
        RoleAssigned(person=ADVOCATE, agency=_AD, role=Role.ADVOCATE),
        *(_AD, _id("ad314", 1), ADVOCATE, ADVOCATE, 1, "2.2"),
    ),
    Example(
        RoleEnded(person=ADVOCATE, agency=_AD, role=Role.ADVOCATE, reason="left-the-agency"),
        *(_AD, _id("ad314", 1), ADVOCATE, ADVOCATE, 2, "2.2"),
    ),
    Example(
        ReferralRequested(
            referral=REFERRAL,
            case=CASE,
            matter=Matter.DEPENDENCY,
            sender=_HS,
            recipient=_AD,
            kind="advocacy",
            needs=("advocate-now", "safe-bed"),
            urgency=Urgency.HOURS,
            respond_by=T0 + timedelta(hours=2),
            youth_choice=YouthChoice.AGREES,
            classes=(SealedClass.IDENTITY, SealedClass.CONTACT),
            sealed=sealed_parts(SealedClass.IDENTITY, SealedClass.CONTACT),
        ),
        *(_HS, WORKER, CASE, STREAM, 4, "4.1"),
    ),
    Example(
        ReferralReceived(referral=REFERRAL, case=CASE),
        *(_AD, ADVOCATE, CASE, STREAM, 5, "4.2"),
    ),
    Example(
        ReferralAccepted(
            referral=REFERRAL, case=CASE, worker=ADVOCATE, first_contact_by=T0 + timedelta(hours=4)
        ),
        *(_AD, ADVOCATE, CASE, STREAM, 6, "4.2"),
    ),
    Example(
        ReferralRejected(
            referral=_id("4efe4", 2),
            case=CASE,
            reason="no-capacity",
            alternatives=(Agency.SHELTER,),
            sealed=sealed_parts(SealedClass.NARRATIVE),
        ),
        *(_AD, ADVOCATE, CASE, STREAM, 7, "4.3"),
    ),
    Example(
        SubmissionRefused(
            submission=SUBMISSION,
            submitter=Agency.PROBATION,
            command="accept-referral",
            reason="not-the-receiving-agency",
            field="/referral",
        ),
        *(Agency.PROBATION, _id("57573", 1), CALLER, CALLER, 1, "4.2", "referrals"),
    ),
    Example(
        SubmissionUnreadable(
            submitter=_SO,
            topic=names.submissions_topic(_SO),
            partition=0,
            offset=41,
            reason="not-json",
            size=212,
            sha256="0" * 64,
            deadletter=_id("dead1e7", 1),
        ),
        *(_SO, _id("57573", 2), _id("ca11e4", 2), _id("ca11e4", 2), 1, "3.1", "referrals"),
    ),
    Example(
        CommandRefused(
            command="accept",
            reason="already-answered",
            field="/referral",
            about=REFERRAL,
            about_kind="referral",
        ),
        *(_AD, ADVOCATE, CALLER, CALLER, 2, "4.2", "referrals"),
    ),
    Example(
        NotificationDelivered(
            item=ITEM,
            event=_id("e4e47", 12),
            rule="referral-requested",
            recipient="advocacy/advocate",
            tier=Tier.ACT_NOW,
            channel="feed",
        ),
        *(_AD, "notifications", CASE, ITEM, 1, "4.1", "notifications", _NOTES),
    ),
    Example(
        NotificationAcknowledged(
            item=ITEM,
            event=_id("e4e47", 12),
            rule="referral-requested",
            recipient=ADVOCATE,
        ),
        *(_AD, ADVOCATE, CASE, ITEM, 2, "4.1", None, _NOTES),
    ),
    Example(
        RecordRead(about=REFERRAL, about_kind="referral", classes=(SealedClass.IDENTITY,)),
        *(_AD, ADVOCATE, CASE, _id("4ead"), 1, "5.1", "referrals", _READS, "respond"),
    ),
    Example(
        RecordDenied(about=CASE, about_kind="case"),
        *(Agency.PROBATION, _id("940b", 4), CASE, _id("4ead"), 2, "5.1", "referrals", _READS),
    ),
    Example(
        MouAdopted(
            mou=MOU,
            version="alder-2030-1",
            effective=datetime(2030, 1, 1, 8, tzinfo=UTC),
            signed_by=(_HS, Agency.PROBATION, Agency.BEHAVIORAL_HEALTH),
            pdf_digest="sha256:" + "0" * 64,
            document={"county": "Alder (invented)", "version": "alder-2030-1"},
        ),
        *(Agency.COUNTY, _id("c0041d", 1), MOU, MOU, 1, "1", None, names.MOU_TOPIC),
    ),
    Example(
        SubmissionReceipted(
            submission=SUBMISSION,
            submitter=_SO,
            outcome=Outcome.ACCEPTED_WITH_FLAGS,
            command="report-concern",
            report=CONCERN,
            events=(_id("e4e47", 1),),
            flags=("call-not-stated",),
            notice="This does not replace the call to the hotline.",
        ),
        *(_SO, "referrals", SUBMISSION, SUBMISSION, 1, "3.1", "referrals", names.receipts_topic(_SO)),
    ),
    Example(
        DeadletterRecorded(
            deadletter=_id("dead1e7", 1),
            topic=names.submissions_topic(_SO),
            partition=0,
            offset=41,
            reason="not-json",
            size=212,
            sha256="0" * 64,
        ),
        *(_SO, "referrals", _id("dead1e7", 1), _id("dead1e7", 1), 1, "3.1", "referrals"),
        topic=names.deadletters_topic("referrals"),
    ),
    Example(
        ConcernContinued(concern=CONCERN, part=2, sealed=sealed_parts(SealedClass.NARRATIVE)),
        *(_SO, DEPUTY, CONCERN, CONCERN, 2, "3.1"),
    ),
    *LIFE,
    Example(
        EvidenceMade(
            about=CASE,
            about_kind="case",
            bundle="sha256:" + "0" * 64,
            as_of=datetime(2030, 3, 4, 17, tzinfo=UTC),
            known_to=Agency.PUBLIC_HEALTH,
            given=2,
            extracts=3,
            withheld=14,
        ),
        *(Agency.COUNTY, AUDITOR, CASE, _id("4ead", 1), 1, "access", "audit", _BY_AUDIT, "audit"),
    ),
    Example(
        EvidenceOpened(about=CASE, about_kind="case", bundle="sha256:" + "0" * 64, outcome="fits"),
        *(Agency.COUNTY, AUDITOR, CASE, _id("4ead", 1), 2, "access", "audit", _BY_AUDIT, "audit"),
    ),
    Example(
        SessionBegun(
            session=SESSION, person=ADVOCATE, agency=_AD, roles=(Role.ADVOCATE,), how="openid-connect"
        ),
        *(_AD, ADVOCATE, ADVOCATE, SESSION, 1, "access", "referrals", _READS),
    ),
    Example(
        SessionEnded(session=SESSION, person=ADVOCATE, agency=_AD, reason="exit"),
        *(_AD, ADVOCATE, ADVOCATE, SESSION, 2, "access", "referrals", _READS),
    ),
    *ACTS,
    Example(
        CoverArranged(
            cover=COVER,
            person=ADVOCATE,
            covering=COLLEAGUE,
            agency=_AD,
            begins=datetime(2030, 3, 11, 16, tzinfo=UTC),
            until=datetime(2030, 3, 16, 1, tzinfo=UTC),
        ),
        *(_AD, ADVOCATE, ADVOCATE, COVER, 1, "7.7"),
    ),
    Example(
        CoverEnded(cover=COVER, person=ADVOCATE, covering=COLLEAGUE, agency=_AD, reason=EndOfCover.RETURNED),
        *(_AD, ADVOCATE, ADVOCATE, COVER, 2, "7.7"),
    ),
    *BETWEEN,
    *DUTIES,
    *LIFE_OF_A_VERSION,
    *ON_DUTIES,
)

#: Type -> its example. A test asserts that none of the registry is missing.
EXAMPLES: Mapping[str, Example] = {
    one.data.TYPE: replace(one, place=place) for place, one in enumerate(_LIST)
}
