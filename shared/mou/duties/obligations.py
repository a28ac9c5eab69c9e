"""What is owed: at once over a history, or of a book that was read event by event. Both give the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.mou.duties.book import Book, MouOfVersion, Shelf
from shared.mou.duties.happenings import Happening
from shared.mou.duties.states import Duty, at


def obligations(
    history: Iterable[Happening], mou_of_version: MouOfVersion, now: datetime
) -> tuple[Duty, ...]:
    """Every duty as of `now`, the earliest opened first. Raises LookupError for a version that is not here."""
    shelf = Shelf(mou_of_version, sorted(history, key=lambda one: one.order))
    return standing(Book(shelf, len(shelf.read)), now)


def standing(book: Book, now: datetime, subject: str | None = None) -> tuple[Duty, ...]:
    """The same of a book: of every case, or of the one that this case or concern belongs to."""
    found = [at(duty, now) for duty in book.opened().duties(subject)]
    return tuple(sorted(found, key=lambda duty: (duty.opened_at, duty.key)))
