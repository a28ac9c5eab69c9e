"""Inclusion and consistency proofs of RFC 6962, verified as RFC 9162 (2.1.3.2 and 2.1.4.2) does.

Each says nothing when the proof holds and raises NotProven when it does not. What is checked first is what
verifiers are known to forget: that the index lies in the tree, that every hash has 32 bytes, that the proof is
exactly as long as it must be, that nothing is claimed to be consistent with the empty tree.
"""

from __future__ import annotations

from collections.abc import Sequence

from .errors import NotProven
from .hashing import HASH_BYTES, node_hash

#: Sizes and indexes are 63-bit numbers, as offsets are.
LARGEST = 2**63 - 1


def verify_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """That the leaf at `index` (from 0) of the tree of `size` leaves with `root` has this hash.

    Raises NotProven.
    """
    _check(size, [leaf_hash, root, *proof])
    if not 0 <= index < size:
        raise NotProven("the index does not lie within the tree")
    if len(proof) != inclusion_length(index, size):
        raise NotProven("the proof is not as long as a proof of this index and size")
    node, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if found != root:
        raise NotProven("the leaf and the proof lead to another root")


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """That the tree of `new_size` begins with all leaves of the tree of `old_size`, unchanged.

    Raises NotProven, also for an old tree that is empty: nothing would be proven.
    """
    _check(new_size, [old_root, new_root, *proof])
    if not 0 < old_size <= new_size:
        raise NotProven("the older tree is empty or larger than the newer one")
    if old_size == new_size:
        if proof:
            raise NotProven("the proof is not empty, though the sizes are the same")
        if old_root != new_root:
            raise NotProven("two roots for the same size")
        return
    _grow(old_size, old_root, new_size, new_root, list(proof))


def _grow(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: list[bytes]) -> None:
    if old_size & (old_size - 1) == 0:  # the old tree is perfect: its root is the first hash
        proof = [old_root, *proof]
    if not proof:
        raise NotProven("the proof is empty")
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if _both_roots(node, last, proof) != (old_root, new_root):
        raise NotProven("the proof leads to other roots")


def _both_roots(node: int, last: int, proof: list[bytes]) -> tuple[bytes, bytes]:
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            raise NotProven("the proof is too long")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise NotProven("the proof is too short")
    return old, new


def inclusion_length(index: int, size: int) -> int:
    """How many hashes the inclusion proof of this index has."""
    inner = (index ^ (size - 1)).bit_length()
    return inner + (index >> inner).bit_count()


def _check(size: int, hashes: Sequence[bytes]) -> None:
    if not 0 <= size <= LARGEST:
        raise NotProven("the size is not one of a tree")
    if any(len(one) != HASH_BYTES for one in hashes):
        raise NotProven("a hash has not 32 bytes")
