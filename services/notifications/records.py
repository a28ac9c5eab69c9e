"""A record on its way into the feed, and what became of a batch of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from shared.events import names


@dataclass(frozen=True)
class Sources:
    """The topics that the worker reads; the county's own by default."""

    mou: str = names.MOU_TOPIC
    own: str = names.events_topic("notifications")
    referrals: str = names.events_topic("referrals")

    @property
    def topics(self) -> tuple[str, str, str]:
        """In the order in which a batch takes them."""
        return (self.mou, self.own, self.referrals)


Place = tuple[str, int]
"""A topic and a partition of it."""


class Incoming(NamedTuple):
    """A record as Kafka gave it. `sequence` is None if its header is absent or bad."""

    topic: str
    partition: int
    offset: int
    sequence: int | None
    value: bytes

    @property
    def place(self) -> Place:
        """Where it lies."""
        return self.topic, self.partition


@dataclass(frozen=True)
class Stood:
    """How far a partition's records of a batch got.

    `taken` are done with: applied, skipped as a repeat, or set aside as unreadable. Of the rest the first is
    held for `held` (the world is slow), or lies behind a hole: `hole` says that what comes before it is missing.
    """

    taken: int
    held: str | None = None
    hole: bool = False


@dataclass
class Applied:
    """What a batch came to, once its transaction is committed."""

    stood: dict[Place, Stood] = field(default_factory=dict)
    events: int = 0
    items: int = 0
    unreadable: list[tuple[Incoming, str]] = field(default_factory=list)
