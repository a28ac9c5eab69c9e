"""One plain sentence for each event of a duty. Being without record is never called missed: nobody said that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.audit.domain.words_life import agency, plain
from shared.events.moments import write_moment
from shared.events.types.duty import (
    DutyChanged,
    DutyEscalated,
    DutyMet,
    DutyOpened,
    DutyUnanswered,
    DutyWarned,
)


def _due(d: Any) -> str:
    return f", due {write_moment(d.due_at)}" if d.due_at else ""


def _opened(_: str, d: DutyOpened) -> str:
    owing = agency(d.owed_by) if d.owed_by else "Nobody who could be named"
    return f"{owing} owes what rule {d.rule} asks for{_due(d)}."


def _warned(_: str, d: DutyWarned) -> str:
    if str(d.level) == "alarm":
        return f"What rule {d.rule} asks for at once is not on record yet{_due(d)}."
    return f"What rule {d.rule} asks for is soon due{_due(d)}."


def _met(_: str, d: DutyMet) -> str:
    return f"What rule {d.rule} asks for was done at {write_moment(d.met_at)}: {plain(d.state)}."


def _unanswered(_: str, d: DutyUnanswered) -> str:
    return f"There is no record by the due time of what rule {d.rule} asks for{_due(d)}."


def _escalated(_: str, d: DutyEscalated) -> str:
    who, role = d.queue.split("/", 1)
    told = f"the {plain(role)} queue of {agency(who)}"
    return f"There is still no record of what rule {d.rule} asks for, so {told} is told (step {d.step + 1})."


def _changed(_: str, d: DutyChanged) -> str:
    return f"What rule {d.rule} asks for stands otherwise: {plain(d.state)}{_due(d)}."


#: Event type -> its sentence.
ON: Mapping[type, Callable[[str, Any], str]] = {
    DutyOpened: _opened,
    DutyWarned: _warned,
    DutyMet: _met,
    DutyUnanswered: _unanswered,
    DutyEscalated: _escalated,
    DutyChanged: _changed,
}
