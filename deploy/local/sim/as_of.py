"""I5: the state of some cases as of some moments, as audit tells it, against the independent fold of the export."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from deploy.local.sim.independent import as_of, picture_of
from deploy.local.sim.lines import Line
from shared.bus.record import Record

#: (case, moment, axis) -> the case's state as audit tells it; None if it tells none.
Ask = Callable[[str, datetime, str], Mapping[str, Any] | None]
AXES = ("recorded", "happened")
#: How far before the first event and behind the last a moment may lie.
AROUND = timedelta(seconds=1)


@dataclass
class Sample:
    """Keeps the values of the sampled cases, by subject; asks and folds after the last."""

    cases: Mapping[str, frozenset[str]]
    ask: Ask
    chance: random.Random
    moments: int = 3
    _values: dict[str, list[tuple[str, int, bytes]]] = field(default_factory=dict)
    _of: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._of = {subject: case for case, subjects in self.cases.items() for subject in subjects}

    def see(self, record: Record, event: Mapping[str, Any]) -> None:
        """See Check."""
        case = self._of.get(event["subject"])
        if case is not None:
            row = (record.topic, record.sequence or 0, record.value or b"")
            self._values.setdefault(case, []).append(row)

    def lines(self) -> Iterator[Line]:
        """See Check."""
        wrong = list(self._wrong())
        asked = len(self.cases) * self.moments
        yield Line.saying("states as of a moment that the export does not bear out", "I5", asked, wrong)

    def _wrong(self) -> Iterator[str]:
        for case in self.cases:
            values = self._values.get(case, [])
            if not values:
                yield f"{case}: nothing of it is in the topics"
                continue
            for n in range(self.moments):
                moment, axis = moment_in(values, self.chance), AXES[n % 2]
                yield from different(case, values, moment, axis, self.ask(case, moment, axis))


def moment_in(values: Iterable[tuple[str, int, bytes]], chance: random.Random) -> datetime:
    """A moment between the first and the last event of these, or just outside."""
    times = sorted(datetime.fromisoformat(json.loads(v)["recordedtime"]) for _, _, v in values)
    first, last = times[0] - AROUND, times[-1] + AROUND
    return first + (last - first) * chance.random()


def different(
    case: str,
    values: list[tuple[str, int, bytes]],
    moment: datetime,
    axis: str,
    state: Mapping[str, Any] | None,
) -> Iterator[str]:
    """The parts of the picture in which audit's answer and the fold differ."""
    if state is None:
        yield f"{case} as of {moment.isoformat()} ({axis}): no answer"
        return
    folded, told = as_of(case, values, moment, axis), picture_of(dict(state))
    for part, said in folded.items():
        if told[part] != said:
            yield f"{case} as of {moment.isoformat()} ({axis}): {part} differs"
