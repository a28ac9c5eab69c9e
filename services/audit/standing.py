"""How a record stands to those before it in its topic partition. Pure: what is known of them is an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.audit.records import Kept

Ranges = tuple[tuple[int, int], ...]


class Standing(StrEnum):
    """What a record is. All but FIRST are findings; FIRST, HOLE_BEFORE and OUT_OF_ORDER have effect."""

    FIRST = "first"
    REPEAT = "repeat"
    OTHER_BYTES = "other-bytes"
    FOREIGN = "foreign"
    HOLE_BEFORE = "hole-before"
    OUT_OF_ORDER = "out-of-order"


#: A record of these is the one of its sequence; of the others, another one is.
WITH_EFFECT = (Standing.FIRST, Standing.HOLE_BEFORE, Standing.OUT_OF_ORDER)


@dataclass(frozen=True, slots=True)
class Stood:
    """A record and how it stands. `held` says that an earlier generation of the topic had just these bytes."""

    kept: Kept
    standing: Standing
    detail: str = ""
    held: bool = False

    @property
    def has_effect(self) -> bool:
        """Whether it is the record of its sequence, and new."""
        return self.standing in WITH_EFFECT and not self.held


@dataclass(frozen=True, slots=True)
class Known:
    """The record that the ledger holds for a sequence: its bytes, and of which generation of the topic."""

    leaf: bytes
    generation: int


@dataclass(slots=True)
class Tail:
    """Where a partition's ledger ends: the last sequence, and the sequences below it that never came."""

    sequence: int
    generation: int = 0
    holes: Ranges = ()

    @property
    def dense(self) -> int:
        """The last sequence up to which nothing is missing."""
        return self.holes[0][0] - 1 if self.holes else self.sequence


def behind(tail: Tail, batch: Sequence[Kept]) -> list[int]:
    """The sequences whose earlier record has to be looked up before `stand` can judge the batch."""
    return sorted({k.sequence for k in batch if k.sequence is not None and k.sequence <= tail.sequence})


def stand(tail: Tail, batch: Sequence[Kept], lookup: Callable[[int], Known | None]) -> list[Stood]:
    """How each record of the batch (one partition, in offset order) stands. Moves `tail`.

    `lookup` gives the record of a sequence that the ledger held before this batch.
    """
    here: dict[int, Kept] = {}
    found = []
    for kept in batch:
        stood = _one(tail, kept, here, lookup)
        if kept.sequence is not None and stood.standing in WITH_EFFECT and not stood.held:
            here[kept.sequence] = kept
        found.append(stood)
    return found


def _one(tail: Tail, kept: Kept, here: dict[int, Kept], lookup: Callable[[int], Known | None]) -> Stood:
    sequence = kept.sequence
    if sequence is None:
        return Stood(kept, Standing.FOREIGN, "It has no sequence of a relay: another program wrote it.")
    if sequence == tail.sequence + 1:
        tail.sequence = sequence
        return Stood(kept, Standing.FIRST)
    if sequence > tail.sequence:
        first, last = tail.sequence + 1, sequence - 1
        tail.holes, tail.sequence = (*tail.holes, (first, last)), sequence
        return Stood(kept, Standing.HOLE_BEFORE, f"Sequences {first} to {last} are missing before it.")
    before = here.get(sequence)
    known = Known(before.leaf, tail.generation) if before else lookup(sequence)
    if known is None:
        tail.holes = filled(tail.holes, sequence)
        return Stood(kept, Standing.OUT_OF_ORDER, "It came after later sequences.")
    if known.leaf != kept.leaf:
        return Stood(kept, Standing.OTHER_BYTES, "The ledger holds other bytes for this sequence.")
    if known.generation < tail.generation:
        return Stood(kept, Standing.REPEAT, held=True)
    return Stood(kept, Standing.REPEAT, "The same record came before, byte for byte.")


def filled(holes: Iterable[tuple[int, int]], sequence: int) -> Ranges:
    """The holes after `sequence` came."""
    left: list[tuple[int, int]] = []
    for first, last in holes:
        if first <= sequence <= last:
            left += [(a, b) for a, b in ((first, sequence - 1), (sequence + 1, last)) if a <= b]
        else:
            left.append((first, last))
    return tuple(left)
