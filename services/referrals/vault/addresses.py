"""E-mail addresses of people, and letters to them until they are sent: sealed, and nowhere else.

A letter holds what opens a session: a link or a code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from threading import RLock
from typing import Any, Protocol
from uuid import UUID

import psycopg

from services.referrals.vault.key_file import Wrapping

Connection = psycopg.Connection[tuple[Any, ...]]


def plain(address: str) -> str:
    """The form in which two addresses are the same one."""
    return address.strip().casefold()


class AddressBook(Protocol):
    """Addresses by person, and letters by id. Every method may block and raises TryLater when the vault is away."""

    def digest(self, address: str) -> bytes:
        """By which an address is found again; nobody can guess it back without the key file. Does not block."""

    def keep(self, person: UUID, address: str) -> None:
        """Keep a person's address, in place of an earlier one."""

    def of(self, persons: Iterable[UUID]) -> dict[UUID, str]:
        """The addresses of those who have one."""

    def drop(self, person: UUID) -> None:
        """Forget a person's address."""

    def keep_letter(self, letter: UUID, text: bytes, until: datetime) -> None:
        """Keep what a letter says until then."""

    def letter(self, letter: UUID) -> bytes | None:
        """What it says, or None if it is not kept or its time is over."""

    def drop_letter(self, letter: UUID) -> None:
        """Forget it."""


class Addresses:
    """Keeps `AddressBook` on PostgreSQL; `connected` gives a connection (autocommit)."""

    def __init__(
        self,
        wrapping: Wrapping,
        now: Callable[[], datetime],
        connected: Callable[[], AbstractContextManager[Connection]],
    ) -> None:
        self._wrapping, self._now, self._connected = wrapping, now, connected

    def digest(self, address: str) -> bytes:
        """`AddressBook.digest`."""
        return self._wrapping.digest(plain(address).encode(), "address")

    def keep(self, person: UUID, address: str) -> None:
        """`AddressBook.keep`."""
        wrapped = self._wrapping.wrap(plain(address).encode(), "address", person)
        with self._connected() as connection:
            connection.execute(
                "INSERT INTO addresses VALUES (%s, %s)"
                " ON CONFLICT (person) DO UPDATE SET wrapped = excluded.wrapped",
                [person, wrapped],
            )

    def of(self, persons: Iterable[UUID]) -> dict[UUID, str]:
        """`AddressBook.of`: one query."""
        with self._connected() as connection:
            rows = connection.execute(
                "SELECT person, wrapped FROM addresses WHERE person = ANY(%s)", [list(persons)]
            ).fetchall()
        return {row[0]: self._wrapping.unwrap(bytes(row[1]), "address", row[0]).decode() for row in rows}

    def drop(self, person: UUID) -> None:
        """`AddressBook.drop`."""
        with self._connected() as connection:
            connection.execute("DELETE FROM addresses WHERE person = %s", [person])

    def keep_letter(self, letter: UUID, text: bytes, until: datetime) -> None:
        """`AddressBook.keep_letter`."""
        wrapped = self._wrapping.wrap(text, "letter", letter)
        with self._connected() as connection:
            connection.execute(
                "INSERT INTO letters VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", [letter, wrapped, until]
            )

    def letter(self, letter: UUID) -> bytes | None:
        """`AddressBook.letter`."""
        with self._connected() as connection:
            row = connection.execute(
                "SELECT wrapped FROM letters WHERE id = %s AND expires_at > %s", [letter, self._now()]
            ).fetchone()
        return self._wrapping.unwrap(bytes(row[0]), "letter", letter) if row else None

    def drop_letter(self, letter: UUID) -> None:
        """`AddressBook.drop_letter`."""
        with self._connected() as connection:
            connection.execute("DELETE FROM letters WHERE id = %s", [letter])

    def purge(self, connection: Connection, now: datetime) -> int:
        """Remove letters past their time."""
        return connection.execute("DELETE FROM letters WHERE expires_at <= %s", [now]).rowcount


class MemoryAddresses:
    """Keeps `AddressBook` in memory, for tests. `answering` gives its lock, or raises TryLater."""

    def __init__(self, now: Callable[[], datetime], answering: Callable[[], RLock]) -> None:
        self._now, self._answering = now, answering
        self._addresses: dict[UUID, str] = {}
        self._letters: dict[UUID, tuple[bytes, datetime]] = {}

    def digest(self, address: str) -> bytes:
        """`AddressBook.digest`: a test has nothing to hide."""
        return plain(address).encode()

    def keep(self, person: UUID, address: str) -> None:
        """`AddressBook.keep`."""
        with self._answering():
            self._addresses[person] = plain(address)

    def of(self, persons: Iterable[UUID]) -> dict[UUID, str]:
        """`AddressBook.of`."""
        with self._answering():
            return {person: self._addresses[person] for person in persons if person in self._addresses}

    def drop(self, person: UUID) -> None:
        """`AddressBook.drop`."""
        with self._answering():
            self._addresses.pop(person, None)

    def keep_letter(self, letter: UUID, text: bytes, until: datetime) -> None:
        """`AddressBook.keep_letter`."""
        with self._answering():
            self._letters.setdefault(letter, (text, until))

    def letter(self, letter: UUID) -> bytes | None:
        """`AddressBook.letter`."""
        with self._answering():
            text, until = self._letters.get(letter, (None, None))
        return text if until is not None and until > self._now() else None

    def drop_letter(self, letter: UUID) -> None:
        """`AddressBook.drop_letter`."""
        with self._answering():
            self._letters.pop(letter, None)

    def purge(self, now: datetime) -> int:
        """Remove letters past their time."""
        over = [letter for letter, (_, until) in self._letters.items() if until <= now]
        for letter in over:
            del self._letters[letter]
        return len(over)
