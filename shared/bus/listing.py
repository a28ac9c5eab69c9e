"""Listing the records of a topic, for operators: `accord events tail`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.bus.clients import consumer, kafka_away, partitions_of
from shared.bus.logins import kafka_login, readers_of
from shared.bus.record import Record
from shared.errors import Undeliverable
from shared.events.reading import parse_json


def records(topic: str, wait_seconds: float, data: Path | None) -> Iterator[dict[str, Any]]:
    """Every record of `topic` from its start, as the broker gives the partitions; commits nothing.

    Blocks up to `wait_seconds` for a further record, then ends. The address and the principal come from the
    environment, else from the local platform's `data`. Raises Usage when neither tells them, TryLater when no
    broker answers or the principal may not read.
    """
    client = consumer(kafka_login(readers_of(topic), data), consumer_timeout_ms=int(wait_seconds * 1000))
    try:
        client.assign(partitions_of(client, [topic]))
        with kafka_away():
            client.seek_to_beginning()
            for record in client:
                yield _shown(Record.from_kafka(record))
    finally:
        client.close()


def _shown(record: Record) -> dict[str, Any]:
    try:
        value: Any = parse_json(record.value or b"")
    except Undeliverable as error:
        value = f"unreadable: {error.reason}"
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "sequence": record.sequence,
        "key": (record.key or b"").decode("utf-8", "replace"),
        "value": value,
    }
