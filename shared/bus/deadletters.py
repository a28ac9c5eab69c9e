"""Dead letters: the event that says what could not be read, and when too many came in a row."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from shared.bus.record import Record
from shared.events.envelope import Draft
from shared.events.names import deadletters_topic
from shared.events.types.deadletter import DeadletterRecorded

#: Dead letters without one good record between them: then this topic is paused, and only this one.
TOO_MANY = 20


def deadletter(record: Record, reason: str, letter: UUID) -> DeadletterRecorded:
    """The facts about a record that can never work: where, why, how long, its digest; none of its bytes."""
    value = record.value or b""
    return DeadletterRecorded(
        deadletter=str(letter),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=reason,
        size=len(value),
        sha256=sha256(value).hexdigest(),
    )


def deadletter_draft(
    service: str, record: Record, reason: str, letter: UUID, event: UUID, now: datetime, mouversion: str
) -> Draft:
    """The event for `accord.<service>.deadletters`; append it with the consumed position. Pure.

    `letter` is the id under which the bytes are sealed, and the event's stream and subject. (The topic has
    one partition, so the key does not matter for order.)
    """
    return Draft(
        id=event,
        topic=deadletters_topic(service),
        source=f"/services/{service}",
        subject=letter,
        time=now,
        stream=letter,
        commandid=str(letter),
        correlationid=str(letter),
        actor=f"service:{service}",
        agency="county",
        purpose="support",
        mouversion=mouversion,
        clause="submissions",
        data=deadletter(record, reason, letter),
    )


class Streak:
    """Counts dead letters of one topic that come without a good record between them. Pure."""

    def __init__(self, limit: int = TOO_MANY) -> None:
        self.limit, self.length = limit, 0

    def note(self, good: bool) -> bool:
        """Count one record. Whether the topic is to be paused now."""
        self.length = 0 if good else self.length + 1
        return self.too_many

    @property
    def too_many(self) -> bool:
        """Whether too many came in a row."""
        return self.length >= self.limit
