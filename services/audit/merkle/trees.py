"""The trees in the database: grown in the transaction that writes the records, read for roots and proofs.

A tree holds the records up to which nothing is missing; what lies behind a hole is added once the hole is filled.
So leaf n is the record of sequence n, and a ledger that is rebuilt from Kafka has the same tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg.rows import tuple_row

from services.audit.domain.proof.hashing import leaf_hash
from services.audit.domain.proof.leaf import leaf
from services.audit.domain.tiles import Growth, Range, TileKey, growing, roots, tiles_of
from services.audit.standing import WITH_EFFECT
from shared.errors import Disagreement

Place = tuple[str, int]
EFFECT = [str(s) for s in WITH_EFFECT]
#: OFFSET 0 keeps it one look into the index for each tile, whatever the planner makes of a table that grew since it
#: was last analysed: a join read all tiles of the log, 5 ms for a million entries.
TILES = """
SELECT w.level, w.index, hashes FROM unnest(%s::integer[], %s::bigint[]) AS w(level, index),
LATERAL (SELECT hashes FROM tiles t
    WHERE (t.topic, t.partition, t.level, t.index) = (%s, %s, w.level, w.index) OFFSET 0) t
"""
#: Leaves of one transaction when a tree is grown over records that the ledger held already.
STEP = 20_000
REMEDY = "See `accord audit verify`. Restore audit's database, or drop it: it is read again from Kafka."


class Trees:
    """Grows trees. Keeps the tiles that grow in memory between transactions; `forget` them after a rollback."""

    def __init__(self) -> None:
        self._grown: dict[Place, Growth] = {}

    def forget(self) -> None:
        """What was added may not have been committed: read it again."""
        self._grown.clear()

    def grow(self, c: Any, wanted: Mapping[Place, tuple[int, Mapping[int, bytes]]]) -> None:
        """Grow the tree of each place to so many leaves.

        The mappings are hashes of leaves by sequence; others are made from the ledger's rows. The caller holds the
        locks of the partitions' positions. Raises Disagreement if a tree or the ledger lacks what it must hold.
        """
        sizes, grown = _sizes(c, list(wanted)), []
        for place, (size, known) in wanted.items():
            growth = self._of(c, place, sizes.get(place, 0))
            if size > growth.size:
                grown.append((place, size, growth.append(_hashes(c, place, range(growth.size, size), known))))
        _save(c, grown)

    def catch_up(self, c: Any, place: Place, size: int) -> int:
        """Grow one tree over records that the ledger holds already, by STEP at most; the size it has then.

        As `grow`.
        """
        before = size_of(c, place)
        size = max(before, min(size, before + STEP))
        self.grow(c, {place: (size, {})})
        return size

    def _of(self, c: Any, place: Place, size: int) -> Growth:
        growth = self._grown.get(place)
        if growth is None or growth.size != size:
            try:
                growth = Growth(size, read_tiles(c, place, growing(size)))
            except ValueError as error:
                text = f"The stored tree of {place[0]}/{place[1]} does not fit its size."
                raise Disagreement("tree", text, REMEDY) from error
            self._grown[place] = growth
        return growth


def _hashes(c: Any, place: Place, wanted: range, known: Mapping[int, bytes]) -> list[bytes]:
    missing = [n for n in wanted if n not in known]
    rows = _leaves(c, place, missing[0], missing[-1]) if missing else {}
    try:
        return [known.get(n) or rows[n] for n in wanted]
    except KeyError as error:
        text = f"The ledger of {place[0]}/{place[1]} lacks a record below its position."
        raise Disagreement("ledger", text, REMEDY) from error


def size_of(c: Any, place: Place) -> int:
    """How many leaves the stored tree has."""
    return _sizes(c, [place]).get(place, 0)


def _sizes(c: Any, places: Sequence[Place]) -> dict[Place, int]:
    rows = c.execute(
        "SELECT topic, partition, size FROM trees WHERE (topic, partition) IN"
        " (SELECT * FROM unnest(%s::text[], %s::integer[]))",
        [[topic for topic, _ in places], [partition for _, partition in places]],
    )
    return {(row["topic"], row["partition"]): int(row["size"]) for row in rows}


def read_tiles(c: Any, place: Place, keys: Sequence[TileKey]) -> dict[TileKey, bytes]:
    """These tiles, as far as they are there. One round trip."""
    if not keys:
        return {}
    with c.cursor(row_factory=tuple_row, binary=True) as cursor:  # as text hashes are twice as long
        rows = cursor.execute(
            TILES, [[level for level, _ in keys], [index for _, index in keys], *place]
        ).fetchall()
    return {(level, index): hashes for level, index, hashes in rows}


def read_roots(c: Any, place: Place, parts: Iterable[Range]) -> list[bytes]:
    """The roots of these subtrees. Raises Disagreement if a tile is missing or too short."""
    wanted = list(parts)
    try:
        return roots(wanted, read_tiles(c, place, tiles_of(wanted)))
    except LookupError as error:
        text = f"The stored tree of {place[0]}/{place[1]} lacks hashes."
        raise Disagreement("tree", text, REMEDY) from error


def _leaves(c: Any, place: Place, first: int, last: int) -> dict[int, bytes]:
    rows = c.execute(
        "SELECT sequence, key, headers, value FROM ledger WHERE topic = %s AND partition = %s"
        " AND sequence BETWEEN %s AND %s AND standing = ANY(%s)",
        [*place, first, last, EFFECT],
    )
    return {r["sequence"]: leaf_hash(leaf(r["key"], r["headers"], r["value"])) for r in rows}


def _save(c: Any, grown: Sequence[tuple[Place, int, Mapping[TileKey, bytes]]]) -> None:
    tiles = [
        (*place, level, index, tile)
        for place, _, changed in grown
        for (level, index), tile in changed.items()
    ]
    if not grown:
        return
    c.execute(
        "INSERT INTO tiles SELECT * FROM"
        " unnest(%s::text[], %s::integer[], %s::integer[], %s::bigint[], %s::bytea[])"
        " ON CONFLICT (topic, partition, level, index) DO UPDATE SET hashes = excluded.hashes",
        [list(column) for column in zip(*tiles, strict=True)],
    )
    c.execute(
        "INSERT INTO trees SELECT * FROM unnest(%s::text[], %s::integer[], %s::bigint[])"
        " ON CONFLICT (topic, partition) DO UPDATE SET size = excluded.size",
        [[p[0] for p, _, _ in grown], [p[1] for p, _, _ in grown], [size for _, size, _ in grown]],
    )
