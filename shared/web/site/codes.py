"""Short codes by which people name a thing on the telephone: from its random id, so they tell nothing of it."""

from __future__ import annotations

from uuid import UUID

#: Crockford's base 32: no letter that is taken for a digit.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_KINDS = {"referral": "R", "case": "C", "concern": "K", "deadletter": "D", "person": "P", "letter": "L"}
LENGTH = 6


def code_of(kind: str, id: UUID | str) -> str:
    """`R-7F3K2Q`: the first 30 bits of the id. Two things of a county have the same one in a thousand million."""
    number = UUID(str(id)).int >> (128 - 5 * LENGTH)
    code = "".join(_LETTERS[number >> 5 * n & 31] for n in reversed(range(LENGTH)))
    return f"{_KINDS.get(kind, 'X')}-{code}"
