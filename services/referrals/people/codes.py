"""One-time codes: eight digits by mail, for ten minutes, five tries, in the browser that asked."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.referrals.people.accounts import Account, Accounts
from services.referrals.people.letters import Letters
from shared.store.store import Store

DIGITS = 8
LASTS = timedelta(minutes=10)
TRIES = 5
MOST = 5
"""Codes for one address within `AMONG`; who asks for more gets the same page and no letter."""
AMONG = timedelta(hours=1)

_TRY = """
UPDATE codes SET tries = tries + 1 WHERE browser = %s AND used IS NULL AND tries < %s AND made > %s
RETURNING id, person, code, tries
"""


@dataclass(frozen=True)
class Wrong:
    """The code was not right; how often another can be tried."""

    left: int


@dataclass(frozen=True)
class Codes:
    """Thread-safe. Every method blocks on the databases and raises TryLater when one is away."""

    store: Store
    accounts: Accounts
    letters: Letters
    secret: bytes
    now: Callable[[], datetime]

    def send(self, address: str, browser: str) -> None:
        """A code to this address, for this browser. Nothing shows whether anybody has the address: the work is the
        same, and a letter to nobody is dropped when it is due."""
        account = self.accounts.at(address)
        code, made = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}", uuid4()
        digest = self.accounts.book.digest(address)
        with self.store.transaction() as connection:
            row = connection.execute(
                "SELECT count(*) AS n FROM codes WHERE address = %s AND made > %s",
                [digest, self.now() - AMONG],
            ).fetchone()
            if row and row["n"] >= MOST:
                return
            connection.execute(
                "INSERT INTO codes (id, browser, address, person, code, made) VALUES (%s, %s, %s, %s, %s, %s)",
                [
                    *(made, _digest(browser), digest),
                    *(account.person if account else None, self._digest(made, code), self.now()),
                ],
            )
            says = {"kind": "code", "code": code}
            to = UUID(account.person) if account else uuid4()
            self.letters.write(connection, to, says, self.now() + LASTS)

    def check(self, browser: str, typed: str) -> Account | Wrong | None:
        """Whose code it is, once; or how many tries are left; None if there is nothing to try any more."""
        with self.store.transaction() as connection:
            row = connection.execute(_TRY, [_digest(browser), TRIES, self.now() - LASTS]).fetchone()
            if row is None:
                return None
            right = hmac.compare_digest(bytes(row["code"]), self._digest(row["id"], typed))
            if not right:
                return Wrong(TRIES - row["tries"]) if row["tries"] < TRIES else None
            taken = connection.execute(
                "UPDATE codes SET used = %s WHERE id = %s AND used IS NULL RETURNING id",
                [self.now(), row["id"]],
            ).fetchone()
        account = self.accounts.of(str(row["person"])) if taken and row["person"] else None
        return account if account and account.active else None

    def forget(self) -> None:
        """Remove those that limit nothing any more."""
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM codes WHERE made < %s", [self.now() - AMONG])

    def _digest(self, id: UUID, code: str) -> bytes:
        return hmac.new(self.secret, f"one-time-code/{id}/{code}".encode(), hashlib.sha256).digest()


def as_typed(text: str) -> str:
    """A code as it was typed, without the blanks and lines that people put in."""
    return "".join(sign for sign in text if sign not in " -\u00a0\u2011\u2013")


def _digest(browser: str) -> bytes:
    return hashlib.sha256(browser.encode()).digest()
