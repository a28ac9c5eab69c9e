"""A fast writer of history: valid events as the relays would have published them, by seed, thousands a second.

`History` makes the records: real envelopes, one second apart, with dense sequences and stream versions. They go to
Kafka's kept topics (`Topics`), or straight into audit's ledger (`into_ledger`), as its consumer would put them.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from services.audit.domain.proof.leaf import Headers
from services.audit.ledger import Ledger
from services.audit.records import kept
from shared.bus import clients
from shared.bus.record import Record, relay_headers
from shared.bus.topics import kept_topics
from shared.events import Data, Draft
from shared.events.names import access_topic, events_topic
from shared.events.types.case import CaseOpened
from shared.events.types.notification import NotificationAcknowledged, NotificationDelivered
from shared.events.types.record import RecordRead
from shared.events.types.referral import ReferralAccepted, ReferralReceived, ReferralRequested
from shared.settings import Settings
from shared.store.append import partition_of

REFERRALS, NOTIFICATIONS, ACCESS = (
    events_topic("referrals"),
    events_topic("notifications"),
    access_topic("referrals"),
)
LEAD = "human-services"
BATCH = 5_000
#: Cases that go on side by side in `county`, and how many events each has.
OPEN, EACH = 50, 800
#: Seconds for sending a batch.
SEND_SECONDS = 120.0


@dataclass
class History:
    """Records in the order in which they were recorded. The same for the same seed."""

    seed: int = 1
    now: datetime = datetime(2026, 1, 5, 8, tzinfo=UTC)
    waiting: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self._sequences: dict[tuple[str, int], int] = defaultdict(int)
        self._versions: dict[str, int] = defaultdict(int)

    def id(self) -> str:
        """A random id."""
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def add(self, data: Data, subject: str, stream: str, agency: str, topic: str = REFERRALS) -> str:
        """One more event; its id."""
        self.now += timedelta(seconds=1)
        self._versions[stream] += 1
        source = f"/agencies/{agency}" if topic == REFERRALS else f"/services/{topic.split('.')[1]}"
        draft = Draft(
            id=UUID(self.id()),
            topic=topic,
            source=source,
            subject=UUID(subject),
            time=self.now - timedelta(milliseconds=20),
            stream=UUID(stream),
            commandid=self.id(),
            correlationid=self.id(),
            actor=self.id(),
            agency=agency,
            purpose="coordinate",
            mouversion="alder-2026.1",
            clause="4.1",
            data=data,
        )
        self._publish(topic, subject.encode(), draft.seal_bytes(self.now, self._versions[stream]))
        return str(draft.id)

    def end_stream(self, stream: str) -> None:
        """Nothing more comes in this stream: its version need not be remembered."""
        self._versions.pop(stream, None)

    def take(self) -> list[Record]:
        """The records made since the last time."""
        taken, self.waiting = self.waiting, []
        return taken

    def _publish(self, topic: str, key: bytes, value: bytes) -> None:
        place = (topic, partition_of(topic, key.decode()))
        sequence = self._sequences[place]
        self._sequences[place] += 1
        self.waiting.append(Record(topic, place[1], sequence, 1, key, tuple(relay_headers(sequence)), value))


def case_of(history: History, case: str, events: int) -> Iterator[str]:
    """A case of so many events, one at a time: referrals of 40 each, of which three are its own, nine of
    notifications, 28 of reads."""
    stream = history.id()
    opened = CaseOpened(case=case, case_stream=stream, matter="dependency", youth=history.id(), lead=LEAD)
    yield history.add(opened, case, stream, LEAD)
    reads = history.id()
    yield from islice(_steps(history, case, stream, reads), events - 1)
    history.end_stream(stream)
    history.end_stream(reads)


def county(history: History, events: int) -> Iterator[list[Record]]:
    """So many events of cases that go on side by side, in batches; memory does not grow with their number."""
    cases = [case_of(history, history.id(), EACH) for _ in range(OPEN)]
    made = 0
    while made < events:
        place = history.chance.randrange(OPEN)
        if next(cases[place], None) is None:
            cases[place] = case_of(history, history.id(), EACH)
            continue
        made += 1
        if len(history.waiting) == BATCH:
            yield history.take()
    yield history.take()


def received(history: History, count: int) -> list[Record]:
    """So many records of one topic, each of a case of its own."""
    for _ in range(count):
        case = history.id()
        history.add(ReferralReceived(referral=history.id(), case=case), case, case, "advocacy")
        history.end_stream(case)
    return history.take()


def renamed(value: bytes, turn: int) -> bytes:
    """The same event under another event id, so that each id is there once."""
    at = value.index(b'"id":"') + 6
    return value[:at] + b"%08x" % turn + value[at + 8 :]


def again(records: Sequence[Record], times: int) -> Iterator[Record]:
    """These, so many times: each time under other event ids, with sequences that go on from the last."""
    size = Counter((record.topic, record.partition) for record in records)
    for turn in range(times):
        for r in records:
            sequence = (r.sequence or 0) + turn * size[r.topic, r.partition]
            headers, value = tuple(relay_headers(sequence)), renamed(r.value or b"", turn)
            yield replace(r, offset=sequence, headers=headers, value=value)


def into_ledger(ledger: Ledger, records: Sequence[Record]) -> None:
    """Write these at the end of the ledger, in batches."""
    for first in range(0, len(records), BATCH):
        batch = [kept(_as_consumed(record)) for record in records[first : first + BATCH]]
        ledger.write(batch, ledger.stands({(one.record.topic, one.record.partition) for one in batch}))


def write_case(history: History, ledger: Ledger, events: int) -> str:
    """A case of so many events, at the end of the ledger; its id."""
    case = history.id()
    for _ in case_of(history, case, events):
        pass
    into_ledger(ledger, history.take())
    return case


@dataclass(slots=True)
class _Consumed:
    """A record with the names that kafka-python gives its parts."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    headers: Headers
    value: bytes | None


