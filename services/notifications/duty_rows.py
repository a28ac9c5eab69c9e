"""The statements about duties: one round trip for many rows. All in the caller's transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import psycopg

from services.notifications.domain.duties import Kept
from shared.events import Recorded, read
from shared.events.moments import write_moment
from shared.mou.duties.calendars import LAST
from shared.mou.duties.happenings import Happening

Connection = psycopg.Connection[Any]

_UUIDS = frozenset({"duty", "opening", "subject", "concern", "case", "about", "met_by"})
_MOMENTS = frozenset({"opened_at", "due_at", "alarm_at", "warn_at", "met_at", "next_at"})
_INTEGERS = frozenset({"revision", "told_step", "next_step"})
_NAMES = tuple(one.name for one in fields(Kept))
_COLUMNS = ", ".join(f'"{name}"' for name in _NAMES)


def _kind(name: str) -> str:
    if name in _UUIDS:
        return "uuid"
    if name in _MOMENTS:
        return "timestamptz"
    return "integer" if name in _INTEGERS else "text"


#: A duty's columns as `Kept` has them.
SELECTED = ", ".join(f'd."{name}"::text' if name in _UUIDS else f'd."{name}"' for name in _NAMES)
_TYPED = ", ".join(f'"{name}" {_kind(name)}' for name in _NAMES)
_ANEW = ", ".join(f'"{name}" = excluded."{name}"' for name in _NAMES if name != "duty")
_UPSERT = (
    f"INSERT INTO duties ({_COLUMNS}) SELECT {_COLUMNS} FROM json_to_recordset(%s::json) AS new ({_TYPED})"  # noqa: S608
    f" ON CONFLICT (duty) DO UPDATE SET {_ANEW}"
)


@dataclass
class Groups:
    """Cases with their concerns: of each member its group, of each group its members and how much was recorded.

    `new` are the happenings that were not there yet; `merged` the groups that are part of others now.
    """

    of: dict[str, str] = field(default_factory=dict)
    members: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    happenings: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    new: frozenset[str] = frozenset()
    merged: set[str] = field(default_factory=set)

    def put(self, member: str, group: str, happenings: int) -> None:
        """Note a member."""
        self.of[member] = group
        self.members[group].add(member)
        self.happenings[group] += happenings

    def tie(self, named: Iterable[str]) -> None:
        """These belong together; their group is named by the smallest id in it."""
        for member in named:
            if member not in self.of:
                self.put(member, member, 0)
        old = {self.of[member] for member in named}
        group = min(old)
        for other in old - {group}:
            self.merged |= {other, group}
            self.happenings[group] += self.happenings.pop(other)
            for member in self.members.pop(other):
                self.of[member] = group
                self.members[group].add(member)


def lock(connection: Connection) -> None:
    """Until the transaction ends no other worker reads or writes books: a case may grow from two partitions."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('duties'), hashtext(current_schema()))")


def first_version(connection: Connection) -> str | None:
    """The version of the MOU that came first into force."""
    row = connection.execute(
        "SELECT version FROM mou_versions ORDER BY document->>'effective', version LIMIT 1"
    ).fetchone()
    return row[0] if row else None


def none_kept(connection: Connection) -> bool:
    """Whether there is no duty at all yet."""
    return connection.execute("SELECT FROM duties LIMIT 1").fetchone() is None


def take_in(connection: Connection, found: Sequence[Happening], *, every: bool = False) -> Groups:
    """Keep these happenings; the groups that they are of, or `every` one that there is."""
    named = sorted({id for what in found for id in tied(what)})
    which = "" if every else " WHERE grp IN (SELECT grp FROM duty_groups WHERE member = ANY(%s::uuid[]))"
    with connection.pipeline():
        stored = connection.execute(
            f"SELECT member::text, grp::text, happenings FROM duty_groups{which}",  # noqa: S608 - ours
            [] if every else [named],
        )
        added = connection.execute(
            "INSERT INTO happenings SELECT * FROM json_to_recordset(%s::json) AS new (id uuid, type text,"
            " time timestamptz, recordedtime timestamptz, mouversion text, subject uuid, data jsonb)"
            " ON CONFLICT DO NOTHING RETURNING id::text",
            [json.dumps([_happening(what) for what in found])],
        )
    groups = Groups()
    for row in stored.fetchall():
        groups.put(*row)
    before = dict(groups.of)
    groups.new = frozenset(row[0] for row in added.fetchall())
    own: defaultdict[str, int] = defaultdict(int)
    for what in found:
        groups.tie(tied(what))
        if what.id in groups.new:
            own[what.subject] += 1
    for member, count in own.items():
        groups.happenings[groups.of[member]] += count
    _write_groups(connection, groups, before, own)
    return groups


