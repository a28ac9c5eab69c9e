"""Which entry of an old list is which of a new one: by their names, and by how much they are alike. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from shared.mou.agreement import RoleMeaning, Signatory, TookPart
from shared.mou.document import DisclosureRow, MayRule, Party, ResponseTime
from shared.mou.duties.rules import Pattern, Step
from shared.mou.practice import EscalationStep, Member, NotificationTier, ReferralKind, SheetLine
from shared.mou.safety import GapRule, RefusedKind

#: What an entry is called by, where it has neither an id nor a code. Several may be called the same.
KEYS: Mapping[type[BaseModel], tuple[str, ...]] = {
    Party: ("agency",),
    Signatory: ("agency", "county"),
    TookPart: ("who",),
    RoleMeaning: ("role",),
    MayRule: ("act",),
    DisclosureRow: ("of", "needs"),
    ResponseTime: ("urgency",),
    Member: ("agency",),
    Step: ("queue",),
    Pattern: ("event", "act"),
    EscalationStep: ("queue",),
    NotificationTier: ("tier",),
    ReferralKind: ("kind",),
    SheetLine: ("part",),
    GapRule: ("flag",),
    RefusedKind: ("what",),
}

#: Places in the old and in the new list; None where there is no such entry.
Pair = tuple[int | None, int | None]


def key_of(one: BaseModel) -> str:
    """What an entry is called."""
    names = KEYS.get(type(one)) or next(
        ((name,) for name in ("id", "code", "label") if name in type(one).model_fields), ()
    )
    parts = [getattr(one, name) for name in names]
    return "+".join(
        "+".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in parts if part
    )


def pairs(old: Sequence[BaseModel], new: Sequence[BaseModel]) -> list[Pair]:
    """Each entry of both lists, once: what is the same, what is called the same or differs in one field only, and
    what is in one list alone. In the order of the new list; what is gone stands where it was."""
    found = dict(_same(old, new))
    left = [i for i in range(len(old)) if i not in found]
    right = [j for j in range(len(new)) if j not in set(found.values())]
    ranked = sorted(
        ((rank, i, j) for i in left for j in right if (rank := _rank(old[i], new[j])) is not None),
        key=lambda one: (one[0], abs(one[1] - one[2])),
    )
    for _, i, j in ranked:
        if i not in found and j not in found.values():
            found[i] = j
    whole: list[Pair] = [(i, found.get(i)) for i in range(len(old))]
    begun: list[Pair] = [(None, j) for j in range(len(new)) if j not in found.values()]
    return whole + begun


def _same(old: Sequence[BaseModel], new: Sequence[BaseModel]) -> Iterator[tuple[int, int]]:
    """What did not change: from the beginning, from the end, and wherever it moved to."""
    start, end = 0, 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        yield start, start
        start += 1
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
        yield len(old) - end, len(new) - end
    free = list(range(start, len(new) - end))
    for i in range(start, len(old) - end):
        if (j := next((j for j in free if new[j] == old[i]), None)) is not None:
            free.remove(j)
            yield i, j


def _rank(old: BaseModel, new: BaseModel) -> tuple[bool, int] | None:
    """How far apart two entries are; None if they are not the same thing at all."""
    differing = sum(getattr(old, name) != getattr(new, name) for name in type(old).model_fields)
    called_otherwise = key_of(old) != key_of(new)
    return None if called_otherwise and differing > 1 else (called_otherwise, differing)
