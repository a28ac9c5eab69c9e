"""What agencies may ask of referrals. Bodies over HTTP and `data` over Kafka are these, field for field.

Field names are those of the events. `clear` (HTTPS only) and `sealed` (JWE to the county's key) carry the
identifying facts by class; neither ever reaches an event as it came.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from shared.events.data import Id, Word
from shared.events.names import (
    Agency,
    EvaluatedOut,
    Matter,
    Role,
    SealedClass,
    Urgency,
    YouthChoice,
)
from shared.events.types.concern import CallLine, Danger

ClearFacts = dict[SealedClass, dict[str, Any]]
SealedFacts = dict[SealedClass, Annotated[str, StringConstraints(max_length=40_000)]]


class Command(BaseModel):
    """A command's body: closed. `time` is when it happened in the world, if not now."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    time: AwareDatetime | None = None


class Sealing(Command):
    """A command that may carry identifying facts."""

    clear: ClearFacts = Field(default_factory=dict)
    sealed: SealedFacts = Field(default_factory=dict)


class ReportConcern(Sealing):
    """Tell the county of a youth who may have been exploited. A field that is missing is flagged."""

    immediate_danger: Danger = Danger.UNKNOWN
    exploitation_kind: Word | None = None
    signs: tuple[Word, ...] = Field(default=(), max_length=40)
    age_years: int | None = Field(default=None, ge=0, le=25)
    known_since: AwareDatetime | None = None
    called_at: AwareDatetime | None = None
    called_line: CallLine | None = None


class StateCall(Sealing):
    """State the telephone call: when, to which line; to whom under the class `reporter`."""

    called_at: AwareDatetime
    called_line: CallLine = CallLine.HOTLINE


class EvaluateOut(Sealing):
    """Decide that the concern is not opened as a case here."""

    reason: EvaluatedOut


class OpenCase(Command):
    """Open a case with the concern."""

    matter: Matter


class AttachConcern(Command):
    """Attach the concern to a case that is open."""

    case: Id
    matter: Matter = Matter.DEPENDENCY


class RequestReferral(Sealing):
    """Ask another agency to serve the youth."""

    recipient: Agency
    matter: Matter
    kind: Word
    needs: tuple[Word, ...] = Field(default=(), max_length=20)
    urgency: Urgency
    youth_choice: YouthChoice


class ReceiveReferral(Command):
    """Say that the referral is in hand; not yet an answer."""


class AcceptReferral(Command):
    """Say that the agency will serve the youth."""

    worker: Id | None = None
    first_contact_by: AwareDatetime | None = None


class RejectReferral(Sealing):
    """Say that the agency cannot take the referral, with a reason of the MOU's list."""

    reason: Word
    alternatives: tuple[Agency, ...] = ()


class JoinAgency(Command):
    """An agency takes part in the case."""

    agency: Agency
    relation: Word = "participant"


class LeaveAgency(Command):
    """An agency takes part in the case no longer."""

    agency: Agency
    reason: Word


class AssignWorker(Command):
    """Name the person (random id) of the caller's own agency who works on the case."""

    worker: Id
    role: Role


class AssignRole(Command):
    """A person of the agency holds a role from now on."""

    person: Id
    agency: Agency
    role: Role


class EndRole(Command):
    """A person of the agency holds a role no longer."""

    person: Id
    agency: Agency
    role: Role
    reason: Word


class AdoptMou(Command):
    """A version of the county's MOU comes into force."""

    document: dict[str, Any]
    signed_by: tuple[Agency, ...] = Field(min_length=1)
    pdf_digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
