"""Who looks at a page: the person whom the session's cookie names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.web.callers import Caller

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "es")


@dataclass(frozen=True)
class Visitor:
    """A person who has signed in. `session` is a random id; `privacy`: names and free text are covered."""

    caller: Caller
    session: str
    language: Language = "en"
    privacy: bool = False


class SignInFirst(Exception):
    """This page is for people who have signed in. Answered with the way to the sign-in page and back."""
