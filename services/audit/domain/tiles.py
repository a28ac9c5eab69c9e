"""How a tree is stored, and which stored hashes a proof is made of. Pure.

A tile holds up to 256 neighbouring hashes of one height: level 0 the leaves, level 1 the roots of full tiles of
level 0, and so on (as C2SP tlog-tiles cuts them). The right-most tile of each level grows; a full one never
changes. A proof in a tree of 16 million leaves reads some six of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256

from services.audit.domain.proof.hashing import EMPTY_ROOT, HASH_BYTES, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT

TileKey = tuple[int, int]
"""Level and index of a tile."""
Node = tuple[int, int]
"""Height above the leaves and index of a perfect subtree."""
Range = tuple[int, int]
"""Leaves from the first on, up to but without the second."""


class Growth:
    """The right-most tiles of a tree, to which leaves are added."""

    def __init__(self, size: int, tiles: Mapping[TileKey, bytes]) -> None:
        """`tiles` are those of `growing(size)`. Raises ValueError if one is missing or has another length."""
        self.size = size
        self._open: list[list[bytes]] = []
        for level, (index, count) in enumerate(_open_tiles(size)):
            hashes = hashes_of(tiles.get((level, index), b""))
            if len(hashes) != count:
                raise ValueError("a tile is missing or has another length than the tree's size says")
            self._open.append(hashes)

    def append(self, leaf_hashes: Iterable[bytes]) -> dict[TileKey, bytes]:
        """Add leaves, given as their hashes. The tiles that changed, as they now are."""
        changed: dict[TileKey, bytes] = {}
        self.size += self._append(0, list(leaf_hashes), self.size, changed)
        return changed

    def _append(self, level: int, hashes: list[bytes], before: int, changed: dict[TileKey, bytes]) -> int:
        """`before` is how many hashes the level had."""
        if not hashes:
            return 0
        if level == len(self._open):
            self._open.append([])
        all_open, index = self._open[level] + hashes, before // WIDTH
        full = len(all_open) // WIDTH
        roots = []
        for n in range(full):
            tile = all_open[n * WIDTH : (n + 1) * WIDTH]
            changed[level, index + n] = b"".join(tile)
            roots.append(folded(tile))
        self._open[level] = rest = all_open[full * WIDTH :]
        if rest:
            changed[level, index + full] = b"".join(rest)
        self._append(level + 1, roots, index, changed)
        return len(hashes)


def _open_tiles(size: int) -> list[tuple[int, int]]:
    """Per level, the index of the tile that grows and how many hashes it has."""
    levels = []
    while size:
        levels.append((size // WIDTH, size % WIDTH))
        size //= WIDTH
    return levels


def growing(size: int) -> list[TileKey]:
    """The tiles that `Growth` needs to go on from `size`."""
    return [(level, index) for level, (index, count) in enumerate(_open_tiles(size)) if count]


def hashes_of(tile: bytes) -> list[bytes]:
    """The hashes in a tile."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def folded(hashes: Sequence[bytes]) -> bytes:
    """The root of a perfect tree over these hashes: their number is a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [sha256(b"\x01" + row[n] + row[n + 1]).digest() for n in range(0, len(row), 2)]
    return row[0]


def inclusion_path(index: int, size: int) -> list[Range]:
    """The subtrees whose roots prove the leaf, the lowest first (RFC 6962, 2.1.1). Needs index < size."""
    first, end, path = 0, size, []
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first = middle
    return path[::-1]


def consistency_path(old: int, new: int) -> list[Range]:
    """The subtrees whose roots prove that `new` grew from `old` (RFC 6962, 2.1.2). Needs 0 < old <= new."""
    first, end, whole, path = 0, new, True, []
    while end != old:
        middle = first + _split(end - first)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first, whole = middle, False
    if not whole:
        path.append((first, end))
    return path[::-1]


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def perfect(part: Range) -> list[Node]:
    """The perfect subtrees that a subtree of a tree consists of, the largest first."""
    first, end = part
    found = []
    while first < end:
        height = (end - first).bit_length() - 1
        found.append((height, first >> height))
        first += 1 << height
    return found


def tile_of(node: Node) -> TileKey:
    """The tile out of which the subtree's root is folded."""
    height, index = node
    return height // HEIGHT, (index << height % HEIGHT) // WIDTH


def tiles_of(parts: Iterable[Range]) -> list[TileKey]:
    """All tiles that `roots` needs for these subtrees."""
    return sorted({tile_of(node) for part in parts for node in perfect(part)})


def roots(parts: Iterable[Range], tiles: Mapping[TileKey, bytes]) -> list[bytes]:
    """The root of each subtree. Raises LookupError if a tile lacks what it should hold."""
    return [_root(part, lambda node: _hash_of(node, tiles)) for part in parts]


def _hash_of(node: Node, tiles: Mapping[TileKey, bytes]) -> bytes:
    height, index = node
    inner = height % HEIGHT
    first = ((index << inner) % WIDTH) * HASH_BYTES
    wanted = tiles[tile_of(node)][first : first + (HASH_BYTES << inner)]
    if len(wanted) != HASH_BYTES << inner:
        raise LookupError("a tile lacks hashes")
    return folded(hashes_of(wanted))


def _root(part: Range, hash_of: Callable[[Node], bytes]) -> bytes:
    nodes = perfect(part)
    if not nodes:
        return EMPTY_ROOT
    *rest, root = map(hash_of, nodes)
    for left in reversed(rest):
        root = node_hash(left, root)
    return root
