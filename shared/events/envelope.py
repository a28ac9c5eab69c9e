"""The envelope: CloudEvents 1.0, structured mode. The bytes are fixed when the event is appended.

A `Draft` is an event before the append; the append puts `recordedtime` and `streamversion` between its pieces
inside its lock (DECISIONS, Store). The result is stored so, published so and hashed so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.data import Data, Id
from shared.events.moments import Moment, write_moment

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
#: A record's value may have this many bytes at most (DESIGN 3).
MAX_EVENT_BYTES = 65_535
#: Largest integer that every JSON reader keeps exactly.
MAX_INTEGER = 2**53


class Envelope(BaseModel):
    """The attributes of a recorded event (DESIGN 3). Attributes of newer writers are ignored when read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: str
    id: Id
    source: str
    type: str
    subject: Id
    partitionkey: Id
    time: Moment
    recordedtime: Moment
    stream: Id
    streamversion: str
    commandid: str
    correlationid: str
    causationid: str | None = None
    traceparent: str | None = None
    actor: str
    agency: str
    purpose: str
    mouversion: str
    clause: str
    datacontenttype: str
    dataschema: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """An event as the application made it: everything but what only the append can know.

    `id` is random, made once. `after` is the recorded time of what caused it, which it must follow.
    """

    id: UUID
    topic: str
    source: str
    subject: UUID
    time: datetime
    stream: UUID
    commandid: str
    correlationid: str
    actor: str
    agency: str
    purpose: str
    mouversion: str
    clause: str
    data: Data
    causationid: str | None = None
    traceparent: str | None = None
    after: datetime | None = None

    @cached_property
    def pieces(self) -> tuple[str, str, str]:
        """The value's text up to `recordedtime`, from there to `streamversion`, and behind it.

        Raises ValueError for a float, a non-ASCII key or a large integer.
        """
        facts = self.data.written()
        require_plain(facts)
        head = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": self.source,
            "type": self.data.TYPE,
            "subject": str(self.subject),
            "partitionkey": str(self.subject),
            "time": write_moment(self.time),
        }
        tail = {
            "commandid": self.commandid,
            "correlationid": self.correlationid,
            "causationid": self.causationid,
            "traceparent": self.traceparent,
            "actor": self.actor,
            "agency": self.agency,
            "purpose": self.purpose,
            "mouversion": self.mouversion,
            "clause": self.clause,
            "datacontenttype": "application/json",
            "dataschema": dataschema(self.data.TYPE),
            "data": facts,
        }
        return (
            f'{_text(head)[:-1]},"recordedtime":"',
            f'","stream":"{self.stream}","streamversion":"',
            f'",{_text({k: v for k, v in tail.items() if v is not None})[1:]}',
        )

    def seal_bytes(self, recordedtime: datetime, streamversion: int) -> bytes:
        """The event's value, for ever: what the append makes of `pieces`. Raises ValueError as they do."""
        head, middle, tail = self.pieces
        return f"{head}{write_moment(recordedtime)}{middle}{streamversion}{tail}".encode("ascii")


def dataschema(type_name: str) -> str:
    """The address of the exported JSON Schema of this type and version, relative to any of the services."""
    return f"/schemas/{type_name}.json"


def encode(value: Mapping[str, Any]) -> bytes:
    """Compact JSON in ASCII, in the given order. Deterministic for equal input."""
    return _text(value).encode("ascii")


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def require_plain(value: Any) -> None:
    """Raise ValueError unless `value` is JSON that every reader keeps exactly: ASCII keys, no floats."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError("an integer of an event lies within 2^53")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not key.isascii():
                raise ValueError("the keys of an event are ASCII")
            require_plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            require_plain(inner)
    else:
        raise ValueError("an event holds no floats")
