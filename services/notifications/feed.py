"""Reading and changing the feed for one caller. Blocks on the database.

Whose an item is: the person it names, or everybody who holds the role of its queue `<agency>/<role>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from services.notifications import writing
from services.notifications.records import Sources
from shared.events import Draft
from shared.events.types.notification import NotificationAcknowledged
from shared.store.store import Store

SERVICE = "/services/notifications"

_COLUMNS = (
    "i.id, i.event, i.type, i.about_kind, i.about, i.recordedtime, i.recipient, i.tier, i.clause, i.rule,"
    " i.reason, i.needs_ack, i.mouversion, i.urgency, i.respond_by, i.status, i.acknowledged_by,"
    " i.acknowledged_at"
)
_READ = "EXISTS (SELECT FROM read_marks r WHERE r.item = i.id AND r.person = %(person)s)"


@dataclass(frozen=True)
class Viewer:
    """Whose feed it is: a person's random id and the queues of the roles held."""

    person: str
    agency: str
    queues: frozenset[str]
    purpose: str = "coordinate"

    @classmethod
    def of(cls, person: str, agency: str, roles: Iterable[str], purpose: str = "coordinate") -> Viewer:
        """The viewer with these roles."""
        return cls(person, agency, frozenset(f"{agency}/{role}" for role in roles), purpose)

    @property
    def addresses(self) -> list[str]:
        """Every recipient that is this viewer."""
        return [self.person, *sorted(self.queues)]


@dataclass(frozen=True)
class Filter:
    """Which items: unread by the viewer only, not yet acknowledged only, of one tier only.

    `waiting`: those that somebody still has to take in hand, or that the viewer has not read.
    """

    unread: bool = False
    open: bool = False
    tier: str | None = None
    waiting: bool = False


@dataclass(frozen=True)
class Change:
    """Something new in the feed: an item `delivered`, `acknowledged`, or `read` by `person`."""

    number: int
    kind: str
    person: str
    item: dict[str, Any]


