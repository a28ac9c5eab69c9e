"""Letters that are to be sent: written with what they are about in one transaction, sent afterwards.

What a letter says is in the vault, and so is the address; here stands only that it is due.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.referrals.vault.addresses import AddressBook
from shared.store.store import Store

LEASE = timedelta(minutes=3)
"""For how long a letter is one process's; longer than a mail server may take."""
FIRST, LONGEST = timedelta(seconds=10), timedelta(minutes=10)
"""After how long it is tried again: twice as long each time, up to the longest."""

_TAKE = """
UPDATE letters SET due = %s WHERE id = (
    SELECT id FROM letters WHERE due <= %s AND until > %s ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING id, person, misses
"""


@dataclass(frozen=True)
class Letter:
    """One that is to be sent now: to which address, and what it says."""

    id: UUID
    person: UUID
    address: str
    says: Mapping[str, str]


@dataclass(frozen=True)
class Letters:
    """Thread-safe. Every method blocks on the databases and raises TryLater when one is away."""

    store: Store
    book: AddressBook
    now: Callable[[], datetime]

    def write(self, connection: Any, person: UUID, says: Mapping[str, str], until: datetime) -> None:
        """Write one, to be sent once `connection`'s transaction is committed, and not after `until`."""
        letter = uuid4()
        self.book.keep_letter(letter, json.dumps(dict(says)).encode("ascii"), until)
        connection.execute(
            "INSERT INTO letters (id, person, due, until) VALUES (%s, %s, %s, %s)",
            [letter, person, self.now(), until],
        )

    def take(self) -> Letter | None:
        """One that is due, for this process alone for some minutes. One to nobody is forgotten on the way."""
        while True:
            now = self.now()
            with self.store.transaction() as connection:
                row = connection.execute(_TAKE, [now + LEASE, now, now]).fetchone()
            if row is None:
                return None
            address = self.book.of([row["person"]]).get(row["person"])
            text = self.book.letter(row["id"])
            if address and text:
                return Letter(row["id"], row["person"], address, json.loads(text))
            self.done(row["id"])

    def done(self, letter: UUID) -> None:
        """It was sent, or never will be."""
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM letters WHERE id = %s", [letter])
        self.book.drop_letter(letter)

    def missed(self, letter: UUID) -> None:
        """The server did not take it now: later again."""
        with self.store.transaction() as connection:
            connection.execute(
                "UPDATE letters SET due = %s + least(%s * 2 ^ least(misses, 10), %s), misses = misses + 1"
                " WHERE id = %s",
                [self.now(), FIRST, LONGEST, letter],
            )

    def waiting(self, persons: Iterable[UUID] | None = None) -> frozenset[str]:
        """To whom of these (of all, if None) a letter could not be sent yet."""
        with self.store.transaction() as connection:
            rows = connection.execute(
                "SELECT DISTINCT person FROM letters WHERE misses > 0 AND until > %s"
                " AND (%s::uuid[] IS NULL OR person = ANY(%s))",
                [self.now(), *([None, None] if persons is None else [list(persons)] * 2)],
            ).fetchall()
        return frozenset(str(row["person"]) for row in rows)

    def forget(self) -> None:
        """Remove those whose time is over."""
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM letters WHERE until <= %s", [self.now()])
