"""Rows of the ledger read back in PostgreSQL's binary COPY format: a third of the cost of its values one by one.

What a row is found by is not read but compared: it must be the very bytes that its value would be stored with.
"""

from __future__ import annotations

import struct
from typing import Any

from services.audit.copying import HEADER, packed_marks
from services.audit.merkle.judging import Row
from services.audit.records import marks_of
from services.audit.standing import Standing

#: A sequence that is null comes as this; none is negative.
NO_SEQUENCE = -1
COLUMNS = (
    f'coalesce(sequence, {NO_SEQUENCE}), generation, "offset", standing, key, headers, value,'
    " event_id, type, subject, stream, streamversion, recordedtime, happened, about"
)
MARKS = 8

_fixed = struct.Struct(
    ">hiqiiiqi"
)  # fields; then sequence, generation, offset and standing with their lengths
_length = struct.Struct(">i")
_STANDINGS = {str(one).encode(): one for one in Standing}


def read_rows(c: Any, where: str, parameters: list[Any]) -> list[Row]:
    """The rows of `SELECT … FROM ledger WHERE where`. Blocks on the database."""
    select = f"SELECT {COLUMNS} FROM ledger WHERE {where}"  # noqa: S608 - both are ours
    with c.cursor() as cursor, cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT binary)", parameters) as copy:
        return parsed(b"".join(copy))


def parsed(data: bytes) -> list[Row]:
    """The rows in what COPY gave."""
    at = len(HEADER)
    found: list[Row] = []
    while True:
        (fields,) = struct.unpack_from(">h", data, at)
        if fields < 0:
            return found
        _, _, sequence, _, generation, _, offset, length = _fixed.unpack_from(data, at)
        at += _fixed.size
        standing = _STANDINGS.get(data[at : at + length], "")
        key, at = _part(data, at + length)
        headers, at = _part(data, at)
        value, at = _part(data, at)
        expected = packed_marks(marks_of(value))
        labelled = data.startswith(expected, at)
        at = at + len(expected) if labelled else _behind(data, at)
        number = None if sequence == NO_SEQUENCE else sequence
        found.append((number, generation, offset, standing, key, headers, value, labelled))


def _part(data: bytes, at: int) -> tuple[bytes | None, int]:
    (length,) = _length.unpack_from(data, at)
    at += 4
    return (None, at) if length < 0 else (data[at : at + length], at + length)


def _behind(data: bytes, at: int) -> int:
    """The end of a row whose marks begin at `at`."""
    for _ in range(MARKS):
        _, at = _part(data, at)
    return at
