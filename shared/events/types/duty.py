"""A duty of the memorandum as Accord timed it, and what people say of one besides meeting it. Codes and ids only.

A duty is known by its rule and the event that opened it; `duty` is its random-looking id, and its stream.
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, ClassVar
from uuid import UUID, uuid5

from pydantic import BeforeValidator, Field, StringConstraints

from shared.events.data import AgencyCode, Data, Id, RoleCode, Unrecognised, Word, _code
from shared.events.gaps import Gaps
from shared.events.moments import Moment

#: The ids of duties are made in this space.
DUTIES = UUID("0b7e6a52-6d3c-4f1b-8a55-1f5f0d0c7a44")
#: A queue `<agency>/<role>`.
QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z-]+/[a-z-]+$")]
#: How often what stands of the duty had been recorded anew: 0 as it was opened, then one more with each `met` and
#: `changed`.
Revision = Annotated[int, Field(ge=0)]


class Level(StrEnum):
    """What a warning is of: something that was to be done at once, or a due time that is near."""

    ALARM = "alarm"
    WARNING = "warning"


LevelCode = Annotated[Level | Unrecognised, BeforeValidator(partial(_code, Level))]


def duty_id(rule: str, opening: str) -> UUID:
    """The id of the duty that this event opened under this rule: the same in every store and every rebuild."""
    return uuid5(DUTIES, f"{rule}:{opening}")


class _OfDuty(Data):
    """`about` is the referral or act that it is tied to; `due_at` is left out while nobody can say.

    `owed_by` and `role` are who owes it, as found when it was opened; left out where nobody could be named.
    """

    duty: Id
    rule: Word
    opening: Id
    concern: Id | None = None
    case: Id | None = None
    about: Id | None = None
    due_at: Moment | None = None
    owed_by: AgencyCode | None = None
    role: RoleCode | None = None


class DutyOpened(_OfDuty):
    """An event opened a duty under a rule of the memorandum. Nobody is told of each."""

    TYPE: ClassVar[str] = "accord.duty.opened.v1"


class DutyWarned(_OfDuty):
    """A duty that stood open was soon due, or should have been met at once. Unique by (duty, level, revision)."""

    TYPE: ClassVar[str] = "accord.duty.warned.v1"
    level: LevelCode
    revision: Revision


class DutyMet(_OfDuty):
    """What was to be done is on record: by which event, and when it was done. `state` says whether in time."""

    TYPE: ClassVar[str] = "accord.duty.met.v1"
    by: Id
    met_at: Moment
    state: Word
    revision: Revision


class DutyUnanswered(_OfDuty):
    """The due time is past and there is no record. That is no word on whether it was done.

    Written once all that was recorded by then had arrived. Unique by (duty, revision).
    """

    TYPE: ClassVar[str] = "accord.duty.unanswered.v1"
    revision: Revision


class DutyEscalated(_OfDuty):
    """The due time is so long past without record that the rule's next queue is told. Unique by (duty, step,
    revision)."""

    TYPE: ClassVar[str] = "accord.duty.escalated.v1"
    step: int = Field(ge=0)
    queue: QueueName
    revision: Revision


class DutyChanged(_OfDuty):
    """A duty stands otherwise than recorded before, and is not met: how, and because of which event.

    `state` is `open` (again, or with another due time), `tolled`, `superseded`, `waived`, `confirmed-not-done`, or
    `void`: what opened it was taken back, or belongs to another duty.
    """

    TYPE: ClassVar[str] = "accord.duty.changed.v1"
    state: Word
    because: Id | None = None
    revision: Revision


class DutyWaived(Data):
    """An authority of the MOU's list lifted one duty: the rule, and the event that opened it. The envelope's clause
    is the authority's.

    On a concern that belongs to no case yet, `case` is left out; so in each of these.
    """

    TYPE: ClassVar[str] = "accord.duty.waived.v1"
    rule: Word
    opening: Id
    authority: Word
    reason: Word
    concern: Id | None = None
    case: Id | None = None


class DutyTolled(Data):
    """The clock of one duty stands still from `begins` on and before `until`.

    Without `until` it stands still until another event says so of the same `begins`.
    """

    TYPE: ClassVar[str] = "accord.duty.tolled.v1"
    rule: Word
    opening: Id
    authority: Word
    begins: Moment
    until: Moment | None = None
    concern: Id | None = None
    case: Id | None = None


class DutyConfirmedNotDone(Data):
    """A person said that it was not done. Only then is a duty called missed; a later record still counts."""

    TYPE: ClassVar[str] = "accord.duty.confirmed-not-done.v1"
    rule: Word
    opening: Id
    concern: Id | None = None
    case: Id | None = None
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None


class DutyEnteredInError(Data):
    """A statement on a duty (`entry`, the id of its event) was a mistake. It stays, and counts no longer."""

    TYPE: ClassVar[str] = "accord.duty.entered-in-error.v1"
    entry: Id
    reason: Word
    concern: Id | None = None
    case: Id | None = None
