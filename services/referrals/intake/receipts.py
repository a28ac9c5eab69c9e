"""The words of a receipt. It names the submitter's own report or referral, and nothing else of the case."""

from __future__ import annotations

from uuid import UUID

from services.referrals.application.orders import NOTICE, Outcome
from services.referrals.application.table import COMMANDS
from shared.bus.record import Record
from shared.errors import Refusal
from shared.events.types.submission import Outcome as Said
from shared.events.types.submission import SubmissionReceipted

UNREADABLE = (
    "The record could not be read. It is kept for 30 days and somebody was told. If it is about a child,"
    " telephone the hotline now, and submit it again."
)


def receipt_of(submission: UUID, agency: str, outcome: Outcome) -> SubmissionReceipted:
    """The receipt of a submission that was carried out, or refused."""
    if outcome.refusal is not None:
        return refused(submission, agency, outcome.command, outcome.refusal)
    reports = outcome.command in ("report-concern", "state-call")
    on_a_referral = outcome.command in COMMANDS and COMMANDS[outcome.command].thing == "referral"
    return SubmissionReceipted(
        submission=str(submission),
        submitter=agency,
        outcome=Said.ACCEPTED_WITH_FLAGS if outcome.flags else Said.ACCEPTED,
        command=outcome.command,
        report=outcome.made.get("concern"),
        referral=outcome.made.get("referral"),
        case=None if reports or on_a_referral else outcome.made.get("case"),
        events=outcome.events,
        flags=outcome.flags,
        gaps=outcome.gaps or None,
        notice=NOTICE if reports else None,
    )


def refused(submission: UUID, agency: str, command: str, refusal: Refusal) -> SubmissionReceipted:
    """The receipt of a refusal: clause, reason, field and what to do."""
    return SubmissionReceipted(
        submission=str(submission),
        submitter=agency,
        outcome=Said.REFUSED,
        command=command,
        clause=refusal.clause,
        sentence=refusal.sentence,
        reason=refusal.reason,
        field=refusal.field,
        remedy=refusal.remedy,
        notice=refusal.detail,
    )


def unreadable(submission: UUID, agency: str, record: Record, reason: str) -> SubmissionReceipted:
    """The receipt of a record that could not be read: where it lies, and why."""
    return SubmissionReceipted(
        submission=str(submission),
        submitter=agency,
        outcome=Said.UNREADABLE,
        reason=reason,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        notice=UNREADABLE,
    )
