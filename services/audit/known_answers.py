"""The answers of replay beside history and state: as known to an agency, field by field, how two views differ."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from services.audit.answers import Position, Reach, _Answer
from services.audit.domain import words
from services.audit.domain.difference import Difference
from services.audit.domain.entry import Entry
from services.audit.domain.fields import Field
from services.audit.domain.knowledge import DidSee, Knowledge, KnownEvent, KnownThing
from services.audit.domain.partly import partly
from services.audit.domain.seeing import INNER
from shared.events.moments import Moment
from shared.events.names import Agency


class KnownReach(Reach):
    """What an answer for one agency covers. `events` counts those of which it could have known anything.

    `gaps` says only whether the ledger lacks events of the case; which they are is in the answer for the auditor.
    """

    known_to: Agency


class EventRef(_Answer):
    """An event, as far as the answer's viewer could know it: `whole` says that type and sentence say all of it."""

    event: str
    recorded: Moment
    whole: bool
    sentence: str
    type: str | None = None
    happened: Moment | None = None
    agency: str | None = None


class KnownEntry(EventRef):
    """An event of which the agency could have known. `fields` are those that it set and the agency could see: null
    where it took one away. `codes` are given if the agency stated it itself."""

    how: list[Literal["stated", "could-see"]]
    fields: dict[str, Any]
    codes: dict[str, Any] | None = None


class KnownHistoryAnswer(KnownReach):
    """The events of which the agency could have known, in recorded order; `next` is the cursor of the next page."""

    entries: list[KnownEntry]
    next: str | None = None


class KnownThingView(_Answer):
    """A thing as the agency last could see it.

    `until` is when sight of it ended; `seen` is false for what it only stated. `opens`: by class, the events whose
    sealed facts it could have opened, or wrote; here they stay sealed.
    """

    section: str
    id: str
    fields: dict[str, Any]
    set_by: dict[str, str]
    seen: bool
    until: Moment | None
    opens: dict[str, list[str]]


class Sighting(_Answer):
    """That somebody of the agency did see something: `read`, `told` or `acknowledged`. `thing` says what was read:
    case, concern or referral. `beyond` are classes that were opened although the MOU in force did not let the
    agency open them: a finding."""

    kind: Literal["read", "told", "acknowledged"]
    thing: str | None
    event: str
    actor: str
    recorded: Moment
    purpose: str
    classes: list[str]
    beyond: list[str]


class KnownStateAnswer(KnownReach):
    """What an agency could have known of a case: its things, and what its people did see."""

    things: list[KnownThingView]
    did_see: list[Sighting]


class FieldView(_Answer):
    """A field of the case, and the event that last set it; `path` is `section/id/field`."""

    path: str
    value: Any
    set_by: str


class FieldsAnswer(Reach):
    """Every field of the case. `known_to` if it is told as known to an agency; `set_by` holds those events."""

    known_to: Agency | None
    fields: list[FieldView]
    set_by: list[EventRef]


class FieldValue(_Answer):
    """What an event set a field to; null where it took it away."""

    value: Any
    set_by: EventRef


class FieldHistoryAnswer(Reach):
    """Where a field's value came from: every value it had within the cut, in order. None: no such field."""

    known_to: Agency | None
    path: str
    values: list[FieldValue]


class Point(_Answer):
    """One of the two views that are compared."""

    as_of: Moment | None
    as_of_event: str | None
    known_to: Agency | None
    events: int
    mouversion: str | None


class ChangeView(_Answer):
    """A field that the views do not share: null where the view has no such field."""

    path: str
    kind: Literal["added", "removed", "changed", "set-again"]
    before: Any
    after: Any
    before_set_by: str | None
    after_set_by: str | None


class DiffAnswer(_Answer):
    """How the second view differs from the first. Applied to the first it gives the second, exactly."""

    case: str
    axis: Literal["recorded", "happened"]
    before: Point
    after: Point
    complete_until: Moment | None
    complete: bool
    statement: str
    gaps: list[str]
    positions: list[Position]
    changes: list[ChangeView]
    set_by: list[EventRef]


def event_ref(entry: Entry, whole: bool = True, fields: dict[str, Any] | None = None) -> EventRef:
    """An event in full, or as far as these fields of it could be known."""
    e = entry.event.envelope
    if not whole:
        sentence = partly(entry.event, fields or {})
        return EventRef(event=e.id, recorded=e.recordedtime, whole=False, sentence=sentence)
    return EventRef(
        event=e.id,
        recorded=e.recordedtime,
        whole=True,
        sentence=words.sentence(entry.event),
        type=e.type,
        happened=e.time,
        agency=e.agency,
    )


def known_ref(knowledge: Knowledge, known: KnownEvent) -> EventRef:
    """An event as far as the agency could know it."""
    return event_ref(known.entry, knowledge.whole(known), known.fields)


def known_entry(knowledge: Knowledge, known: KnownEvent) -> KnownEntry:
    """An event of a history as known to an agency."""
    codes = None
    if "stated" in known.how:
        codes = {n: v for n, v in words.codes(known.entry.event).items() if n not in INNER}
    shown = known_ref(knowledge, known).model_dump()
    return KnownEntry.model_validate(
        {**shown, "how": sorted(known.how), "fields": known.fields, "codes": codes}
    )


def known_thing(thing: KnownThing) -> KnownThingView:
    """A thing as last seen."""
    return KnownThingView(
        section=thing.section,
        id=thing.id,
        fields={name: field.value for name, field in thing.fields.items()},
        set_by={name: field.event for name, field in thing.fields.items()},
        seen=thing.seen,
        until=thing.until,
        opens=thing.opens,
    )


def sighting(saw: DidSee) -> Sighting:
    """What somebody did see."""
    e = saw.entry.event.envelope
    return Sighting.model_validate(
        {
            "kind": saw.kind,
            "thing": vars(saw.entry.event.data).get("about_kind"),
            "event": e.id,
            "actor": e.actor,
            "recorded": e.recordedtime,
            "purpose": e.purpose,
            "classes": saw.classes,
            "beyond": saw.beyond,
        }
    )


def field_view(path: str, field: Field) -> FieldView:
    """A field and what set it."""
    return FieldView(path=path, value=field.value, set_by=field.event)


def change_view(d: Difference) -> ChangeView:
    """A field that differs."""
    return ChangeView.model_validate(
        {
            "path": d.path,
            "kind": d.kind,
            "before": d.before.value if d.before else None,
            "after": d.after.value if d.after else None,
            "before_set_by": d.before.event if d.before else None,
            "after_set_by": d.after.event if d.after else None,
        }
    )


def earliest(*moments: datetime | None) -> datetime | None:
    """The earliest; None if any is not known."""
    known = [m for m in moments if m is not None]
    return min(known) if len(known) == len(moments) else None
