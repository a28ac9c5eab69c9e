"""Whether the ledger's rows are what its tree says, row for row; the first that is not is named. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from services.audit.domain.proof.leaf import framed, unframed_headers
from services.audit.records import sequence_of
from services.audit.standing import Standing

EFFECT = frozenset((Standing.FIRST, Standing.HOLE_BEFORE, Standing.OUT_OF_ORDER))
IN_ORDER = frozenset((Standing.FIRST, Standing.HOLE_BEFORE))

#: sequence, generation, offset, standing, key, headers, value; whether it is found by what its value says.
Row = tuple[Any, ...]
Mark = tuple[int, int]
"""Generation and offset: what a finding about a row names."""
Found = Mapping[str, Mapping[Mark, str]]
"""The findings that are kept: kind -> what it is about -> its detail."""


@dataclass(frozen=True, slots=True)
class Bad:
    """An entry that is not as it must be. `sequence` is None only for a record that never had one."""

    kind: str
    sequence: int | None
    offset: int | None
    detail: str


def first_bad(rows: Iterable[Row], first: int, hashes: Sequence[bytes], found: Found) -> Bad | None:
    """The first entry that is not as the tree has it, or None if all are.

    `hashes` are the tree's leaves from sequence `first` on; `rows` all of the ledger with these sequences, in order
    of sequence, generation, offset.
    """
    expected, end = first, first + len(hashes)
    offsets: dict[int, tuple[int, int]] = {}
    for row in rows:
        sequence, generation, offset, standing = row[:4]
        if standing not in EFFECT:
            bad = _beside(row, hashes[sequence - first], found)
            if bad is not None:
                return bad
            continue
        if sequence > expected:
            return _missing(expected)
        if sequence < expected:
            return Bad("inserted", sequence, offset, "A second record stands under this sequence.")
        bad = _altered(row, hashes[sequence - first]) or _moved(row, offsets)
        if bad is not None:
            return bad
        if standing != Standing.FIRST and (generation, offset) not in found.get(standing, {}):
            return Bad("finding-missing", sequence, offset, "The finding about this record is gone.")
        expected += 1
    return _missing(expected) if expected < end else None


def _missing(sequence: int) -> Bad:
    return Bad("missing", sequence, None, "The tree has a record of this sequence; the ledger has not.")


def leaf_hash_of(row: Row) -> bytes:
    """The hash of a row's leaf."""
    return sha256(b"".join((b"\x00", framed(row[4]), row[5], framed(row[6])))).digest()


def _altered(row: Row, expected: bytes) -> Bad | None:
    sequence, _, offset = row[:3]
    if leaf_hash_of(row) != expected:
        return Bad("altered", sequence, offset, "Its key, headers or value are not those that the tree has.")
    if not row[7]:
        return Bad("mislabelled", sequence, offset, "What the ledger finds it by is not what its value says.")
    return None


def _moved(row: Row, offsets: dict[int, tuple[int, int]]) -> Bad | None:
    """`offsets` are the last offset, and its sequence, of each generation."""
    sequence, generation, offset, standing = row[:4]
    if standing not in IN_ORDER:
        return None
    before, last = offsets.get(generation, (-1, -1))
    if offset < before:
        return Bad("moved", last, before, f"It stands behind the record of sequence {sequence} in the log.")
    offsets[generation] = (offset, sequence)
    return None


def _beside(row: Row, expected: bytes, found: Found) -> Bad | None:
    """A record that is kept beside the one of its sequence: a repeat, or other bytes."""
    sequence, _, offset, standing = row[:4]
    digest = leaf_hash_of(row)
    if standing == Standing.FOREIGN or (standing == Standing.REPEAT) != (digest == expected):
        return Bad("inserted", sequence, offset, f"A record that is marked {standing} and is not.")
    return _against_finding(row, digest, found)


def _against_finding(row: Row, digest: bytes, found: Found) -> Bad | None:
    sequence, generation, offset, standing = row[:4]
    detail = found.get(standing, {}).get((generation, offset))
    if detail is None:
        return Bad(
            "inserted", sequence, offset, f"A record that is marked {standing}, and no finding says so."
        )
    if standing != Standing.REPEAT and digest.hex() not in detail:
        return Bad(
            "altered", sequence, offset, "Its key, headers or value are not those that its finding names."
        )
    return None


def first_bad_foreign(rows: Iterable[Row], found: Found) -> Bad | None:
    """The first record without a sequence that is not what a finding says it is. `rows` in order of offset."""
    for row in rows:
        offset, standing = row[2:4]
        sequence = _sequence(row[5])
        if standing != Standing.FOREIGN or sequence is not None:
            return Bad(
                "mislabelled", sequence, offset, "A record without the sequence that its headers have."
            )
        bad = _against_finding(row, leaf_hash_of(row), found)
        if bad is not None:
            return bad
    return None


def _sequence(headers: bytes) -> int | None:
    try:
        return sequence_of(unframed_headers(headers))
    except (ValueError, struct.error):  # altered: the hash says so
        return None


def behind_holes(rows: Iterable[Row], size: int, last: int, holes: Sequence[tuple[int, int]]) -> Bad | None:
    """The first sequence behind the tree that is there and must not be, or the other way round."""
    gone = [n for first, end in holes for n in range(first, min(end, last) + 1)]
    expected = iter(sorted(set(range(size, last + 1)) - set(gone)))
    for row in rows:
        sequence, _, offset, standing = row[:4]
        if standing not in EFFECT:
            continue
        wanted = next(expected, None)
        if wanted is None or sequence < wanted:
            return Bad(
                "inserted", sequence, offset, "A record behind the end of the tree that nothing announced."
            )
        if sequence > wanted:
            return Bad(
                "missing", wanted, None, "The position says that this record came; the ledger has it not."
            )
    wanted = next(expected, None)
    if wanted is not None:
        return Bad("missing", wanted, None, "The position says that this record came; the ledger has it not.")
    return None
