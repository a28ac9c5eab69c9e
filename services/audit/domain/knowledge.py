"""What an agency could have known, and what it did see, as the answer of `knowing`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.audit.domain.entry import Entry
from services.audit.domain.fields import Change, Field, path_of
from services.audit.domain.seeing import is_shown, shown_value
from services.audit.domain.things import Key
from shared.events.names import Service
from shared.events.types.act import ActRecorded
from shared.events.types.case import AgencyJoined, CaseOpened
from shared.events.types.concern import (
    ConcernAttached,
    ConcernEvaluatedOut,
    ConcernLinked,
    ConcernReported,
)
from shared.events.types.notification import NotificationAcknowledged, NotificationDelivered
from shared.events.types.record import RecordDenied, RecordRead
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralCancelled,
    ReferralCompleted,
    ReferralFailed,
    ReferralHeld,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
    ReferralStarted,
)
from shared.events.types.screening import ScreeningRecorded
from shared.events.types.submission import CommandRefused, SubmissionRefused


@dataclass
class KnownThing:
    """A thing as the agency last could see it, or as far as it spoke of it itself.

    `until` is when sight ended; None while it lasts, or if there never was any. `opens` names, by class, the events
    whose sealed facts it could have opened, or wrote.
    """

    section: str
    id: str
    fields: dict[str, Field] = field(default_factory=dict)
    seen: bool = False
    until: datetime | None = None
    opens: dict[str, list[str]] = field(default_factory=dict)

    def said(self, name: str, value: Any, event: str) -> None:
        """The agency stated this itself."""
        if value is None:
            self.fields.pop(name, None)
        else:
            self.fields[name] = Field(value, event)


@dataclass
class KnownEvent:
    """An event of which the agency could have known anything: how, and which fields it set that could be seen."""

    entry: Entry
    how: set[str] = field(default_factory=set)
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DidSee:
    """An event that says that the agency's people saw something: `read`, `told` or `acknowledged`.

    `beyond` are the classes that were opened and that the MOU in force did not let it open: a finding.
    """

    entry: Entry
    kind: str
    classes: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()


@dataclass
class Knowledge:
    """All that an agency could have known of a case up to some moment."""

    agency: str
    things: dict[Key, KnownThing] = field(default_factory=dict)
    events: dict[str, KnownEvent] = field(default_factory=dict)
    did_see: list[DidSee] = field(default_factory=list)
    set_by: dict[str, list[tuple[str, str, Any]]] = field(default_factory=dict)
    """Event -> (section, field, value) of all that it set and agencies may be shown, whoever could see it."""

    def __bool__(self) -> bool:
        """Whether it could have known that there is such a case at all."""
        return bool(self.things or self.events)

    def thing(self, key: Key) -> KnownThing:
        """The thing, known from now on."""
        return self.things.setdefault(key, KnownThing(*key))

    def lose(self, key: Key, at: datetime) -> None:
        """Sight of a thing ends, if there was any. What is known of it stays."""
        thing = self.things.get(key)
        if thing is not None and thing.seen and thing.until is None:
            thing.until = at

    def table(self) -> dict[str, Field]:
        """Every field it could have known, as last seen."""
        return {path_of(k, n): f for k, thing in self.things.items() for n, f in thing.fields.items()}

    def note(self, entry: Entry, changes: Iterable[Change]) -> None:
        """What the event set, for telling later whether all of it could be seen."""
        self.set_by[entry.event.envelope.id] = [
            (c.thing[0], c.path, shown_value(c.value))
            for c in changes
            if c.value is not None and is_shown(c.thing[0], c.name) and c.name not in _GROWING
        ]

    def in_order(self) -> list[KnownEvent]:
        """The events in the order in which they were recorded."""
        return sorted(self.events.values(), key=lambda known: known.entry.place())

    def whole(self, known: KnownEvent) -> bool:
        """Whether all that the event's sentence says could be known to the agency."""
        if "stated" in known.how or type(known.entry.event.data) in _TELLS_ITS_RECIPIENT:
            return True
        section = WHOLE.get(type(known.entry.event.data))
        says = [(path, v) for s, path, v in self.set_by[known.entry.event.envelope.id] if s == section]
        return bool(says) and all(path in known.fields and known.fields[path] == v for path, v in says)


def is_own(agency: str, entry: Entry) -> bool:
    """Whether the agency stated it. A denial does not count: whoever is denied is told that there is nothing.

    Nor does a read through this service: oversight is no part in the case.
    """
    envelope, kind = entry.event.envelope, type(entry.event.data)
    if envelope.agency != agency or kind is RecordDenied or envelope.source == _AUDIT:
        return False
    return envelope.source == f"/agencies/{agency}" or kind in _ACTS_OF_ITS_AGENCY


def sighting(agency: str, entry: Entry, ours: bool) -> tuple[str, tuple[str, ...]] | None:
    """`read`, `told` or `acknowledged`, and the classes that were opened; None if the event tells of no sight."""
    data = entry.event.data
    if isinstance(data, NotificationDelivered) and ours:
        return "told", ()
    if entry.event.envelope.agency != agency:
        return None
    if isinstance(data, RecordRead):
        return "read", tuple(sorted(str(name) for name in data.classes))
    return ("acknowledged", ()) if isinstance(data, NotificationAcknowledged) else None


_AUDIT = f"/services/{Service.AUDIT}"
#: Types that services record for what an agency's people did.
_ACTS_OF_ITS_AGENCY: frozenset[type] = frozenset(
    {RecordRead, CommandRefused, SubmissionRefused, NotificationAcknowledged}
)
_TELLS_ITS_RECIPIENT: frozenset[type] = frozenset({NotificationDelivered, NotificationAcknowledged})
#: Fields to which later events add, so that having seen them says nothing of what one event set.
_GROWING = frozenset({"status", "flags", "sealed"})

#: Type -> the section whose fields say all that the event's sentence says. An event of another type is told to an
#: agency in part only: which of its fields it could see. So it is where a thing does not show who stated it.
WHOLE: Mapping[type, str] = {
    CaseOpened: "matters",
    AgencyJoined: "matters",
    ConcernLinked: "matters",
    ConcernReported: "concerns",
    ConcernEvaluatedOut: "concerns",
    ConcernAttached: "concerns",
    ReferralRequested: "referrals",
    ReferralReceived: "referrals",
    ReferralAccepted: "referrals",
    ReferralRejected: "referrals",
    ReferralStarted: "referrals",
    ReferralHeld: "referrals",
    ReferralCompleted: "referrals",
    ReferralFailed: "referrals",
    ReferralCancelled: "referrals",
    ScreeningRecorded: "screenings",
    ActRecorded: "acts",
}
