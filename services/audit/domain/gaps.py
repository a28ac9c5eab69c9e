"""What is missing from a case: its streams are dense from version 1, so a hole shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.audit.domain.entry import Entry
from shared.events.types.concern import ConcernLinked


def gaps(entries: Iterable[Entry], held: Mapping[str, frozenset[int]]) -> list[str]:
    """Each hole in words. `held` are the versions of each stream that the ledger holds, of whatever subject.

    A stream must hold every version up to the last one among `entries`; a concern, up to the version that its
    case named when it took it in.
    """
    needed: dict[str, int] = {}
    for entry in entries:
        stream = entry.event.envelope.stream
        needed[stream] = max(needed.get(stream, 0), entry.event.version)
        if isinstance(entry.event.data, ConcernLinked):
            concern = entry.event.data.concern
            needed[concern] = max(needed.get(concern, 0), entry.event.data.concern_version)
    return [_words(s, _missing(held.get(s, frozenset()), n)) for s, n in needed.items() if _lacks(held, s, n)]


def _lacks(held: Mapping[str, frozenset[int]], stream: str, last: int) -> bool:
    return bool(_missing(held.get(stream, frozenset()), last))


def _missing(held: frozenset[int], last: int) -> list[int]:
    return [version for version in range(1, last + 1) if version not in held]


def _words(stream: str, missing: list[int]) -> str:
    named = ", ".join(ranges(missing))
    what = "version" if len(missing) == 1 else "versions"
    return f"Stream {stream} lacks {what} {named}: an event of it is not in the ledger."


def ranges(numbers: Sequence[int]) -> list[str]:
    """[1, 2, 3, 7] → ["1 to 3", "7"]."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return [str(a) if a == b else f"{a} to {b}" for a, b in runs]
