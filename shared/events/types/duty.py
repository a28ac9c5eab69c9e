"""A duty of the memorandum as Accord timed it: opened, met, or without record when it was due. Codes and ids only.

A duty is known by its rule and the event that opened it; `duty` is its random-looking id, and its stream.
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, ClassVar
from uuid import UUID, uuid5

from pydantic import BeforeValidator, Field, StringConstraints

from shared.events.data import AgencyCode, Data, Id, RoleCode, Unrecognised, Word, _code
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
