"""Until when the ledger is complete: what each service's beats promised, and what has come. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.audit.ledger import Place

#: Beats of one service that wait for the ledger; an older one is dropped, never one that would tell more.
WAITING = 3600


@dataclass(frozen=True, slots=True)
class Beat:
    """A service says: all that I recorded before `before` is published, up to these sequences."""

    service: str
    before: datetime
    sequences: Mapping[Place, int]


class Completeness:
    """How far each service's word is kept by the ledger."""

    def __init__(self, until: Mapping[str, datetime]) -> None:
        self.until = dict(until)
        self._waiting: dict[str, deque[Beat]] = {}

    def note(self, beat: Beat) -> None:
        """A beat came. One that tells no more than is known already is left out."""
        known = self.until.get(beat.service)
        if known is None or beat.before > known:
            self._waiting.setdefault(beat.service, deque(maxlen=WAITING)).append(beat)

    def settle(self, dense: Mapping[Place, int]) -> dict[str, datetime]:
        """What is complete now and was not before; `dense` is each partition's last sequence without a hole."""
        grown: dict[str, datetime] = {}
        for service, waiting in self._waiting.items():
            while waiting and _kept(waiting[0], dense):
                beat = waiting.popleft()
                if beat.before > self.until.get(service, beat.before.min.replace(tzinfo=beat.before.tzinfo)):
                    self.until[service] = grown[service] = beat.before
        return grown


def _kept(beat: Beat, dense: Mapping[Place, int]) -> bool:
    return all(dense.get(place, -1) >= sequence for place, sequence in beat.sequences.items())
