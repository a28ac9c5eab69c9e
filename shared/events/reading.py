"""Reading a recorded event: open to newer writers, strict about what makes it an event at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.errors import Undeliverable
from shared.events.data import Data, Unhandled
from shared.events.envelope import Envelope
from shared.events.registry import TYPES, UPCASTERS


@dataclass(frozen=True)
class Recorded:
    """An event as it was recorded: its envelope, its facts, and its bytes as they were read."""

    envelope: Envelope
    data: Data | Unhandled
    value: bytes

    @property
    def type(self) -> str:
        """The contract's name of the event's type."""
        return self.envelope.type

    @property
    def version(self) -> int:
        """Its place in its stream, from 1."""
        return int(self.envelope.streamversion)


def parse_json(value: bytes) -> dict[str, Any]:
    """`value` as a JSON object. Raises Undeliverable with a code, and never quotes the value."""
    try:
        parsed = json.loads(value.decode("utf-8"))
    except UnicodeDecodeError:
        raise Undeliverable("not-utf-8") from None
    except (ValueError, RecursionError):  # also an integer of more digits than Python reads
        raise Undeliverable("not-json") from None
    if not isinstance(parsed, dict):
        raise Undeliverable("not-an-object")
    return parsed


def read(value: bytes) -> Recorded:
    """The event with these bytes. Raises Undeliverable if they are no event of ours.

    An unknown type, or a newer version, gives `Unhandled` facts and no error. Stored bytes never change:
    upcasting is in memory only.
    """
    try:
        envelope = Envelope.model_validate(parse_json(value))
    except ValidationError:
        raise Undeliverable("not-our-envelope") from None
    if envelope.specversion != "1.0":
        raise Undeliverable("unknown-specversion")
    return Recorded(envelope, read_data(envelope.type, envelope.data), value)


def read_data(type_name: str, facts: dict[str, Any]) -> Data | Unhandled:
    """The facts, upcast to the newest version known here. Raises Undeliverable if they do not fit it."""
    while type_name in UPCASTERS:
        type_name, facts = UPCASTERS[type_name](facts)
    kind = TYPES.get(type_name)
    if kind is None:
        return Unhandled(type_name, facts)
    try:
        return kind.opened(facts)
    except ValidationError:
        raise Undeliverable("facts-do-not-fit-the-type") from None
