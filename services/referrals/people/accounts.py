"""Accounts of people without a provider: invited, accepted, removed. Their addresses are in the vault."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.referrals.people.letters import Letters
from services.referrals.vault.addresses import AddressBook
from shared.store.store import Store

LINK_LASTS = timedelta(days=7)
NOT_AGAIN = timedelta(minutes=1)
"""For how long after a letter no other is written to the same person."""
UNDO = timedelta(minutes=10)
"""For how long a removal can be taken back; the address is forgotten after it."""
#: What a link can be, besides good.
BadLink = Literal["over", "used", "elsewhere"]

_COLUMNS = "person, agency, invited, link_until, accepted, removed, unreachable"
_ACCEPT = f"""
UPDATE people SET accepted = %s WHERE link = %s AND accepted IS NULL AND removed IS NULL AND link_until > %s
RETURNING {_COLUMNS}
"""  # noqa: S608
_ELSEWHERE = """
SELECT 1 FROM people o JOIN people p ON p.address = o.address
WHERE p.link = %s AND o.person <> p.person AND o.accepted IS NOT NULL AND o.removed IS NULL
"""


@dataclass(frozen=True)
class Account:
    """Somebody's account at an agency. `unreachable`: since when the mail server takes nothing for the address."""

    person: str
    agency: str
    invited: datetime
    link_until: datetime | None = None
    accepted: datetime | None = None
    removed: datetime | None = None
    unreachable: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether its person may sign in."""
        return self.accepted is not None and self.removed is None


@dataclass(frozen=True)
class Accounts:
    """Thread-safe. Every method blocks on the databases and raises TryLater when one is away."""

    store: Store
    book: AddressBook
    letters: Letters
    now: Callable[[], datetime]

    def invite(self, person: UUID, agency: str, address: str) -> bool:
        """An account that waits for its person, and a letter with the link. A repeat changes nothing.

        Whether it is there; not, if the agency has another one for the address.
        """
        link, digest = _new_link()
        self.book.keep(person, address)
        with self.store.transaction() as connection:
            made = connection.execute(
                "INSERT INTO people (person, agency, address, link, link_until, invited)"
                " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING person",
                [person, agency, self.book.digest(address), digest, self.now() + LINK_LASTS, self.now()],
            ).fetchone()
            if made:
                self._write(connection, person, link)
        there = made is not None or self.of(str(person)) is not None
        if not there:
            self.book.drop(person)
        return there

    def invite_again(self, agency: str, person: str) -> bool:
        """A new link in a new letter; the former one opens nothing. Whether the agency has it, and it waits.

        Within a minute after a letter was written there is no other: whoever presses twice sends one.
        """
        link, digest = _new_link()
        waits = "agency = %s AND person = %s AND accepted IS NULL AND removed IS NULL"
        until = self.now() + LINK_LASTS
        with self.store.transaction() as connection:
            found = connection.execute(
                f"SELECT 1 FROM people WHERE {waits}",  # noqa: S608
                [agency, person],
            ).fetchone()
            row = connection.execute(
                "UPDATE people SET link = %s, link_until = %s, unreachable = NULL"  # noqa: S608
                f" WHERE {waits} AND link_until <= %s RETURNING person",
                [digest, until, agency, person, until - NOT_AGAIN],
            ).fetchone()
            if row:
                self._write(connection, UUID(person), link)
        return found is not None

    def _write(self, connection: Any, person: UUID, link: str) -> None:
        says = {"kind": "invitation", "link": link}
        self.letters.write(connection, person, says, self.now() + LINK_LASTS)

    def behind(self, link: str) -> Account | BadLink:
        """Whose invitation the link is, if it can be accepted; else why not."""
        with self.store.transaction() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM people WHERE link = %s",  # noqa: S608
                [_digest(link)],
            ).fetchone()
            other = connection.execute(_ELSEWHERE, [_digest(link)]).fetchone()
        account = _account(row) if row else None
        if account is None or account.removed:
            return "over"
        if account.accepted:
            return "used"
        if account.link_until is None or account.link_until <= self.now():
            return "over"
        return "elsewhere" if other else account

    def accept(self, link: str) -> Account | BadLink:
        """Accept the invitation, once."""
        found = self.behind(link)
        if not isinstance(found, Account):
            return found
        with self.store.transaction() as connection:
            row = connection.execute(_ACCEPT, [self.now(), _digest(link), self.now()]).fetchone()
        return _account(row) if row else "used"

    def accepted_with(self, link: str) -> Account | None:
        """Who accepted this invitation."""
        return self._one("link = %s AND accepted IS NOT NULL AND removed IS NULL", _digest(link))

    def of(self, person: str) -> Account | None:
        """The account of a person, also one that was removed."""
        return self._one("person = %s", person)

    def at(self, address: str) -> Account | None:
        """The account whose person signs in with this address."""
        return self._one(
            "address = %s AND accepted IS NOT NULL AND removed IS NULL", self.book.digest(address)
        )

    def here(self, agency: str, address: str) -> Account | None:
        """The agency's account for this address, accepted or not."""
        return self._one(
            "agency = %s AND address = %s AND removed IS NULL", agency, self.book.digest(address)
        )

    def of_agency(self, agency: str) -> list[Account]:
        """The agency's accounts that were not removed, in the order of their invitations."""
        with self.store.transaction() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM people WHERE agency = %s AND removed IS NULL ORDER BY invited",  # noqa: S608
                [agency],
            ).fetchall()
        return [_account(row) for row in rows]

    def remove(self, agency: str, person: str) -> None:
        """The person may not sign in any more, if the agency has the account. A repeat changes nothing."""
        with self.store.transaction() as connection:
            connection.execute(
                "UPDATE people SET removed = %s WHERE agency = %s AND person = %s AND removed IS NULL",
                [self.now(), agency, person],
            )

    def restore(self, agency: str, person: str) -> None:
        """Take a removal back, within its time. Raises Conflict if the address was invited anew meanwhile."""
        with self.store.transaction() as connection:
            connection.execute(
                "UPDATE people SET removed = NULL WHERE agency = %s AND person = %s AND removed > %s",
                [agency, person, self.now() - UNDO],
            )

    def unreachable(self, person: UUID) -> None:
        """The mail server takes nothing for its address."""
        with self.store.transaction() as connection:
            connection.execute("UPDATE people SET unreachable = %s WHERE person = %s", [self.now(), person])

    def forget(self) -> None:
        """Forget accounts whose removal cannot be taken back any more, with their addresses."""
        with self.store.transaction() as connection:
            rows = connection.execute(
                "SELECT person FROM people WHERE removed < %s", [self.now() - UNDO]
            ).fetchall()
        for row in rows:
            self.book.drop(row["person"])
            with self.store.transaction() as connection:
                connection.execute("DELETE FROM people WHERE person = %s", [row["person"]])

    def _one(self, where: str, *values: Any) -> Account | None:
        with self.store.transaction() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM people WHERE {where}",  # noqa: S608
                list(values),
            ).fetchone()
        return _account(row) if row else None


def _account(row: dict[str, Any]) -> Account:
    return Account(**{**row, "person": str(row["person"])})


def _new_link() -> tuple[str, bytes]:
    link = secrets.token_urlsafe(32)
    return link, _digest(link)


def _digest(link: str) -> bytes:
    return hashlib.sha256(link.encode()).digest()
