"""Short codes by which people name a thing on the telephone: from its random id, so they tell nothing of it."""

from __future__ import annotations

import re
from uuid import UUID

from markupsafe import Markup, escape

#: Crockford's base 32: no letter that is taken for a digit.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_KINDS = {
    "referral": "R",
    "case": "C",
    "concern": "K",
    "deadletter": "D",
    "event": "E",
    "letter": "L",
    "matter": "M",
    "notice": "N",
    "person": "P",
    "screening": "S",
}
LENGTH = 6


#: A code as pages show it.
_SHOWN = re.compile(rf"\b[{''.join(_KINDS.values())}]-[{_LETTERS}]{{{LENGTH}}}\b")


def unbroken(text: str) -> Markup:
    """The text for a page, its codes each kept on one line. Markup in it stays as it is."""
    return Markup(_SHOWN.sub(r'<span class="accord-code">\g<0></span>', str(escape(text))))  # noqa: S704 - escaped


def code_of(kind: str, id: UUID | str) -> str:
    """`R-7F3K2Q`: the first 30 bits of the id. Two things of a county have the same one in a thousand million."""
    number = UUID(str(id)).int >> (128 - 5 * LENGTH)
    code = "".join(_LETTERS[number >> 5 * n & 31] for n in reversed(range(LENGTH)))
    return f"{_KINDS.get(kind, 'X')}-{code}"


#: A code as people type it: small letters, no hyphen, no kind; O, I and L are taken for the digits they look like.
_TYPED = re.compile(rf"([RCKD])?[-\s]?([{_LETTERS}OIL]{{{LENGTH}}})", re.IGNORECASE)
_LOOKS_LIKE = str.maketrans("OIL", "011")


def ids_of(code: str) -> tuple[str | None, UUID, UUID] | None:
    """The kind that a code names, if any, and the first and last id that can have it; None: it is no code."""
    found = _TYPED.fullmatch(code.strip())
    if found is None:
        return None
    number = 0
    for letter in found[2].upper().translate(_LOOKS_LIKE):
        number = number << 5 | _LETTERS.index(letter)
    rest = 128 - 5 * LENGTH
    first = number << rest
    kinds = {letter: kind for kind, letter in _KINDS.items()}
    return kinds.get((found[1] or "").upper()), UUID(int=first), UUID(int=first + (1 << rest) - 1)
