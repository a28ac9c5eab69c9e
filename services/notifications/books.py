"""The books of the duties: what was recorded of each case and its concerns, and how each duty stands by it.

A worker keeps the books that it read last. Each is held against the number of happenings that the database has of
its group, so that what another worker did, or a transaction that failed did not do, is seen.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from services.notifications import duty_rows as rows
from services.notifications.domain.duties import Kept, stands
from services.notifications.domain.items import NO_MOU
from shared.mou import Mou
from shared.mou.duties.book import Shelf
from shared.mou.duties.happenings import Happening
from shared.mou.duties.states import Duty

Connection = psycopg.Connection[Any]
#: Groups whose books a worker keeps at most.
MOST_BOOKS = 500


@dataclass
class Book:
    """What was read of one group, and how its duties are kept, each by the engine's name for it."""

    shelf: Shelf
    kept: dict[str, Kept] = field(default_factory=dict)
    #: The last event read that bears on a line, by the line's rule and key.
    because: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """How many happenings were read."""
        return len(self.shelf.read)

    def add(self, what: Happening) -> None:
        """Read one more. Raises LookupError for a version of the MOU that is not here."""
        self.shelf.add(what)
        for line in self.shelf.reached:
            self.because[line.rule, line.key] = what.id

    def changed(self) -> Iterator[tuple[Duty | None, Kept | None]]:
        """Each duty that stands otherwise than it is kept; None if it is no duty any more, or is not kept yet."""
        gone = dict(self.kept)
        for duty in self.shelf.duties():
            before = gone.pop(duty.key, None)
            if before is None or before.revision < 0 or before.stands != stands(duty):
                yield duty, before
        for before in gone.values():
            yield None, before

    def cause(self, rule: str, matter: str) -> str | None:
        """The event read last that bears on a duty. A line of a whole case has no key."""
        return self.because.get((rule, matter)) or self.because.get((rule, ""))


class Books:
    """Reads happenings into books, in the caller's transaction. Not thread-safe; blocks on the database."""

    def __init__(self, mou_of: Callable[[Connection, str], Mou | None]) -> None:
        """`mou_of` gives a version of the MOU that is in the database, or None."""
        self._mou_of = mou_of
        self._books: OrderedDict[str, Book] = OrderedDict()
        self._first: str | None = None

    def forget(self) -> None:
        """Let go of every book."""
        self._books.clear()

    def read(self, connection: Connection, found: Sequence[Happening], *, adopted: bool) -> list[Book]:
        """The books of every group that these happenings are of, with them in it; several workers take turns.

        What was recorded before there was a memorandum counts under the first one, once it comes: `adopted` says
        that one came just now. Until then nothing is read.
        """
        if not found and not (adopted and self._first is None):
            return []
        rows.lock(connection)
        began = self._version(connection, adopted)
        groups = rows.take_in(connection, found, every=began)
        if self._first is None:
            return []
        for gone in groups.merged:
            self._books.pop(gone, None)
        fresh = defaultdict(list)
        for what in found:
            if what.id in groups.new:
                fresh[groups.of[what.subject]].append(what)
        touched = sorted(set(groups.of.values()) if began else fresh.keys())
        self._load(connection, touched, groups, fresh)
        return [self._with(group, fresh[group]) for group in touched]

    def mou(self, connection: Connection, version: str) -> Mou:
        """The version, or the first one for what came before any. Raises LookupError."""
        found = self._mou_of(connection, (self._first or version) if version == NO_MOU else version)
        if found is None:
            raise LookupError(version)
        return found

    def _version(self, connection: Connection, adopted: bool) -> bool:
        """Find the first version; True if it came just now, and all that waited for it is to be read."""
        if self._first is not None:
            return False
        self._first = rows.first_version(connection)
        return adopted and self._first is not None and rows.none_kept(connection)

    def _load(
        self,
        connection: Connection,
        touched: Sequence[str],
        groups: rows.Groups,
        fresh: Mapping[str, Sequence[Happening]],
    ) -> None:
        """Read anew what is not here, or not as the database has it."""
        missing = {
            member: group
            for group in touched
            if group not in self._books
            or self._books[group].read + len(fresh.get(group, ())) != groups.happenings[group]
            for member in groups.members[group]
        }
        if missing:
            books = {group: Book(Shelf(self._versions(connection))) for group in missing.values()}
            for what in rows.happenings_of(connection, list(missing)):
                if what.id not in groups.new:
                    books[missing[what.subject]].add(self._under(what))
            for kept in rows.duties_of(connection, list(missing)):
                books[missing[kept.subject]].kept[kept.key] = kept
            self._books |= books
        for group in touched:
            self._books.move_to_end(group)
        while len(self._books) > max(MOST_BOOKS, len(touched)):
            self._books.popitem(last=False)

    def _with(self, group: str, fresh: Sequence[Happening]) -> Book:
        book = self._books[group]
        book.because = {}
        for what in fresh:
            book.add(self._under(what))
        return book

    def _under(self, what: Happening) -> Happening:
        if what.mouversion != NO_MOU or self._first is None:
            return what
        return replace(what, mouversion=self._first)

    def _versions(self, connection: Connection) -> Callable[[str], Mou]:
        return lambda version: self.mou(connection, version)
