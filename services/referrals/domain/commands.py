"""What agencies may ask of referrals. Bodies over HTTP and `data` over Kafka are these, field for field.

Field names are those of the events. `clear` (HTTPS only) and `sealed` (JWE to the county's key) carry the
identifying facts by class; neither ever reaches an event as it came.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from shared.events.data import Id
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
from shared.events.sealing import MAX_OPENED
from shared.events.types.act import Method
from shared.events.types.concern import CallLine, Danger
from shared.events.types.referral import CallResult, Side
from shared.mou.vocabulary import CODE_FORM, CODE_LENGTH

#: How deep facts in clear may be nested; what is read by people needs no more.
DEEPEST = 20


def is_plain(value: Any, depth: int = DEEPEST) -> bool:
    """Whether every JSON writer takes `value` as it is: not too deep, no lone surrogate, no number that is none."""
    if isinstance(value, dict | list):
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        return depth > 0 and all(is_plain(one, depth - 1) for one in inner)
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, TypeError):
        return False
    return True


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    if not is_plain(facts):
        raise ValueError("not plain")
    return facts


def _in_utc(moment: datetime) -> datetime:
    """In UTC; one that falls off the calendar there is none."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the calendar") from None


Stated = Annotated[AwareDatetime, AfterValidator(_in_utc)]
#: A code of the county's lists. It stands in clear on kept topics, so deciding asks the MOU's list whether it is
#: one (`domain/codes.py`); this is only its form, which a name can have as well.
Code = Annotated[str, StringConstraints(pattern=CODE_FORM, max_length=CODE_LENGTH)]
ClearFacts = dict[SealedClass, Annotated[dict[str, Any], AfterValidator(_plain)]]
SealedFacts = dict[SealedClass, Annotated[str, StringConstraints(max_length=MAX_OPENED)]]


class Command(BaseModel):
    """A command's body: closed. `time` is when it happened in the world, if not now."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    time: Stated | None = None


class Sealing(Command):
    """A command that may carry identifying facts."""

    clear: ClearFacts = Field(default_factory=dict)
    sealed: SealedFacts = Field(default_factory=dict)


class ReportConcern(Sealing):
    """Tell the county of a youth who may have been exploited. A field that is missing is flagged.

    `treated_as` says how the reporting agency has treated the youth: as an offender for solicitation, which no
    child is. The report is taken; what this field says is recorded nowhere.
    """

    immediate_danger: Danger = Danger.UNKNOWN
    exploitation_kind: Code | None = None
    signs: tuple[Code, ...] = Field(default=(), max_length=40)
    age_years: int | None = Field(default=None, ge=0, le=25)
    known_since: Stated | None = None
    called_at: Stated | None = None
    called_line: CallLine | None = None
    treated_as: Code | None = None


class StateCall(Sealing):
    """State the telephone call: when, to which line; to whom under the class `reporter`."""

    called_at: Stated
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


#: The version of a screening tool: "2.0", or one word; never a date.
ToolVersion = Annotated[str, StringConstraints(pattern=r"^([0-9]{1,2}\.[0-9]{1,2}|[a-z]{2,12})$")]


class RequestReferral(Sealing):
    """Ask another agency to serve the youth: a party (`recipient`), or one of the MOU's list outside (`outside`).

    `to_worker` asks a person of the party by name (random id); the party's queue is told all the same.
    """

    recipient: Agency | None = None
    outside: Code | None = None
    to_worker: Id | None = None
    matter: Matter
    kind: Code
    needs: tuple[Code, ...] = Field(default=(), max_length=20)
    urgency: Urgency
    youth_choice: YouthChoice


class ReceiveReferral(Command):
    """Say that the referral is in hand; not yet an answer."""


class AcceptReferral(Command):
    """Say that the agency will serve the youth."""

    worker: Id | None = None
    first_contact_by: Stated | None = None


class RejectReferral(Sealing):
    """Say that the agency cannot take the referral, with a reason of the MOU's list."""

    reason: Code
    alternatives: tuple[Agency, ...] = ()


class StartReferral(Command):
    """Say that the service began. What was not recorded before it is flagged, never a reason to refuse."""

    worker: Id | None = None


class HoldReferral(Command):
    """Say that the youth cannot be served for now, with a reason of the MOU's list."""

    reason: Code
    until: Stated | None = None


class ResumeReferral(Command):
    """Say that the youth is served again."""


