"""What people would have been told of duties: warnings, that a time passed without a record, each step after it.

Time brings these about until the record that settles a duty has come. A duty is taken as it stands at the end:
what a correction changed meanwhile is not told twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from shared.mou.document import Mou
from shared.mou.duties.states import Duty, Moment, State, moments
from shared.mou.facts import ThingFacts
from shared.mou.owing import DutyFacts, duty_recipients, owing
from shared.mou.simulating.counting import Owed, Sent

#: Kind of a moment -> the event that tells of it.
EVENTS = {
    "alarm": "accord.duty.warned.v1",
    "warning": "accord.duty.warned.v1",
    "past-due": "accord.duty.unanswered.v1",
    "escalation": "accord.duty.escalated.v1",
}
WARNINGS = frozenset({"alarm", "warning"})


def reminders(
    owed: Owed,
    recorded: Mapping[str, datetime],
    things: Mapping[str, ThingFacts],
    mou: Mou,
    now: datetime,
) -> Counter[Sent]:
    """How many, by tier and queue. `recorded`: when each event was recorded; `things`: what an opening is about."""
    sent: Counter[Sent] = Counter()
    for duty in (duty for found in owed.values() for duty in found):
        for moment in _passed(duty, recorded, now):
            sent.update((str(tier), queue) for tier, queue in _told(duty, moment, things, mou))
    return sent


def _told(
    duty: Duty, moment: Moment, things: Mapping[str, ThingFacts], mou: Mou
) -> Iterable[tuple[str, str]]:
    who = owing(duty.rule, things.get(duty.opened_by, ThingFacts("none")), mou)
    step = duty.rule.escalate[moment.step].queue if moment.step is not None else None
    facts = DutyFacts(EVENTS[moment.kind], who, duty.due_at, step)
    return ((one.tier, one.address) for one in duty_recipients(duty.rule, facts, mou))


def _passed(duty: Duty, recorded: Mapping[str, datetime], now: datetime) -> Iterator[Moment]:
    """The moments that came while nobody had recorded what settles it. Of those that had passed before it was
    recorded that it is owed, warnings are given up for what is louder, and of several the last one is given."""
    opened = recorded[duty.opened_by]
    settled = recorded.get(duty.met_by or duty.settled_by or "")
    found = [
        moment
        for moment in moments(replace(duty, state=State.OPEN))
        if (at := max(moment.at, opened)) <= now and (settled is None or at < settled)
    ]
    missed = [moment for moment in found if moment.at <= opened]
    late = [moment for moment in missed if moment.kind not in WARNINGS]
    yield from late or missed[-1:]
    yield from found[len(missed) :]
