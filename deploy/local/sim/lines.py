"""What a check says: what must be none, of how many, and what of it there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: What is named of what is wrong; the rest is counted.
SHOWN = 12


@dataclass(frozen=True)
class Line:
    """One line of the verdict. `invariant`: DESIGN's name for it. All is well where nothing is `wrong`."""

    what: str
    invariant: str
    of: int
    wrong: tuple[str, ...] = ()
    count: int = 0
    """How many there are, named or not."""

    @classmethod
    def saying(cls, what: str, invariant: str, of: int, wrong: Iterable[str]) -> Line:
        """With as many of `wrong` named as are shown."""
        named: list[str] = []
        count = 0
        for one in wrong:
            count += 1
            if len(named) < SHOWN:
                named.append(one)
        return cls(what, invariant, of, tuple(named), count)

    def as_dict(self) -> dict[str, Any]:
        """As `--json` shows it."""
        return {"what": self.what, "invariant": self.invariant, "of": self.of, "wrong": self.count,
                "named": list(self.wrong)}  # fmt: skip

    def __str__(self) -> str:
        more = [f"    {one}" for one in self.wrong]
        if self.count > len(self.wrong):
            more.append(f"    … and {self.count - len(self.wrong):,} more")
        return "\n".join([f"{self.invariant:<3} {self.what:<62} {self.count:>7,} of {self.of:,}", *more])
