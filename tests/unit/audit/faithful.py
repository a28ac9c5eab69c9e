"""What notifications records of duties by its own decisions, if it reads each event soon after it was recorded.

Its store, its batches and Kafka are left out; the decisions are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from services.audit.domain.duties_said import Word
from services.notifications.domain.duties import VOID, Kept, due_now, kept_of, news, stands, told, void
from shared.mou import Mou
from shared.mou.duties.book import Shelf
from shared.mou.duties.happenings import Happening
from shared.mou.duties.rules import DutyRule
from shared.mou.duties.states import Duty
from shared.mou.owing import Owing
from tests.unit.audit.made import NOTIFICATIONS, Log

SECOND, TICK = timedelta(seconds=1), timedelta(microseconds=1)


@dataclass
class Faithful:
    """Reads each event `lag` after it was recorded, and by then knows all that was recorded before it.

    While it is `away`, from when until when, it does nothing; then it reads first what came meanwhile.
    """

    document: Callable[[str], Mou]
    lag: timedelta = SECOND
    away: tuple[datetime, datetime] | None = None
    words: list[Word] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.document)
        self._kept: dict[str, Kept] = {}
        self._void: dict[str, Kept] = {}
        self._rules: dict[str, DutyRule] = {}

    def run(self, history: Iterable[Happening], until: datetime) -> list[Word]:
        """All that it records by then."""
        read = until
        for what in sorted(history, key=lambda one: one.recordedtime):
            read = self._read_at(what.recordedtime)
            if read > until:
                break
            self._pass(read - TICK)
            self._read(what, read)
        self._pass(until)
        return self.words

    def _read_at(self, moment: datetime) -> datetime:
        at = moment + self.lag
        return self.away[1] if self.away and self.away[0] <= at < self.away[1] else at

    def _read(self, what: Happening, now: datetime) -> None:
        self._shelf.add(what)
        gone = dict(self._kept)
        for duty in self._shelf.duties():
            before = gone.pop(duty.key, None) or self._void.pop(duty.key, None)
            if before is None or before.stands != stands(duty):
                self._keep(before, self._as_kept(duty), duty.rule, now)
        for key, before in gone.items():
            self._say(void(before, None), now)
            self._void[key] = replace(self._kept.pop(key), state=VOID, revision=before.revision + 1)

    def _as_kept(self, duty: Duty) -> Kept:
        opening = self._shelf.read[duty.opened_by]
        return kept_of(duty, opening, Owing(None, None), self.document(duty.mouversion))

    def _keep(self, before: Kept | None, now: Kept, rule: DutyRule, at: datetime) -> None:
        after, said = news(before, now, rule, None)
        self._kept[after.key], self._rules[after.key] = after, rule
        for data in said:
            self._say(data, at)

    def _pass(self, now: datetime) -> None:
        """What time brings about by then, each at the moment at which it is told."""
        while coming := [k for k in self._kept.values() if k.next_at and self._read_at(k.next_at) <= now]:
            first = min(coming, key=lambda one: (one.next_at, one.key))
            assert first.next_at is not None, "chosen so"
            at = max(self._read_at(first.next_at), self.words[-1].recorded)
            rule, kept = self._rules[first.key], first
            for moment in due_now(first, rule, at, complete=at - self.lag):
                kept, data = told(kept, rule, moment)
                self._say(data, at)
            assert kept is not first, "something came, or it would be asked forever"
            self._kept[first.key] = kept

    def _say(self, data: object, now: datetime) -> None:
        self.words.append(Word(str(uuid5(NAMESPACE_OID, f"word-{len(self.words)}")), now, data))


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