class Feed:
    """The feed in the database. Thread-safe; every method may block for a transaction's time and raise TryLater."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(
        self, viewer: Viewer, wanted: Filter, after: tuple[datetime, UUID] | None, limit: int
    ) -> tuple[list[dict[str, Any]], int]:
        """A page of the viewer's items, newest first, and how many there are unread in all."""
        conditions = ["i.recipient = ANY(%(addresses)s)"]
        if wanted.tier:
            conditions.append("i.tier = %(tier)s")
        if wanted.open:
            conditions.append("i.acknowledged_by IS NULL")
        if wanted.unread:
            conditions.append(f"NOT {_READ}")
        if wanted.waiting:
            conditions.append(f"((i.needs_ack AND i.acknowledged_by IS NULL) OR NOT {_READ})")
        if after:
            conditions.append("(i.recordedtime, i.id) < (%(time)s, %(id)s)")
        values = {
            "addresses": viewer.addresses,
            "person": viewer.person,
            "tier": wanted.tier,
            "limit": limit,
            "time": after[0] if after else None,
            "id": after[1] if after else None,
        }
        with self._store.transaction() as connection:
            # One snapshot for list and count, so that a badge never differs from the list it stands on.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            rows = connection.execute(
                f"SELECT {_COLUMNS}, {_READ} AS read FROM items i WHERE {' AND '.join(conditions)}"  # noqa: S608
                " ORDER BY i.recordedtime DESC, i.id DESC LIMIT %(limit)s",
                values,
            ).fetchall()
            count = connection.execute(
                f"SELECT count(*) AS n FROM items i WHERE i.recipient = ANY(%(addresses)s) AND NOT {_READ}",  # noqa: S608
                values,
            ).fetchone()
        return list(rows), int(count["n"]) if count else 0

    def item(self, viewer: Viewer, item: UUID) -> dict[str, Any] | None:
        """One item of the viewer's, or None."""
        with self._store.transaction() as connection:
            return self._item(connection, viewer, item)

    def acknowledge(
        self, viewer: Viewer, item: UUID, traceparent: str | None = None
    ) -> dict[str, Any] | None:
        """Note that the viewer has it in hand; the first counts and a second changes nothing. None: not theirs.

        The item, its event and its change are one transaction. Raises Conflict if two come at one moment.
        """
        with self._store.transaction() as connection:
            found = self._item(connection, viewer, item, " FOR UPDATE")
            if found is None or found["acknowledged_by"] is not None:
                return found
            (appended,) = self._store.append(
                connection, [_acknowledged(viewer, found, self._store.now(), traceparent)], {}
            )
            connection.execute(
                "UPDATE items SET status = 'acknowledged', acknowledged_by = %s, acknowledged_at = %s"
                " WHERE id = %s",
                [viewer.person, appended.recordedtime, item],
            )
            self._mark_read(connection, viewer, item)
            writing.changes(connection, [(item, "acknowledged")])
            return self._item(connection, viewer, item)

    def mark_read(self, viewer: Viewer, item: UUID) -> dict[str, Any] | None:
        """Note that the viewer has read it; again changes nothing. None: not theirs."""
        with self._store.transaction() as connection:
            if self._item(connection, viewer, item) is None:
                return None
            self._mark_read(connection, viewer, item)
            return self._item(connection, viewer, item)

    def _mark_read(self, connection: Any, viewer: Viewer, item: UUID) -> None:
        # Not rowcount: in a pipeline it is not known until a result is fetched.
        marked = connection.execute(
            "INSERT INTO read_marks VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING item",
            [item, viewer.person, self._store.now()],
        ).fetchone()
        if marked:
            writing.changes(connection, [(item, "read")], viewer.person)

    def _item(self, connection: Any, viewer: Viewer, item: UUID, lock: str = "") -> dict[str, Any] | None:
        found: dict[str, Any] | None = connection.execute(
            f"SELECT {_COLUMNS}, i.subject, i.correlation, {_READ} AS read FROM items i"  # noqa: S608
            f" WHERE i.id = %(id)s AND i.recipient = ANY(%(addresses)s){lock and ' FOR UPDATE OF i'}",
            {"id": item, "addresses": viewer.addresses, "person": viewer.person},
        ).fetchone()
        return found

    def last_change(self) -> int:
        """The number of the last change that was given out."""
        with self._store.transaction() as connection:
            row = connection.execute("SELECT last FROM change_counter").fetchone()
        return int(row["last"]) if row else 0

    def changes(self, viewer: Viewer, after: int, upto: int, limit: int = 500) -> list[Change]:
        """The viewer's changes after one number, up to and with another, in order."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                f"SELECT c.number, c.kind, c.person, {_COLUMNS}, {_READ} AS read FROM changes c"  # noqa: S608
                " JOIN items i ON i.id = c.item WHERE c.number > %(after)s AND c.number <= %(upto)s"
                " AND i.recipient = ANY(%(addresses)s) AND c.person IN ('', %(person)s)"
                " ORDER BY c.number LIMIT %(limit)s",
                {
                    "after": after,
                    "upto": upto,
                    "addresses": viewer.addresses,
                    "person": viewer.person,
                    "limit": limit,
                },
            ).fetchall()
        return [change_of(row) for row in rows]

    def secret(self, name: str, fresh: bytes) -> bytes:
        """The service's secret of this name, made of `fresh` the first time."""
        with self._store.transaction() as connection:
            connection.execute("INSERT INTO secrets VALUES (%s, %s) ON CONFLICT DO NOTHING", [name, fresh])
            row = connection.execute("SELECT value FROM secrets WHERE name = %s", [name]).fetchone()
        assert row is not None, "just made"
        return bytes(row["value"])

    def workers(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
        """What the workers last said; the partitions that are held; how many records could not be read."""
        with self._store.transaction() as connection:
            seen = connection.execute("SELECT slot, seen, lag, held FROM workers ORDER BY slot").fetchall()
            held = connection.execute("SELECT topic, partition, since, reason FROM holds").fetchall()
            row = connection.execute("SELECT count(*) AS n FROM unreadable").fetchone()
        return list(seen), list(held), int(row["n"]) if row else 0


def change_of(row: dict[str, Any]) -> Change:
    """The change in a row of number, kind, person and the item's columns."""
    item = {name: value for name, value in row.items() if name not in {"number", "kind", "person"}}
    return Change(row["number"], row["kind"], row["person"], item)


CHANGES_AFTER = (
    f"SELECT c.number, c.kind, c.person, {_COLUMNS} FROM changes c JOIN items i ON i.id = c.item"  # noqa: S608
    " WHERE c.number > %s ORDER BY c.number LIMIT %s"
)
"""Every viewer's changes, for the one reader that hands them on."""


def _acknowledged(viewer: Viewer, item: dict[str, Any], now: datetime, traceparent: str | None) -> Draft:
    id: UUID = item["id"]
    return Draft(
        id=uuid4(),
        topic=Sources().own,
        source=f"/agencies/{viewer.agency}",
        subject=item["subject"],
        time=now,
        stream=id,
        commandid=str(uuid4()),
        correlationid=item["correlation"],
        actor=viewer.person,
        agency=viewer.agency,
        purpose=viewer.purpose,
        mouversion=item["mouversion"],
        clause=item["clause"],
        causationid=str(item["event"]),
        traceparent=traceparent,
        after=item["recordedtime"],
        data=NotificationAcknowledged(
            item=str(id), event=str(item["event"]), rule=item["rule"], recipient=item["recipient"]
        ),
    )


__all__ = ["CHANGES_AFTER", "Change", "Feed", "Filter", "Sequence", "Viewer", "change_of"]
