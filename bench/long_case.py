"""A long case written straight into audit's ledger, as the consumer would: for figures of reading."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.audit.ledger import Ledger
from services.audit.records import kept
from shared.events import Data, Draft
from shared.events.names import access_topic, events_topic
from shared.events.types.case import CaseOpened
from shared.events.types.notification import NotificationAcknowledged, NotificationDelivered
from shared.events.types.record import RecordRead
from shared.events.types.referral import ReferralAccepted, ReferralReceived, ReferralRequested
from shared.store.append import partition_of

REFERRALS, NOTIFICATIONS, ACCESS = (
    events_topic("referrals"),
    events_topic("notifications"),
    access_topic("referrals"),
)
LEAD = "human-services"


@dataclass
class Writer:
    """Makes records one second apart, each partition's sequences dense, and writes them in batches."""

    ledger: Ledger
    now: datetime = datetime(2026, 1, 5, 8, tzinfo=UTC)
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    sequences: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    versions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waiting: list[Any] = field(default_factory=list)

    def id(self) -> str:
        """A random id."""
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def add(self, data: Data, subject: str, stream: str, agency: str, topic: str = REFERRALS) -> str:
        """One more event; its id."""
        self.now += timedelta(seconds=1)
        self.versions[stream] += 1
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
        place = (topic, partition_of(topic, subject))
        sequence = self.sequences[place]
        self.sequences[place] += 1
        headers = [("content-type", b"application/cloudevents+json"), ("sequence", b"%020d" % sequence)]
        value = draft.seal_bytes(self.now, self.versions[stream])
        self.waiting.append(
            SimpleNamespace(
                topic=topic,
                partition=place[1],
                offset=sequence,
                timestamp=1,
                key=subject.encode(),
                value=value,
                headers=headers,
            )
        )
        return str(draft.id)

    def flush(self) -> None:
        """Write what waits."""
        places = {(r.topic, r.partition) for r in self.waiting}
        self.ledger.write(list(map(kept, self.waiting)), self.ledger.stands(places))
        self.waiting.clear()


def write_case(writer: Writer, events: int) -> str:
    """A case of so many events: referrals of 40 events each, three of its own, nine of notifications, 28 reads."""
    case, stream = writer.id(), writer.id()
    opened = CaseOpened(case=case, case_stream=stream, matter="dependency", youth=writer.id(), lead=LEAD)
    writer.add(opened, case, stream, LEAD)
    steps = _steps(writer, case, stream, writer.id())
    for number in range(1, events):
        next(steps)
        if number % 500 == 0:
            writer.flush()
    writer.flush()
    return case


def _steps(w: Writer, case: str, stream: str, reads: str) -> Iterator[str]:
    while True:
        referral = w.id()
        asked: dict[str, Any] = {"referral": referral, "case": case, "matter": "dependency", "sender": LEAD}
        asked |= {"recipient": "advocacy", "kind": "advocacy", "needs": ("advocate-now",), "urgency": "hours"}
        asked |= {"respond_by": w.now + timedelta(hours=2), "youth_choice": "agrees", "sealed": {}}
        requested = w.add(ReferralRequested(**asked), case, stream, LEAD)
        yield requested
        yield from _told(w, case, requested, "advocacy/advocate")
        yield w.add(ReferralReceived(referral=referral, case=case), case, stream, "advocacy")
        accepted = w.add(ReferralAccepted(referral=referral, case=case), case, stream, "advocacy")
        yield accepted
        for recipient in ("human-services/social-worker", "human-services/supervisor"):
            yield from _told(w, case, accepted, recipient)
        for _ in range(28):
            read = RecordRead(about=case, about_kind="case", classes=("identity",))
            yield w.add(read, case, reads, "advocacy", ACCESS)


def _told(w: Writer, case: str, about: str, queue: str) -> Iterator[str]:
    """Two people told, one of whom has it in hand."""
    for place in range(2):
        item = w.id()
        facts: dict[str, Any] = {"item": item, "event": about, "rule": "referral", "recipient": queue}
        delivered = NotificationDelivered(**facts, tier="act-now", channel="feed")
        yield w.add(delivered, case, item, "county", NOTIFICATIONS)
        if place == 0:
            yield w.add(NotificationAcknowledged(**facts), case, item, queue.split("/")[0], NOTIFICATIONS)
