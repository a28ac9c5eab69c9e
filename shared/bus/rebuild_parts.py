"""What a rebuild is made of: what a service knows of its own projections, what differs, what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol

import psycopg

from shared.bus.rebuild_options import Reason
from shared.errors import AccordError
from shared.store.generations import Tables

Place = tuple[str, int]
"""A topic and a partition of it."""


class NotEnough(AccordError):
    """Kafka does not hold what the live tables were made of. `lacking` says what, in words."""

    def __init__(self, lacking: Sequence[str]) -> None:
        super().__init__("Kafka does not hold all that this was made of.")
        self.lacking = list(lacking)


@dataclass(frozen=True)
class Difference:
    """Where live and rebuilt differ. `lost`: to switch would give up what is proven; that is never done."""

    table: str
    count: int
    detail: str
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    lost: bool = False

    def __str__(self) -> str:
        place = f" of {self.topic}/{self.partition}" if self.topic is not None else ""
        return f"{self.table}{place}: {self.count:,} differ. {self.detail}"


@dataclass
class Compared:
    """Digests by table, of live and of rebuilt; where they differ; signed roots that the new one reproduces."""

    digests: dict[str, tuple[str, str]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    roots: int = 0

    @property
    def equal(self) -> bool:
        """Whether nothing differs: neither a digest nor anything that was named."""
        return not self.differences and all(live == new for live, new in self.digests.values())


@dataclass
class Report:
    """What a rebuild came to. `records` are those of the new generation, `read` those read by this command."""

    service: str
    generation: int
    resumed: bool
    switched: bool = False
    records: int = 0
    read: int = 0
    seconds: float = 0.0
    per_second: int = 0
    digests: dict[str, dict[str, str]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    roots: int = 0
    reason: str | None = None
    kept: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class Watch(Protocol):
    """Who is told how far it is."""

    def begin(self, what: str, total: int = 0, done: int = 0) -> None:
        """A part of the work."""

    def at(self, done: int) -> None:
        """So much of it is done."""


class Builder(ABC):
    """What a service knows of its projections: one per command. Blocks on Kafka and the database.

    Raises TryLater if one of them is away, NotEnough if the log turns out to be another than it was.
    """

    service: ClassVar[str]
    tables: ClassVar[Tables]
    #: The tables whose writers are made to wait, in the order in which these take them.
    locked: ClassVar[tuple[str, ...]]

    @abstractmethod
    def lacking(self) -> list[str]:
        """What Kafka no longer holds of what live was made of; each a finding, if the service has findings."""

    @abstractmethod
    def targets(self, c: psycopg.Connection[Any]) -> dict[Place, int]:
        """The offset up to which each partition is to be read: where the live tables stand."""

    @abstractmethod
    def stands(self) -> dict[Place, int]:
        """The offset of the last record that the new generation took from each partition, -1 before the first."""

    @abstractmethod
    def read_to(self, targets: Mapping[Place, int], at: Callable[[int], None]) -> None:
        """Read on, up to these offsets and not beyond. Tells `at` how many records the generation has by then."""

    def completed(self) -> None:  # noqa: B027 - most have nothing to do
        """The late indexes are there."""

    @abstractmethod
    def level(self) -> None:
        """Bring in what the live tables have from elsewhere than Kafka. Their writers are waiting."""

    @abstractmethod
    def compare(self, live: psycopg.Connection[Any], new: psycopg.Connection[Any]) -> Compared:
        """Compare two connections that see one snapshot; by their search paths one sees the new tables."""

    @abstractmethod
    def switching(
        self, c: psycopg.Connection[Any], schema: str, compared: Compared, reason: Reason | None
    ) -> None:
        """What else belongs to the switch, in its transaction, before the tables change places."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connections."""
