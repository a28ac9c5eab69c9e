"""Reading the ledger: a case's events, positions, completeness, the MOU in force, findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from services.audit.domain.entry import Entry
from services.audit.standing import WITH_EFFECT
from shared.errors import Undeliverable
from shared.events import Envelope, Recorded, Unhandled, read
from shared.events.names import MOU_TOPIC, Service
from shared.events.reading import parse_json
from shared.events.types.case import CaseOpened
from shared.events.types.concern import ConcernLinked
from shared.events.types.mou import MouAdopted
from shared.mou import InvalidMou, Mou, load_document
from shared.store.store import Store

EFFECT = [str(s) for s in WITH_EFFECT]
CASE_TYPES = "accord.case.%"
_COLUMNS = 'SELECT topic, partition, sequence, "offset", subject, value FROM ledger'
BY = {
    "subject": f"{_COLUMNS} WHERE subject = ANY(%s::uuid[]) AND standing = ANY(%s) AND value IS NOT NULL",
    "about": f"{_COLUMNS} WHERE about = ANY(%s::uuid[]) AND standing = ANY(%s) AND value IS NOT NULL",
}


@dataclass(frozen=True, slots=True)
class Adopted:
    """A version of the MOU, and since when it is known and in force."""

    version: str
    recorded: datetime
    effective: datetime
    document: Mapping[str, Any]


class Reader:
    """Questions to one snapshot of the ledger: positions and events of an answer belong together."""

    def __init__(self, connection: Any) -> None:
        self._c = connection

    def known(self, case: str) -> bool:
        """Whether the ledger has a case of this id."""
        row = self._c.execute(
            "SELECT 1 FROM ledger WHERE subject = %s AND type LIKE %s AND standing = ANY(%s) LIMIT 1",
            [case, CASE_TYPES, EFFECT],
        ).fetchone()
        return row is not None

    def case(self, case: str) -> tuple[list[Entry], int]:
        """Everything about a case: its own events, those of the concerns it took in, and what was said of them
        elsewhere (reads, denials, refusals). And how many records about it cannot be read as events.
        """
        rows = self._by("subject", [case])
        own = [e for e in map(entry_of, rows) if e]
        concerns = sorted({c for e in own if (c := _concern(e.event)) is not None})
        rows += self._by("subject", concerns)
        things = {case, *concerns, *_referrals(own)}
        rows += [r for r in self._by("about", sorted(things)) if str(r["subject"]) not in {case, *concerns}]
        entries = [entry_of(r) for r in rows]
        return [e for e in entries if e is not None], sum(e is None for e in entries)

    def _by(self, column: Literal["subject", "about"], ids: Sequence[str]) -> list[dict[str, Any]]:
        if not ids:
            return []
        rows: list[dict[str, Any]] = self._c.execute(
            BY[column],
            [list(ids), EFFECT],
        ).fetchall()
        return rows

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

    def mous(self) -> list[Adopted]:
        """Every version of the MOU that was adopted, in order."""
        rows = self._c.execute(
            'SELECT topic, partition, sequence, "offset", subject, value FROM ledger WHERE topic = %s'
            " AND standing = ANY(%s) AND type = %s ORDER BY recordedtime, sequence",
            [MOU_TOPIC, EFFECT, MouAdopted.TYPE],
        ).fetchall()
        return [_adopted(e) for e in map(entry_of, rows) if e and isinstance(e.event.data, MouAdopted)]

    def findings(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Findings behind `after`, oldest first."""
        rows: list[dict[str, Any]] = self._c.execute(
            'SELECT id, kind, topic, partition, generation, "offset", sequence, detail, found FROM findings'
            " WHERE id > %s ORDER BY id LIMIT %s",
            [after, limit],
        ).fetchall()
        return rows


@contextmanager
def snapshot(store: Store) -> Iterator[Reader]:
    """A Reader whose questions all see the same ledger. Raises TryLater."""
    with store.transaction() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield Reader(connection)


def in_force(adopted: Sequence[Adopted], at: datetime) -> Adopted | None:
    """The version adopted last of those known and in effect at `at`."""
    return next((a for a in reversed(adopted) if a.recorded <= at and a.effective <= at), None)


def parsed(adopted: Adopted | None) -> Mou | None:
    """The document, or None if there is none or this version cannot read it."""
    try:
        return load_document(adopted.document) if adopted else None
    except InvalidMou:
        return None


def entry_of(row: Mapping[str, Any]) -> Entry | None:
    """The event in a ledger row; facts that do not fit their type are unhandled; None if it is no event."""
    value = bytes(row["value"])
    try:
        event = read(value)
    except Undeliverable:
        opened = _envelope(value)
        if opened is None:
            return None
        event = Recorded(opened, Unhandled(opened.type, {}), value)
    return Entry(row["topic"], row["partition"], row["sequence"], row["offset"], event)


def _envelope(value: bytes) -> Envelope | None:
    try:
        return Envelope.model_validate(parse_json(value))
    except (ValidationError, Undeliverable):
        return None


def _adopted(entry: Entry) -> Adopted:
    data = entry.event.data
    assert isinstance(data, MouAdopted)
    return Adopted(data.version, entry.recorded, data.effective, data.document)


def _concern(event: Recorded) -> str | None:
    return event.data.concern if isinstance(event.data, ConcernLinked | CaseOpened) else None


def _referrals(entries: Iterable[Entry]) -> set[str]:
    return {e.event.data.referral for e in entries if hasattr(e.event.data, "referral")}
