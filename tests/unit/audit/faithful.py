"""What a service records of duties if it reads every event some time after it was recorded, and forgets nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from services.audit.domain.duties_said import VOID, Word
from shared.events.types.duty import (
    DutyChanged,
    DutyEscalated,
    DutyMet,
    DutyOpened,
    DutyUnanswered,
    DutyWarned,
    duty_id,
)
from shared.mou import Mou
from shared.mou.duties.book import Shelf
from shared.mou.duties.happenings import Happening
from shared.mou.duties.states import Duty, moments
from tests.unit.audit.made import NOTIFICATIONS, Log

SECOND = timedelta(seconds=1)
MET = ("done-on-time", "done-on-time-recorded-late", "done-late")


@dataclass
class Faithful:
    """Reads each event `lag` after it was recorded, and looks at the clock whenever something could come of it."""

    document: Callable[[str], Mou]
    lag: timedelta = SECOND
    words: list[Word] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.document)
        self._standing: dict[str, tuple[Duty | None, int]] = {}
        self._told: set[tuple[str, str, int | None, int]] = set()

    def run(self, history: Iterable[Happening], until: datetime) -> list[Word]:
        """All that it records by then."""
        for what in sorted(history, key=lambda one: one.recordedtime):
            if (now := what.recordedtime + self.lag) > until:
                break
            self._pass(now)
            self._read(what, now)
        self._pass(until)
        return self.words

    def _read(self, what: Happening, now: datetime) -> None:
        self._shelf.add(what)
        duties = {duty.key: duty for duty in self._shelf.duties()}
        for key in {**self._standing, **duties}:
            duty, (before, revision) = duties.get(key), self._standing.get(key, (None, -1))
            if _stand(duty) == _stand(before):
                continue
            if revision < 0:
                self._say(DutyOpened(**_facts(key, duty)), now)
                revision = 0
                if str(duty.state) == "open":
                    self._standing[key] = duty, 0
                    continue
            self._standing[key] = duty, revision + 1
            self._say(_stood(key, duty, before or duty, revision + 1), now)

    def _pass(self, now: datetime) -> None:
        """What comes of the time that passed, in order; it is recorded `lag` after it comes."""
        coming = []
        for key, (duty, revision) in self._standing.items():
            for one in moments(duty) if duty else ():
                named = (key, one.kind, one.step, revision)
                if one.at + self.lag <= now and named not in self._told:
                    self._told.add(named)
                    coming.append((one.at, key, duty, one, revision))
        for at, key, duty, one, revision in sorted(coming, key=lambda each: each[0]):
            facts = _facts(key, duty)
            if one.kind == "past-due":
                told: object = DutyUnanswered(**facts, revision=revision)
            elif one.kind == "escalation":
                queue = duty.rule.escalate[one.step or 0].queue
                told = DutyEscalated(**facts, step=one.step, queue=queue, revision=revision)
            else:
                told = DutyWarned(**facts, level=one.kind, revision=revision)
            last = self.words[-1].recorded if self.words else at
            self._say(told, max(at + self.lag, last))

    def _say(self, data: object, now: datetime) -> None:
        self.words.append(Word(str(uuid5(NAMESPACE_OID, f"word-{len(self.words)}")), now, data))


def _stood(key: str, duty: Duty | None, of: Duty, revision: int) -> object:
    facts = {**_facts(key, of), "due_at": duty.due_at if duty else None}
    if duty is not None and str(duty.state) in MET:
        met = {"by": duty.met_by, "met_at": duty.met_at, "state": str(duty.state)}
        return DutyMet(**facts, **met, revision=revision)
    return DutyChanged(**facts, state=str(duty.state) if duty else VOID, revision=revision)


def _stand(duty: Duty | None) -> object:
    return duty and (duty.state, duty.due_at, duty.alarm_at, duty.warn_at, duty.met_by, duty.met_at)


def _facts(key: str, duty: Duty) -> dict[str, object]:
    opening = key.partition(":")[2]
    return {
        "duty": str(duty_id(duty.rule.id, opening)),
        "rule": duty.rule.id,
        "opening": opening,
        "due_at": duty.due_at,
    }


def record(log: Log, words: Iterable[Word]) -> None:
    """Appends what was recorded to a log, as notifications' own events on the case or its concern."""
    for word in words:
        opened = next(m.entry for m in log.made if m.entry.event.envelope.id == word.data.opening)
        log.add(
            word.data,
            opened.event.envelope.subject,
            word.data.duty,
            agency="county",
            topic=NOTIFICATIONS,
            source="/services/notifications",
            recorded=word.recorded,
        )
