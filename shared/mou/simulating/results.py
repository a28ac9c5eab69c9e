"""What a simulation found: counts by rule, agency and tier, and nothing that tells of one young person."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Found(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Duties(_Found):
    """What became of the duties of one rule under one version. `late` counts what was done after its time."""

    opened: int = 0
    on_time: int = 0
    on_time_recorded_late: int = 0
    late: int = 0
    no_record: int = 0
    not_done: int = 0
    waived: int = 0
    superseded: int = 0
    still_open: int = 0


class DutyLine(_Found):
    """The duties of one rule under both versions; `differing` is how many end otherwise, begin or are gone."""

    rule: str
    clause: str
    title: str
    present: Duties
    proposed: Duties
    differing: int


class Change(_Found):
    """So many duties of a rule that end `was` under the present version end `becomes` under the proposed one.

    Each is a name of `Duties`; `none` where the version knows no such duty.
    """

    rule: str
    was: str
    becomes: str
    count: int


class ActLine(_Found):
    """An act as it was carried out so often: how many of these commands a version refuses, whoever does them.

    `fewer_roles`  what may still be done for the agency, though not by everybody who may now
    """

    act: str
    agency: str
    carried_out: int
    refused_present: int
    refused_proposed: int
    fewer_roles: int


class SeenLine(_Found):
    """Sealed facts of one class, when they were recorded: how many of them an agency could open in any role and for
    any purpose. `ways` counts each role and purpose by itself."""

    agency: str
    sealed_class: str
    facts: int
    present: int
    proposed: int
    ways_present: int
    ways_proposed: int


class NoticeLine(_Found):
    """Notices to one queue, or to persons by name, by tier."""

    tier: str
    recipient: str
    present: int
    proposed: int


class Result(_Found):
    """A proposed version over recorded history, beside the present one. It changed nothing.

    `events` were read, from `first` to `last`; `now` is the moment as of which duties stand. `notices` are of
    recorded events; `reminders` of duties, before and after their time.
    """

    present_version: str
    proposed_version: str
    events: int
    first: datetime | None
    last: datetime | None
    now: datetime
    duties: tuple[DutyLine, ...]
    changes: tuple[Change, ...]
    acts: tuple[ActLine, ...]
    seen: tuple[SeenLine, ...]
    notices: tuple[NoticeLine, ...]
    reminders: tuple[NoticeLine, ...]
