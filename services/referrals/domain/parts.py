"""The parts of a stream that decisions look at: a concern, a matter of a case, a referral.

Each is what its events made of it (`evolve`). It is stored beside the stream, in the append's transaction, so
that a command costs the same on a stream of ten events and of ten thousand. It can be folded anew at any time.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from shared.events.data import Id
from shared.events.moments import Moment


class ConcernStatus(StrEnum):
    """Where a concern stands."""

    NONE = "none"
    WAITING = "waiting"
    EVALUATED_OUT = "evaluated-out"
    ATTACHED = "attached"


class ReferralStatus(StrEnum):
    """Where a referral stands: FHIR SDOHCC's words, and `received` as a step of our own."""

    NONE = "none"
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    ENTERED_IN_ERROR = "entered-in-error"


#: In these a referral waits for an answer or is being served.
GOES_ON = (
    ReferralStatus.REQUESTED,
    ReferralStatus.RECEIVED,
    ReferralStatus.ACCEPTED,
    ReferralStatus.IN_PROGRESS,
    ReferralStatus.ON_HOLD,
)


class SealedFact(BaseModel):
    """Where a sealed fact stands: the event that carries it, and the JWE."""

    model_config = ConfigDict(frozen=True)
    event: Id
    subject: Id
    jwe: str


class Part(BaseModel):
    """What all parts have: their own id, the stream they live in, and what last changed them.

    `version` is the last event of the part's own stream that changed it; `changed` the recorded time of the
    last event that did, which no two events of a store share; `shown` that of the last one that everybody sees who
    may know of the part (evolve.SEEN_BY_SOME).
    """

    model_config = ConfigDict(frozen=True)
    id: Id
    stream: Id
    subject: Id
    version: int = 0
    changed: Moment
    shown: Moment | None = None
    sealed: dict[str, tuple[SealedFact, ...]] = Field(default_factory=dict)


class ActOnRecord(BaseModel):
    """An act that was done outside Accord, and who recorded it. `struck`: why the record was entered in error."""

    model_config = ConfigDict(frozen=True)
    act: str
    done_at: datetime
    recorded_at: Moment
    agency: str
    to: str | None = None
    method: str | None = None
    about: Id | None = None
    flags: tuple[str, ...] = ()
    sealed: dict[str, SealedFact] = Field(default_factory=dict)
    struck: str | None = None


class Concern(Part):
    """A concern: waiting, evaluated out, or attached to a case."""

    status: ConcernStatus
    youth: Id
    reported_by: str
    reported_at: datetime
    immediate_danger: str
    exploitation_kind: str | None = None
    signs: tuple[str, ...] = ()
    age_years: int | None = None
    known_since: datetime | None = None
    called_at: datetime | None = None
    called_line: str | None = None
    flags: tuple[str, ...] = ()
    reason: str | None = None
    case: Id | None = None
    case_stream: Id | None = None
    acts: dict[Id, ActOnRecord] = Field(default_factory=dict)


class Screening(BaseModel):
    """The band of a screening, and who recorded it. `struck`: the reason for which it was entered in error."""

    model_config = ConfigDict(frozen=True)
    tool: str
    band: str
    screened_at: datetime
    recorded_at: Moment
    agency: str
    tool_version: str | None = None
    trigger: str | None = None
    flags: tuple[str, ...] = ()
    struck: str | None = None


class Matter(Part):
    """One matter of a case: who leads, who takes part, who works on it. Its id is its stream's."""

    case: Id
    matter: str
    youth: Id
    lead: str
    opened_at: datetime
    agencies: dict[str, str] = Field(default_factory=dict)
    #: The command with which an agency joined: if it is taken back, so is that the agency takes part.
    joined_by: dict[str, str] = Field(default_factory=dict)
    #: The command with which an agency left: if it is taken back, the agency takes part again.
    left_by: dict[str, str] = Field(default_factory=dict)
    screenings: dict[Id, Screening] = Field(default_factory=dict)
    acts: dict[Id, ActOnRecord] = Field(default_factory=dict)
    workers: dict[str, str] = Field(default_factory=dict)
    concerns: tuple[Id, ...] = ()
    reporters: tuple[str, ...] = ()


class Step(BaseModel):
    """One entry on a referral: what was stated, by whom, when. `struck`: how it was taken back since; `struck_by`:
    with which command.

    `status` is what it makes of the referral; None leaves it as it is.
    """

    model_config = ConfigDict(frozen=True)
    event: Id
    act: str
    command: str
    agency: str
    person: str
    happened: Moment
    recorded: Moment
    status: ReferralStatus | None = None
    worker: Id | None = None
    first_contact_by: datetime | None = None
    reason: str | None = None
    alternatives: tuple[str, ...] = ()
    outcome: str | None = None
    attempts: int | None = None
    until: datetime | None = None
    forwarded_to: Id | None = None
    missing: tuple[str, ...] = ()
    question: Id | None = None
    called_at: datetime | None = None
    called_by: str | None = None
    result: str | None = None
    flags: tuple[str, ...] = ()
    struck: str | None = None
    struck_by: str | None = None


class Question(BaseModel):
    """What the agency that was asked has to know: `event` asked it, `answer` told it, if that was told yet."""

    model_config = ConfigDict(frozen=True)
    event: Id
    missing: tuple[str, ...]
    asked_at: datetime
    answer: Id | None = None
    answered_at: datetime | None = None


class Call(BaseModel):
    """A telephone call between the two agencies."""

    model_config = ConfigDict(frozen=True)
    event: Id
    called_at: datetime
    called_by: str
    result: str


class Referral(Part):
    """A referral, from request to outcome. What its `steps` say stands in its other fields (steps.py)."""

    status: ReferralStatus
    case: Id
    matter: str
    sender: str
    recipient: str
    kind: str
    needs: tuple[str, ...] = ()
    urgency: str
    youth_choice: str
    requested_at: datetime
    respond_by: datetime
    to_worker: Id | None = None
    outside: str | None = None
    follows: Id | None = None
    steps: tuple[Step, ...] = ()
    received_at: datetime | None = None
    answered_at: datetime | None = None
    started_at: datetime | None = None
    held_until: datetime | None = None
    ended_at: datetime | None = None
    worker: Id | None = None
    first_contact_by: datetime | None = None
    reason: str | None = None
    alternatives: tuple[str, ...] = ()
    outcome: str | None = None
    attempts: int | None = None
    forwarded_to: tuple[Id, ...] = ()
    questions: tuple[Question, ...] = ()
    calls: tuple[Call, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """Those that wait for an answer: none, once the referral itself waits for nothing more."""
        goes_on = self.status in GOES_ON
        return tuple(q for q in self.questions if goes_on and q.answer is None)
