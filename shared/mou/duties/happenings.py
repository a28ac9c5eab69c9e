"""What the engine needs of an event, whatever it was read from; and the types that it knows by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

#: Something that people did outside Accord: `act`, `to`, `method`, and `about`, what it belongs to. `record` is its
#: own id, by which a later act, or a correction, may name it as well as by its event's.
ACT_RECORDED = "accord.act.recorded.v1"
#: What an authority said of one duty: `rule`, `opening` (the event that opened it), `authority`, `reason`.
DUTY_WAIVED = "accord.duty.waived.v1"
#: The same, with `begins` and `until`; without `until` the clock stands still until another says of this `begins`.
DUTY_TOLLED = "accord.duty.tolled.v1"
#: A person said that it was not done: `rule`, `opening`.
DUTY_NOT_DONE = "accord.duty.confirmed-not-done.v1"
STATEMENTS = frozenset({DUTY_WAIVED, DUTY_TOLLED, DUTY_NOT_DONE})

#: What takes back an earlier entry, by `entry`; and without `entry` everything of the thing that this field names.
CORRECTIONS: Mapping[str, str | None] = {
    "accord.referral.undone.v1": None,
    "accord.referral.entered-in-error.v1": "referral",
    "accord.screening.entered-in-error.v1": "screening",
    "accord.act.entered-in-error.v1": "record",
    "accord.duty.entered-in-error.v1": None,
}


class Recorded(Protocol):
    """What `Happening.of` reads; the Envelope is one."""

    @property
    def id(self) -> str:
        """The event's own id."""

    @property
    def type(self) -> str:
        """The contract's name."""

    @property
    def time(self) -> datetime:
        """When it happened, as stated."""

    @property
    def recordedtime(self) -> datetime:
        """When Accord recorded it."""

    @property
    def mouversion(self) -> str:
        """The version that it was judged under."""

    @property
    def subject(self) -> str:
        """The case or the concern."""

    @property
    def data(self) -> Mapping[str, Any]:
        """Its facts."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: `subject` is the case or the concern, `data` holds plain JSON values. Times have a zone."""

    id: str
    type: str
    time: datetime
    recordedtime: datetime
    mouversion: str
    subject: str
    data: Mapping[str, Any]

    @classmethod
    def of(cls, event: Recorded) -> Happening:
        """The same facts, of an envelope or anything like it."""
        return cls(
            event.id,
            event.type,
            event.time,
            event.recordedtime,
            event.mouversion,
            event.subject,
            event.data,
        )

    @property
    def order(self) -> tuple[datetime, str]:
        """The order in which a history is read."""
        return self.recordedtime, self.id

    @property
    def tokens(self) -> tuple[str, ...]:
        """What a pattern may know it by: its type, and the act's code."""
        if self.type == ACT_RECORDED and isinstance(act := self.data.get("act"), str):
            return self.type, act
        return (self.type,)

    def text(self, field: str) -> str | None:
        """A field of the data that holds text, or None."""
        value = self.data.get(field)
        return value if isinstance(value, str) else None
