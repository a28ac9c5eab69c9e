"""A recorded event, as far as a simulation reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events.moments import read_moment

_TEXTS = (
    "id",
    "source",
    "type",
    "subject",
    "stream",
    "commandid",
    "agency",
    "actor",
    "purpose",
    "mouversion",
)


@dataclass(frozen=True, slots=True)
class Past:
    """One event of the log of record. `data` holds plain JSON values; only counts of it leave a simulation."""

    id: str
    source: str
    type: str
    subject: str
    stream: str
    commandid: str
    agency: str
    actor: str
    purpose: str
    mouversion: str
    time: datetime
    recordedtime: datetime
    data: Mapping[str, Any]

    @classmethod
    def of(cls, value: bytes | str) -> Past:
        """The event with this JSON: an envelope, or a line of `accord events tail --jsonl`, which holds one.

        Raises ValueError if it is neither; the error never repeats what stands there.
        """
        try:
            found = json.loads(value)
            found = found.get("value", found)
            texts = {name: found[name] for name in _TEXTS}
            times = read_moment(found["time"]), read_moment(found["recordedtime"])
            whole = isinstance(found["data"], dict) and all(isinstance(text, str) for text in texts.values())
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise ValueError("is no recorded event") from None
        if not whole:
            raise ValueError("is no recorded event")
        return cls(**texts, time=times[0], recordedtime=times[1], data=_without_sealed(found["data"]))

    def text(self, field: str) -> str | None:
        """A field of the data that holds text, or None."""
        value = self.data.get(field)
        return value if isinstance(value, str) else None

    @property
    def stated(self) -> bool:
        """Whether an agency stated it; the rest is what a service concluded by itself."""
        return self.source.startswith("/agencies/")

    @property
    def order(self) -> tuple[datetime, str]:
        """The order in which a history is read."""
        return self.recordedtime, self.id


def _without_sealed(data: dict[str, Any]) -> dict[str, Any]:
    """The same, with the classes of what is sealed and none of the sealed texts."""
    sealed = data.get("sealed")
    return {**data, "sealed": dict.fromkeys(sealed, "")} if isinstance(sealed, dict) and sealed else data
