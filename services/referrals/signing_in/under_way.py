"""Sign-ins that have gone to the provider and not yet come back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.store.store import Store
from shared.web.site.cookie import Language

LASTS = timedelta(minutes=10)
"""How long the way to the provider and back may take."""


@dataclass(frozen=True)
class UnderWay:
    """A sign-in that has gone to the provider. `state` and `browser` are what must come back."""

    state: str
    browser: str
    issuer: str
    nonce: str
    verifier: str
    way_back: str
    language: Language


@dataclass(frozen=True)
class SignIns:
    """Keeps them until their way back. Thread-safe. Blocks on the database; raises TryLater when it is away."""

    store: Store
    now: Callable[[], datetime]

    def remember(self, sign_in: UnderWay) -> None:
        """Keep one."""
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO sign_ins VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    *(_digest(sign_in.state), _digest(sign_in.browser), sign_in.issuer, sign_in.nonce),
                    *(sign_in.verifier, sign_in.way_back, sign_in.language, self.now()),
                ],
            )

    def take_back(self, state: str, browser: str) -> UnderWay | None:
        """The sign-in that this browser began with this state, once and within ten minutes; else None."""
        with self.store.transaction() as connection:
            row = connection.execute(
                "DELETE FROM sign_ins WHERE state = %s AND browser = %s AND began > %s"
                " RETURNING issuer, nonce, verifier, way_back, language",
                [_digest(state), _digest(browser), self.now() - LASTS],
            ).fetchone()
        return UnderWay(state, browser, **row) if row else None

    def forget(self) -> None:
        """Remove those whose time is over."""
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM sign_ins WHERE began < %s", [self.now() - LASTS])


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
