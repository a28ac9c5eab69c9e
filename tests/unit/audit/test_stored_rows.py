"""Rows as PostgreSQL's binary COPY gives them, made here field by field."""

from __future__ import annotations

import struct
from typing import Any
from uuid import UUID

import pytest

from services.audit.copying import EPOCH, HEADER
from services.audit.merkle.stored import parsed
from services.audit.records import Marks, marks_of
from tests.unit.audit.made import Case, Log

VALUE = Case(Log(5)).open().log.made[0].value
MARKS = marks_of(VALUE)


def field(data: bytes | None) -> bytes:
    return struct.pack(">i", -1) if data is None else struct.pack(">i", len(data)) + data


def uuid(text: str | None) -> bytes | None:
    return UUID(text).bytes if text else None


def micros(at: Any) -> bytes | None:
    return None if at is None else struct.pack(">q", round((at - EPOCH).total_seconds() * 1_000_000))


def row(sequence: int, marks: Marks = MARKS, **to: Any) -> bytes:
    m = marks._replace(**to)
    fields = [
        *(struct.pack(">q", sequence), struct.pack(">i", 2), struct.pack(">q", 70 + sequence), b"first"),
        *(b"key", None, VALUE, uuid(m.event_id), m.type.encode() if m.type else None, uuid(m.subject)),
        *(uuid(m.stream), struct.pack(">q", m.streamversion) if m.streamversion else None),
        *(micros(m.recordedtime), micros(m.happened), uuid(m.about)),
    ]
    return struct.pack(">h", len(fields)) + b"".join(map(field, fields))


def copied(*rows: bytes) -> bytes:
    return HEADER + b"".join(rows) + struct.pack(">h", -1)


def test_rows_come_back_as_they_were_stored() -> None:
    assert parsed(copied(row(0), row(1), row(-1))) == [
        (0, 2, 70, "first", b"key", None, VALUE, True),
        (1, 2, 71, "first", b"key", None, VALUE, True),
        (None, 2, 69, "first", b"key", None, VALUE, True),
    ]
    assert parsed(copied()) == []


@pytest.mark.parametrize("name", [name for name in Marks._fields])
def test_a_row_that_is_found_by_something_else_than_its_value_says_is_told(name: str) -> None:
    other = {"type": "other", "streamversion": 99, "recordedtime": EPOCH, "happened": EPOCH}
    changed = row(0, **{name: other.get(name, "00000000-0000-4000-8000-000000000000")})
    assert [one[7] for one in parsed(copied(changed, row(1)))] == [False, True]
    if getattr(MARKS, name) is not None:
        gone = row(0, **{name: None})
        assert [(one[0], one[7]) for one in parsed(copied(gone, row(1)))] == [(0, False), (1, True)]
