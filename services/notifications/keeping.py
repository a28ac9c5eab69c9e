"""What events make of the duties, in the caller's transaction: how each is kept, and what is to be appended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from services.notifications import duty_rows as rows
from services.notifications.books import Book, Books
from services.notifications.domain.duties import (
    NAMING,
    VOID,
    Kept,
    Said,
    as_said,
    kept_of,
    news,
    said_of,
    thing_of,
    void,
    with_next,
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
        known, said = self._known(found), self._said(found)
        kept: list[Kept] = []
        drafts: list[Draft] = []
        for book, duty, before in found:
            if duty is None and (before is None or before.state == VOID):
                continue
            after, told = self._one(book, duty, before, known, said)
            book.kept[after.key] = after
            kept.append(after)
            drafts += [self._draft(after, data, book) for data in told]
        rows.write(self.connection, kept)
        return drafts

    def _one(
        self, book: Book, duty: Duty | None, before: Kept | None, known: Known, said: dict[str, Said]
    ) -> tuple[Kept, list[Data]]:
        if duty is None:
            assert before is not None, "asked by keep"
            rule = rule_of(self.books.mou(self.connection, before.mouversion), before.rule)
            now = void(before)
        else:
            rule = duty.rule
            now, before = self._as_kept(book.shelf.read[duty.opened_by], duty, before, known, said)
        if not self.recording:
            return _as_before(now, before, rule), []
        because = duty.settled_by if duty else None
        return news(
            before, now, rule, because or book.cause(now.rule, now.about or now.concern or now.subject)
        )

    def _as_kept(
        self, opening: Happening, duty: Duty, before: Kept | None, known: Known, said: dict[str, Said]
    ) -> tuple[Kept, Kept | None]:
        mou = self.books.mou(self.connection, duty.mouversion)
        if before is not None:
            return kept_of(duty, opening, Owing(before.owed_by, before.role), mou), before
        own = said.get(str(duty_id(duty.rule.id, duty.opened_by)))
        who = own.owing if own else owing(duty.rule, thing_of(opening, known), mou)
        now = kept_of(duty, opening, who, mou)
        return now, as_said(now, own, duty.rule) if own else None

    def _known(self, found: Sequence[tuple[Book, Duty | None, Kept | None]]) -> dict[str, Facts]:
        """What is known of what new duties are about."""
        ids = {
            id
            for book, duty, before in found
            if duty is not None and before is None
            for opening in [book.shelf.read[duty.opened_by]]
            for id in (opening.subject, *map(opening.text, NAMING))
            if id is not None
        }
        return load_facts(self.connection, sorted(ids))

    def _said(self, found: Sequence[tuple[Book, Duty | None, Kept | None]]) -> dict[str, Said]:
        """What was said before of duties that are new here: this is a rebuild, or the store was restored."""
        new = [
            str(duty_id(duty.rule.id, duty.opened_by)) for _, duty, before in found if duty and before is None
        ]
        events = rows.own_events(self.connection, new) if new else {}
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


def _as_before(now: Kept, before: Kept | None, rule: DutyRule) -> Kept:
    """As it stands now, with what was said of it before."""
    if before is None:
        return now
    told = replace(now, revision=before.revision, told_kind=before.told_kind, told_step=before.told_step)
    return with_next(told, rule)
