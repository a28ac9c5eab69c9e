"""Signing checkpoints, and the one rule about it: a log only grows. Refuse rather than guess.

The last checkpoint of each log is kept, and the next is signed only if it is by a known key, the tree has not
become smaller, and the tree still has the signed root at the signed size. Then one row is added; its key (topic,
partition, size) sees to it that there is never another root for a size, whoever else signs at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.audit.domain.proof import Checkpoint, NotProven, signed_checkpoint
from services.audit.merkle.signing import REMEDY as KEY_REMEDY
from services.audit.merkle.signing import SigningKey
from services.audit.merkle.trees import REMEDY, Place, read_roots, size_of
from shared.errors import Disagreement

_SELECT = "SELECT size, root, note, signed FROM checkpoints WHERE topic = %s AND partition = %s"


@dataclass(frozen=True)
class Signed:
    """A checkpoint as it is kept: the note, and what it says."""

    place: Place
    size: int
    root: bytes
    note: str
    signed: datetime


def last(c: Any, place: Place) -> Signed | None:
    """The newest checkpoint of a log."""
    return _one(place, c.execute(f"{_SELECT} ORDER BY size DESC LIMIT 1", place).fetchone())


def at(c: Any, place: Place, size: int) -> Signed | None:
    """The checkpoint of exactly this size."""
    return _one(place, c.execute(f"{_SELECT} AND size = %s", [*place, size]).fetchone())


def every(c: Any, place: Place) -> list[Signed]:
    """All checkpoints of a log, the smallest first."""
    return [_signed(place, row) for row in c.execute(f"{_SELECT} ORDER BY size", place).fetchall()]


def places(c: Any) -> list[Place]:
    """Every log that has entries, or that a position speaks of, or that was ever signed: none is forgotten with its
    tree."""
    rows = c.execute(
        "SELECT topic, partition FROM trees WHERE size > 0 UNION SELECT topic, partition FROM checkpoints"
        ' UNION SELECT topic, partition FROM positions WHERE "offset" >= 0 OR sequence >= 0'
        " ORDER BY topic, partition"
    ).fetchall()
    return [(row["topic"], row["partition"]) for row in rows]


def sign(c: Any, place: Place, key: SigningKey) -> Signed | None:
    """Sign the log as it is now; the last checkpoint again if it has not grown, None if it has no entry.

    Blocks on another that signs the same log. Raises Disagreement if the log is not what was signed before.
    """
    c.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"checkpoint {place[0]}/{place[1]}"])
    before, size = last(c, place), size_of(c, place)
    if before is not None:
        _require_grown(c, before, size, key)
        if size == before.size:
            return before
    if size == 0:
        return None
    root = read_roots(c, place, [(0, size)])[0]
    note = key.sign(str(Checkpoint(key.origin(*place), size, root)))
    row = c.execute(
        "INSERT INTO checkpoints (topic, partition, size, root, note) VALUES (%s, %s, %s, %s, %s)"
        " RETURNING size, root, note, signed",
        [*place, size, root, note],
    ).fetchone()
    return _signed(place, row)


def _require_grown(c: Any, before: Signed, size: int, key: SigningKey) -> None:
    name = f"{before.place[0]}/{before.place[1]}"
    try:
        told = signed_checkpoint(before.note, key.origin(*before.place), key.trusted)
    except NotProven as error:
        text = f"The last checkpoint of {name} is not one that this key, or one before it, signed."
        raise Disagreement("other-key", text, KEY_REMEDY) from error
    if (told.size, told.root) != (before.size, before.root):
        raise Disagreement("other-root", f"The last checkpoint of {name} was altered.", REMEDY)
    if size < told.size:
        raise Disagreement("smaller", f"The tree of {name} is smaller than what was signed of it.", REMEDY)
    if read_roots(c, before.place, [(0, told.size)])[0] != told.root:
        text = f"The tree of {name} has another root than was signed for its first {told.size} entries."
        raise Disagreement("other-root", text, REMEDY)


def _one(place: Place, row: Any) -> Signed | None:
    return None if row is None else _signed(place, row)


def _signed(place: Place, row: Any) -> Signed:
    return Signed(place, row["size"], bytes(row["root"]), row["note"], row["signed"])