def _as_consumed(r: Record) -> _Consumed:
    return _Consumed(r.topic, r.partition, r.offset, r.timestamp_ms, r.key, list(r.headers), r.value)


class Topics:
    """Kafka's topics, each written with its own writer's login. Close it."""

    def __init__(self, login: Callable[[str], Settings]) -> None:
        """`login` gives a service's settings."""
        self._login, self._producers = login, dict[str, Any]()
        self._writers = {topic.name: topic.writer for topic in kept_topics()}

    def write(self, records: Sequence[Record], topic: str = "") -> None:
        """Send them, to `topic` if given, and wait until the broker has each. Raises if it refuses one."""
        futures = []
        for r in records:
            producer = self._producer(self._writers.get(topic or r.topic, "referrals"))
            futures.append(
                producer.send(
                    topic or r.topic, value=r.value, key=r.key, partition=r.partition, headers=list(r.headers)
                )
            )
        for producer in self._producers.values():
            producer.flush(timeout=SEND_SECONDS)
        for future in futures:
            future.get(timeout=0)

    def close(self) -> None:
        """Close every producer."""
        for producer in self._producers.values():
            producer.close()

    def _producer(self, writer: str) -> Any:
        if writer not in self._producers:
            options = {"linger_ms": 5, "delivery_timeout_ms": int(SEND_SECONDS * 1000)}
            self._producers[writer] = clients.producer(self._login(writer), **options)
        return self._producers[writer]


def _steps(h: History, case: str, stream: str, reads: str) -> Iterator[str]:
    while True:
        referral = h.id()
        asked: dict[str, Any] = {"referral": referral, "case": case, "matter": "dependency", "sender": LEAD}
        asked |= {"recipient": "advocacy", "kind": "advocacy", "needs": ("advocate-now",), "urgency": "hours"}
        asked |= {"respond_by": h.now + timedelta(hours=2), "youth_choice": "agrees", "sealed": {}}
        requested = h.add(ReferralRequested(**asked), case, stream, LEAD)
        yield requested
        yield from _told(h, case, requested, "advocacy/advocate")
        yield h.add(ReferralReceived(referral=referral, case=case), case, stream, "advocacy")
        accepted = h.add(ReferralAccepted(referral=referral, case=case), case, stream, "advocacy")
        yield accepted
        for recipient in ("human-services/social-worker", "human-services/supervisor"):
            yield from _told(h, case, accepted, recipient)
        for _ in range(28):
            read = RecordRead(about=case, about_kind="case", classes=("identity",))
            yield h.add(read, case, reads, "advocacy", ACCESS)


def _told(h: History, case: str, about: str, queue: str) -> Iterator[str]:
    """Two people told, one of whom has it in hand."""
    for place in range(2):
        item = h.id()
        facts: dict[str, Any] = {"item": item, "event": about, "rule": "referral", "recipient": queue}
        delivered = NotificationDelivered(**facts, tier="act-now", channel="feed")
        yield h.add(delivered, case, item, "county", NOTIFICATIONS)
        if place == 0:
            yield h.add(NotificationAcknowledged(**facts), case, item, queue.split("/")[0], NOTIFICATIONS)
        h.end_stream(item)
