"""The duties of some cases, as audit works them out, against what notifications recorded of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from deploy.local.sim.lines import Line

#: The duties of a case as audit tells them now; None if it tells none.
Ask = Callable[[str], Mapping[str, Any] | None]
#: Seconds until notifications has recorded whatever the time brought about meanwhile.
AGREE_SECONDS = 60.0
_LOOK = 0.5


def duties_line(cases: Iterable[str], ask: Ask, seconds: float = AGREE_SECONDS) -> Line:
    """Which duties differ, explained or not, when all that is recorded had time to be read. Blocks so long."""
    until, told = time.monotonic() + seconds, {case: ask(case) for case in cases}
    while (apart := [case for case in told if _wrong(case, told[case])]) and time.monotonic() < until:
        time.sleep(_LOOK)
        told |= {case: ask(case) for case in apart}
    of = sum(len(answer["duties"]) for answer in told.values() if answer)
    wrong = [text for case in told for text in _wrong(case, told[case])]
    return Line.saying("duties that notifications recorded otherwise than the ledger has it", "I5", of, wrong)


def _wrong(case: str, answer: Mapping[str, Any] | None) -> list[str]:
    if answer is None:
        return [f"{case}: no answer"]
    apart = [duty for duty in answer["duties"] if duty["verdict"] != "agrees"]
    return [
        f"{case}: {duty['duty']}: {' '.join(one['sentence'] for one in duty['differences'])}"
        for duty in apart
    ]
