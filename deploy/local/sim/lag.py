"""How far behind the relays, the ledger and the feed are, as the services say it themselves (`GET /readyz`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import httpx2

_NUMBER = re.compile(r"(?:was )?(\d+) (?:events wait|records behind)")
#: Which line of which service says it.
_SAID = {
    "unpublished": (("referrals", "relay"), ("notifications", "relay"), ("audit", "relay")),
    "ledger": (("audit", "consumer"),),
    "feed": (("notifications", "worker"),),
    "intake": (("referrals", "intake"),),
}


@dataclass(frozen=True)
class Lag:
    """Events that wait for a relay; records that the ledger, the feed and the intake are behind."""

    unpublished: int = 0
    ledger: int = 0
    feed: int = 0
    intake: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.unpublished + self.ledger + self.feed + self.intake

    @property
    def none(self) -> bool:
        """Whether nothing waits."""
        return not self.total

    def most(self, other: Lag) -> Lag:
        """The greater of each."""
        return Lag(*(max(a, b) for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))

    def as_dict(self) -> dict[str, int]:
        """As `--json` shows it."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.unpublished:,} events unpublished, ledger {self.ledger:,} behind, feed {self.feed:,} behind,"
            f" submissions {self.intake:,} behind"
        )


def ask(http: httpx2.Client, addresses: Mapping[str, str]) -> Lag | None:
    """How things stand now; None if a service does not say. Blocks a few seconds at most."""
    said = {}
    for service in ("referrals", "notifications", "audit"):
        try:
            said[service] = http.get(f"{addresses[service]}/readyz").json()["checks"]
        except (httpx2.HTTPError, ValueError, KeyError):
            return None
    return lag_of(said)


def lag_of(said: Mapping[str, list[Mapping[str, Any]]]) -> Lag | None:
    """The numbers in the checks of each service; None where one is missing."""
    found = {}
    for name, lines in _SAID.items():
        numbers = [_number(said[service], process) for service, process in lines]
        if any(number is None for number in numbers):
            return None
        found[name] = sum(number or 0 for number in numbers)
    return Lag(**found)


def _number(checks: list[Mapping[str, Any]], process: str) -> int | None:
    """The sum over all processes of that kind (a worker for each slot)."""
    texts = [str(c["detail"]) for c in checks if str(c["name"]).rstrip("0123456789-") == process]
    numbers = [int(found[1]) for text in texts if (found := _NUMBER.search(text))]
    return sum(numbers) if numbers else None
