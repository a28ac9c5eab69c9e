"""Kafka as the agencies' own systems use it: each with its own login; and the receipts that come back."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from deploy.local.sim.patience import NotAnswered, Stopped
from deploy.local.sim.place import Place
from shared.bus import clients
from shared.bus.clients import Publisher
from shared.errors import TryLater
from shared.events.names import receipts_topic, submissions_topic

#: Seconds until a receipt must be there.
PATIENCE = 60.0
_POLL_MS = 100


class Submissions:
    """The doors of some agencies. Thread-safe. `open` before the first submission, `close` at the end."""

    def __init__(self, place: Place, agencies: tuple[str, ...], stop: threading.Event) -> None:
        self._inboxes = {agency: _Inbox(place, agency, stop) for agency in agencies}

    def open(self) -> None:
        """Begin to read receipts. Blocks up to 20 s; raises TryLater."""
        for inbox in self._inboxes.values():
            inbox.begin()
        for inbox in self._inboxes.values():
            inbox.wait_begun()

    def submit(self, agency: str, number: str, value: bytes, times: int = 1) -> list[dict[str, Any]]:
        """Publish the same record so many times; its receipts. Blocks; raises NotAnswered, Stopped."""
        return self._inboxes[agency].submit(number, value, times)

    def close(self) -> None:
        """End the readers and close the producers. Blocks a few seconds at most."""
        for inbox in self._inboxes.values():
            inbox.end()


class _Inbox:
    """One agency: a producer, and a thread that reads its receipts from now on. Only what is waited for is kept."""

    def __init__(self, place: Place, agency: str, stop: threading.Event) -> None:
        self._agency, self._stop = agency, stop
        self._settings = place.login(agency)
        self._publisher, self._sending = Publisher(self._settings), threading.Lock()
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._came = threading.Condition()
        self._begun, self._end = threading.Event(), threading.Event()
        self._next: dict[Any, int] = {}
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"receipts of {agency}")

    def begin(self) -> None:
        """Begin to read. Does not block."""
        self._thread.start()

    def wait_begun(self) -> None:
        """Until every receipt from now on will be seen. Raises TryLater."""
        if not self._begun.wait(20.0):
            raise TryLater(f"the receipts of {self._agency} cannot be read")

    def submit(self, number: str, value: bytes, times: int) -> list[dict[str, Any]]:
        """See Submissions.submit."""
        with self._came:
            self._waiting[number] = []
        try:
            for _ in range(times):
                self._publish(number, value)
            return self._receipts(number, times)
        finally:
            with self._came:
                del self._waiting[number]

    def _publish(self, number: str, value: bytes) -> None:
        topic = submissions_topic(self._agency)
        try:
            with self._sending:
                self._publisher.publish(topic, number.encode(), value, partition=0)
        except TryLater as later:  # sending it again could publish it twice: the plan says how often
            raise NotAnswered(f"Kafka did not take a submission ({later})") from later

    def _receipts(self, number: str, times: int) -> list[dict[str, Any]]:
        until = time.monotonic() + PATIENCE
        with self._came:
            while len(self._waiting[number]) < times:
                if self._stop.is_set():
                    raise Stopped
                if time.monotonic() > until:
                    raise NotAnswered(f"{len(self._waiting[number])} of {times} receipts came")
                self._came.wait(0.5)
            return list(self._waiting[number])

    def end(self) -> None:
        """Stop reading, close the producer."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(3.0)
        self._publisher.close()

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                self._read()
            except TryLater:
                self._end.wait(0.5)

    def _read(self) -> None:
        consumer = clients.consumer(self._settings, fetch_max_wait_ms=_POLL_MS)
        try:
            places = clients.partitions_of(consumer, [receipts_topic(self._agency)])
            consumer.assign(places)
            with clients.kafka_away():
                self._next = self._next or dict(consumer.end_offsets(places))
                for place, offset in self._next.items():
                    consumer.seek(place, offset)
            self._begun.set()
            while not self._end.is_set():
                with clients.kafka_away():
                    found = consumer.poll(timeout_ms=_POLL_MS)
                for place, records in found.items():
                    self._next[place] = records[-1].offset + 1
                    self._take([json.loads(record.value)["data"] for record in records])
        finally:
            consumer.close()

    def _take(self, receipts: list[dict[str, Any]]) -> None:
        with self._came:
            for receipt in receipts:
                if receipt["submission"] in self._waiting:
                    self._waiting[receipt["submission"]].append(receipt)
            self._came.notify_all()
