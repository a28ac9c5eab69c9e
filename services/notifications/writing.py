"""The statements that write the feed: one round trip for many rows. All in the caller's transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from services.notifications.domain.facts import Facts
from services.notifications.domain.items import Item
from services.notifications.records import Incoming
from shared.events import Recorded, read
from shared.events.types.cover import CoverArranged, CoverEnded
from shared.events.types.notification import NotificationAcknowledged
from shared.store.positions import Position

Connection = psycopg.Connection[Any]
CHANNEL = "feed_changes"
"""LISTEN on it to hear that there are new changes."""

_ITEM_COLUMNS = (
    ("id", "uuid"),
    ("event", "uuid"),
    ("type", "text"),
    ("subject", "uuid"),
    ("about_kind", "text"),
    ("about", "uuid"),
    ("recordedtime", "timestamptz"),
    ("recipient", "text"),
    ("tier", "text"),
    ("clause", "text"),
    ("rule", "text"),
    ("reason", "text"),
    ("needs_ack", "boolean"),
    ("mouversion", "text"),
    ("correlation", "text"),
    ("urgency", "text"),
    ("respond_by", "timestamptz"),
    ("duty", "uuid"),
)
_NAMES = ", ".join(name for name, _ in _ITEM_COLUMNS)
_INSERT_ITEMS = (
    f"INSERT INTO items ({_NAMES}) SELECT {_NAMES} FROM json_to_recordset(%s::json)"  # noqa: S608 - our names
    f" AS new ({', '.join(f'{name} {kind}' for name, kind in _ITEM_COLUMNS)})"
    " ON CONFLICT DO NOTHING RETURNING id"
)


def facts(connection: Connection, changed: Mapping[str, Facts]) -> None:
    """Keep what routing knows of each thing."""
    if changed:
        connection.execute(
            "INSERT INTO facts SELECT key::uuid, value FROM jsonb_each(%s)"
            " ON CONFLICT (id) DO UPDATE SET facts = excluded.facts",
            [_object({id: f.model_dump_json(exclude_defaults=True) for id, f in changed.items()})],
        )


def _object(members: Mapping[str, str]) -> str:
    """A JSON object whose values are JSON already: one parameter costs a fraction of an array of them."""
    return f"{{{','.join(f'{json.dumps(name)}:{value}' for name, value in members.items())}}}"


def mou_versions(connection: Connection, adopted: Mapping[str, Mapping[str, object]]) -> None:
    """Keep each adopted version of the MOU; the first of a version counts."""
    for version, facts in adopted.items():
        connection.execute(
            "INSERT INTO mou_versions VALUES (%s, %s::jsonb) ON CONFLICT DO NOTHING",
            [version, json.dumps(facts)],
        )


def covers(connection: Connection, found: Sequence[Recorded]) -> None:
    """Keep who covers for whom and when, as these events say, in their order."""
    for event in found:
        data = event.data
        if isinstance(data, CoverArranged):
            connection.execute(
                "INSERT INTO covers (cover, person, covering, agency, begins, until)"
                " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [data.cover, data.person, data.covering, str(data.agency), data.begins, data.until],
            )
        elif isinstance(data, CoverEnded):
            connection.execute(
                "UPDATE covers SET ended = %s WHERE cover = %s AND ended IS NULL",
                [event.envelope.recordedtime, data.cover],
            )


def unhandled(connection: Connection, found: Sequence[tuple[Incoming, str]]) -> None:
    """Keep events of types that this version does not know, to run them when one does."""
    for record, kind in found:
        connection.execute(
            "INSERT INTO unhandled VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [record.topic, record.partition, record.sequence, kind, record.value],
        )


def unreadable(
    connection: Connection, found: Sequence[tuple[Incoming, str]], now: datetime
) -> list[tuple[Incoming, str]]:
    """Note where a record lies that can never be read, and why; never its bytes. Those new here."""
    new = []
    for record, reason in found:
        digest = hashlib.sha256(record.value).hexdigest()
        noted = connection.execute(
            "INSERT INTO unreadable VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING topic",
            [record.topic, record.partition, record.offset, reason, len(record.value), digest, now],
        ).fetchone()
        if noted:
            new.append((record, reason))
    return new


def positions(connection: Connection, moved: Sequence[Position]) -> None:
    """Move the positions; the caller holds their locks."""
    if moved:
        columns = zip(*((p.topic, p.partition, p.sequence, p.offset) for p in moved), strict=True)
        connection.execute(
            'UPDATE positions p SET sequence = u.s, "offset" = u.o FROM'
            " unnest(%s::text[], %s::integer[], %s::bigint[], %s::bigint[]) AS u (t, n, s, o)"
            " WHERE p.topic = u.t AND p.partition = u.n",
            [list(column) for column in columns],
        )


def items(connection: Connection, new: Sequence[Item]) -> set[UUID]:
    """Store the items that are not there yet; the ids of these."""
    rows = json.dumps([_row(item) for item in new])
    return {row[0] for row in connection.execute(_INSERT_ITEMS, [rows]).fetchall()}


def _row(item: Item) -> dict[str, Any]:
    return vars(item) | {
        "id": str(item.id),
        "subject": str(item.subject),
        "recordedtime": item.recordedtime.isoformat(),
        "respond_by": item.respond_by.isoformat() if item.respond_by else None,
        "duty": str(item.duty) if item.duty else None,
    }


def told_before(connection: Connection, ids: set[UUID]) -> dict[UUID, Recorded | None]:
    """Of these items those delivered before (this is a rebuild), each with its acknowledgement, if any."""
    rows = connection.execute(
        "SELECT originator_id, state FROM stored_events WHERE originator_id = ANY(%s)"
        " ORDER BY originator_id, originator_version",
        [list(ids)],
    )
    found: dict[UUID, Recorded | None] = {}
    for id, state in rows.fetchall():
        event = read(bytes(state))
        found[id] = event if isinstance(event.data, NotificationAcknowledged) else found.get(id)
    return found


def restore_acknowledged(connection: Connection, events: Sequence[Recorded | None]) -> None:
    """Set on rebuilt items who acknowledged them first."""
    acknowledged(connection, [(e.envelope.stream, e.envelope.actor, e) for e in events if e is not None])


def acknowledged(connection: Connection, found: Sequence[tuple[str, str, Recorded]]) -> list[UUID]:
    """Note who acknowledged which item and when; the first counts. The ids of those it was new for."""
    if not found:
        return []
    rows = connection.execute(
        "UPDATE items i SET status = 'acknowledged', acknowledged_by = u.who, acknowledged_at = u.at"
        " FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS u (id, who, at)"
        " WHERE i.id = u.id AND i.acknowledged_by IS NULL RETURNING i.id",
        [[i for i, _, _ in found], [w for _, w, _ in found], [e.envelope.recordedtime for _, _, e in found]],
    )
    return [row[0] for row in rows.fetchall()]


def changes(connection: Connection, found: Sequence[tuple[UUID, str]], person: str = "") -> None:
    """Number the changes and wake those who listen. A change that has a number keeps it: nothing is sent twice.

    The counter's row lock, held until the commit, makes the numbers' order the order of the commits.
    """
    if not found:
        return
    connection.execute(
        "WITH fresh AS (SELECT item, kind, row_number() OVER (ORDER BY n) AS place"
        "  FROM unnest(%(items)s::uuid[], %(kinds)s::text[]) WITH ORDINALITY AS u (item, kind, n)"
        "  WHERE NOT EXISTS (SELECT FROM changes c WHERE c.item = u.item AND c.kind = u.kind"
        "   AND c.person = %(person)s)),"
        " taken AS (UPDATE change_counter SET last = last + (SELECT count(*) FROM fresh) RETURNING last)"
        " INSERT INTO changes SELECT taken.last - (SELECT count(*) FROM fresh) + fresh.place,"
        "  fresh.item, fresh.kind, %(person)s FROM fresh, taken",
        {"items": [i for i, _ in found], "kinds": [k for _, k in found], "person": person},
    )
    connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])
