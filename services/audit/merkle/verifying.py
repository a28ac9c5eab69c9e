"""Verification: signatures, checkpoints, stored tree and rows against each other. Reads only.

A log is verified in steps, each of which answers within seconds: the first looks at the tree as a whole and at
every checkpoint that was ever signed of it, and each at some thousands of the ledger's rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from services.audit.domain.proof import Frontier, NotProven, signed_checkpoint, verify_inclusion
from services.audit.domain.proof.hashing import HASH_BYTES
from services.audit.domain.tiles import WIDTH, TileKey, folded, growing, hashes_of, inclusion_path
from services.audit.merkle import checkpoints
from services.audit.merkle.judging import (
    EFFECT,
    Bad,
    Found,
    Row,
    behind_holes,
    first_bad,
    first_bad_foreign,
    leaf_hash_of,
)
from services.audit.merkle.signing import SigningKey
from services.audit.merkle.stored import read_rows
from services.audit.merkle.trees import Place, read_roots, read_tiles, size_of
from services.audit.standing import Standing
from shared.errors import Disagreement

#: Rows that are read at a time; a multiple of a tile's width.
CHUNK = 16 * WIDTH
_OF = "topic = %s AND partition = %s AND sequence"
BETWEEN = f'{_OF} >= %s AND sequence < %s ORDER BY sequence, generation, "offset"'
BEHIND = f'{_OF} >= %s ORDER BY sequence, generation, "offset"'
FOREIGN = f'{_OF} IS NULL ORDER BY generation, "offset"'


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not fit, and where. `kind` is stable."""

    kind: str
    place: Place
    sequence: int | None
    offset: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """What a step found. `entries` were verified; `following` is where the next one begins, None at the end."""

    entries: int
    size: int
    signed: int
    checkpoints: int
    problems: tuple[Problem, ...]
    following: int | None


def verify_step(c: Any, place: Place, key: SigningKey, first: int, most: int) -> Step:
    """Verify `most` entries of a log from sequence `first` on (a multiple of CHUNK); with the first, its tree.

    `c` must see one snapshot. Blocks on the database: about 20 s for a million entries.
    """
    size, found = size_of(c, place), _found(c, place)
    signed = checkpoints.every(c, place)
    problems = list(_tree(c, place, size, signed, key)) if first == 0 else []
    bad, last = None, min(first + most, size)
    for at in range(first, last, CHUNK):
        hashes = _leaf_hashes(c, place, at, min(at + CHUNK, last))
        bad = first_bad(_rows(c, BETWEEN, place, at, at + len(hashes)), at, hashes, found)
        if bad is not None:
            bad = _whose(c, place, bad, signed)
            break
    if bad is None and last == size:
        bad = _rest(c, place, size, found)
    if bad is not None:
        problems.append(Problem(bad.kind, place, bad.sequence, bad.offset, bad.detail))
    following = last if bad is None and last < size else None
    largest = signed[-1].size if signed else 0
    return Step(max(0, last - first), size, largest, len(signed), tuple(problems), following)


def verify_tree(c: Any, place: Place, key: SigningKey) -> tuple[int, list[Problem]]:
    """The tree of a log alone, and every checkpoint of it: how many these are, and what does not fit."""
    signed = checkpoints.every(c, place)
    return len(signed), list(_tree(c, place, size_of(c, place), signed, key))


def _rows(c: Any, where: str, place: Place, *more: int) -> list[Row]:
    return read_rows(c, where, [*place, *more])


def _found(c: Any, place: Place) -> Found:
    kinds = [str(s) for s in Standing]
    rows = c.execute(
        'SELECT kind, generation, "offset", detail FROM findings WHERE topic = %s AND partition = %s'
        " AND kind = ANY(%s)",
        [*place, kinds],
    )
    found: dict[str, dict[tuple[int, int], str]] = defaultdict(dict)
    for row in rows:
        found[row["kind"]][row["generation"], row["offset"]] = row["detail"]
    return found


