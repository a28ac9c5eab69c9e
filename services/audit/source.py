"""Reading the kept topics and the beats from Kafka, each partition from where the ledger says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import TopicPartition
from kafka.errors import LogTruncationError, OffsetOutOfRangeError

from services.audit.ledger import Place
from services.audit.records import RawRecord
from shared.bus import clients
from shared.errors import TryLater
from shared.settings import Settings

#: Milliseconds that one look at Kafka may take.
PATIENCE = 10_000

#: Never a silent reset to another offset; fetches large enough for a batch.
OPTIONS: dict[str, Any] = {
    "auto_offset_reset": "none",
    "fetch_max_bytes": 4 * 1024 * 1024,
    "max_partition_fetch_bytes": 1 * 1024 * 1024,
}


class LogMoved(Exception):
    """Kafka no longer has the offset that was asked for: look again where each partition stands."""


class Source:
    """A consumer without a group: the ledger alone says where each partition stands. Not thread-safe."""

    def __init__(self, settings: Settings, topics: Sequence[str], may_be_gone: Collection[str] = ()) -> None:
        """Connect and find the partitions. Blocks up to 10 s; raises TryLater, also for a missing topic.

        Those of `may_be_gone` that are missing are left out, and named in `gone`.
        """
        self._consumer = clients.consumer(settings, **OPTIONS)
        try:
            self.gone = frozenset(may_be_gone) - self.present() if may_be_gone else frozenset[str]()
            found = clients.partitions_of(
                self._consumer, [topic for topic in topics if topic not in self.gone]
            )
            self.places: list[Place] = [(tp.topic, tp.partition) for tp in found]
            self._consumer.assign(found)
        except BaseException:
            self.close()
            raise

    def present(self) -> frozenset[str]:
        """The topics that are there and may be read. Raises TryLater."""
        with _kafka():
            return frozenset(self._consumer.topics())

    def bounds(self, places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
        """The first offset, and the one after the last, of each partition. Raises TryLater."""
        wanted = [TopicPartition(*place) for place in places]
        with _kafka():
            first = self._consumer.beginning_offsets(wanted, timeout_ms=PATIENCE)
            end = self._consumer.end_offsets(wanted, timeout_ms=PATIENCE)
            return {(tp.topic, tp.partition): (first[tp], end[tp]) for tp in wanted}

    def end(self, place: Place) -> int | None:
        """The offset after the last record, as far as was heard; None if nothing was. Does not block."""
        found: int | None = self._consumer.highwater(TopicPartition(*place))
        return found

    def seek(self, place: Place, offset: int) -> None:
        """Read this partition from `offset` on. Does not block."""
        self._consumer.seek(TopicPartition(*place), offset)

    def poll(self, seconds: float, limit: int) -> list[RawRecord]:
        """At most `limit` records, each partition's in order; waits up to `seconds` for the first.

        Raises TryLater if Kafka is away, LogMoved if an offset is gone.
        """
        with _kafka():
            found = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=limit)
        return [record for records in found.values() for record in records]

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close(timeout_ms=1000)


@contextmanager
def _kafka() -> Iterator[None]:
    try:
        with clients.kafka_away():
            yield
    except TryLater as error:
        if isinstance(error.__cause__, OffsetOutOfRangeError | LogTruncationError):
            raise LogMoved from error
        raise
