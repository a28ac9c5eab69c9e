"""What is due next, for one caller: the open duties of the queues of their roles. Blocks on the database.

Whose a duty is: whoever holds the role that owes it. So nobody is shown here what the feed would not tell them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifications.domain.duties import STANDING
from services.notifications.feed import Feed, Viewer
from services.notifications.known import Versions
from shared.mou.duties.states import State

_COLUMNS = (
    'd.duty, d.rule, d.opening, d.concern, d."case", d.about, d.mouversion, d.clause, d.opened_at, d.state,'
    " d.due_at, d.alarm_at, d.warn_at, d.queue"
)
#: Sorts what has no due time behind all that has one.
_DUE = "coalesce(d.due_at, 'infinity')"
#: Each queue's own next ones by its index, then the next of them all.
NEXT = (
    f"SELECT d.* FROM unnest(%(queues)s::text[]) q CROSS JOIN LATERAL (SELECT {_COLUMNS} FROM duties d"  # noqa: S608
    " WHERE d.queue = q AND d.state IN ('open', 'tolled')"
    f" AND ({_DUE}, d.duty) > (%(due)s::timestamptz, %(duty)s::uuid)"
    f" ORDER BY {_DUE}, d.duty LIMIT %(limit)s) d ORDER BY {_DUE}, d.duty LIMIT %(limit)s"
)
BEFORE_ALL = ("-infinity", UUID(int=0))


@dataclass(frozen=True)
class Due:
    """An open duty as it stands now. `says` is the rule's sentence; it is about a concern, a case or a referral."""

    duty: UUID
    rule: str
    says: str
    clause: str
    mouversion: str
    state: State
    opened_at: datetime
    due_at: datetime | None
    queue: str
    about_kind: str
    about: UUID
    opening: UUID


class DueNext:
    """The open duties in the database. Thread-safe; may block for a transaction's time and raise TryLater."""

    def __init__(self, feed: Feed) -> None:
        self._feed, self._versions = feed, Versions()

    def page(self, viewer: Viewer, after: tuple[str, UUID] | None, limit: int) -> list[Due]:
        """The viewer's next duties, the soonest due first, behind `after` (a due time or "infinity", and an id)."""
        due, duty = after or BEFORE_ALL
        values = {"queues": sorted(viewer.queues), "due": due, "duty": duty, "limit": limit}
        with self._feed.store.transaction() as connection:
            rows = connection.execute(NEXT, values).fetchall()
            return [self._due(connection, row) for row in rows]

    def _due(self, connection: Any, row: Mapping[str, Any]) -> Due:
        mou = self._versions.of(connection, row["mouversion"])
        rule = next((rule for rule in mou.duties if rule.id == row["rule"]), None) if mou else None
        referral = row["about"] if rule and rule.per == "referral" else None
        kind = "referral" if referral else "case" if row["case"] else "concern"
        return Due(
            duty=row["duty"],
            rule=row["rule"],
            says=rule.says if rule else row["rule"],
            clause=row["clause"],
            mouversion=row["mouversion"],
            state=state_at(row, self._feed.now()),
            opened_at=row["opened_at"],
            due_at=row["due_at"],
            queue=row["queue"],
            about_kind=kind,
            about=referral or row[kind],
            opening=row["opening"],
        )


def state_at(row: Mapping[str, Any], now: datetime) -> State:
    """What time makes of an open duty. Past its due time it is without record, and not missed: nobody said that."""
    assert row["state"] in STANDING, "asked of open duties only"
    if row["due_at"] is not None and now > row["due_at"]:
        return State.NO_RECORD
    if row["state"] == State.TOLLED:
        return State.TOLLED
    soon = any(row[name] is not None and now >= row[name] for name in ("alarm_at", "warn_at"))
    return State.DUE_SOON if soon else State.OPEN
