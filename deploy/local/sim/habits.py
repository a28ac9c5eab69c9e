"""The tables of `county.toml`, and drawing from them. No I/O but reading that one file."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent / "county.toml"
#: No wait before a step is longer than so many of its mean.
MOST_MEANS = 5.0


class Habits:
    """How a county behaves. Tables are named by their path: `referral.first`."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._tables = tables

    def table(self, path: str) -> Any:
        """The table, share or number at this path. Raises KeyError."""
        found: Any = self._tables
        for name in path.split("."):
            found = found[name]
        return found

    def pick(self, chance: random.Random, path: str, among: frozenset[str] | None = None) -> str:
        """One name of a table of weights, drawn by weight; of those in `among`, if given."""
        weights = {n: w for n, w in self.table(path).items() if among is None or n in among}
        return str(chance.choices(list(weights), list(weights.values()))[0])

    def happens(self, chance: random.Random, path: str) -> bool:
        """Whether something of this share happens."""
        return chance.random() < float(self.table(path))

    def wait(self, chance: random.Random, path: str) -> float:
        """Seconds, with the mean at this path."""
        mean = float(self.table(path))
        return min(chance.expovariate(1 / mean), MOST_MEANS * mean)


@cache
def habits() -> Habits:
    """Those of `county.toml`."""
    return Habits(tomllib.loads(TABLES.read_text(encoding="utf-8")))
