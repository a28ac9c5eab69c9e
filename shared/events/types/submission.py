"""What became of a submission or command that was not carried out. Never repeats what was submitted."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, StringConstraints

from shared.events.data import AgencyCode, Data, Id, Unrecognised, Word, _code
from shared.events.gaps import Gaps


class Outcome(StrEnum):
    """What became of a submission."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_FLAGS = "accepted-with-flags"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


OutcomeCode = Annotated[Outcome | Unrecognised, BeforeValidator(partial(_code, Outcome))]
TopicName = Annotated[str, StringConstraints(pattern=r"^accord\.[a-z.-]{1,100}$")]

#: A JSON pointer to a field of the contract; never a submitted name or value.
Pointer = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_.-]{1,64}){0,8}$")]


class SubmissionRefused(Data):
    """A submission of an agency's system was refused, with clause (in the envelope), reason and field."""

    TYPE: ClassVar[str] = "accord.submission.refused.v1"
    submission: Id
    submitter: AgencyCode
    command: Word
    reason: Word
    field: Pointer | None = None
    sentence: str | None = None
    remedy: str | None = None
    about: Id | None = None
    about_kind: Word | None = None


class SubmissionUnreadable(Data):
    """A submission could not be read at all. It may be about a child, so somebody has to look."""

    TYPE: ClassVar[str] = "accord.submission.unreadable.v1"
    submitter: AgencyCode
    topic: TopicName
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    reason: Word
    size: int = Field(ge=0)
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    deadletter: Id


class CommandRefused(Data):
    """A command of a person or a system over HTTP was refused. `about` only if the caller may know of it."""

    TYPE: ClassVar[str] = "accord.command.refused.v1"
    command: Word
    reason: Word
    field: Pointer | None = None
    sentence: str | None = None
    remedy: str | None = None
    about: Id | None = None
    about_kind: Word | None = None


class SubmissionReceipted(Data):
    """What became of a submission: the one receipt of each record, to the submitter only (not a kept topic).

    It names the submitter's own report or referral and nothing else of the case.
    """

    TYPE: ClassVar[str] = "accord.submission.receipted.v1"
    submission: Id
    submitter: AgencyCode
    outcome: OutcomeCode
    command: Word | None = None
    report: Id | None = None
    referral: Id | None = None
    case: Id | None = None
    events: tuple[Id, ...] = ()
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None
    clause: str | None = None
    reason: Word | None = None
    field: Pointer | None = None
    sentence: str | None = None
    remedy: str | None = None
    notice: str | None = None
    topic: TopicName | None = None
    partition: int | None = Field(default=None, ge=0)
    offset: int | None = Field(default=None, ge=0)
