"""What one agency could have known of a case (DESIGN 4): what it stated, and all it could see at any time. Pure.

After each event, and whenever another version of the MOU comes into force, everything that the event touched is
looked at through the agency's eyes. What was seen once stays known as it was last seen; ending sight ends no
knowledge. Time runs over `recordedtime`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.audit.domain.entry import Entry
from services.audit.domain.fields import Change, Field, Tracing, path_of
from services.audit.domain.knowledge import DidSee, Knowledge, KnownEvent, is_own, sighting
from services.audit.domain.seeing import (
    ALSO,
    FACTS,
    NOTHING,
    Eyes,
    Sight,
    is_shown,
    is_shown_to,
    shown_value,
    things_with_facts,
)
from services.audit.domain.things import Key
from services.audit.domain.words import sealed_classes
from shared.mou import Mou, ThingFacts

#: Kind of thing that was read -> the section whose things say which classes could be opened with it.
READ_AS = {"case": "matters", "concern": "concerns", "referral": "referrals"}
#: From when on which version of the MOU is in force; None where there is none that can be read.
Schedule = Sequence[tuple[datetime, Mou | None]]


def known_to(agency: str, case: str, entries: Iterable[Entry], schedule: Schedule, at: datetime) -> Knowledge:
    """What `agency` could have known at `at`; `entries` are the case's up to then, in recorded order."""
    knowing = Knowing(agency, Tracing.of(case), list(schedule))
    for entry in entries:
        knowing.apply(entry)
    knowing.turn(at)
    return knowing.knowledge


