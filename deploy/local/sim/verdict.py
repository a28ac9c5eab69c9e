"""Everything that can be checked from outside, once nothing waits any more."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.local.people import PEOPLE
from deploy.local.signing_in import is_person
from deploy.local.sim import checks
from deploy.local.sim.as_of import Sample
from deploy.local.sim.calls import Calls
from deploy.local.sim.duties import duties_line
from deploy.local.sim.found import (
    Auditor,
    count_receipts,
    event_of,
    export,
    feeds,
    receipts,
    verification_line,
)
from deploy.local.sim.lines import Line
from deploy.local.sim.place import Place
from deploy.local.sim.planted import Planted
from deploy.local.sim.tally import Tally
from shared.bus.record import Record

#: Seconds until everything accepted must be told and in the ledger.
SETTLE_SECONDS = 180.0
#: Cases whose state is asked for, and moments of each.
SAMPLED, MOMENTS = 60, 3
_LOOK = 0.5
#: The random ids of the invented people, without the agencies' systems.
PERSONS = frozenset(str(one.id) for one in PEOPLE if is_person(one.handle))


@dataclass(frozen=True)
class Judge:
    """Asks the platform what became of everything. Each wait has a limit."""

    platform: Place
    calls: Calls
    tally: Tally
    seed: int
    finding: int
    """The newest finding before anything was played."""
    tell: Callable[[str], None]
    waiting: Callable[[], bool]
    """Whether some service says that it is behind."""

    def lines(self) -> list[Line]:
        """The verdict. Blocks for minutes after thousands of cases. Raises NotAnswered, TryLater, Stopped."""
        auditor = Auditor(self.calls)
        told = [self._settled(auditor), surprises_line(self.tally)]
        self.tell("verifying the ledger")
        verified, wrong = auditor.verify()
        new = list(auditor.findings(self.finding))
        told.append(verification_line(verified, wrong, new))
        self.tell("reading every feed and every topic")
        items, recipients = feeds(self.calls)
        signed, unproven = auditor.signed()
        what = "signed logs whose signature does not fit"
        told.append(Line.saying(what, "I6", len(signed), unproven))
        chance = random.Random(f"{self.seed}/sample")
        chosen = dict(chance.sample(self.tally.cases, min(SAMPLED, len(self.tally.cases))))
        sample = Sample(chosen, auditor.state, chance, MOMENTS)
        every = self._checks(signed, items, recipients, sample)
        told += checks.over(export(self.platform), every)
        self.tell("comparing duties")
        told.append(duties_line(chosen, auditor.duties))
        return told + self._receipts()

    def _settled(self, auditor: Auditor) -> Line:
        """Until the ledger is complete up to now and nothing is behind."""
        self.tell("waiting until everything is told and in the ledger")
        end, until = datetime.now(UTC), time.monotonic() + SETTLE_SECONDS
        behind = ["the ledger is not complete up to the end of the play"]
        while time.monotonic() < until:
            complete = auditor.complete_until()
            if complete is not None and complete >= end:
                behind = ["a relay, the feed or the intake is behind"]
                if not self.waiting():
                    behind = []
                    break
            time.sleep(_LOOK)
        return Line.saying(f"what is still behind after {SETTLE_SECONDS:.0f} s", "I1", 2, behind)

    def _checks(
        self,
        signed: Mapping[checks.Place, tuple[int, bytes]],
        items: Mapping[str, checks.Told],
        recipients: frozenset[str],
        sample: Sample,
    ) -> list[checks.Check]:
        sizes = {place: size for place, (size, _) in signed.items()}
        return [
            checks.Accepted(
                self.tally.events, self.tally.commands, frozenset(self.tally.acknowledged), sizes
            ),
            checks.SignedIn(self.tally.events, self.tally.commands, PERSONS),
            checks.Roots(signed),
            checks.Once(),
            checks.ToldOnce(items, recipients),
            checks.Order(),
            sample,
            Planted(),
        ]

    def _receipts(self) -> list[Line]:
        """Of every agency that submitted: one receipt a record, and no name in them."""
        planted = Planted("receipts")

        def seen() -> Iterator[tuple[str, Record]]:
            for agency, record in receipts(self.platform, self.tally.agencies):
                planted.see(record, event_of(record))
                yield agency, record

        counted = count_receipts(seen())
        return [checks.receipts_line(self.tally.submitted, counted), *planted.lines()]


def surprises_line(tally: Tally) -> Line:
    """Every command was answered as the plan says."""
    of = sum(tally.accepted.values()) + sum(tally.refused.values()) + tally.repeats + tally.surprised
    named = [*tally.surprises, *["not kept"] * (tally.surprised - len(tally.surprises))]
    return Line.saying("commands answered otherwise than planned", "I8", of, named)
