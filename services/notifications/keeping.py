"""What events make of the duties, in the caller's transaction: how each is kept, and what is to be appended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from services.notifications import duty_rows as rows
from services.notifications.books import Book, Books
from services.notifications.domain.duties import (
    NAMING,
    Kept,
    Said,
    as_said,
    kept_of,
    news,
    said_of,
    thing_of,
    void,
    with_next,
    with_said,
)
from services.notifications.domain.facts import Facts, Known
from services.notifications.known import load_facts
from services.notifications.records import Sources
from shared.events import Draft
from shared.events.data import Data
from shared.events.types.duty import duty_id
from shared.mou import Mou
from shared.mou.duties.happenings import Happening
from shared.mou.duties.rules import DutyRule
from shared.mou.duties.states import Duty
from shared.mou.owing import Owing, owing

Connection = psycopg.Connection[Any]
SERVICE = "/services/notifications"


@dataclass(frozen=True)
class Keeper:
    """Writes the duties of books that changed. Blocks on the database; one transaction's.

    Without `recording` nothing is to be appended: this is a rebuild, and the own events say what was.
    """

    connection: Connection
    books: Books
    sources: Sources
    now: datetime
    recording: bool = True

    def keep(self, read: Sequence[Book]) -> list[Draft]:
        """Keep what changed in these books; the events to append because of it."""
        found = [(book, duty, before) for book in read for duty, before in book.changed()]
        new = [
            (book.shelf.read[duty.opened_by], duty) for book, duty, before in found if duty and before is None
        ]
        known, said = self._known([opening for opening, _ in new]), self._said([duty for _, duty in new])
        kept: list[Kept] = []
        drafts: list[Draft] = []
        for book, duty, before in found:
            if duty is None:
                drafts += self._gone(book, before)
                continue
            after, told = self._stands(book, duty, before, known, said)
            book.kept[after.key] = after
            kept.append(after)
            drafts += [self._draft(after, data, book) for data in told]
        rows.delete(self.connection, [before.duty for _, duty, before in found if duty is None and before])
        rows.write(self.connection, kept)
        return drafts if self.recording else []

    def _gone(self, book: Book, before: Kept | None) -> list[Draft]:
        assert before is not None, "what is no duty any more was kept"
        del book.kept[before.key]
        if before.revision < 0:
            return []
        return [self._draft(before, void(before, book.cause(before.rule, before.matter)), book)]

    def _stands(
        self, book: Book, duty: Duty, before: Kept | None, known: Known, said: Mapping[str, Said]
    ) -> tuple[Kept, list[Data]]:
        """How the duty is kept from now on, and what is to be recorded of it."""
        mou, opening = self.books.mou(self.connection, duty.mouversion), book.shelf.read[duty.opened_by]
        own = said.get(str(duty_id(duty.rule.id, duty.opened_by))) if before is None else None
        if before is not None:
            who = Owing(before.owed_by, before.role)
        else:
            who = own.owing if own else owing(duty.rule, thing_of(opening, known), mou)
        now = kept_of(duty, opening, who, mou)
        if not self.recording:
            return with_next(with_said(now, own) if own else _with(now, before), duty.rule), []
        before = as_said(now, own) if own else before
        return news(before, now, duty.rule, duty.settled_by or book.cause(now.rule, now.matter))

    def _known(self, openings: Sequence[Happening]) -> dict[str, Facts]:
        """What is known of what new duties are about."""
        named = {what.subject for what in openings} | {
            what.text(name) for what in openings for name in NAMING
        }
        return load_facts(self.connection, sorted(filter(None, named)))

    def _said(self, new: Sequence[Duty]) -> dict[str, Said]:
        """What was said before of duties that are new here: this is a rebuild, or the store was restored."""
        ids = [str(duty_id(duty.rule.id, duty.opened_by)) for duty in new]
        events = rows.own_events(self.connection, ids) if ids else {}
        return {duty: said for duty, own in events.items() if (said := said_of(own)) is not None}

    def _draft(self, kept: Kept, data: Data, book: Book) -> Draft:
        cause = vars(data).get("by") or vars(data).get("because") or kept.opening
        what = book.shelf.read.get(cause)
        return draft_of(kept, data, self.now, self.sources, cause, what.recordedtime if what else None)


def draft_of(
    kept: Kept,
    data: Data,
    now: datetime,
    sources: Sources,
    cause: str,
    after: datetime | None = None,
) -> Draft:
    """The event of a duty that says `data`; `cause` is the event that brought it about, recorded at `after`."""
    return Draft(
        id=uuid4(),
        topic=sources.own,
        source=SERVICE,
        subject=UUID(kept.subject),
        time=now,
        stream=UUID(kept.duty),
        commandid=kept.duty,
        correlationid=kept.duty,
        actor="notifications",
        agency="county",
        purpose="coordinate",
        mouversion=kept.mouversion,
        clause=kept.clause,
        causationid=cause,
        after=after,
        data=data,
    )


def rule_of(mou: Mou, id: str) -> DutyRule:
    """The rule with this id. Raises LookupError."""
    found = next((rule for rule in mou.duties if rule.id == id), None)
    if found is None:
        raise LookupError(id)
    return found


def _with(now: Kept, before: Kept | None) -> Kept:
    """As it stands now, with what was said of it before."""
    if before is None:
        return now
    return replace(now, revision=before.revision, told_kind=before.told_kind, told_step=before.told_step)
