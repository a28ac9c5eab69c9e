"""Ledger rows as entries of a case, each read once and kept for the next question. Thread-safe."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from services.audit.domain.entry import Entry
from shared.errors import Undeliverable
from shared.events import Envelope, Recorded, Unhandled, read
from shared.events.reading import parse_json

Key = tuple[str, int, int, int]
"""Topic, partition, generation, offset: what names a row of the ledger for ever."""

#: About 200 MB at most; a row never changes, so nothing in here is ever out of date.
MOST = 30_000

FETCH = """
SELECT topic, partition, generation, "offset", sequence, value FROM ledger
WHERE (topic, partition, generation, "offset")
    IN (SELECT * FROM unnest(%s::text[], %s::integer[], %s::integer[], %s::bigint[]))
"""


class Entries:
    """A bounded memory of rows that were read as events; None for a row that is no event."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._lock = most, threading.Lock()
        self._known: OrderedDict[Key, Entry | None] = OrderedDict()

    def forget(self) -> None:
        """Forget every row."""
        with self._lock:
            self._known.clear()

    def get(self, connection: Any, keys: Iterable[Key]) -> list[Entry | None]:
        """The entries of these rows. Reads from the database those that are not known yet."""
        wanted = list(dict.fromkeys(keys))
        with self._lock:
            found = {key: self._known[key] for key in wanted if key in self._known}
        missing = [key for key in wanted if key not in found]
        if missing:
            rows = connection.execute(FETCH, [list(column) for column in zip(*missing, strict=True)])
            found |= {key_of(row): entry_of(row) for row in rows.fetchall()}
        with self._lock:
            for key in found:
                self._known[key] = found[key]
                self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return [found[key] for key in wanted]


def key_of(row: Mapping[str, Any]) -> Key:
    """What names the row."""
    return row["topic"], row["partition"], row["generation"], row["offset"]


def entry_of(row: Mapping[str, Any]) -> Entry | None:
    """The event in a ledger row; facts that do not fit their type are unhandled; None if it is no event."""
    value = bytes(row["value"] or b"")
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
