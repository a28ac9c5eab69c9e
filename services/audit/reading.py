"""Reading the ledger: a case's events, positions, completeness, the MOU in force, findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import tuple_row

from services.audit.domain.entry import Entry, in_order
from services.audit.entries import Entries, Key
from services.audit.standing import WITH_EFFECT
from shared.events import Recorded
from shared.events.names import MOU_TOPIC, Service
from shared.events.types.case import CaseOpened
from shared.events.types.concern import ConcernLinked
from shared.events.types.mou import MouAdopted
from shared.mou import InvalidMou, Mou, load_document
from shared.store.store import Store

EFFECT = [str(s) for s in WITH_EFFECT]
_KEYS = 'SELECT topic, partition, generation, "offset" FROM ledger'
#: Behind where the ledger stood before. By place and not by case: little is new, and a long case's reads are many.
BEHIND = """
WITH new AS MATERIALIZED (
    SELECT l.topic, l.partition, l.generation, l."offset", l.subject, l.about
    FROM unnest(%s::text[], %s::integer[], %s::integer[], %s::bigint[])
        AS w (topic, partition, generation, "offset")
    CROSS JOIN LATERAL (
        SELECT * FROM ledger
        WHERE topic = w.topic AND partition = w.partition AND (generation, "offset") > (w.generation, w."offset")
            AND standing = ANY(%s)
    ) AS l
)
SELECT topic, partition, generation, "offset" FROM new WHERE subject = ANY(%s::uuid[]) OR about = ANY(%s::uuid[])
"""
ALL = {c: f"{_KEYS} WHERE {c} = ANY(%s::uuid[]) AND standing = ANY(%s)" for c in ("subject", "about")}
STANDS = (
    'SELECT topic, partition, generation, "offset" FROM positions JOIN generations USING (topic, partition)'
)
LEDGER = "SELECT pg_relation_filenode('ledger'), oid FROM pg_database WHERE datname = current_database()"
HELD = 'SELECT value FROM ledger WHERE topic = %s AND partition = %s AND generation = %s AND "offset" = %s'

Place = tuple[str, int]
"""A topic and a partition of it."""
Stand = tuple[int, int]
"""The generation and offset of the last record that the ledger took from a partition."""

ADOPTED = f"{_KEYS} WHERE topic = %s AND standing = ANY(%s) AND type = %s"


@dataclass(frozen=True, slots=True)
class Adopted:
    """A version of the MOU, and since when it is known and in force."""

    event: str
    version: str
    recorded: datetime
    effective: datetime
    document: Mapping[str, Any] = field(repr=False)


class Reader:
    """Questions to one snapshot of the ledger: positions and events of an answer belong together."""

    def __init__(self, connection: Any, entries: Entries) -> None:
        self._c, self._entries = connection, entries

    def known(self, case: str) -> bool:
        """Whether the ledger has a case of this id."""
        row = self._c.execute(
            "SELECT 1 FROM ledger WHERE subject = %s AND starts_with(type, 'accord.case.')"
            " AND standing = ANY(%s) LIMIT 1",
            [case, EFFECT],
        ).fetchone()
        return row is not None

    def cases_between(self, first: UUID, last: UUID) -> list[str]:
        """Two at most of the cases whose ids lie between these."""
        rows = self._c.execute(
            "SELECT DISTINCT subject::text AS subject FROM ledger WHERE subject BETWEEN %s AND %s"
            " AND starts_with(type, 'accord.case.') AND standing = ANY(%s) LIMIT 2",
            [first, last, EFFECT],
        ).fetchall()
        return [row["subject"] for row in rows]

    def stands(self) -> dict[Place, Stand]:
        """Where the ledger of each partition stands."""
        with self._c.cursor(row_factory=tuple_row) as cursor:
            return {row[:2]: row[2:] for row in cursor.execute(STANDS)}

    def ledger(self) -> tuple[Any, ...]:
        """What tells this ledger from one whose tables were emptied or made anew."""
        with self._c.cursor(row_factory=tuple_row) as cursor:
            return tuple(cursor.execute(LEDGER).fetchone() or ())

    def forget(self) -> None:
        """Forget every row that was read: another ledger's keys may name other bytes."""
        self._entries.forget()

    def since(
        self, subjects: Iterable[str], things: Iterable[str], stands: Mapping[Place, Stand]
    ) -> list[tuple[Key, Entry | None]]:
        """What the ledger took in behind these stands: of these subjects, or said elsewhere of these things.

        None for a record that cannot be read as an event.
        """
        places = [(*place, *stand) for place, stand in stands.items()]
        subjects, things = list(subjects), list(things)
        if not places or not (subjects or things):
            return []
        columns = [list(column) for column in zip(*places, strict=True)]
        with self._c.cursor(row_factory=tuple_row) as cursor:
            keys = cursor.execute(BEHIND, [*columns, EFFECT, subjects, things]).fetchall()
        return self._rows(keys)

    def all_of(self, subjects: Iterable[str], things: Iterable[str]) -> list[tuple[Key, Entry | None]]:
        """Everything of these subjects, and everything said elsewhere of these things; otherwise as `since`."""
        keys: list[Key] = []
        with self._c.cursor(row_factory=tuple_row) as cursor:
            for column, ids in (("subject", list(subjects)), ("about", list(things))):
                if ids:
                    keys += cursor.execute(ALL[column], [ids, EFFECT]).fetchall()
        return self._rows(keys)

    def _rows(self, keys: Sequence[Key]) -> list[tuple[Key, Entry | None]]:
        unique = list(dict.fromkeys(keys))
        return list(zip(unique, self._entries.get(self._c, unique), strict=True))

    def holds(self, key: Key, value: bytes) -> bool:
        """Whether the ledger's row of this key is there and holds just these bytes."""
        with self._c.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(HELD, list(key)).fetchone()
        return row is not None and bytes(row[0] or b"") == value

    def versions(self, streams: Iterable[str]) -> dict[str, frozenset[int]]:
        """The versions of each stream that the ledger holds, of whatever subject."""
        held: dict[str, set[int]] = defaultdict(set)
        for row in self._c.execute(
            "SELECT stream::text AS stream, streamversion FROM ledger WHERE stream = ANY(%s::uuid[])"
            " AND streamversion IS NOT NULL AND standing = ANY(%s)",
            [list(streams), EFFECT],
        ):
            held[row["stream"]].add(row["streamversion"])
        return {stream: frozenset(versions) for stream, versions in held.items()}

    def positions(self) -> list[dict[str, Any]]:
        """The last sequence of every topic partition that holds any."""
        rows: list[dict[str, Any]] = self._c.execute(
            'SELECT topic, partition, sequence, "offset" FROM positions WHERE "offset" >= 0 OR sequence >= 0'
            " ORDER BY topic, partition"
        ).fetchall()
        return rows

    def complete_until(self) -> datetime | None:
        """All that any service recorded up to then is in the ledger; None before each service said so once."""
        rows = self._c.execute("SELECT service, until FROM complete").fetchall()
        until = {r["service"]: r["until"] for r in rows}
        return min(until.values()) if set(Service) <= set(until) else None

    def adoptions(self) -> list[Entry]:
        """Every event that adopted a version of the MOU, in order."""
        with self._c.cursor(row_factory=tuple_row) as cursor:
            keys = cursor.execute(ADOPTED, [MOU_TOPIC, EFFECT, MouAdopted.TYPE]).fetchall()
        found = (e for e in self._entries.get(self._c, keys) if e)
        return [e for e in in_order(found) if isinstance(e.event.data, MouAdopted)]

    def mous(self) -> list[Adopted]:
        """Every version of the MOU that was adopted, in order."""
        return [adopted_by(entry) for entry in self.adoptions()]

    def findings(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Findings behind `after`, oldest first."""
        rows: list[dict[str, Any]] = self._c.execute(
            'SELECT id, kind, topic, partition, generation, "offset", sequence, detail, found FROM findings'
            " WHERE id > %s ORDER BY id LIMIT %s",
            [after, limit],
        ).fetchall()
        return rows


@contextmanager
def snapshot(store: Store, entries: Entries) -> Iterator[Reader]:
    """A Reader whose questions all see the same ledger. Raises TryLater."""
    with store.transaction() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield Reader(connection, entries)


def in_force(adopted: Sequence[Adopted], at: datetime) -> Adopted | None:
    """The version adopted last of those known and in effect at `at`."""
    return next((a for a in reversed(adopted) if a.recorded <= at and a.effective <= at), None)


#: Adopting event -> its document, read once; a county adopts a few in a year.
_READ: dict[str, Mou | None] = {}


def parsed(adopted: Adopted | None) -> Mou | None:
    """The document, or None if there is none or this version cannot read it."""
    if adopted is None:
        return None
    if adopted.event not in _READ:
        try:
            _READ[adopted.event] = load_document(adopted.document)
        except InvalidMou:
            _READ[adopted.event] = None
    return _READ[adopted.event]


def schedule(adopted: Sequence[Adopted]) -> list[tuple[datetime, Mou | None]]:
    """From when on which version is in force, in order."""
    turns = sorted({max(a.recorded, a.effective) for a in adopted})
    return [(turn, parsed(in_force(adopted, turn))) for turn in turns]


def adopted_by(entry: Entry) -> Adopted:
    """The version that an event of `adoptions` adopted."""
    data = entry.event.data
    assert isinstance(data, MouAdopted)
    return Adopted(entry.event.envelope.id, data.version, entry.recorded, data.effective, data.document)


def concern_of(event: Recorded) -> str | None:
    """The concern that the event says its case took in."""
    return event.data.concern if isinstance(event.data, ConcernLinked | CaseOpened) else None
