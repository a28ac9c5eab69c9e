"""A concern: an agency tells the county of a youth who may have been exploited. It is not yet a case."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from shared.events.data import (
    AgencyCode,
    ClassCode,
    Data,
    EvaluatedOutCode,
    Id,
    MatterCode,
    Sealed,
    Unrecognised,
    Word,
    _code,
)
from shared.events.gaps import Gaps
from shared.events.moments import Moment


class Danger(StrEnum):
    """Whether the youth is said to be in immediate danger."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class CallLine(StrEnum):
    """Who was called. The call itself is the reporter's own duty (PC 11166(a)); Accord only records it."""

    HOTLINE = "hotline"
    LAW_ENFORCEMENT = "law-enforcement"
    PROBATION = "probation"
    OTHER = "other"


DangerCode = Annotated[Danger | Unrecognised, BeforeValidator(partial(_code, Danger))]
LineCode = Annotated[CallLine | Unrecognised, BeforeValidator(partial(_code, CallLine))]


class ConcernReported(Data):
    """An agency reported a concern about a youth. PC 11165.9; it does not replace the call of PC 11166(a)."""

    TYPE: ClassVar[str] = "accord.concern.reported.v1"
    concern: Id
    youth: Id
    reported_by: AgencyCode
    immediate_danger: DangerCode = Danger.UNKNOWN
    exploitation_kind: Word | None = None
    signs: tuple[Word, ...] = Field(default=(), max_length=40)
    age_years: int | None = Field(default=None, ge=0, le=25)
    known_since: Moment | None = None
    called_at: Moment | None = None
    called_line: LineCode | None = None
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None
    sealed: Sealed


class ConcernCallStated(Data):
    """The reporter stated the telephone call: when, and to whom. PC 11166(a)."""

    TYPE: ClassVar[str] = "accord.concern.call-stated.v1"
    concern: Id
    called_at: Moment
    called_line: LineCode = CallLine.HOTLINE
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None
    sealed: Sealed


class ConcernContinued(Data):
    """The rest of what was stated with the event before, of which one event could not hold all: nothing is lost.

    A text that was cut goes on where it ended, under the same name of the same class.
    """

    TYPE: ClassVar[str] = "accord.concern.continued.v1"
    concern: Id
    part: int = Field(ge=2)
    sealed: Sealed


class ConcernEvaluatedOut(Data):
    """Human services decided that the concern is not opened as a case here, and why. MPP 31-105."""

    TYPE: ClassVar[str] = "accord.concern.evaluated-out.v1"
    concern: Id
    reason: EvaluatedOutCode
    sealed: Sealed


class ConcernAttached(Data):
    """The concern became part of a case; the last event of its own stream."""

    TYPE: ClassVar[str] = "accord.concern.attached.v1"
    concern: Id
    case: Id
    case_stream: Id
    matter: MatterCode


class ConcernLinked(Data):
    """A case took in a concern; it names the concern's last version, so that leaving out an event shows."""

    TYPE: ClassVar[str] = "accord.concern.linked.v1"
    case: Id
    concern: Id
    concern_version: int = Field(ge=1)
    reported_by: AgencyCode
    classes: tuple[ClassCode, ...] = ()
