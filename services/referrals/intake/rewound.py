"""After Kafka was restored from an older copy: a submissions topic that lacks what was last taken from it.

It ends before it, or new submissions lie by now at the offsets that lost ones had. To go by the offset
alone would be to drop them unread.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from time import monotonic
from typing import Any
from uuid import UUID

import structlog

from services.referrals.application.repository import Connection, has_stream
from services.referrals.bootstrap import Referrals
from services.referrals.intake.parsing import parse, submission_id
from services.referrals.intake.taking import mark_of, receipts_stream
from shared.bus import clients
from shared.bus.record import Record
from shared.errors import TryLater, Undeliverable
from shared.store.positions import Position, advance, lock_position

#: Seconds for reading a topic again; it holds 30 days of one agency's submissions.
LONGEST = 60.0
_NONE = UUID(int=0)

log = structlog.get_logger()


def look_behind(
    consumer: Any,
    partition: Any,
    known: Position,
    referrals: Referrals,
    agency: str,
    alive: Callable[[], None] = lambda: None,
) -> int:
    """See that the topic goes on behind `known`; if it does not, read on from its first new submission.

    In that case the stored position is set back as well, and an operator is told: submissions are lost. Returns
    the offset last taken; `alive` is called again and again meanwhile. Blocks up to a minute.
    Raises TryLater. `consumer` has a place in every partition it is assigned to.
    """
    with clients.kafka_away():
        begin = int(consumer.beginning_offsets([partition])[partition])
        end = int(consumer.end_offsets([partition])[partition])
    if _goes_on(consumer, partition, known, begin, end, referrals, alive):
        consumer.seek(partition, max(known.offset + 1, begin))
        return known.offset
    read = _records(consumer, partition, begin, end, alive)
    found = [(r.offset, _submission(r, agency), mark_of(r)) for r in read]
    with referrals.store.transaction() as connection:
        position = lock_position(connection, known.topic, known.partition)
        first = first_new([(at, _answered(connection, agency, id)) for at, id, _ in found], end)
        advance(connection, Position(known.topic, known.partition, position.sequence, first - 1))
        mark = next((mark for at, _, mark in found if at == first - 1), None)
        connection.execute(
            "UPDATE positions SET mark = %s WHERE topic = %s AND partition = %s",
            [mark, known.topic, known.partition],
        )
    consumer.seek(partition, first)
    remedy = "Kafka lost these. The agency submits again what has no receipt: accord receipts."
    log.error("submissions_rewound", topic=known.topic, first=first, last=known.offset, remedy=remedy)
    return first - 1


def first_new(found: Sequence[tuple[int, bool | None]], end: int) -> int:
    """The offset to read on from: of the first record that is known to have no answer, or behind the last that has.

    `found`: offsets in order, and whether that record was answered; None for one that names no submission. Such
    a one behind the last answered is taken (perhaps again: rather one receipt more than none). Pure.
    """
    behind = next((at + 1 for at, answered in reversed(found) if answered), found[0][0] if found else end)
    return min(behind, next((at for at, answered in found if answered is False), end))


def _goes_on(
    consumer: Any, partition: Any, known: Position, begin: int, end: int, referrals: Referrals,
    alive: Callable[[], None],
) -> bool:  # fmt: skip
    """Whether the record at the stored position is the one that was taken from there."""
    if known.offset >= end:
        return False
    with referrals.store.transaction() as connection:
        row = connection.execute(
            "SELECT mark FROM positions WHERE topic = %s AND partition = %s",
            [known.topic, known.partition],
        ).fetchone()
    if known.offset < begin or row is None or row["mark"] is None:
        return True  # retention took the record, or it was taken before marks were kept
    with closing(_records(consumer, partition, known.offset, known.offset + 1, alive)) as there:
        return any(r.offset == known.offset and mark_of(r) == bytes(row["mark"]) for r in there)


def _answered(connection: Connection, agency: str, submission: UUID | None) -> bool | None:
    return None if submission is None else has_stream(connection, receipts_stream(agency, submission))


def _submission(record: Record, agency: str) -> UUID | None:
    """The submission that the record is, or None if it names none: then it is not known by its receipt."""
    try:
        id = submission_id(record) or parse(record, agency, _NONE).id
    except Undeliverable:
        return None
    return None if id == _NONE else id


def _records(
    consumer: Any, partition: Any, begin: int, end: int, alive: Callable[[], None]
) -> Generator[Record]:
    others = [other for other in consumer.assignment() if other != partition]
    consumer.pause(*others)
    consumer.seek(partition, begin)
    until = monotonic() + LONGEST
    try:
        while consumer.position(partition) < end:
            if monotonic() > until:
                raise TryLater("a submissions topic could not be read again in time")
            alive()
            with clients.kafka_away():
                polled = consumer.poll(timeout_ms=200).get(partition, [])
            yield from map(Record.from_kafka, polled)
    finally:
        consumer.resume(*others)
