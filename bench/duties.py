"""The duties of a case of 1,000 events: at once, and event by event with what each event bears on.

36 rules on every kind of clock; processor time, since nothing here waits. Baseline at once: the same events put in
order and counted by type. Baseline event by event: the whole history read anew after each event.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.measuring import in_turn, say
from shared.mou import Mou, load
from shared.mou.duties.book import empty, evolve, reached
from shared.mou.duties.happenings import ACT_RECORDED, Happening
from shared.mou.duties.obligations import obligations
from shared.mou.duties.rules import DutyRule

EVENTS, PAIRS = 1_000, 34
COUNTY = Path(__file__).parents[1] / "deploy" / "local" / "alder-county.yaml"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = BEGAN + timedelta(days=400)
CLOCKS: tuple[dict[str, Any], ...] = (
    {"hours": 24},
    {"days": 10},
    {"court_days": 2},
    {"at_once": {"alarm_hours": 1, "outer_hours": 4}},
    {"months": 6},
    {"court_hours": 48},
)
REQUESTED, ACCEPTED = "accord.referral.requested.v1", "accord.referral.accepted.v1"


def rules() -> tuple[DutyRule, ...]:
    """Two duties of referrals and of meetings, and one for each pair of acts."""
    head = {
        "clause": "3.2",
        "says": "It is done in time.",
        "source": "Bench",
        "owed_by": {"agency": "lead", "role": "social-worker"},
    }
    terms: list[dict[str, Any]] = [
        {
            "id": f"pair-{n}",
            "opens": [{"act": f"opens-{n}"}],
            "closes": [{"act": f"closes-{n}", "where": {"to": ["ncmec"]}}],
            "per": ("case", "concern", "act")[n % 3],
            "within": CLOCKS[n % len(CLOCKS)],
        }
        for n in range(PAIRS)
    ]
    terms.append(
        {
            "id": "answer",
            "opens": [{"event": REQUESTED}],
            "closes": [{"event": ACCEPTED}],
            "per": "referral",
            "within": {"days": 2},
        }
    )
    terms.append(
        {
            "id": "review",
            "opens": [{"act": "opens-0"}],
            "closes": [{"act": "closes-0"}],
            "repeats": True,
            "within": {"days": 30},
        }
    )
    return tuple(DutyRule.model_validate({**head, **one}) for one in terms)


def history(seed: int = 1) -> list[Happening]:
    """One case's events in the order of recording; three in ten are recorded one to five days late."""
    chance = random.Random(seed)
    found = []
    for n in range(EVENTS):
        happened = BEGAN + timedelta(hours=8 * n)
        late = timedelta(hours=chance.randrange(24, 120) if chance.random() < 0.3 else 0)
        kind, data = _event(n, chance)
        found.append(Happening(f"event-{n:05}", kind, happened, happened + late, "v1", "case", data))
    return sorted(found, key=lambda one: one.order)


def _event(n: int, chance: random.Random) -> tuple[str, dict[str, Any]]:
    match chance.randrange(8):
        case 0:
            return REQUESTED, {"referral": f"referral-{n}", "case": "case"}
        case 1:
            return ACCEPTED, {"referral": f"referral-{n - chance.randrange(20)}", "case": "case"}
        case other:
            act = f"{'opens' if other < 5 else 'closes'}-{chance.randrange(PAIRS)}"
            about = {"about": f"event-{n - chance.randrange(1, 20):05}"} if other == 7 else {}
            return ACT_RECORDED, {"act": act, "to": "ncmec", "method": "telephone", **about}


def main() -> None:
    """Print the figures."""
    mou = load(COUNTY.read_text("utf-8")).model_copy(update={"duties": rules()})
    events = history()

    def document(_: str) -> Mou:
        return mou

    ours, base, ratio = in_turn(
        _milliseconds(lambda: obligations(events, document, NOW)),
        _milliseconds(lambda: Counter(one.type for one in sorted(events, key=lambda one: one.order))),
    )
    duties = len(obligations(events, document, NOW))
    say(
        f"at once, {EVENTS:,} events, {duties:,} duties", f"{ours:.1f} ms", f"{base:.2f} ms", ratio, "≤ 20 ms"
    )

    def by_event() -> None:
        book = empty(document)
        for what in events:
            book = evolve(book, what)
            for _ in reached(book):
                pass

    def anew() -> None:
        for count in range(0, EVENTS, EVENTS // 20):
            obligations(events[: count + 1], document, NOW)

    per, against, ratio = in_turn(
        _milliseconds(by_event, EVENTS), _milliseconds(anew, len(range(0, EVENTS, EVENTS // 20)))
    )
    say("event by event", f"{per:.4f} ms", f"{against:.2f} ms", ratio, "≤ 0.05 ms")


def _milliseconds(work: Callable[[], object], count: int = 1) -> Callable[[], float]:
    def timed() -> float:
        began = time.process_time()
        work()
        return (time.process_time() - began) * 1_000 / count

    return timed


if __name__ == "__main__":
    main()
