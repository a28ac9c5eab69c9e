"""Rows of the ledger in PostgreSQL's binary COPY format: half the time of its text format. Pure.

A row is its number of fields, then each field with its length before it; null has length -1. Integers are
big-endian; a timestamptz is microseconds since 2000; a uuid is its 16 bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.audit.records import Marks, RawRecord
    from services.audit.standing import Stood

COLUMNS = (
    'topic, partition, generation, "offset", stamped, key, headers, value, sequence, standing,'
    " event_id, type, subject, stream, streamversion, recordedtime, happened, about"
)
SQL = f"COPY ledger ({COLUMNS}) FROM STDIN (FORMAT binary)"
HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)
NULL = struct.pack(">i", -1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

_FIELDS = struct.pack(">h", COLUMNS.count(",") + 1)
_length = struct.Struct(">i").pack
_int4 = struct.Struct(">ii").pack
_int8 = struct.Struct(">iq").pack
_two_int8 = struct.Struct(">iqiq").pack


def rows(stood: Iterable[tuple[Stood, int]]) -> tuple[bytes, int]:
    """The rows of these records (with their generation), and how many; what the ledger holds is left out."""
    packed = [_row(s, generation) for s, generation in stood if not s.held]
    return b"".join((HEADER, *packed, TRAILER)), len(packed)


def _row(s: Stood, generation: int) -> bytes:
    record, (body, marks) = s.kept.record, s.kept.row
    place = _place(record.topic, record.partition, generation)
    return b"".join((place, body, _standing(s.standing), marks))


def packed_body(record: RawRecord, headers: bytes, sequence: int | None) -> bytes:
    """The fields of a row between its place and its standing; `headers` are framed."""
    return b"".join(
        (
            _two_int8(8, record.offset, 8, record.timestamp),
            _bytes(record.key),
            _bytes(headers),
            _bytes(record.value),
            _number(sequence),
        )
    )


def packed_marks(marks: Marks) -> bytes:
    """The last fields of a row: what it is found by."""
    event_id, kind, subject, stream, version, recorded, happened, about = marks
    return b"".join(
        (
            _uuid(event_id),
            _bytes(kind.encode() if kind is not None else None),
            _uuid(subject),
            _uuid(stream),
            _number(version),
            _moment(recorded),
            _moment(happened),
            _uuid(about),
        )
    )


@lru_cache(maxsize=256)
def _place(topic: str, partition: int, generation: int) -> bytes:
    """The first fields, which are the same for thousands of rows."""
    return b"".join((_FIELDS, _bytes(topic.encode()), _int4(4, partition), _int4(4, generation)))


@cache
def _standing(standing: str) -> bytes:
    return _bytes(standing.encode())


def _bytes(value: bytes | None) -> bytes:
    return NULL if value is None else _length(len(value)) + value


def _number(value: int | None) -> bytes:
    return NULL if value is None else _int8(8, value)


def _uuid(text: str | None) -> bytes:
    return NULL if text is None else b"\x00\x00\x00\x10" + bytes.fromhex(text.replace("-", ""))


def _moment(at: datetime | None) -> bytes:
    if at is None:
        return NULL
    since = at - EPOCH
    return _int8(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)
