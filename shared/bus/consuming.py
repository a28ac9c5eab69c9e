"""Consuming by hand-assigned partitions: the handler's store says where each stands, never Kafka's commits.

One partition that must wait does not hold up the others. The offset of a position is a hint; where a topic
has sequences, the sequence decides (DECISIONS, Store).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

import structlog
from kafka import TopicPartition

from shared.bus import clients
from shared.bus.record import Record, sequence_of
from shared.bus.tail import Place
from shared.errors import TryLater
from shared.settings import Settings
from shared.store.positions import Position

#: Records given to the handler at once, and how far one step of a search looks back.
BATCH = 500
#: A partition that was held up for this long is reported; it stays paused.
HELD_UP_SECONDS = 600.0
WAIT_SECONDS = 0.25

log = structlog.get_logger()


class Handler(Protocol):
    """What gives records their effect."""

    def positions(self) -> Mapping[Place, Position]:
        """Where the store stands, by topic partition; one that is absent was never read. May block briefly.

        Raises TryLater.
        """

    def handle(self, place: Place, records: Sequence[Record]) -> Position:
        """Give these records of one partition, in order, their effect, and return where the store now stands.

        Effect and position commit in one transaction, under the position's row lock, for the records that
        `continuing` lets through; what the returned position does not cover is read again. May block for a
        transaction's time: other partitions wait meanwhile. Raises TryLater: nothing of the batch after
        the last commit had effect, the partition is paused for its `seconds` and read again from the store's
        position. Any other exception ends the consumer.
        """

    def start_again(self, place: Place) -> None:
        """The log of a topic without sequences ends before the stored position: acknowledged data was lost,
        and new records would pass for old. Set the position to none and let the ids of the records tell
        what was seen. May block for a transaction. Raises TryLater."""


@dataclass(frozen=True)
class Continuing:
    """What of a batch continues a position: `apply`, and whether a record is missing after it."""

    apply: Sequence[Record]
    hole: bool


def continuing(position: Position, records: Sequence[Record]) -> Continuing:
    """Leave out what is at or before `position` or has no sequence; stop where the sequence jumps. Pure."""
    apply: list[Record] = []
    last = position.sequence
    for record in records:
        sequence = record.sequence
        if sequence is None or sequence <= last:
            continue
        if sequence != last + 1:
            return Continuing(apply, True)
        apply.append(record)
        last = sequence
    return Continuing(apply, False)


def seek_to_position(consumer: Any, position: Position, sequenced: bool) -> bool:
    """Seek so that the record after `position` comes next. Blocks up to about 30 s. Raises TryLater.

    False if the topic has no sequences and its log ends before the position: then it is at the beginning.
    """
    place = TopicPartition(position.topic, position.partition)
    with clients.kafka_away():
        begin = consumer.beginning_offsets([place], timeout_ms=5_000)[place]
        end = consumer.end_offsets([place], timeout_ms=5_000)[place]
        if not sequenced:
            lost = end < position.offset + 1
            consumer.seek(place, begin if lost else max(begin, position.offset + 1))
            return not lost
        if position.sequence < 0:
            consumer.seek(place, begin)
            return True
        hint = _first(consumer, place, position.offset, begin, end)
        if (
            hint is not None
            and hint.offset == position.offset
            and sequence_of(hint.headers) == position.sequence
        ):
            consumer.seek(place, position.offset + 1)
            return True
        _search_back(consumer, place, position.sequence, begin, end)
    return True


def _search_back(consumer: Any, place: Any, sequence: int, begin: int, end: int) -> None:
    """From the tail back to the last place where a record at or before `sequence` lies; seek there.

    Repeats make the order by sequence imperfect; starting early is harmless, since what is known is skipped.
    """
    at = end
    while at > begin:
        at = max(begin, at - BATCH)
        found = _first(consumer, place, at, begin, end)
        at_sequence = None if found is None else sequence_of(found.headers)
        if at_sequence is not None and at_sequence <= sequence:
            break
    consumer.seek(place, at)


def _first(consumer: Any, place: Any, offset: int, begin: int, end: int) -> Any:
    """The first record at or after `offset`; None if there is none. Leaves the others unread."""
    if not begin <= offset < end:
        return None
    others = [p for p in consumer.assignment() if p != place]
    running = [p for p in others if p not in consumer.paused()]
    was_paused = place in consumer.paused()
    consumer.pause(*running)
    consumer.resume(place)
    try:
        consumer.seek(place, offset)
        until = monotonic() + 10
        while monotonic() < until:
            found = consumer.poll(timeout_ms=200, max_records=1).get(place)
            if found:
                return found[0]
        raise TryLater("Kafka is too slow: a record could not be read within 10 s")
    finally:
        consumer.resume(*running)
        if was_paused:
            consumer.pause(place)


@dataclass
class _Held:
    since: float
    until: float
    reported: bool = False


class PartitionedConsumer:
    """Reads all partitions of `topics` in one thread and gives them to a handler, one partition at a time."""

    def __init__(
        self, settings: Settings, topics: Sequence[str], handler: Handler, sequenced: bool, **options: Any
    ) -> None:
        """Connects at `run`. `sequenced`: the topics are written by a relay, so records have sequences."""
        self._settings, self._topics, self._handler = settings, topics, handler
        self._sequenced, self._options = sequenced, options
        self._consumer: Any = None
        self._held: dict[Place, _Held] = {}
        self._holes: dict[Place, Position] = {}

    def held(self) -> dict[Place, float]:
        """For how many seconds each paused partition has been held up. Safe from any thread."""
        now = monotonic()
        return {place: now - held.since for place, held in list(self._held.items())}

    def hold(self, place: Place, seconds: float) -> None:
        """Pause a partition for so long; from the handler's thread only."""
        now = monotonic()
        held = self._held.setdefault(place, _Held(now, now))
        held.until = now + seconds
        self._consumer.pause(TopicPartition(*place))

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Logs `ready` once all partitions are at their positions. Raises what the handler raises.

        Kafka away: waits, connects again. Stops within the batch in hand and a second.
        """
        ready = False
        while not stop.is_set():
            try:
                self._open()
                if not ready:
                    log.info("ready", count=len(self._consumer.assignment()))
                    ready = True
                while not stop.is_set():
                    self._step()
            except TryLater as error:
                log.warning("consumer_waits", reason=str(error), seconds=error.seconds)
                stop.wait(error.seconds)
            finally:
                if self._consumer is not None:
                    self._consumer.close()

    def _open(self) -> None:
        self._consumer = clients.consumer(self._settings, max_poll_records=BATCH, **self._options)
        places = clients.partitions_of(self._consumer, self._topics)
        self._consumer.assign(places)
        known = self._handler.positions()
        for place in places:
            self._seek((place.topic, place.partition), known)

    def _seek(self, place: Place, known: Mapping[Place, Position]) -> None:
        position = known.get(place, Position(*place))
        if not seek_to_position(self._consumer, position, self._sequenced):
            log.warning("log_was_behind", topic=place[0], partition=place[1], offset=position.offset)
            self._handler.start_again(place)

    def _step(self) -> None:
        self._resume_due()
        with clients.kafka_away():
            polled = self._consumer.poll(timeout_ms=int(WAIT_SECONDS * 1000))
        for tp, raw in polled.items():
            self._give((tp.topic, tp.partition), [Record.from_kafka(r) for r in raw])

    def _give(self, place: Place, records: Sequence[Record]) -> None:
        try:
            position = self._handler.handle(place, records)
        except TryLater as error:
            self.hold(place, error.seconds)
            # What was committed of the batch is skipped by the handler when it comes again.
            self._consumer.seek(TopicPartition(*place), records[0].offset)
            return
        if self._covers(position, records):
            self._held.pop(place, None)
            self._holes.pop(place, None)
            return
        known_hole = self._holes.get(place) == position
        self._holes[place] = position
        log.warning("hole_found", topic=place[0], partition=place[1], sequence=position.sequence)
        self._seek(place, {place: position})
        if known_hole:
            # Looked again from the position and it is still missing: the log itself has the hole.
            self.hold(place, 5)

    def _covers(self, position: Position, records: Sequence[Record]) -> bool:
        if not self._sequenced:
            return position.offset >= records[-1].offset
        return position.sequence >= max(-1 if r.sequence is None else r.sequence for r in records)

    def _resume_due(self) -> None:
        now = monotonic()
        for place, held in list(self._held.items()):
            if now >= held.until:
                self._consumer.resume(TopicPartition(*place))
            if now - held.since >= HELD_UP_SECONDS and not held.reported:
                held.reported = True
                log.error("held_up", topic=place[0], partition=place[1], seconds=int(now - held.since))
