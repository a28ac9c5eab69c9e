"""The consumer: every record of every kept topic into the ledger, and how far it is complete."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

import structlog

from services.audit.beats import Beat, Completeness
from services.audit.ledger import Ledger, Place, Stand, Written
from services.audit.records import Kept, RawRecord, kept
from services.audit.source import LogMoved, Source
from shared.errors import Conflict, TryLater
from shared.store.pulse import Pulse

#: Records of one transaction at most. Larger gains little; smaller loses the COPY's rate.
BATCH = 5000
#: Seconds to wait for a record before looking at anything else.
WAIT = 0.25
#: Beats that are read again at a start: enough for the newest of each service.
BEATS_BACK = 5
#: Seconds between two looks whether the log still is what the ledger took in.
WATCH = 15.0


class TopicsChanged(Exception):
    """A topic of the ledger is no longer on Kafka, or one that was gone is there again: make a new Source."""


class Consumer:
    """Reads, writes, and says when it may be trusted. `stop` ends it after the batch in hand.

    While the database writes a batch (in a thread of its own), the next one is fetched from Kafka and read.
    """

    def __init__(
        self,
        source: Source,
        ledger: Ledger,
        *,
        beat_topics: Collection[str],
        read_beat: Callable[[RawRecord], Beat | None],
        stop: threading.Event,
        batch: int = BATCH,
        pulse: Pulse | None = None,
    ) -> None:
        self._source, self._ledger = source, ledger
        self._beat_topics, self._read_beat = beat_topics, read_beat
        self._places = [place for place in source.places if place[0] not in beat_topics]
        self._stop, self._batch, self._pulse = stop, batch, pulse
        self._stands: dict[Place, Stand] = {}
        self._unchecked: set[Place] = set()
        self._complete = Completeness({})
        self._absent: frozenset[str] = frozenset()
        self._next_watch = monotonic() + WATCH
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._writing: Future[Written] | None = None
        self._log = structlog.get_logger()

    def run(self) -> bool:
        """Until `stop`; True if the topics changed. Kafka or the database away: waits and goes on by itself."""
        settled = ready = False
        while not self._stop.is_set():
            try:
                if not settled:
                    self.settle()
                    settled = True
                    self._say()
                    if not ready:
                        self._log.info("ready", count=len(self._places))
                        ready = True
                self.step(WAIT)
                self._say()
                if monotonic() >= self._next_watch:
                    self.watch()
            except TopicsChanged:
                self._log.error("topics_changed")
                self.close()
                return True
            except (Conflict, LogMoved) as moved:
                self._log.warning("positions_moved", error_type=type(moved).__name__)
                settled = False
            except TryLater as later:
                self._log.warning("waiting", reason=str(later), seconds=later.seconds)
                settled = False
                self._say(str(later))
                self._stop.wait(later.seconds)
        self.close()
        return False

    def _say(self, waits: str | None = None) -> None:
        """Once a second, and when it must wait: that it lives, how far it is behind, and what it waits for."""
        if self._pulse is not None and (waits or self._pulse.due()):
            ends = {place: self._source.end(place) for place in self._stands}
            lag = sum(max(0, (end or 0) - 1 - self._stands[place].offset) for place, end in ends.items())
            self._pulse.say(lag, waits)

    def settle(self) -> None:
        """Seek every partition to where its ledger ends, having looked whether the log still goes on there."""
        if self._writing is not None:
            self._writing.exception()  # whatever it came to: the database says it now
            self._writing = None
        self._require_topics()
        self._complete = Completeness(self._ledger.complete())
        self._stands = self._ledger.stands(self._places)
        for place, stand in self._stands.items():
            while self._ledger.catch_up(place, stand) and not self._stop.is_set():
                self._log.info("tree_growing", topic=place[0], partition=place[1])
        self._unchecked.clear()
        for place, (first, end) in self._source.bounds(self._source.places).items():
            beats = place[0] in self._beat_topics
            self._source.seek(
                place, max(first, end - BEATS_BACK) if beats else self._start(place, first, end)
            )

    def _start(self, place: Place, first: int, end: int) -> int:
        stand = self._stands[place]
        if stand.offset >= end:
            self._renew(place, "Its log ends before the last record that the ledger took from it.")
            return first
        if first > stand.offset + 1:
            detail = f"Its log begins at offset {first}: offsets {stand.offset + 1} to {first - 1} are gone."
            self._ledger.note("log-cut", place, stand, detail)
        elif first > 0:
            self._note_deleted(place, stand, first)
        if stand.offset < first:
            return first
        self._unchecked.add(place)
        return stand.offset

    def _renew(self, place: Place, detail: str) -> None:
        self._ledger.renew(place, detail)
        self._stands |= self._ledger.stands([place])

    def _note_deleted(self, place: Place, stand: Stand, first: int) -> None:
        detail = f"Offsets 0 to {first - 1} were deleted from the log. The ledger has them."
        self._ledger.note("log-cut", place, stand, detail, offset=first)

    def watch(self) -> None:
        """Look whether the log still holds what the ledger took from it; what was deleted is a finding.

        Blocks on Kafka. Raises TopicsChanged, LogMoved, Conflict, TryLater.
        """
        self._next_watch = monotonic() + WATCH
        self.finish()
        self._require_topics()
        if self._absent:  # its offsets could not be asked for; look again at once
            self._next_watch = 0.0
            return
        for place, (first, end) in self._source.bounds(self._places).items():
            stand = self._stands[place]
            if end <= stand.offset:
                raise LogMoved
            if 0 < first <= stand.offset + 1:
                self._note_deleted(place, stand, first)

    def _require_topics(self) -> None:
        """Raises TopicsChanged if the same topics are found missing, or there again, twice in a row."""
        present = self._source.present()
        absent = frozenset(topic for topic, _ in self._places) - present | self._source.gone & present
        if absent and absent == self._absent:
            raise TopicsChanged
        self._absent = absent

    def step(self, seconds: float) -> int:
        """One batch: how many records came. It is in the ledger after the next step, or after `finish`.

        Waits up to `seconds` for records if nothing is being written. Raises Conflict, LogMoved, TryLater.
        """
        polled = self._source.poll(0 if self._writing else seconds, self._batch)
        batch = []
        for record in polled:
            if record.topic not in self._beat_topics:
                batch.append(kept(record))
            elif beat := self._read_beat(record):
                self._complete.note(beat)
        self.finish()
        if self._unchecked:
            batch = self._checked(batch)
        if batch:
            self._writing = self._writer.submit(self._ledger.write, batch, dict(self._stands))
        return len(polled)

    def finish(self) -> None:
        """Wait until what was fetched is in the ledger. Raises Conflict, TryLater."""
        writing, self._writing = self._writing, None
        if writing is not None:
            self._stands |= writing.result().stands
        grown = self._complete.settle({place: stand.dense for place, stand in self._stands.items()})
        if grown:
            self._ledger.completed(grown)

    def close(self) -> None:
        """Wait for the batch in hand and end the writing thread."""
        self._writer.shutdown(wait=True)

    def _checked(self, batch: Iterable[Kept]) -> list[Kept]:
        """The batch without the one record of each partition that was read again only to compare it."""
        new = []
        for one in batch:
            place = (one.record.topic, one.record.partition)
            if place not in self._unchecked:
                new.append(one)
                continue
            self._unchecked.discard(place)
            if not self._ledger.agrees(one, self._stands[place]):
                self._renew(place, "Its log holds another record where the ledger's last one was.")
                raise LogMoved
        return new
