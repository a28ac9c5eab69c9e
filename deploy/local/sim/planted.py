"""I7: an invented name in the topics, as it stands or in the forms in which a leak would carry it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.local.sim.invented import MARKER
from deploy.local.sim.lines import Line
from shared.bus.record import Record


def needles(word: str) -> frozenset[bytes]:
    """What to look for in bytes in lower case: the word in UTF-8 and UTF-16, in hex, URL- and JSON-escaped."""
    found = [word.lower().encode(), word.lower().encode("utf-16-le")]
    for spelling in _spellings(word):
        found += [spelling.encode().hex().encode(), "".join(f"%{b:02x}" for b in spelling.encode()).encode()]
        found += ["".join(f"\\u{ord(c):04x}" for c in spelling).encode()]
    return frozenset(found)


def _spellings(word: str) -> tuple[str, str, str]:
    return word, word.lower(), word.upper()


def base64_needles(word: str) -> frozenset[bytes]:
    """The characters of base64 that the word alone decides, for each place it may have in a group of three."""
    found = set()
    for spelling in (one.encode() for one in _spellings(word)):
        for shift in range(3):
            whole = base64.b64encode(b"\0" * shift + spelling)
            found.add(whole[(shift * 8 + 5) // 6 : (shift + len(spelling)) * 8 // 6])
    return frozenset(
        found
    )  # the word's letters use no character that the two alphabets of base64 write differently


class Planted:
    """Looks through key, headers and value of every record; of whole topics, whatever their records are."""

    def __init__(self, of: str = "records", word: str = MARKER) -> None:
        self._of = of
        self._folded, self._exact = needles(word), base64_needles(word)
        self._count, self._wrong = 0, list[str]()

    def see(self, record: Record, event: Mapping[str, Any]) -> None:
        """See Check."""
        self._count += 1
        blob = b"\n".join([record.key or b"", *(v for _, v in record.headers), record.value or b""])
        folded = blob.lower()
        if any(needle in folded for needle in self._folded) or any(needle in blob for needle in self._exact):
            self._wrong.append(f"{record.topic}/{record.partition} at {record.offset}")

    def lines(self) -> Iterator[Line]:
        """See Check."""
        yield Line.saying(f"{self._of} with an invented name in them", "I7", self._count, self._wrong)