@dataclass
class Knowing:
    """Grows the knowledge of one agency, event by event."""

    agency: str
    tracing: Tracing
    schedule: list[tuple[datetime, Mou | None]]
    knowledge: Knowledge = field(init=False)

    def __post_init__(self) -> None:
        self.knowledge = Knowledge(self.agency)
        self._eyes = Eyes(self.agency, None)
        self._entries: dict[str, Entry] = {}
        self._sealed: dict[Key, dict[str, list[str]]] = {}
        self._sights: dict[Key, Sight] = {}
        self._people: dict[str, str] = {}
        self._stances: dict[str, tuple[Any, ...]] = {}

    def apply(self, entry: Entry) -> None:
        """One more event."""
        self.turn(entry.recorded)
        envelope = entry.event.envelope
        self._entries[envelope.id] = entry
        changes = self.tracing.apply(entry)
        self.knowledge.note(entry, changes)
        self._note_people(entry)
        self._note_sealed(entry)
        self._look(self._affected(), entry.recorded, entry, changes)
        if is_own(self.agency, entry):
            self._state(entry, changes)
        self._note_sighting(entry)

    def turn(self, moment: datetime) -> None:
        """Whatever version of the MOU comes into force up to this moment."""
        while self.schedule and self.schedule[0][0] <= moment:
            since, mou = self.schedule.pop(0)
            self._eyes = Eyes(self.agency, mou)
            self._look(things_with_facts(self.tracing.state), since, None, [])

    def _affected(self) -> list[Key]:
        """What has to be looked at again: all of it if the agency now stands otherwise to a matter."""
        touched = [
            (s, id) for s, id in self.tracing.touched if s in FACTS and id in getattr(self.tracing.state, s)
        ]
        for section, id in touched:
            if section == "matters" and self._stances.get(id) != (stance := self._stance(id)):
                self._stances[id] = stance
                return things_with_facts(self.tracing.state)
        return touched

    def _stance(self, matter: str) -> tuple[Any, ...]:
        """What the agency is to a matter: whatever a rule may ask of it."""
        found = self.tracing.state.matters[matter]
        own = frozenset(w for w in found.workers if self._people.get(w) == self.agency)
        reports = self.agency in found.concerns.values()
        return found.lead, self.agency in found.agencies, own, reports

    def _look(self, keys: list[Key], at: datetime, entry: Entry | None, changes: list[Change]) -> None:
        state = self.tracing.state
        for key in keys:
            if key[0] != "matters":
                facts = FACTS[key[0]](state, key[1])
                (sight,) = self._eyes.look((facts,), self._people, ALSO.get(key[0]))
                self._see(key, sight, at, entry, changes)
        if any(section in ("matters", "concerns") for section, _ in keys):
            self._look_at_matters(at, entry, changes)
        for key in {c.thing for c in changes if c.thing[0] == "notices"}:
            told = self._is_ours(str(self.tracing.fields[key]["recipient"].value))
            self._see(key, Sight(told), at, entry, changes)

    def _look_at_matters(self, at: datetime, entry: Entry | None, changes: list[Change]) -> None:
        """A case shows its matters together, and through each of them the sealed facts of its concerns."""
        matters = self.tracing.state.matters
        facts = tuple(FACTS["matters"](self.tracing.state, id) for id in matters)
        for (id, matter), sight in zip(matters.items(), self._eyes.look(facts, self._people), strict=True):
            self._see(("matters", id), sight, at, entry, changes)
            if sight.readable:
                for concern in matter.concerns:
                    self._open(("concerns", concern), sight.opens)

    def _see(self, key: Key, sight: Sight, at: datetime, entry: Entry | None, changes: list[Change]) -> None:
        self._sights[key] = sight
        if not sight.readable:
            self.knowledge.lose(key, at)
            return
        fields = self.tracing.fields.get(key, {})
        shown = {n: Field(shown_value(f.value), f.event) for n, f in fields.items() if self._shows(key, n)}
        thing = self.knowledge.thing(key)
        for name, seen in shown.items():
            if thing.fields.get(name) != seen:
                self._tell(self._entries[seen.event], "could-see", path_of(key, name), seen.value)
        if entry is not None:
            for change in changes:
                if change.thing == key and change.value is None and change.name in thing.fields:
                    self._tell(entry, "could-see", change.path, None)
        thing.fields, thing.seen, thing.until = shown, True, None
        self._open(key, sight.opens)

    def _shows(self, key: Key, name: str) -> bool:
        facts = FACTS[key[0]](self.tracing.state, key[1]) if key[0] in FACTS else ThingFacts(key[0])
        return is_shown_to(self.agency, facts, key[0], name)

    def _open(self, key: Key, classes: Iterable[str]) -> None:
        for name in classes:
            for event in self._sealed.get(key, {}).get(name, ()):
                self._opened(key, name, event)

    def _opened(self, key: Key, name: str, event: str) -> None:
        events = self.knowledge.thing(key).opens.setdefault(name, [])
        if event not in events:
            events.append(event)
            self._tell(self._entries[event], "could-see")

    def _state(self, entry: Entry, changes: list[Change]) -> None:
        """What the agency said itself it knows, whether or not it may see what came of it."""
        self._tell(entry, "stated")
        for change in changes:
            if is_shown(change.thing[0], change.name):
                value = shown_value(change.value)
                self._tell(entry, "stated", change.path, value)
                if not self._sights.get(change.thing, NOTHING).readable:
                    self.knowledge.thing(change.thing).said(change.name, value, entry.event.envelope.id)
        for name in sealed_classes(entry.event):
            for key in self._owner(entry):
                self._opened(key, name, entry.event.envelope.id)

    def _tell(self, entry: Entry, how: str, path: str | None = None, value: Any = None) -> None:
        known = self.knowledge.events.setdefault(entry.event.envelope.id, KnownEvent(entry))
        known.how.add(how)
        if path is not None:
            known.fields[path] = value

    def _owner(self, entry: Entry) -> list[Key]:
        """The thing whose sealed facts the event carries."""
        order = ("referrals", "concerns", "matters")
        said = {v for v in vars(entry.event.data).values() if isinstance(v, str)}
        found = [key for key in self.tracing.touched if key[0] in FACTS and key[1] in said]
        return sorted(found, key=lambda k: order.index(k[0]) if k[0] in order else -1)[:1]

    def _note_sealed(self, entry: Entry) -> None:
        for name in sealed_classes(entry.event):
            for key in self._owner(entry):
                events = self._sealed.setdefault(key, {}).setdefault(name, [])
                events.append(entry.event.envelope.id)

    def _note_people(self, entry: Entry) -> None:
        """Whose people are whose: those who acted for an agency, and those it named for the case."""
        envelope = entry.event.envelope
        if envelope.source.startswith("/agencies/"):
            self._people.setdefault(envelope.actor, envelope.agency)
        said = vars(entry.event.data)
        if "worker" in said and "agency" in said:
            self._people[str(said["worker"])] = str(said["agency"])

    def _is_ours(self, recipient: str) -> bool:
        return recipient.split("/")[0] == self.agency or self._people.get(recipient) == self.agency

    def _note_sighting(self, entry: Entry) -> None:
        recipient = vars(entry.event.data).get("recipient")
        ours = isinstance(recipient, str) and self._is_ours(recipient)
        found = sighting(self.agency, entry, ours)
        if found is None:
            return
        kind, classes = found
        # The classes of a read are told for a kind of thing, not for the one that was read.
        section = READ_AS.get(str(vars(entry.event.data).get("about_kind")))
        sights = [sight for key, sight in self._sights.items() if classes and key[0] == section]
        allowed = {name for sight in sights for name in sight.opens}
        beyond = tuple(sorted(set(classes) - allowed))
        self.knowledge.did_see.append(DidSee(entry, kind, classes, beyond))
