"""A Kafka record as the ledger keeps it: its bytes in full, and what is read out of them for querying. Pure."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from pydantic_core import from_json

from services.audit.copying import packed_body, packed_marks
from services.audit.domain.proof.hashing import leaf_hash
from services.audit.domain.proof.leaf import Headers, framed_headers, leaf

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TYPE = re.compile(r"[A-Za-z0-9._-]{1,200}")
_VERSION = re.compile(r"[1-9][0-9]{0,17}")
_SEQUENCE = re.compile(rb"[0-9]{20}")
LARGEST = 2**63 - 1


class RawRecord(Protocol):
    """What the ledger needs of a record; a record of any Kafka client has it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Marks(NamedTuple):
    """What is read out of a value so that it can be found again. Each is None if it is not there as it must be."""

    event_id: str | None = None
    type: str | None = None
    subject: str | None = None
    stream: str | None = None
    streamversion: int | None = None
    recordedtime: datetime | None = None
    happened: datetime | None = None
    about: str | None = None

    @property
    def complete(self) -> bool:
        """Whether the value is an event as far as finding it goes."""
        return None not in self[:7]


def sequence_of(headers: Headers) -> int | None:
    """The record's sequence, or None if it has not exactly one header of 20 digits for it."""
    given = [value for name, value in headers if name == "sequence"]
    if len(given) != 1 or given[0] is None or not _SEQUENCE.fullmatch(given[0]):
        return None
    number = int(given[0])
    return number if number <= LARGEST else None


def marks_of(value: bytes | None) -> Marks:
    """What can be read out of `value`; never raises, whatever the bytes are."""
    event = _parsed(value or b"")
    if not isinstance(event, dict):
        return Marks()
    return Marks(
        _uuid(event.get("id")),
        _match(_TYPE, event.get("type")),
        _uuid(event.get("subject")),
        _uuid(event.get("stream")),
        _number(event.get("streamversion")),
        _moment(event.get("recordedtime")),
        _moment(event.get("time")),
        _about(event.get("data")),
    )


def _parsed(value: bytes) -> Any:
    """The JSON in `value`, or None. The quick parser is half the cost; what it refuses, Python's judges."""
    try:
        return from_json(value, cache_strings="keys")
    except ValueError:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None


def _match(pattern: re.Pattern[str], text: Any) -> str | None:
    return text if isinstance(text, str) and pattern.fullmatch(text) else None


def _uuid(text: Any) -> str | None:
    found = _match(_UUID, text)
    return found.lower() if found else None


def _number(text: Any) -> int | None:
    return int(text) if _match(_VERSION, text) else None


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is UTC:
            return moment
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _about(data: Any) -> str | None:
    return _uuid(data.get("about")) if isinstance(data, dict) else None


class Kept(NamedTuple):
    """A record on its way into the ledger, with all of it that needs no look at the ledger made ready."""

    record: RawRecord
    headers: bytes
    sequence: int | None
    marks: Marks
    hash: bytes
    """Of its leaf."""
    row: tuple[bytes, bytes]
    """Its row in COPY's format: the fields before its standing, and those behind."""

    @property
    def leaf(self) -> bytes:
        """The record's bytes, for comparing."""
        return leaf(self.record.key, self.headers, self.record.value)


def kept(record: RawRecord) -> Kept:
    """The record, framed, read, hashed and packed."""
    headers = record.headers or ()
    framed, sequence, marks = framed_headers(headers), sequence_of(headers), marks_of(record.value)
    hashed = leaf_hash(leaf(record.key, framed, record.value))
    return Kept(
        record, framed, sequence, marks, hashed, (packed_body(record, framed, sequence), packed_marks(marks))
    )
