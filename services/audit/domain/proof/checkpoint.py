"""A checkpoint (C2SP tlog-checkpoint): what a log is at one size, in three lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import base64s
from .errors import NotProven
from .hashing import EMPTY_ROOT, HASH_BYTES
from .proofs import LARGEST

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log's name, how many leaves it has, and its root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Exactly what `str` gives. Raises NotProven.

        The standard allows further lines; no log of ours writes any, so they are refused.
        """
        origin, *rest = text.split("\n")
        if len(rest) != 3 or rest[2] or not origin:
            raise NotProven("a checkpoint has three lines: origin, size, root")
        if not _SIZE.fullmatch(rest[0]) or (size := int(rest[0])) > LARGEST:
            raise NotProven("the size is not a number as a checkpoint writes it")
        root = base64s.decoded(rest[1])
        if len(root) != HASH_BYTES or (size == 0 and root != EMPTY_ROOT):
            raise NotProven("the root is not one of a tree of this size")
        return cls(origin, size, root)

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64s.encoded(self.root)}\n"
