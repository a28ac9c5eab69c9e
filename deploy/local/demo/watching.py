"""What the story watches while it plays: Kafka topics, and feeds with their stream open. One thread for each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.expecting import Unexpected, wait_for
from shared.bus import clients
from shared.bus.record import Record
from shared.cli.client import Client, Event
from shared.cli.failures import CommandFailed
from shared.errors import TryLater, Undeliverable
from shared.events.reading import parse_json
from shared.settings import Settings

#: Seconds until a watcher must stand where it is to begin.
BEGIN_SECONDS = 20.0
_POLL_MS = 100


@dataclass(frozen=True)
class Seen:
    """A record as it came out on Kafka, and when (monotonic seconds)."""

    record: Record
    value: dict[str, Any]
    at: float

    @property
    def type(self) -> str:
        """The event's type."""
        return str(self.value.get("type"))

    @property
    def data(self) -> dict[str, Any]:
        """The event's facts."""
        found = self.value.get("data")
        return found if isinstance(found, dict) else {}


class Records:
    """Reads topics from their end on, as one Kafka principal."""

    def __init__(self, settings: Settings, topics: Iterable[str]) -> None:
        self._settings, self._topics = settings, tuple(topics)
        self._seen: list[Seen] = []
        self._next: dict[Any, int] = {}
        self._begun, self._stop = threading.Event(), threading.Event()
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self) -> None:
        """Begin. Does not block."""
        self._thread.start()

    def wait_begun(self) -> None:
        """Block until everything published from now on will be seen. Raises Unexpected."""
        if not self._begun.wait(BEGIN_SECONDS):
            raise Unexpected(f"to read {', '.join(self._topics)} within {BEGIN_SECONDS:.0f} s", self._trouble)

    def end(self) -> None:
        """Stop reading. Blocks a moment."""
        self._stop.set()
        self._thread.join(2.0)

    def all(self) -> list[Seen]:
        """All that came out so far."""
        return list(self._seen)

    def wait(self, wanted: Callable[[Seen], bool], expected: str, seconds: float = 20.0) -> Seen:
        """The first record that is wanted. Blocks; raises Unexpected."""
        return wait_for(lambda: next(filter(wanted, self.all()), None), seconds, expected, self._what_came)

    def _what_came(self) -> str:
        return f"{len(self._seen)} other records; {self._trouble or 'Kafka answers'}"

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except TryLater as later:
                self._trouble = str(later)
                self._stop.wait(0.5)

    def _read(self) -> None:
        consumer = clients.consumer(self._settings, fetch_max_wait_ms=_POLL_MS)
        try:
            partitions = clients.partitions_of(consumer, self._topics)
            consumer.assign(partitions)
            with clients.kafka_away():
                # The end at first; after a break, behind what was seen.
                self._next = self._next or dict(consumer.end_offsets(partitions))
                for partition, offset in self._next.items():
                    consumer.seek(partition, offset)
            self._begun.set()
            while not self._stop.is_set():
                with clients.kafka_away():
                    found = consumer.poll(timeout_ms=_POLL_MS)
                at = time.monotonic()
                for partition, records in found.items():
                    self._seen += [_seen(Record.from_kafka(r), at) for r in records]
                    self._next[partition] = records[-1].offset + 1
        finally:
            consumer.close()


def _seen(record: Record, at: float) -> Seen:
    try:
        return Seen(record, parse_json(record.value or b""), at)
    except Undeliverable:
        return Seen(record, {}, at)


@dataclass(frozen=True)
class Told:
    """An item as it came through an open stream: `kind` is item, acknowledged or read."""

    kind: str
    item: dict[str, Any]
    at: float


class FeedStream:
    """One caller's feed with its stream open (Server-Sent Events)."""

    def __init__(self, handle: str, client: Client) -> None:
        self.handle = handle
        self._client = client
        self._told: list[Told] = []
        self._open = threading.Event()
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self) -> None:
        """Open the stream. Does not block."""
        self._thread.start()

    def wait_open(self) -> None:
        """Block until the stream is open. Raises Unexpected."""
        if not self._open.wait(BEGIN_SECONDS):
            expected = f"the feed stream of {self.handle} to open within {BEGIN_SECONDS:.0f} s"
            raise Unexpected(expected, self._trouble)

    def all(self) -> list[Told]:
        """All that came so far."""
        return list(self._told)

    def wait(self, wanted: Callable[[Told], bool], expected: str, seconds: float = 20.0) -> Told:
        """The first that is wanted. Blocks; raises Unexpected."""
        return wait_for(
            lambda: next(filter(wanted, self.all()), None),
            seconds,
            f"{expected} in the open stream of {self.handle}",
            lambda: f"{len(self._told)} other changes; {self._trouble or 'the stream is open'}",
        )

    def _run(self) -> None:
        # A daemon: it ends with us. After a cut the client comes back behind the last change that it saw.
        try:
            for event in self._client.stream("/v1/feed/stream", on_open=self._open.set):
                self._told.append(_told(event))
        except CommandFailed as failure:
            self._trouble = failure.text


def _told(event: Event) -> Told:
    return Told(event.event, event.data, time.monotonic())
