"""Reading and changing the feed for one caller. Blocks on the database.

Whose an item is: the person it names, or everybody who holds the role of its queue `<agency>/<role>`. While a
colleague covers for the person it names, it is the colleague's as well, if it came in that time or waited for
the person when that time began. Which covers are in force is a question of the clock at reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from services.notifications import writing
from services.notifications.records import Sources
from shared.events import Draft
from shared.events.types.notification import NotificationAcknowledged, Tier
from shared.store.store import Store

SERVICE = "/services/notifications"

_COLUMNS = (
    "i.id, i.event, i.type, i.about_kind, i.about, i.recordedtime, i.recipient, i.tier, i.clause, i.rule,"
    " i.reason, i.needs_ack, i.mouversion, i.urgency, i.respond_by, i.status, i.acknowledged_by,"
    " i.acknowledged_at"
)
_IN_FORCE = "v.ended IS NULL AND v.begins <= %(now)s AND %(now)s < v.until"
#: Of what is addressed to the person who is away: what is the colleague's, too. It stays so while the cover lasts.
_TAKEN_OVER = (
    "(i.recordedtime >= v.begins OR ((i.acknowledged_at IS NULL OR i.acknowledged_at >= v.begins) AND (i.needs_ack"
    " OR NOT EXISTS (SELECT FROM read_marks b WHERE b.item = i.id AND b.person = v.person"
    " AND b.read_at < v.begins))))"
)
_BY_VIEWER = f"FROM covers v WHERE v.covering = %(person)s AND v.agency = %(agency)s AND {_IN_FORCE}"
_COVER = f"(SELECT v.cover {_BY_VIEWER} AND v.person = i.recipient AND {_TAKEN_OVER} LIMIT 1)"
#: The cover by which an item is the viewer's; none where it is addressed to them or to a queue of theirs.
_AS_COVER = f"CASE WHEN i.recipient = ANY(%(addresses)s) THEN NULL ELSE {_COVER} END AS cover"
#: The first condition finds rows by the index; the second is about the few of colleagues.
_MINE = (
    f"i.recipient = ANY(%(addresses)s::text[] || ARRAY(SELECT v.person {_BY_VIEWER}))"
    f" AND (i.recipient = ANY(%(addresses)s) OR {_COVER} IS NOT NULL)"
)
#: What was decided on the concern that an item asks to decide; the decision counts, whoever had the item in hand.
_DECIDED = (
    "(SELECT d.facts FROM facts d WHERE d.id = i.about AND i.type = 'accord.concern.reported.v1'"
    " AND d.facts->>'decided' IS NOT NULL)"
)
#: How the duty of an item stands, if the item asks for nothing any more: the duty was met or taken away, or is due
#: at another time by now.
_SETTLED = (
    "(CASE WHEN i.duty IS NULL OR EXISTS (SELECT FROM duties d WHERE d.duty = i.duty AND d.state = 'open'"
    " AND d.due_at IS NOT DISTINCT FROM i.respond_by) THEN NULL"
    " ELSE coalesce((SELECT d.state FROM duties d WHERE d.duty = i.duty), 'void') END)"
)
_DONE_WITH = f"({_DECIDED} IS NOT NULL OR {_SETTLED} IS NOT NULL)"
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
    """Which items: unread by the viewer only, neither acknowledged nor settled only, of one tier only.

    `waiting`: those that somebody still has to take in hand, or that the viewer has not read. What was decided
    meanwhile is then for information.
    """

    unread: bool = False
    open: bool = False
    tier: str | None = None
    waiting: bool = False


@dataclass(frozen=True)
class Change:
    """Something new in the feed: an item `delivered`, `acknowledged`, or `read` by `person`.

    `covers`: who covers for the item's person now, as `<agency>/<person>`, and the id of that cover.
    """

    number: int
    kind: str
    person: str
    item: dict[str, Any]
    covers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Covering:
    """A cover in force: the viewer stands in for a colleague, or (`for_them`) a colleague for the viewer."""

    until: datetime
    for_them: bool


class Feed:
    """The feed in the database. Thread-safe; every method may block for a transaction's time and raise TryLater."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def store(self) -> Store:
        """The database that it is in."""
        return self._store

    def page(
        self, viewer: Viewer, wanted: Filter, after: tuple[datetime, UUID] | None, limit: int
    ) -> tuple[list[dict[str, Any]], int]:
        """A page of the viewer's items, newest first, and how many there are unread in all."""
        conditions = [_MINE]
        if wanted.tier and wanted.waiting:
            conditions.append(f"CASE WHEN {_DONE_WITH} THEN '{Tier.INFORMATION}' ELSE i.tier END = %(tier)s")
        elif wanted.tier:
            conditions.append("i.tier = %(tier)s")
        if wanted.open:
            conditions.append(f"(i.acknowledged_by IS NULL AND NOT {_DONE_WITH})")
        if wanted.unread:
            conditions.append(f"NOT {_READ}")
        if wanted.waiting:
            asks = f"(i.needs_ack AND i.acknowledged_by IS NULL AND NOT {_DONE_WITH})"
            conditions.append(f"({asks} OR NOT {_READ})")
        if after:
            conditions.append("(i.recordedtime, i.id) < (%(time)s, %(id)s)")
        values = self._whose(viewer) | {
            "tier": wanted.tier,
            "limit": limit,
            "time": after[0] if after else None,
            "id": after[1] if after else None,
        }
        with self._store.transaction() as connection:
            # One snapshot for list and count, so that a badge never differs from the list it stands on.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            rows = connection.execute(
                f"SELECT {_COLUMNS}, {_AS_COVER}, {_READ} AS read, {_DECIDED} AS decided,"  # noqa: S608
                f" {_SETTLED} AS settled FROM items i WHERE {' AND '.join(conditions)}"
                " ORDER BY i.recordedtime DESC, i.id DESC LIMIT %(limit)s",
                values,
            ).fetchall()
            count = connection.execute(
                f"SELECT count(*) AS n FROM items i WHERE {_MINE} AND NOT {_READ}",  # noqa: S608
                values,
            ).fetchone()
        return list(rows), int(count["n"]) if count else 0

    def item(self, viewer: Viewer, item: UUID) -> dict[str, Any] | None:
        """One item of the viewer's, or None."""
        with self._store.transaction() as connection:
            return self._item(connection, self._whose(viewer), item)

    def covering(self, viewer: Viewer) -> list[Covering]:
        """The covers in force by which the viewer stands in for a colleague, or a colleague for them."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT v.until, v.person = %(person)s AS for_them FROM covers v"  # noqa: S608 - ours
                f" WHERE %(person)s IN (v.person, v.covering) AND v.agency = %(agency)s AND {_IN_FORCE}"
                " ORDER BY v.until, v.cover",
                self._whose(viewer),
            ).fetchall()
        return [Covering(row["until"], row["for_them"]) for row in rows]

    def now(self) -> datetime:
        """The moment at which it is judged which covers are in force."""
        return self._store.now()

    def _whose(self, viewer: Viewer) -> dict[str, Any]:
        """The values by which a query finds what is the viewer's now."""
        return {
            "addresses": viewer.addresses,
            "person": viewer.person,
            "agency": viewer.agency,
            "now": self.now(),
        }

    def acknowledge(
        self, viewer: Viewer, item: UUID, traceparent: str | None = None
    ) -> dict[str, Any] | None:
        """Note that the viewer has it in hand; the first counts and a second changes nothing. None: not theirs.

        The item, its event and its change are one transaction. Raises Conflict if two come at one moment.
        """
        whose = self._whose(viewer)
        with self._store.transaction() as connection:
            found = self._item(connection, whose, item, " FOR UPDATE")
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
            return self._item(connection, whose, item)

    def mark_read(self, viewer: Viewer, item: UUID) -> dict[str, Any] | None:
        """Note that the viewer has read it; again changes nothing. None: not theirs."""
        whose = self._whose(viewer)
        with self._store.transaction() as connection:
            if self._item(connection, whose, item) is None:
                return None
            self._mark_read(connection, viewer, item)
            return self._item(connection, whose, item)

    def _mark_read(self, connection: Any, viewer: Viewer, item: UUID) -> None:
        # Not rowcount: in a pipeline it is not known until a result is fetched.
        marked = connection.execute(
            "INSERT INTO read_marks VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING item",
            [item, viewer.person, self._store.now()],
        ).fetchone()
        if marked:
            writing.changes(connection, [(item, "read")], viewer.person)

    def _item(
        self, connection: Any, whose: Mapping[str, Any], item: UUID, lock: str = ""
    ) -> dict[str, Any] | None:
        found: dict[str, Any] | None = connection.execute(
            f"SELECT {_COLUMNS}, {_AS_COVER}, i.subject, i.correlation, {_READ} AS read,"  # noqa: S608
            f" {_DECIDED} AS decided, {_SETTLED} AS settled FROM items i"
            f" WHERE i.id = %(id)s AND {_MINE}{lock and ' FOR UPDATE OF i'}",
            {**whose, "id": item},
        ).fetchone()
        return found

    def waits(self, now: datetime) -> float:
        """How many seconds what time brought about for a duty has waited to be told, at most; 0 if nothing does."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT min(next_at) AS oldest FROM duties WHERE next_at <= %s AND revision >= 0", [now]
            ).fetchone()
        return (now - row["oldest"]).total_seconds() if row and row["oldest"] else 0.0

    def last_change(self) -> int:
        """The number of the last change that was given out."""
        with self._store.transaction() as connection:
            row = connection.execute("SELECT last FROM change_counter").fetchone()
        return int(row["last"]) if row else 0

    def changes(self, viewer: Viewer, after: int, upto: int, limit: int = 500) -> list[Change]:
        """The viewer's changes after one number, up to and with another, in order."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                f"SELECT c.number, c.kind, c.person, {_COLUMNS}, {_AS_COVER}, {_READ} AS read"  # noqa: S608
                " FROM changes c JOIN items i ON i.id = c.item"
                f" WHERE c.number > %(after)s AND c.number <= %(upto)s AND {_MINE}"
                " AND c.person IN ('', %(person)s) ORDER BY c.number LIMIT %(limit)s",
                self._whose(viewer) | {"after": after, "upto": upto, "limit": limit},
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
    """The change in a row of number, kind, person, perhaps covers, and the item's columns."""
    item = {name: value for name, value in row.items() if name not in OF_CHANGES}
    return Change(row["number"], row["kind"], row["person"], item, row.get("covers") or {})


OF_CHANGES = frozenset({"number", "kind", "person", "covers"})
CHANGES_AFTER = (
    f"SELECT c.number, c.kind, c.person, {_COLUMNS},"  # noqa: S608
    " (SELECT jsonb_object_agg(v.agency || '/' || v.covering, v.cover) FROM covers v"
    f"  WHERE v.person = i.recipient AND {_IN_FORCE} AND {_TAKEN_OVER}) AS covers"
    " FROM changes c JOIN items i ON i.id = c.item WHERE c.number > %(after)s ORDER BY c.number LIMIT %(limit)s"
)
"""Every viewer's changes after a number, for the one reader that hands them on; `now` decides who covers."""


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
            item=str(id),
            event=str(item["event"]),
            rule=item["rule"],
            recipient=item["recipient"],
            cover=str(item["cover"]) if item["cover"] else None,
        ),
    )


__all__ = ["CHANGES_AFTER", "Change", "Feed", "Filter", "Sequence", "Viewer", "change_of"]
