"""Writing the ledger: records, findings and the position of each partition, all in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.audit import copying
from services.audit.domain.proof.leaf import leaf
from services.audit.findings import insert_findings, save_findings, save_ids_again
from services.audit.merkle.trees import Trees
from services.audit.records import Kept
from services.audit.session import Session
from services.audit.standing import WITH_EFFECT, Known, Stood, Tail, behind, stand
from shared.errors import Conflict

Place = tuple[str, int]
"""A topic and a partition of it."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the ledger of a partition ends, -1 where it holds nothing yet. Up to `dense` nothing is missing."""

    sequence: int = -1
    offset: int = -1
    generation: int = 0
    dense: int = -1


@dataclass(slots=True)
class Written:
    """What a batch came to: where each partition ends now, and how many records and findings it made."""

    stands: dict[Place, Stand] = field(default_factory=dict)
    records: int = 0
    findings: int = 0


class Ledger:
    """The only writer of the ledger. Blocks on the database; raises TryLater if it is away."""

    def __init__(self, session: Session, *, ids_later: bool = False) -> None:
        """`ids_later`: event ids that come again are looked for when all is there (`ids_again`), not now."""
        self._session, self._ids_later = session, ids_later
        self._trees = Trees()

    def stands(self, places: Iterable[Place]) -> dict[Place, Stand]:
        """Where each partition ends; rows that are missing are made."""
        with self._session.transaction() as c:
            ordered = sorted(places)
            c.execute(
                "INSERT INTO positions (topic, partition) SELECT * FROM unnest(%s::text[], %s::integer[])"
                " ON CONFLICT DO NOTHING",
                _columns(ordered),
            )
            c.execute(
                "INSERT INTO generations (topic, partition) SELECT * FROM unnest(%s::text[], %s::integer[])"
                " ON CONFLICT DO NOTHING",
                _columns(ordered),
            )
            return {place: _stand(tail, offset) for place, (tail, offset) in _lock(c, ordered).items()}

    def write(self, batch: Sequence[Kept], expected: Mapping[Place, Stand]) -> Written:
        """Add the batch, each partition's records in offset order; all of it or nothing.

        Raises Conflict if a partition no longer ends where the caller thinks: read `stands` again.
        """
        grouped: dict[Place, list[Kept]] = defaultdict(list)
        for one in batch:
            grouped[one.record.topic, one.record.partition].append(one)
        try:
            return self._write(grouped, expected)
        except BaseException:
            self._trees.forget()
            raise

    def _write(self, grouped: Mapping[Place, list[Kept]], expected: Mapping[Place, Stand]) -> Written:
        written = Written()
        with self._session.transaction() as c:
            tails = _lock(c, sorted(grouped))
            stood: list[tuple[Stood, int]] = []
            grown: dict[Place, tuple[int, dict[int, bytes]]] = {}
            for place, records in grouped.items():
                tail, offset = tails[place]
                if _stand(tail, offset) != expected[place] or records[0].record.offset <= offset:
                    raise Conflict("the ledger moved")
                holes = tail.holes
                known = _known(c, place, behind(tail, records))
                here = stand(tail, records, known.get)
                stood += [(s, tail.generation) for s in here]
                grown[place] = tail.dense + 1, _leaf_hashes(here)
                if tail.holes != holes:
                    _save_holes(c, place, tail)
                written.stands[place] = _stand(tail, records[-1].record.offset)
            self._trees.grow(c, grown)
            written.findings = save_findings(c, stood, ids=not self._ids_later)
            written.records = _copy(c, stood)
            _advance(c, written.stands)
        return written

    def catch_up(self, place: Place, expected: Stand) -> int:
        """Grow the tree over records that the ledger holds already, one step; how many leaves it lacks then.

        Raises Conflict if the partition no longer ends where the caller thinks, Disagreement if the ledger or the
        tree lacks what it must hold.
        """
        with self._session.transaction() as c:
            tail, offset = _lock(c, [place])[place]
            if _stand(tail, offset) != expected:
                raise Conflict("the ledger moved")
            size = tail.dense + 1
            return size - self._trees.catch_up(c, place, size)

    def renew(self, place: Place, detail: str) -> None:
        """Begin a new generation of a partition whose log no longer holds what the ledger does. A finding.

        What the ledger has stays; the log is read again from its beginning and compared.
        """
        with self._session.transaction() as c:
            tail, _ = _lock(c, [place])[place]
            c.execute(
                "UPDATE generations SET generation = generation + 1 WHERE topic = %s AND partition = %s",
                place,
            )
            c.execute(
                'UPDATE positions SET "offset" = -1 WHERE topic = %s AND partition = %s',
                place,
            )
            rows = [("log-rewritten", *place, tail.generation + 1, -1, None, detail)]
            insert_findings(c, rows)

    def agrees(self, record: Kept, stand: Stand) -> bool:
        """Whether `record`, read again at the last offset, is what the ledger took in there."""
        place = (record.record.topic, record.record.partition)
        with self._session.transaction() as c:
            row = c.execute(
                "SELECT key, headers, value FROM ledger"
                ' WHERE topic = %s AND partition = %s AND generation = %s AND "offset" = %s',
                [*place, stand.generation, stand.offset],
            ).fetchone()
            if row is not None:
                return record.record.offset == stand.offset and _leaf(row) == record.leaf
            # Skipped there, because an earlier generation held the same bytes.
            known = _known(c, place, [record.sequence] if record.sequence is not None else [])
        return any(k.leaf == record.leaf for k in known.values())

    def note(self, kind: str, place: Place, stand: Stand, detail: str, offset: int | None = None) -> None:
        """Keep a finding about a partition as a whole. Once per place and offset, the last one if none is given."""
        at = stand.offset if offset is None else offset
        with self._session.transaction() as c:
            insert_findings(c, [(kind, *place, stand.generation, at, stand.sequence, detail)])

    def ids_again(self) -> None:
        """Keep the findings about event ids that more than one record has, all at once. Blocks on the database."""
        with self._session.transaction() as c:
            c.execute("SET LOCAL statement_timeout = 0")
            save_ids_again(c)

    def topics(self) -> frozenset[str]:
        """The topics of which the ledger holds records."""
        with self._session.transaction() as c:
            rows = c.execute('SELECT DISTINCT topic FROM positions WHERE "offset" >= 0').fetchall()
        return frozenset(row["topic"] for row in rows)

    def gone(self, topics: Iterable[str]) -> None:
        """Keep a finding for each partition of topics that are no longer on Kafka."""
        detail = "The topic is no longer there, or may no longer be read. The ledger has its records."
        for topic in sorted(topics):
            with self._session.transaction() as c:
                rows = c.execute("SELECT partition FROM positions WHERE topic = %s", [topic]).fetchall()
            for place, where in self.stands((topic, row["partition"]) for row in rows).items():
                self.note("topic-gone", place, where, detail)

    def complete(self) -> dict[str, datetime]:
        """Until when each service's records are all in the ledger, as far as it was ever known."""
        with self._session.transaction() as c:
            rows = c.execute("SELECT service, until FROM complete").fetchall()
        return {row["service"]: row["until"] for row in rows}

    def completed(self, until: Mapping[str, datetime]) -> None:
        """Keep that these services' records are complete until then; never moves back."""
        with self._session.transaction() as c:
            c.cursor().executemany(
                "INSERT INTO complete (service, until) VALUES (%s, %s) ON CONFLICT (service)"
                " DO UPDATE SET until = greatest(complete.until, excluded.until)",
                list(until.items()),
            )


