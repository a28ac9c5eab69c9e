"""Keeping what stands out: records that should not be there, or are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from services.audit.domain.proof.hashing import leaf_hash
from services.audit.standing import WITH_EFFECT, Standing, Stood

AGAIN = "Another record has this event id; it has effect once."


def save_findings(c: Any, stood: Sequence[tuple[Stood, int]], *, ids: bool = True) -> int:
    """Keep what stands out in a batch (records with their generation); how many findings that were.

    Without `ids`, event ids that came before are not looked for: see `save_ids_again`.
    """
    again = _seen_before(c, stood) if ids else set()
    rows = []
    for s, generation in stood:
        r = s.kept.record
        where = (r.topic, r.partition, generation, r.offset, s.kept.sequence)
        if s.standing is not Standing.FIRST and not s.held:
            rows.append((s.standing.value, *where, _said(s)))
        if not s.held and not s.kept.marks.complete:
            rows.append(("unreadable", *where, "Its value is not an event of the contract."))
        if id(s) in again:
            rows.append(("event-id-again", *where, AGAIN))
    insert_findings(c, rows)
    return len(rows)


def save_ids_again(c: Any) -> None:
    """Keep a finding for each record whose event id another one has, but for the one that was recorded first."""
    c.execute(
        'INSERT INTO findings (kind, topic, partition, generation, "offset", sequence, detail)'
        " SELECT 'event-id-again', topic, partition, generation, \"offset\", sequence, %s FROM ("
        "  SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY recordedtime, topic, partition, sequence) n"
        "  FROM ledger WHERE standing = ANY(%s) AND event_id IN"
        "   (SELECT event_id FROM ledger WHERE event_id IS NOT NULL GROUP BY event_id HAVING count(*) > 1)"
        " ) seen WHERE n > 1 ON CONFLICT DO NOTHING",
        [AGAIN, [str(one) for one in WITH_EFFECT]],
    )


def _said(s: Stood) -> str:
    """What the tree does not hold is held to its hash here."""
    if s.standing not in (Standing.FOREIGN, Standing.OTHER_BYTES):
        return s.detail
    return f"{s.detail} Its leaf hash is {leaf_hash(s.kept.leaf).hex()}."


def _seen_before(c: Any, stood: Sequence[tuple[Stood, int]]) -> set[int]:
    """Records that carry the event id of another sequence: each event id has effect once."""
    mine = [s for s, _ in stood if s.standing in WITH_EFFECT and s.kept.marks.event_id and not s.held]
    ids = [s.kept.marks.event_id for s in mine]
    rows = c.execute("SELECT event_id::text AS id FROM ledger WHERE event_id = ANY(%s::uuid[])", [ids])
    seen = {r["id"] for r in rows}
    again = set()
    for s, event_id in zip(mine, ids, strict=True):
        if event_id in seen:
            again.add(id(s))
        seen.add(event_id)
    return again


def insert_findings(c: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep and log findings: kind, topic, partition, generation, offset, sequence, detail. Each once per place."""
    if not rows:
        return
    c.cursor().executemany(
        'INSERT INTO findings (kind, topic, partition, generation, "offset", sequence, detail)'
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        rows,
    )
    log = structlog.get_logger()
    for kind, topic, partition, generation, offset, sequence, _ in rows[:100]:
        log.error(
            "finding_made",
            kind=kind,
            topic=topic,
            partition=partition,
            generation=generation,
            offset=offset,
            sequence=sequence,
        )
