"""A duty as the county writes it: what opens it, what meets it, on which clock, who owes it. Frozen, closed models.

A rule holds codes, names of fields and numbers, and nothing that would have to be run.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.events.names import Agency, Role
from shared.events.types.notification import Tier
from shared.mou.parts import ClauseId, Code, EventType, Label, Name, Part, Queue, Sentence, Source
from shared.mou.vocabulary import QueueRole, Target

#: A field of an event's `data`, by its plain name; a dot leads into a field of a field.
FieldPath = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}$")]
#: The row of the list of duties that the rule comes from, "D12b".
RowId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]{0,7}$")]
#: What a field may hold for a pattern to fit.
Value = str | bool | int


class Mode(StrEnum):
    """Whether Accord times a duty, only records it, or leaves it alone."""

    TIMED = "timed"
    RECORDED = "recorded"
    OFF = "off"


class Per(StrEnum):
    """What ties a closing to its opening: the same concern, case, referral, or act (an episode, an interview)."""

    CONCERN = "concern"
    CASE = "case"
    REFERRAL = "referral"
    ACT = "act"


class Starts(StrEnum):
    """Which time starts the clock: when it happened, as stated, or when Accord recorded it."""

    HAPPENED = "happened"
    RECORDED = "recorded"


class Pattern(Part):
    """Which happenings fit: one event type, or one act of the document's list, and what its data must hold.

    `where`    each field holds one of the values; a field that is a list holds at least one of them
    `present`  each field is there
    `absent`   each field is not there
    `at`       the field that says when it happened, if that is not the event's own `time`; it must be there
    """

    event: EventType | None = None
    act: Code | None = None
    where: dict[FieldPath, Annotated[tuple[Value, ...], Field(min_length=1)]] = Field(default_factory=dict)
    present: tuple[FieldPath, ...] = ()
    absent: tuple[FieldPath, ...] = ()
    at: FieldPath | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.event is None) == (self.act is None):
            raise ValueError("names either an event or an act")
        return self


class AtOnce(Part):
    """Immediately, or as soon as practicable: somebody is reminded at the first value, the last is the limit."""

    alarm_hours: int = Field(ge=0, le=168)
    outer_hours: int = Field(ge=1, le=720)

    @model_validator(mode="after")
    def _alarm_first(self) -> Self:
        if self.alarm_hours > self.outer_hours:
            raise ValueError("the alarm comes after the outer limit")
        return self


class Within(Part):
    """How long, on exactly one clock.

    `hours`        elapsed, nights and weekends and both changes of the clock included
    `days`         calendar days: by the end of the last day, in the county's zone; the first day does not count
    `months`       calendar months: by the end of the day with the same number, or of the month's last day
    `court_days`   days on which the court sits, counted as `days`
    `court_hours`  elapsed hours, without those of days on which the court does not sit
    `at_once`      immediately, see AtOnce
    `before`       before this happens, e.g. an interview; there is no due time until it is known when
    """

    hours: int | None = Field(default=None, ge=1, le=17_520)
    days: int | None = Field(default=None, ge=0, le=3_660)
    months: int | None = Field(default=None, ge=1, le=480)
    court_days: int | None = Field(default=None, ge=1, le=366)
    court_hours: int | None = Field(default=None, ge=1, le=2_000)
    at_once: AtOnce | None = None
    before: Pattern | None = None

    @model_validator(mode="after")
    def _one_clock(self) -> Self:
        if sum(value is not None for _, value in self) != 1:
            raise ValueError("names exactly one clock")
        return self


class Holder(Part):
    """Who owes a duty, or whom it is escalated to: an agency, or a relation to the case, and a role there."""

    agency: Target | Agency
    role: QueueRole | Role | None = None


class Step(Part):
    """If a duty is still not met so many hours after it was due, this queue is told."""

    after_hours: int = Field(ge=0, le=8_760)
    queue: Queue


class DutyRule(Part):
    """A duty: what opens it, what meets it, by when, who owes it to whom, and what follows if nobody records it.

    `row`      the row of the list of duties that it comes from
    `es`       `says` in Spanish, where the county has translated it
    `opens`    any of these opens a duty of its own
    `closes`   any of these meets it, if it fits the same concern, case, referral or act
    `ends`     any of these takes it away unmet: the case was closed, the referral taken back, the youth is back
    `repeats`  meeting it opens the next one, until something of `ends` does not
    `one_open` a second opening while one stands open joins it
    `closing_may_precede_hours`  how long before the opening a closing may have happened and still count
    `closes_itself`  the event that opens it may meet it as well: a report that states the call
    `warn_before`  hours before it is due at which it counts as due soon
    `afterwards`   what to do once the time is past, in one sentence
    """

    id: Name
    row: RowId | None = None
    clause: ClauseId
    says: Sentence
    es: Sentence | None = None
    source: Source
    confirmed: Literal["counsel", "default"] = "default"
    hint: Sentence | None = None
    mode: Mode = Mode.TIMED
    why_off: Sentence | None = None
    opens: tuple[Pattern, ...] = ()
    closes: tuple[Pattern, ...] = ()
    ends: tuple[Pattern, ...] = ()
    per: Per = Per.CASE
    starts: Starts = Starts.HAPPENED
    within: Within | None = None
    repeats: bool = False
    one_open: bool = False
    closing_may_precede_hours: int = Field(default=0, ge=0, le=8_760)
    closes_itself: bool = False
    owed_by: Holder | None = None
    to: tuple[Code, ...] = ()
    warn_before: int | None = Field(default=None, ge=1, le=2_000)
    tier: Tier = Tier.ACT_SOON
    escalate: tuple[Step, ...] = ()
    afterwards: Sentence | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.mode is Mode.OFF) != (self.why_off is not None):
            raise ValueError("says why it is off, if and only if it is off")
        if self.mode is Mode.OFF:
            return self
        if not self.opens or not self.closes or self.owed_by is None:
            raise ValueError("says what opens it, what closes it and who owes it, unless it is off")
        if (self.mode is Mode.TIMED) != (self.within is not None):
            raise ValueError("has a time if and only if it is timed")
        return self


class CountyAct(Part):
    """Something that people do outside Accord and record in it: a call, a form, an interview, a notice.

    `to`     whom it may be told to, by the codes of the document's `told`; none listed: it is told to nobody
    `about`  what it belongs to besides the case or the concern: a referral, an earlier act
    """

    code: Code
    clause: ClauseId
    label: Label
    es: Label | None = None
    to: tuple[Code, ...] = ()
    about: tuple[Per, ...] = ()
    hint: Sentence | None = None
