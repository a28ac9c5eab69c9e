"""What a proposed version makes of recorded history: from the stored bytes to the counts of both versions.

Two histories: the county's generated one, of which most is reads and notices, and one of acts alone, each of which
opens or meets duties. In the proposal each duty is warned of at another time, so none is worked out once for both.
Baseline: the same bytes parsed as JSON. Processor time, since nothing here waits.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from bench.duties import COUNTY, NOW, rules
from bench.duties import history as acts
from bench.history import History, county
from bench.measuring import in_turn, say
from shared.mou import Mou, load
from shared.mou.simulating import Past, Result, Simulation

EVENTS, CASES = 40_000, 10
AIM = "≥ 5,000/s"


def generated() -> list[bytes]:
    """The county's: cases that go on side by side."""
    return [record.value or b"" for batch in county(History(), EVENTS) for record in batch]


def of_acts() -> list[bytes]:
    """Cases of 1,000 acts and referrals each, on 36 rules."""
    found = []
    for case in range(CASES):
        subject = str(UUID(int=case))
        for number, one in enumerate(acts(case)):
            value: dict[str, Any] = {
                "id": f"{case}-{one.id}",
                "source": "/agencies/human-services",
                "type": one.type,
                "subject": subject,
                "stream": subject,
                "commandid": f"{case}-{number}",
                "agency": "human-services",
                "actor": subject,
                "purpose": "coordinate",
                "mouversion": one.mouversion,
                "time": one.time.isoformat(),
                "recordedtime": one.recordedtime.isoformat(),
                "data": {**one.data, "about": f"{case}-{one.data['about']}"}
                if "about" in one.data
                else one.data,
            }
            found.append(json.dumps(value).encode())
    return found


def proposed(mou: Mou) -> Mou:
    """The same, with another warning for each duty."""
    warned = tuple(rule.model_copy(update={"warn_before": 5}) for rule in mou.duties)
    return mou.model_copy(update={"duties": warned})


def main() -> None:
    """Print the figures."""
    alder = load(COUNTY.read_text("utf-8"))
    benched = alder.model_copy(update={"duties": rules()})
    for name, mou, values in (
        ("the county's generated history", alder, generated()),
        ("acts alone, on 36 rules", benched, of_acts()),
    ):
        ours, base, ratio = in_turn(
            _per_second(partial(_simulated, values, mou), len(values)),
            _per_second(partial(_parsed, values), len(values)),
            rounds=5,
        )
        duties = sum(line.present.opened for line in _simulated(values, mou).duties)
        what = f"{name}, {len(values):,} events, {duties:,} duties"
        say(what, f"{ours:,.0f}/s", f"{base:,.0f}/s", ratio, AIM)


def _simulated(values: Sequence[bytes], mou: Mou) -> Result:
    simulation = Simulation(mou, proposed(mou))
    for value in values:
        simulation.add(Past.of(value))
    return simulation.result(NOW)


def _parsed(values: Sequence[bytes]) -> None:
    for value in values:
        json.loads(value)


def _per_second(work: Callable[[], object], count: int) -> Callable[[], float]:
    def timed() -> float:
        began = time.process_time()
        work()
        return count / (time.process_time() - began)

    return timed


if __name__ == "__main__":
    main()
