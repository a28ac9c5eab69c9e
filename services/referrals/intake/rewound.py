"""After Kafka was restored from an older copy: a submissions topic that ends before what was taken from it.

New submissions then lie at offsets that lost ones had. To go by the offset alone would be to drop them unread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any
from uuid import UUID

import structlog

from services.referrals.application.repository import Connection, has_stream
from services.referrals.bootstrap import Referrals
from services.referrals.intake.parsing import parse, submission_id
from services.referrals.intake.taking import receipts_stream
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
    """See that the topic goes on behind `known`; if it ends before it, read on from its first new submission.

    In that case the stored position is set back as well, and an operator is told: submissions are lost. Returns
    the offset last taken; `alive` is called again and again meanwhile. Blocks up to a minute. Raises TryLater. `consumer` has a place in every partition it is assigned to.
    """
    with clients.kafka_away():
        begin = int(consumer.beginning_offsets([partition])[partition])
        end = int(consumer.end_offsets([partition])[partition])
    if known.offset < end:
        consumer.seek(partition, max(known.offset + 1, begin))
        return known.offset
    named = [(r.offset, _submission(r, agency)) for r in _records(consumer, partition, begin, end, alive)]
    with referrals.store.transaction() as connection:
        position = lock_position(connection, known.topic, known.partition)
        first = next((at for at, id in named if id and not _answered(connection, agency, id)), end)
        advance(connection, Position(known.topic, known.partition, position.sequence, first - 1))
    consumer.seek(partition, first)
    remedy = "Kafka lost these. The agency submits again what has no receipt: accord receipts."
    log.error("submissions_rewound", topic=known.topic, first=end, last=known.offset, remedy=remedy)
    return first - 1


def _submission(record: Record, agency: str) -> UUID | None:
    """The submission that the record is, or None if it names none: then it is not known by its receipt."""
    try:
        id = submission_id(record) or parse(record, agency, _NONE).id
    except Undeliverable:
        return None
    return None if id == _NONE else id


def _answered(connection: Connection, agency: str, submission: UUID) -> bool:
    return has_stream(connection, receipts_stream(agency, submission))


def _records(
    consumer: Any, partition: Any, begin: int, end: int, alive: Callable[[], None]
) -> Iterator[Record]:
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