def _columns(places: Sequence[Place]) -> list[list[Any]]:
    return [[t for t, _ in places], [p for _, p in places]]


def _stand(tail: Tail, offset: int) -> Stand:
    return Stand(tail.sequence, offset, tail.generation, tail.dense)


def _lock(c: Any, places: Sequence[Place]) -> dict[Place, tuple[Tail, int]]:
    """Each partition's tail and last offset, its row locked: two consumers take turns, in one order."""
    rows = c.execute(
        'SELECT topic, partition, sequence, "offset" FROM positions WHERE (topic, partition) IN'
        " (SELECT * FROM unnest(%s::text[], %s::integer[])) ORDER BY topic, partition FOR UPDATE",
        _columns(places),
    ).fetchall()
    generations = c.execute(
        "SELECT topic, partition, generation FROM generations WHERE (topic, partition) IN"
        " (SELECT * FROM unnest(%s::text[], %s::integer[]))",
        _columns(places),
    ).fetchall()
    holes: dict[Place, tuple[tuple[int, int], ...]] = defaultdict(tuple)
    for row in c.execute(
        "SELECT topic, partition, first, last FROM holes WHERE (topic, partition) IN"
        " (SELECT * FROM unnest(%s::text[], %s::integer[])) ORDER BY first",
        _columns(places),
    ):
        holes[row["topic"], row["partition"]] += ((row["first"], row["last"]),)
    now = {(g["topic"], g["partition"]): g["generation"] for g in generations}
    found = {}
    for r in rows:
        place = (r["topic"], r["partition"])
        found[place] = (Tail(r["sequence"], now.get(place, 0), holes[place]), r["offset"])
    return found


def _leaf_hashes(stood: Iterable[Stood]) -> dict[int, bytes]:
    return {s.kept.sequence: s.kept.hash for s in stood if s.has_effect and s.kept.sequence is not None}


def _leaf(row: Mapping[str, Any]) -> bytes:
    return leaf(row["key"], row["headers"], row["value"])


def _known(c: Any, place: Place, sequences: list[int]) -> dict[int, Known]:
    if not sequences:
        return {}
    rows = c.execute(
        "SELECT sequence, generation, key, headers, value FROM ledger WHERE topic = %s AND partition = %s"
        " AND sequence = ANY(%s) AND standing = ANY(%s)",
        [*place, sequences, [str(s) for s in WITH_EFFECT]],
    )
    return {r["sequence"]: Known(_leaf(r), r["generation"]) for r in rows}


def _save_holes(c: Any, place: Place, tail: Tail) -> None:
    c.execute("DELETE FROM holes WHERE topic = %s AND partition = %s", place)
    c.cursor().executemany(
        "INSERT INTO holes VALUES (%s, %s, %s, %s)", [(*place, first, last) for first, last in tail.holes]
    )


def _copy(c: Any, stood: Sequence[tuple[Stood, int]]) -> int:
    data, count = copying.rows(stood)
    with c.cursor().copy(copying.SQL) as copy:
        copy.write(data)
    return count


def _advance(c: Any, stands: Mapping[Place, Stand]) -> None:
    places = list(stands)
    c.execute(
        'UPDATE positions SET sequence = n.sequence, "offset" = n.o'
        " FROM unnest(%s::text[], %s::integer[], %s::bigint[], %s::bigint[]) AS n(topic, partition, sequence, o)"
        " WHERE positions.topic = n.topic AND positions.partition = n.partition",
        [*_columns(places), [stands[p].sequence for p in places], [stands[p].offset for p in places]],
    )