class CompleteReferral(Command):
    """Say that the service has ended, with an outcome of the MOU's list."""

    outcome: Code
    attempts: int | None = Field(default=None, ge=0, le=999)


class FailReferral(Command):
    """Say that the service could not be given to its end, with a reason of the MOU's list."""

    reason: Code
    attempts: int | None = Field(default=None, ge=0, le=999)


class CancelReferral(Command):
    """Take the request back, with a reason of the MOU's list."""

    reason: Code


class ForwardReferral(Sealing):
    """Go on to another agency: a new referral that follows this one. What is left out is as it was asked before.

    What the youth says is asked anew, and what the next agency is to know is stated anew.
    """

    recipient: Agency | None = None
    outside: Code | None = None
    to_worker: Id | None = None
    kind: Code | None = None
    needs: tuple[Code, ...] | None = Field(default=None, max_length=20)
    urgency: Urgency | None = None
    youth_choice: YouthChoice


class AskInformation(Sealing):
    """Say what has to be known before the referral can go on, by the codes of the MOU's list; it is no answer."""

    missing: tuple[Code, ...] = Field(min_length=1, max_length=20)


class GiveInformation(Sealing):
    """Answer a question of the agency that was asked (`question`, the id of its event), within what it may see."""

    question: Id


class StateReferralCall(Command):
    """State a telephone call between the two agencies: when, who called, what came of it. No names."""

    called_at: Stated
    called_by: Side
    result: CallResult = CallResult.REACHED


class UndoReferral(Command):
    """Take back one's own last entry on the referral, within the MOU's minutes."""


class EnterReferralInError(Command):
    """Mark an entry (`entry`, the id of its event) as wrong, or without one the whole referral."""

    reason: Code
    entry: Id | None = None


class RecordScreening(Command):
    """Record the band of a screening: tool, version, band, when. Never an item's text."""

    tool: Code | None = None
    tool_version: ToolVersion | None = None
    band: Code | None = None
    screened_at: Stated | None = None
    trigger: Code | None = None
    matter: Matter | None = None


class EnterScreeningInError(Command):
    """Mark a screening as recorded in error."""

    screening: Id
    reason: Code


class RecordAct(Sealing):
    """Record an act that was done outside Accord: which of the MOU's list, when, to whom, how.

    `about` is the id of an earlier record, or of a referral, that it belongs to. A number under which it stands
    elsewhere, or whom it was said to, goes under `clear` or `sealed`.
    """

    act: Code | None = None
    done_at: Stated | None = None
    to: Code | None = None
    method: Method | None = None
    about: Id | None = None
    matter: Matter | None = None


class EnterActInError(Command):
    """Mark the record of an act as made in error."""

    record: Id
    reason: Code


#: A duty, by its rule and the event that opened it: the `duty` of what is due.
DutyKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z][a-z0-9-]{0,63}:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
    ),
]


class WaiveDuty(Command):
    """Lift a duty, on an authority of the MOU's list, for a reason of its list."""

    duty: DutyKey
    authority: Code
    reason: Code


class TollDuty(Command):
    """Let a duty's clock stand still from `begins` on and before `until`, on an authority of the MOU's list.

    Without `until` it stands still until that is stated, of the same `begins`.
    """

    duty: DutyKey
    authority: Code
    begins: Stated
    until: Stated | None = None


class ConfirmDutyNotDone(Command):
    """Say that a duty was not done. What is done later is recorded all the same, and counts."""

    duty: DutyKey | None = None


class EnterDutyStatementInError(Command):
    """Mark a statement on a duty (`entry`, the id of its event) as made in error."""

    entry: Id
    reason: Code


class OfMatter(Command):
    """A command on one matter of a case: the one that is named, or the only one that the caller's agency takes part
    in. Where there are more of them, one has to be named."""

    matter: Matter | None = None


class JoinAgency(OfMatter):
    """An agency takes part in the case."""

    agency: Agency
    relation: Code = "participant"


class LeaveAgency(OfMatter):
    """An agency takes part in the case no longer."""

    agency: Agency
    reason: Code


class AssignWorker(OfMatter):
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
    reason: Code


class ArrangeCover(Command):
    """From `begins` on and before `until`, a colleague (random id) covers for the person."""

    covering: Id
    begins: Stated
    until: Stated


class EndCover(Command):
    """A cover for the person is over from now on."""

    cover: Id
    reason: EndOfCover
