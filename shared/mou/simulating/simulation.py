"""Reads a history once and counts what each of two versions makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from shared.mou.document import Mou
from shared.mou.duties.happenings import Happening
from shared.mou.duties.patterns import token
from shared.mou.facts import EventFacts, ThingFacts
from shared.mou.simulating import counting
from shared.mou.simulating.acted import Acted, acted
from shared.mou.simulating.counting import Owed
from shared.mou.simulating.known import Known
from shared.mou.simulating.past import Past
from shared.mou.simulating.reminders import reminders
from shared.mou.simulating.results import NoticeLine, Result

#: Event type -> the field that names a person who is told.
NAMES_A_PERSON = {
    "accord.worker.assigned.v1": "worker",
    "accord.referral.requested.v1": "to_worker",
    "accord.referral.information-given.v1": "asked_by",
    "accord.cover.arranged.v1": "covering",
    "accord.cover.ended.v1": "covering",
}
#: As of when an empty history stands.
LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: What a duty may be about, or may be taken back by, besides the types that its own rule names.
OF_DUTIES = frozenset({"concern", "case", "referral", "screening", "act", "duty"})
#: Stands for whichever person is told: who that is, is nobody's to count.
A_PERSON = "a person by name"


class Simulation:
    """Add every event in the order of recording, then ask for the result. Not for several threads."""

    def __init__(self, present: Mou, proposed: Mou) -> None:
        """Nothing is read yet."""
        self._present, self._proposed = present, proposed
        self._routed = {rule.event for mou in (present, proposed) for rule in mou.routing}
        self._named = {name for mou in (present, proposed) for name in counting.types_named(mou)}
        self._opens = {token(one) for mou in (present, proposed) for rule in mou.duties for one in rule.opens}
        self._opening: dict[str, ThingFacts] = {}
        self._things: dict[ThingFacts, ThingFacts] = {}
        self._known = Known()
        self._command: list[Past] = []
        self._history: list[Happening] = []
        self._acts: Counter[Acted] = Counter()
        self._sealed: Counter[tuple[ThingFacts, tuple[str, ...]]] = Counter()
        self._told: Counter[EventFacts] = Counter()
        self._first: datetime | None = None
        self._last: datetime | None = None
        self.read = 0

    def add(self, event: Past) -> None:
        """One more event."""
        self.read += 1
        self._first, self._last = self._first or event.recordedtime, event.recordedtime
        if self._command and self._command[0].commandid != event.commandid:
            self._end_command()
        self._command.append(event)

    def result(self, now: datetime | None = None) -> Result:
        """What both versions make of it, duties as of `now`; left out, as of the last event."""
        self._end_command()
        now = now or self._last or LONG_AGO
        present, proposed = self._present, self._proposed
        before, after = counting.owed(self._history, present, proposed, now)
        duties, changes = counting.duties(before, after, present, proposed)
        return Result(
            present_version=present.version,
            proposed_version=proposed.version,
            events=self.read,
            first=self._first,
            last=self._last,
            now=now,
            duties=duties,
            changes=changes,
            acts=counting.acts(self._acts, present, proposed),
            seen=counting.seen(self._sealed, present, proposed),
            notices=counting.notices(self._told, present, proposed),
            reminders=self._reminders(before, after, now),
        )

    def _reminders(self, before: Owed, after: Owed, now: datetime) -> tuple[NoticeLine, ...]:
        recorded = {one.id: one.recordedtime for one in self._history}
        return counting.beside(
            reminders(before, recorded, self._opening, self._present, now),
            reminders(after, recorded, self._opening, self._proposed, now),
        )

    def _end_command(self) -> None:
        """What was asked for is judged by what was known before it; what it made, by what is known then."""
        if not self._command:
            return
        asked = acted(self._command, self._known)
        if asked is not None:
            self._acts[asked] += 1
        for event in self._command:
            self._known.fold(event)
            self._read(event)
        self._command = []

    def _read(self, event: Past) -> None:
        if event.type in self._named or event.type.split(".")[1] in OF_DUTIES:
            what = Happening.of(event)
            self._history.append(what)
            if self._opens.intersection(what.tokens):
                about = self._known.owed_of(event)
                self._opening[event.id] = self._things.setdefault(about, about)
        sealed = event.data.get("sealed")
        if isinstance(sealed, dict) and sealed and self._known.has_place(event):
            self._sealed[self._known.place(event), tuple(sorted(sealed))] += 1
        if event.type in self._routed:
            self._told[self._facts(event)] += 1

    def _facts(self, event: Past) -> EventFacts:
        named = NAMES_A_PERSON.get(event.type)
        flags = event.data.get("flags") or ()
        return EventFacts(
            event.type,
            self._known.told_of(event),
            actor=event.agency,
            urgency=event.text("urgency") or self._known.urgency(event),
            submitter=event.text("submitter"),
            worker=A_PERSON if named and event.text(named) else None,
            flags=("flagged",) if flags else (),
            band=event.text("band"),
        )


def simulate(history: Iterable[Past], present: Mou, proposed: Mou, now: datetime | None = None) -> Result:
    """The same of a whole history, in any order; an event that stands in it twice counts once."""
    simulation = Simulation(present, proposed)
    events = {event.id: event for event in history}
    for event in sorted(events.values(), key=lambda one: one.order):
        simulation.add(event)
    return simulation.result(now)
