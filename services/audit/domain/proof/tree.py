"""A tree that only grows, as the roots of its perfect subtrees: 20 hashes for a million leaves."""

from __future__ import annotations

from collections.abc import Iterable

from .hashing import EMPTY_ROOT, node_hash


class Frontier:
    """The right edge of a tree. Memory grows with the logarithm of its size."""

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """`peaks` are the roots of the perfect subtrees of `size`, the largest first.

        Raises ValueError if there are more or fewer of them than `size` has.
        """
        self.size, self._peaks = size, list(peaks)
        if len(self._peaks) != size.bit_count():
            raise ValueError("a tree of this size has another number of perfect subtrees")

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf, given as its hash."""
        peaks, full = self._peaks, self.size
        while full & 1:
            leaf_hash = node_hash(peaks.pop(), leaf_hash)
            full >>= 1
        peaks.append(leaf_hash)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The tree's root."""
        if not self._peaks:
            return EMPTY_ROOT
        *rest, root = self._peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of its perfect subtrees, the largest first."""
        return tuple(self._peaks)

    def copy(self) -> Frontier:
        """The same tree, to be grown apart."""
        return Frontier(self.size, self._peaks)
