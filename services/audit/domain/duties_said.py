"""What notifications recorded of each duty of a case: opened, warned, met, without record, changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.audit.domain.entry import Entry
from shared.events.types.duty import (
    DutyChanged,
    DutyEscalated,
    DutyMet,
    DutyOpened,
    DutyUnanswered,
    DutyWarned,
)
from shared.mou.duties.states import State

#: What notifications records of a duty.
SAID = (DutyOpened, DutyWarned, DutyMet, DutyUnanswered, DutyEscalated, DutyChanged)
#: The state of a duty of which notifications says that it is none any more.
VOID = "void"
#: What is said as time passes: the kind of a `Moment` of the engine, and its step.
Kind = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Word:
    """One event of a duty: which, when it was recorded, and its facts."""

    event: str
    recorded: datetime
    data: Any


@dataclass(frozen=True, slots=True)
class Stand:
    """How a duty stands by what notifications said last of it, as if time stood still."""

    event: str
    recorded: datetime
    state: str
    due_at: datetime | None
    revision: int = 0
    met_by: str | None = None
    met_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """That a moment came while the duty stood as of this revision."""

    event: str
    recorded: datetime
    kind: Kind
    revision: int


@dataclass(frozen=True, slots=True)
class Said:
    """All that notifications said of one duty: how it stood, one stand after the other; and what time brought."""

    duty: str
    rule: str
    opening: str
    stands: Sequence[Stand] = ()
    notices: Sequence[Notice] = ()

    @property
    def key(self) -> str:
        """The duty's key, as the engine has it."""
        return f"{self.rule}:{self.opening}"

    def until(self, moment: datetime) -> Said:
        """The same as far as it was recorded by then."""
        stands = [stand for stand in self.stands if stand.recorded <= moment]
        notices = [notice for notice in self.notices if notice.recorded <= moment]
        return replace(self, stands=stands, notices=notices)


def words_of(entries: Iterable[Entry]) -> list[Word]:
    """What was said of duties among these events, in their order."""
    events = (entry.event for entry in entries if isinstance(entry.event.data, SAID))
    return [Word(event.envelope.id, event.envelope.recordedtime, event.data) for event in events]


def said(words: Iterable[Word]) -> dict[str, Said]:
    """What was said of each duty, by its key; the words in the order in which they were recorded."""
    found: dict[str, Said] = {}
    for word in words:
        key = f"{word.data.rule}:{word.data.opening}"
        one = found.get(key) or Said(word.data.duty, word.data.rule, word.data.opening)
        found[key] = _further(one, word)
    return found


def _further(one: Said, word: Word) -> Said:
    match word.data:
        case DutyOpened():
            return _stands(one, word, State.OPEN)
        case DutyMet():
            return _stands(one, word, word.data.state)
        case DutyChanged():
            # That its clock stands still is not settled: to the engine it is as open as before.
            state = word.data.state
            return _stands(one, word, State.OPEN if state == State.TOLLED else state)
        case DutyWarned():
            return _noticed(one, word, (str(word.data.level), None))
        case DutyUnanswered():
            return _noticed(one, word, ("past-due", None))
        case DutyEscalated():
            return _noticed(one, word, ("escalation", word.data.step))
    return one


def _stands(one: Said, word: Word, state: str) -> Said:
    data = word.data
    stand = Stand(
        word.event,
        word.recorded,
        str(state),
        data.due_at,
        getattr(data, "revision", 0),
        getattr(data, "by", None),
        getattr(data, "met_at", None),
    )
    return replace(one, stands=(*one.stands, stand))


def _noticed(one: Said, word: Word, kind: Kind) -> Said:
    notice = Notice(word.event, word.recorded, kind, word.data.revision)
    return replace(one, notices=(*one.notices, notice))
