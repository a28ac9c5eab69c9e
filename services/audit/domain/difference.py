"""How one view of a case differs from another, field by field; applied to the one it gives the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.audit.domain.fields import Field


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that the two views do not share: what it is in each; None where the view has no such field."""

    path: str
    before: Field | None
    after: Field | None

    @property
    def kind(self) -> str:
        """`added`, `removed`, `changed`; `set-again` if another event set the same value."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "set-again" if self.before.value == self.after.value else "changed"


def difference(one: Mapping[str, Field], other: Mapping[str, Field]) -> list[Difference]:
    """Every field in which the views differ, by name."""
    paths = sorted(one.keys() | other.keys())
    return [Difference(p, one.get(p), other.get(p)) for p in paths if one.get(p) != other.get(p)]


def applied(differences: Iterable[Difference], one: Mapping[str, Field]) -> dict[str, Field]:
    """`one` with the differences. Raises ValueError if they were not made from it."""
    result = dict(one)
    for d in differences:
        if result.get(d.path) != d.before:
            raise ValueError("the difference was made from another view")
        if d.after is None:
            del result[d.path]
        else:
            result[d.path] = d.after
    return result