def _leaf_hashes(c: Any, place: Place, first: int, end: int) -> list[bytes]:
    """The stored hashes of leaves from `first`, the first of a tile. A missing one is 32 zero bytes: no leaf's."""
    keys = [(0, index) for index in range(first // WIDTH, -(-end // WIDTH))]
    tiles = read_tiles(c, place, keys)
    whole = b"".join(_padded(tiles.get(key, b"")) for key in keys)
    return hashes_of(whole)[: end - first]


def _padded(tile: bytes) -> bytes:
    return tile[: WIDTH * HASH_BYTES].ljust(WIDTH * HASH_BYTES, b"\0")


def _rest(c: Any, place: Place, size: int, found: Found) -> Bad | None:
    """What lies behind the tree's end, and what has no sequence."""
    position = c.execute(
        "SELECT sequence FROM positions WHERE topic = %s AND partition = %s", place
    ).fetchone()
    holes = c.execute(
        "SELECT first, last FROM holes WHERE topic = %s AND partition = %s ORDER BY first", place
    ).fetchall()
    ranges = [(hole["first"], hole["last"]) for hole in holes]
    last = position["sequence"] if position else -1
    behind = behind_holes(_rows(c, BEHIND, place, size), size, last, ranges)
    return behind or first_bad_foreign(_rows(c, FOREIGN, place), found)


def _whose(c: Any, place: Place, bad: Bad, signed: Sequence[checkpoints.Signed]) -> Bad:
    """Which of the two was altered: the record, or its hash in the tree. The signed root decides, if it can."""
    covering = next((s for s in reversed(signed) if bad.sequence is not None and s.size > bad.sequence), None)
    if bad.kind != "altered" or bad.sequence is None or covering is None:
        return bad
    rows = _rows(c, BETWEEN, place, bad.sequence, bad.sequence + 1)
    row = next((r for r in rows if r[2] == bad.offset and r[3] in EFFECT), None)
    if row is None:
        return bad
    try:
        proof = read_roots(c, place, inclusion_path(bad.sequence, covering.size))
        verify_inclusion(bad.sequence, covering.size, leaf_hash_of(row), proof, covering.root)
    except (Disagreement, NotProven):
        return bad
    detail = "The record is as it was signed: its hash in the stored tree was altered."
    return Bad("tree-altered", bad.sequence, bad.offset, detail)


def _tree(
    c: Any, place: Place, size: int, signed: Sequence[checkpoints.Signed], key: SigningKey
) -> Iterator[Problem]:
    """The tree in itself, and against everything that was signed of it."""
    dense = _dense(c, place)
    if dense != size:
        detail = f"The tree has {size} entries; the ledger's position and holes say {dense}."
        yield Problem("tree-size", place, min(size, dense), None, detail)
    roots, wrong = _grown(c, place, size, {s.size for s in signed})
    if wrong is not None:
        level, index = wrong
        first = index * WIDTH ** (level + 1)
        until = min(first + WIDTH ** (level + 1), size) - 1
        detail = f"The stored tree does not fit itself within the entries {first} to {until}."
        yield Problem("tree-altered", place, first, None, detail)
    yield from _signed(place, size, roots, signed, key)


def _dense(c: Any, place: Place) -> int:
    row = c.execute(
        "SELECT coalesce((SELECT min(first) FROM holes h WHERE h.topic = p.topic AND h.partition = p.partition),"
        " sequence + 1) AS n FROM positions p WHERE topic = %s AND partition = %s",
        place,
    ).fetchone()
    return int(row["n"]) if row else 0


def _grown(c: Any, place: Place, size: int, sizes: set[int]) -> tuple[dict[int, bytes], TileKey | None]:
    """The tree grown again from its stored leaves: its roots at these sizes, and the first tile that differs."""
    full, roots, wrong = Frontier(), {}, None
    upper: list[bytes] = []
    for at in range(0, size, CHUNK):
        hashes = _leaf_hashes(c, place, at, min(at + CHUNK, size))
        for n in range(0, len(hashes), WIDTH):
            tile = hashes[n : n + WIDTH]
            for wanted in sizes.intersection(range(at + n + 1, at + n + WIDTH)):
                roots[wanted] = _root_within(full, tile[: wanted - at - n])
            if len(tile) == WIDTH:
                upper.append(folded(tile))
                full.append(upper[-1])
                if at + n + WIDTH in sizes:
                    roots[at + n + WIDTH] = full.root
    level = 1
    while upper and wrong is None:
        keys = [(level, index) for index in range(-(-len(upper) // WIDTH))]
        stored = read_tiles(c, place, keys)
        kept = [one for key in keys for one in hashes_of(stored.get(key, b""))]
        differs = next((n for n, one in enumerate(upper) if n >= len(kept) or kept[n] != one), None)
        if differs is None and len(kept) > len(upper):
            differs = len(upper)
        wrong = None if differs is None else (level - 1, differs)
        upper = [folded(upper[n : n + WIDTH]) for n in range(0, len(upper) - WIDTH + 1, WIDTH)]
        level += 1
    if wrong is None:
        wrong = _too_long(c, place, size)
    return roots, wrong


def _root_within(full: Frontier, leaves: Sequence[bytes]) -> bytes:
    """The root of a tree of full tiles, given by their roots, and of fewer leaves than one more has."""
    last = Frontier()
    for one in leaves:
        last.append(one)
    return Frontier(full.size * WIDTH + last.size, (*full.peaks, *last.peaks)).root


def _too_long(c: Any, place: Place, size: int) -> TileKey | None:
    """A tile at the edge that has more or fewer hashes than the size says."""
    edge = growing(size)
    tiles = read_tiles(c, place, edge)
    lengths = {(level, index): (size // WIDTH**level) % WIDTH for level, index in edge}
    return next((k for k in edge if len(tiles.get(k, b"")) != lengths[k] * HASH_BYTES), None)


def _signed(
    place: Place, size: int, roots: dict[int, bytes], signed: Sequence[checkpoints.Signed], key: SigningKey
) -> Iterator[Problem]:
    """Every checkpoint: its signature, what it says, and whether the tree still has that root at that size."""
    good = 0
    for one in signed:
        try:
            told = signed_checkpoint(one.note, key.origin(*place), key.trusted)
        except NotProven as error:
            yield Problem("checkpoint-bad", place, None, None, f"The checkpoint of size {one.size}: {error}.")
            continue
        if (told.size, told.root) != (one.size, one.root):
            detail = f"The checkpoint of size {one.size} is kept under another size or root than it signs."
            yield Problem("checkpoint-bad", place, None, None, detail)
        if told.size > size:
            detail = f"A checkpoint was signed of {told.size} entries; the tree has {size}."
            yield Problem("tree-shrunk", place, size, None, detail)
            return
        if roots[told.size] != told.root if told.size in roots else True:
            detail = f"The root signed for {told.size} entries is not reproduced: one of {good} to {told.size - 1}."
            yield Problem("checkpoint-differs", place, good, None, detail)
            return
        good = told.size