def _write_groups(
    connection: Connection, groups: Groups, before: Mapping[str, str], own: Mapping[str, int]
) -> None:
    moved = sorted(
        member for member, group in groups.of.items() if before.get(member) != group or member in own
    )
    if moved:
        columns = [moved, [groups.of[m] for m in moved], [own.get(m, 0) for m in moved]]
        connection.execute(
            "INSERT INTO duty_groups AS g SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::integer[])"
            " ON CONFLICT (member) DO UPDATE SET grp = excluded.grp,"
            " happenings = g.happenings + excluded.happenings",
            columns,
        )


def tied(what: Happening) -> frozenset[str]:
    """The case and the concern that the event names: they belong together."""
    return frozenset({what.subject, what.text("case") or what.subject, what.text("concern") or what.subject})


def _happening(what: Happening) -> dict[str, Any]:
    return {
        "id": what.id,
        "type": what.type,
        "time": write_moment(what.time),
        "recordedtime": write_moment(what.recordedtime),
        "mouversion": what.mouversion,
        "subject": what.subject,
        "data": what.data,
    }


def happenings_of(connection: Connection, members: Sequence[str]) -> list[Happening]:
    """All that was recorded of these cases and concerns, in order."""
    rows = connection.execute(
        "SELECT id::text, type, time, recordedtime, mouversion, subject::text, data FROM happenings"
        " WHERE subject = ANY(%s::uuid[])",
        [members],
    )
    return sorted((Happening(*row) for row in rows.fetchall()), key=lambda one: one.order)


def duties_of(connection: Connection, members: Sequence[str]) -> list[Kept]:
    """The duties of these cases and concerns."""
    rows = connection.execute(
        f"SELECT {SELECTED} FROM duties d WHERE subject = ANY(%s::uuid[])",  # noqa: S608 - ours
        [members],
    )
    return [Kept(*row) for row in rows.fetchall()]


def write(connection: Connection, kept: Sequence[Kept]) -> None:
    """Keep the duties so."""
    if kept:
        connection.execute(_UPSERT, [json.dumps([_row(one) for one in kept])])


def delete(connection: Connection, duties: Sequence[str]) -> None:
    """Keep these duties no more."""
    if duties:
        connection.execute("DELETE FROM duties WHERE duty = ANY(%s::uuid[])", [list(duties)])


def moved(connection: Connection) -> list[Kept]:
    """The duties of a new generation of which the live one knows that more was said, or less."""
    rows = connection.execute(
        f"SELECT {SELECTED} FROM duties d JOIN public.duties l USING (duty) WHERE"  # noqa: S608 - ours
        " (d.revision, d.told_kind, d.told_step) IS DISTINCT FROM (l.revision, l.told_kind, l.told_step)"
    )
    return [Kept(*row) for row in rows.fetchall()]


def _row(kept: Kept) -> dict[str, Any]:
    return {name: _plain(getattr(kept, name)) for name in _NAMES}


def _plain(value: Any) -> Any:
    return write_moment(value) if isinstance(value, datetime) else value


def own_events(connection: Connection, duties: Sequence[str]) -> dict[str, list[Recorded]]:
    """The events of our own of these duties, in order."""
    rows = connection.execute(
        "SELECT originator_id::text, state FROM stored_events WHERE originator_id = ANY(%s::uuid[])"
        " ORDER BY originator_id, originator_version",
        [duties],
    )
    found: defaultdict[str, list[Recorded]] = defaultdict(list)
    for duty, state in rows.fetchall():
        found[duty].append(read(bytes(state)))
    return found


def due(connection: Connection, now: datetime, complete: datetime | None, limit: int) -> list[Kept]:
    """Duties to which time has brought something about, the longest waiting first, locked; others' are left out.

    What was due is left alone until `complete`, the moment up to which all that was recorded has arrived.
    """
    rows = connection.execute(
        f"SELECT {SELECTED} FROM duties d WHERE next_at <= %(now)s AND revision >= 0"  # noqa: S608 - ours
        " AND (due_at IS NULL OR due_at >= %(now)s OR greatest(next_at, due_at + %(last)s) <= %(complete)s)"
        " ORDER BY next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
        {"now": now, "complete": complete, "limit": limit, "last": LAST},
    )
    return [Kept(*row) for row in rows.fetchall()]
