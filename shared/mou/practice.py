"""How the county works: reporting, response, missing youth, services, consent, plans. Frozen, closed models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.events.names import Agency, SealedClass, Urgency
from shared.events.types.notification import Tier
from shared.mou.parts import ClauseId, Code, Label, Name, Part, Queue, Sentence

#: A time of day in the county's zone, "08:30".
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Entry(Part):
    """An entry of a list of this document, by code, so that it can be counted and holds no free text."""

    code: Code
    clause: ClauseId
    label: Label


class Rescreen(Part):
    """When a youth is screened again: after so many months at the latest, and on these triggers."""

    months: int = Field(ge=1, le=60)
    triggers: tuple[Code, ...] = ()


class ReportingRule(Part):
    """A report or a cross-report: who tells whom, how, on which form, and the duties that time it."""

    id: Name
    clause: ClauseId
    says: Sentence
    by: Label
    to: tuple[Code, ...] = Field(min_length=1)
    how: tuple[Literal["telephone", "written", "electronic", "in-person"], ...] = Field(min_length=1)
    form: Code | None = None
    duties: tuple[Name, ...] = ()


class Window(Part):
    """When a party can be had, in the county's zone; no days: never closed."""

    days: tuple[Weekday, ...] = ()
    opens: TimeOfDay = "00:00"
    closes: TimeOfDay = "23:59"


class Member(Part):
    """A party of a team: how it takes part, when it can be had, and on which condition (none: always)."""

    agency: Agency
    mode: Literal["in-person", "telephone", "on-call", "in-meeting", "by-record"]
    window: Window = Window()
    condition: Code | None = None


class ResponseTier(Part):
    """A kind of team response: what starts it, who is on the team, and the duties that time it."""

    code: Code
    clause: ClauseId
    label: Label
    es: Label | None = None
    starts: Sentence
    members: tuple[Member, ...] = Field(min_length=1)
    duties: tuple[Name, ...] = ()


class MissingYouth(Part):
    """What is done while a youth is missing and at the return; the lists are what may be recorded of it."""

    clause: ClauseId
    says: Sentence
    duties: tuple[Name, ...] = Field(min_length=1)
    told: tuple[Code, ...] = Field(min_length=1)
    efforts: tuple[Entry, ...] = Field(min_length=1)
    factors: tuple[Entry, ...] = Field(min_length=1)
    returns: tuple[Entry, ...] = Field(min_length=1)
    debrief: tuple[Entry, ...] = Field(min_length=1)


class ReferralKind(Part):
    """A kind of service: who usually gives it, how urgent it usually is, and which further consent it needs.

    `receivers`  parties, or agencies of the list outside
    `first_contact_hours`  by when the youth should have been met; left out: no time is usual
    """

    kind: Code
    clause: ClauseId
    receivers: tuple[Name, ...] = ()
    urgency: Urgency | None = None
    first_contact_hours: int | None = Field(default=None, ge=1, le=8_760)
    consent: Name | None = None


class ConsentRule(Part):
    """Whose consent opens what, from which age, and what must not be told to whom.

    `needed`  these classes are not disclosed at all without such a consent on record
    """

    id: Name
    clause: ClauseId
    says: Sentence
    es: Sentence | None = None
    classes: tuple[SealedClass, ...] = Field(min_length=1)
    given_by: tuple[Literal["youth", "parent", "court", "holder"], ...] = Field(min_length=1)
    age_from: int | None = Field(default=None, ge=0, le=21)
    needed: bool = False
    form: Code | None = None
    parent: Literal["is-asked", "may-be-told", "not-told-unless-the-youth-agrees", "does-not-apply"]


class NotificationTier(Part):
    """How loudly a tier is told: minutes until it is told again, and whether quiet hours hold it back."""

    tier: Tier
    clause: ClauseId
    label: Label
    again_after_minutes: int | None = Field(default=None, ge=1, le=10_080)
    waits_for_morning: bool = False


class EscalationStep(Part):
    """What nobody of `queue` took in hand goes on to `to` after so many minutes."""

    queue: Queue
    to: Queue
    after_minutes: int = Field(ge=1, le=10_080)
    clause: ClauseId


class PlanElement(Part):
    """A part of the safety and supports plan. The young person may decline any that is `optional`."""

    code: Code
    clause: ClauseId
    label: Label
    written_by: Literal["youth", "team", "caregiver"]
    optional: bool = True


class SheetLine(Part):
    """What stands on the one-page sheet of these roles besides duties, times and who sees what.

    `part`  what to do first, whom to call, what to say to the young person, what is never done, where to record
    `es`    the same in Spanish, where the county has translated it
    """

    clause: ClauseId
    part: Literal["first", "call", "say", "never", "record"]
    roles: tuple[Name, ...] = Field(min_length=1)
    says: Sentence
    es: Sentence | None = None


class DeviceAgreement(Part):
    """What the young person writes about phone and accounts. Never required, and it asks for no search,
    no tracking and no password: there is no field for them."""

    clause: ClauseId
    says: Sentence
    written_by: Literal["youth"]
    optional: Literal[True]
    elements: tuple[Entry, ...] = ()
