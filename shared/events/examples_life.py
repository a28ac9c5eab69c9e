"""Invented examples of a referral's life after its answer, of a screening and of an act: the end of the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.events.inventing import T0, Example, sealed_parts
from shared.events.inventing import invented_id as _id
from shared.events.names import Agency, Matter, Role, SealedClass, events_topic
from shared.events.types.act import ActEnteredInError, ActRecorded, Method
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
    Level,
    duty_id,
)
from shared.events.types.referral import (
    CallResult,
    ReferralCallStated,
    ReferralCancelled,
    ReferralCompleted,
    ReferralEnteredInError,
    ReferralFailed,
    ReferralForwarded,
    ReferralHeld,
    ReferralInformationAsked,
    ReferralInformationGiven,
    ReferralResumed,
    ReferralStarted,
    ReferralUndone,
    Side,
)
from shared.events.types.screening import ScreeningEnteredInError, ScreeningRecorded

CASE, STREAM, REFERRAL = _id("ca5e"), _id("ca5e57"), _id("4efe4")
WORKER, ADVOCATE = _id("50c1a", 2), _id("ad40ca7e", 3)
_HS, _AD = Agency.HUMAN_SERVICES, Agency.ADVOCACY

LIFE: tuple[Example, ...] = (
    Example(
        ReferralStarted(referral=REFERRAL, case=CASE, worker=ADVOCATE),
        *(_AD, ADVOCATE, CASE, STREAM, 10, "4.7"),
    ),
    Example(
        ReferralHeld(referral=REFERRAL, case=CASE, reason="youth-missing", until=T0 + timedelta(days=2)),
        *(_AD, ADVOCATE, CASE, STREAM, 11, "4.7"),
    ),
    Example(
        ReferralResumed(referral=REFERRAL, case=CASE),
        *(_AD, ADVOCATE, CASE, STREAM, 12, "4.7"),
    ),
    Example(
        ReferralCompleted(referral=REFERRAL, case=CASE, outcome="completed", attempts=3),
        *(_AD, ADVOCATE, CASE, STREAM, 13, "4.7"),
    ),
    Example(
        ReferralFailed(referral=_id("4efe4", 3), case=CASE, reason="unable-to-locate", attempts=4),
        *(_AD, ADVOCATE, CASE, STREAM, 14, "4.7"),
    ),
    Example(
        ReferralCancelled(referral=_id("4efe4", 4), case=CASE, reason="need-met"),
        *(_HS, WORKER, CASE, STREAM, 15, "4.8"),
    ),
    Example(
        ReferralForwarded(
            referral=_id("4efe4", 2), case=CASE, forwarded_to=_id("4efe4", 5), recipient=Agency.SHELTER
        ),
        *(_HS, WORKER, CASE, STREAM, 16, "4.9"),
    ),
    Example(
        ReferralUndone(referral=REFERRAL, case=CASE, entry=_id("e4e47", 29), act="complete-referral"),
        *(_AD, ADVOCATE, CASE, STREAM, 17, "7.4"),
    ),
    Example(
        ReferralEnteredInError(
            referral=REFERRAL,
            case=CASE,
            reason="wrong-entry",
            entry=_id("e4e47", 27),
            act="hold-referral",
        ),
        *(_AD, ADVOCATE, CASE, STREAM, 18, "7.6"),
    ),
    Example(
        ScreeningRecorded(
            screening=_id("5c4ee4"),
            case=CASE,
            matter=Matter.DEPENDENCY,
            tool="cse-it",
            tool_version="2.0",
            band="clear-concern",
            screened_at=T0 + timedelta(hours=1),
            trigger="new-information",
        ),
        *(_HS, WORKER, CASE, STREAM, 19, "5.5"),
    ),
    Example(
        ScreeningEnteredInError(screening=_id("5c4ee4"), case=CASE, reason="wrong-youth"),
        *(_HS, WORKER, CASE, STREAM, 20, "5.6"),
    ),
)

#: Acts that were done outside Accord. They came later than what stands between, and examples keep their places.
ACTS: tuple[Example, ...] = (
    Example(
        ActRecorded(
            record=_id("ac7"),
            act="cross-reported",
            done_at=T0 + timedelta(hours=2),
            case=CASE,
            matter=Matter.DEPENDENCY,
            to="law-enforcement",
            method=Method.TELEPHONE,
            sealed=sealed_parts(SealedClass.JUSTICE),
        ),
        *(_HS, WORKER, CASE, STREAM, 21, "5.8"),
    ),
    Example(
        ActEnteredInError(record=_id("ac7"), case=CASE, reason="wrong-youth"),
        *(_HS, WORKER, CASE, STREAM, 22, "5.9"),
    ),
)

#: Between the two agencies of a referral, besides its answer.
BETWEEN: tuple[Example, ...] = (
    Example(
        ReferralInformationAsked(
            referral=REFERRAL,
            case=CASE,
            missing=("language", "consent"),
            sealed=sealed_parts(SealedClass.NARRATIVE),
        ),
        *(_AD, ADVOCATE, CASE, STREAM, 23, "4.11"),
    ),
    Example(
        ReferralInformationGiven(
            referral=REFERRAL,
            case=CASE,
            question=_id("e4e47", 46),
            asked_by=ADVOCATE,
            sealed=sealed_parts(SealedClass.NARRATIVE),
        ),
        *(_HS, WORKER, CASE, STREAM, 24, "4.11"),
    ),
    Example(
        ReferralCallStated(
            referral=REFERRAL,
            case=CASE,
            called_at=T0 + timedelta(minutes=40),
            called_by=Side.SENDER,
            result=CallResult.REACHED,
        ),
        *(_HS, WORKER, CASE, STREAM, 25, "4.12"),
    ),
)

#: One duty that was met late, and another that was taken away. Both are timed by notifications.
_MET, _ENDED = (
    str(duty_id("first-contact", _id("e4e47", 8))),
    str(duty_id("answer-referral", _id("e4e47", 8))),
)
_FIRST: dict[str, Any] = {
    "duty": _MET,
    "rule": "first-contact",
    "opening": _id("e4e47", 8),
    "case": CASE,
    "about": REFERRAL,
    "due_at": T0 + timedelta(hours=72),
    "owed_by": _AD,
    "role": Role.ADVOCATE,
}
_BY: dict[str, Any] = {
    "service": "notifications",
    "topic": events_topic("notifications"),
}
_TIMED = (Agency.COUNTY, "notifications", CASE)

DUTIES: tuple[Example, ...] = (
    Example(
        DutyOpened(**_FIRST),
        *(*_TIMED, _MET, 1, "4.6"),
        **_BY,
    ),
    Example(DutyWarned(**_FIRST, level=Level.WARNING, revision=0), *(*_TIMED, _MET, 2, "4.6"), **_BY),
    Example(DutyUnanswered(**_FIRST, revision=0), *(*_TIMED, _MET, 3, "4.6"), **_BY),
    Example(
        DutyEscalated(**_FIRST, step=0, queue="advocacy/supervisor", revision=0),
        *(*_TIMED, _MET, 4, "4.6"),
        **_BY,
    ),
    Example(
        DutyMet(
            **_FIRST,
            by=_id("e4e47", 31),
            met_at=T0 + timedelta(hours=70),
            state="done-on-time-recorded-late",
            revision=1,
        ),
        *(*_TIMED, _MET, 5, "4.6"),
        **_BY,
    ),
    Example(
        DutyChanged(
            **_FIRST | {"duty": _ENDED, "rule": "answer-referral"},
            state="superseded",
            because=_id("e4e47", 36),
            revision=1,
        ),
        *(*_TIMED, _ENDED, 2, "4.4"),
        **_BY,
    ),
)

#: What was said of a duty besides meeting it.
ON_DUTIES: tuple[Example, ...] = (
    Example(
        DutyWaived(
            rule="initial-meeting-held",
            opening=_id("e4e47", 12),
            authority="supervisor",
            reason="done-another-way",
            case=CASE,
        ),
        *(_HS, WORKER, CASE, STREAM, 26, "5.11"),
    ),
    Example(
        DutyTolled(
            rule="health-evaluation",
            opening=_id("e4e47", 12),
            authority="cannot-be-met",
            begins=T0 + timedelta(hours=3),
            until=T0 + timedelta(hours=27),
            case=CASE,
        ),
        *(_HS, WORKER, CASE, STREAM, 27, "5.12"),
    ),
    Example(
        DutyConfirmedNotDone(rule="debrief-held", opening=_id("e4e47", 12), case=CASE),
        *(_HS, WORKER, CASE, STREAM, 28, "5.13"),
    ),
    Example(
        DutyEnteredInError(entry=_id("e4e47", 48), case=CASE, reason="wrong-entry"),
        *(_HS, WORKER, CASE, STREAM, 29, "5.9"),
    ),
)
