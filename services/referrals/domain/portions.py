"""An event has a limit and a report has none: what one event cannot hold goes on in the next (DESIGN 1, rule 4).

Small classes come first and whole. The largest is cut, first between its facts, then within a text, always
between characters, so that the texts of one name, joined, are the text that was stated.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from services.referrals.domain.facts import Clear, Fact
from services.referrals.domain.kept import AS_SUBMITTED
from shared.errors import Refusal
from shared.events.names import SealedClass
from shared.events.sealing import MAX_SEALED, plain, plain_room, sealed_length
from shared.events.types.concern import ConcernContinued

#: Facts whose names are too long to be repeated beside each piece stand as one text.
LONGEST_NAME = 1_000
#: Not worth a piece: the rest of so small a room is left empty.
LEAST = 1_024
#: Said to those who are refused: what surely fits, in bytes of UTF-8, all classes together.
SURELY_FITS = 40_000


class _Portion:
    """The facts of one event, and how long they are once sealed."""

    def __init__(self) -> None:
        self.facts: dict[SealedClass, dict[str, Any]] = {}
        self._sizes: dict[SealedClass, int] = {}

    def room(self, cls: SealedClass) -> int:
        """Bytes that a further fact of this class may have here."""
        others = sum(sealed_length(c, size) for c, size in self._sizes.items() if c != cls)
        return plain_room(cls, MAX_SEALED - others) - self._sizes.get(cls, len("{}"))

    def add(self, cls: SealedClass, name: str, value: Any) -> None:
        self.facts.setdefault(cls, {})[name] = value
        self._sizes[cls] = self._sizes.get(cls, len("{}")) + _size(name, value)


def length(clear: Clear) -> int:
    """How many characters these facts have once sealed, all classes together."""
    return sum(sealed_length(cls, len(plain(facts))) for cls, facts in clear.items() if facts)


def portions(clear: Clear) -> list[Clear]:
    """`clear` in as many portions as events are needed: one, if it fits. Pure; nothing is left out."""
    if length(clear) <= MAX_SEALED:
        return [clear]
    done = [_Portion()]
    waiting = deque(_items(clear))
    while waiting:
        cls, name, value = waiting.popleft()
        here = done[-1]
        if _size(name, value) <= here.room(cls):
            here.add(cls, name, value)
        elif isinstance(value, str) and here.room(cls) >= LEAST + LONGEST_NAME:
            cut = _cut(name, value, here.room(cls))
            here.add(cls, name, value[:cut])
            waiting.appendleft((cls, name, value[cut:]))
        elif here.facts:
            done.append(_Portion())
            waiting.appendleft((cls, name, value))
        else:  # alone and no text: as the text of its JSON it can be cut
            waiting.appendleft((cls, name, plain({name: value}).decode("utf-8")))
    return [portion.facts for portion in done]


def continued(first: Fact) -> list[Fact]:
    """The fact, and those that its sealed facts go on in, each an event of the same stream; flagged by class."""
    seals = portions(first.seal)
    if len(seals) == 1:
        return [first]
    cut = sorted({cls for seal in seals[1:] for cls in seal})
    flags = (*getattr(first.data, "flags", ()), *(f"continued.{cls}" for cls in cut))
    concern = str(getattr(first.data, "concern", ""))
    rest = [
        replace(first, data=ConcernContinued(concern=concern, part=n, sealed={}), seal=seal)
        for n, seal in enumerate(seals[1:], 2)
    ]
    return [replace(first, data=first.data.model_copy(update={"flags": flags}), seal=seals[0]), *rest]


def fits(clear: Clear) -> bool:
    """Whether one event holds them all."""
    return length(clear) <= MAX_SEALED


def require_fit(clear: Clear, clause: str = "none") -> None:
    """What is no safety fact fits one event or is refused. Raises Refusal `too-large` naming the largest class."""
    if fits(clear):
        return
    largest = max(clear, key=lambda cls: len(plain(clear[cls])))
    detail = f"The sealed facts have more than the {MAX_SEALED:,} characters that one event holds."
    remedy = (
        f"Shorten this class; {SURELY_FITS:,} bytes in all classes together always fit. Long texts belong in"
        " your own system: its number is enough here."
    )
    raise Refusal(clause, "too-large", detail, remedy, f"/clear/{largest}")


def _items(clear: Clear) -> Iterator[tuple[SealedClass, str, Any]]:
    """The facts one by one, the smallest class first."""
    for cls, facts in sorted(clear.items(), key=lambda item: len(plain(item[1]))):
        yield from ((cls, name, value) for name, value in _short_named(facts).items())


def _short_named(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    if all(len(plain({name: 0})) <= LONGEST_NAME for name in facts):
        return facts
    return {AS_SUBMITTED: plain(facts).decode("utf-8")}


def _size(name: str, value: Any) -> int:
    """Bytes of a fact within its class, with a comma."""
    return len(plain({name: value})) - len("{}") + len(",")


def _cut(name: str, text: str, room: int) -> int:
    """How many characters of `text` fit `room`, at least one."""
    least, most = 1, len(text)
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if _size(name, text[:middle]) <= room else (least, middle - 1)
    return least
