"""Events of types that were not known when they came: kept, and run once a version that knows them starts."""

from __future__ import annotations

from typing import Any

import psycopg

from services.notifications.apply import Applier
from services.notifications.reading import Parsed, parse
from services.notifications.records import Incoming
from shared.events import TYPES


def run_known(connection: psycopg.Connection[Any], applier: Applier) -> int:
    """Run every kept event whose type is known by now, in the order of each partition; how many.

    The positions were moved past them long ago: they have their effect now, each once. One that still cannot
    run stays kept. Blocks; raises psycopg.Error.
    """
    with connection.transaction():
        rows = connection.execute(
            "SELECT topic, partition, sequence, value FROM unhandled WHERE type = ANY(%s)"
            " ORDER BY topic, partition, sequence FOR UPDATE",
            [list(TYPES)],
        ).fetchall()
        batch: list[Parsed] = [
            parse(Incoming(topic, partition, -1, sequence, bytes(value)), applier.sources.own)
            for topic, partition, sequence, value in rows
        ]
        done = applier.run_kept(connection, batch)
        for record in done:
            connection.execute(
                "DELETE FROM unhandled WHERE topic = %s AND partition = %s AND sequence = %s",
                [record.topic, record.partition, record.sequence],
            )
    return len(done)
