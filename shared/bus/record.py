"""One Kafka record, byte for byte, and the headers that the relay gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.events.envelope import CONTENT_TYPE

SEQUENCE = "sequence"
DIGITS = 20
#: The largest that PostgreSQL's bigint keeps.
LARGEST = 2**63 - 1


def relay_headers(sequence: int, content_type: str = CONTENT_TYPE) -> list[tuple[str, bytes]]:
    """The headers of a record that the relay publishes: `content-type` and `sequence` (20 digits)."""
    return [("content-type", content_type.encode()), (SEQUENCE, b"%020d" % sequence)]


def sequence_of(headers: Any) -> int | None:
    """The sequence in these headers; None if there is none, more than one, or it is not 20 digits."""
    found = [value for name, value in headers if name == SEQUENCE]
    if len(found) != 1 or found[0] is None or len(found[0]) != DIGITS or not found[0].isdigit():
        return None
    number = int(found[0])
    return number if number <= LARGEST else None


@dataclass(frozen=True, slots=True)
class Record:
    """A record as Kafka holds it; a null header is empty here. `timestamp_ms` is the broker's (LogAppendTime)."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None

    @property
    def sequence(self) -> int | None:
        """Its place in the owner's order, or None if the header is absent or bad."""
        return sequence_of(self.headers)

    @classmethod
    def from_kafka(cls, r: Any) -> Record:
        """The same record as kafka-python's ConsumerRecord gives it."""
        headers = tuple((name, value or b"") for name, value in r.headers)
        return cls(r.topic, r.partition, r.offset, r.timestamp, r.key, headers, r.value)
