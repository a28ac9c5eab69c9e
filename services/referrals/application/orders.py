"""What the edges hand to the application and what it hands back."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from services.referrals.domain import commands as c
from shared.errors import Refusal
from shared.events import Data
from shared.events.gaps import Gap
from shared.mou.facts import CallerFacts

#: Keys that are no UUID become one, so that no text of a caller's choosing stands on an event.
KEYS = UUID("0b6e9f2e-3a53-4b0e-8f0f-0e4f1c6c2a07")
#: Said with every answer to a report or to a stated call, through either door.
NOTICE = (
    "This record does not replace the call: a mandated reporter telephones the hotline at once."
    " State the call when it is made."
)


@dataclass(frozen=True)
class Order:
    """A command as an edge received it. `key` is the idempotency key, or the submission's id."""

    name: str
    thing: str | None
    command: c.Command
    caller: CallerFacts
    person: str
    key: str
    source: str
    correlation: str
    based_on: str | None = None
    traceparent: str | None = None
    flags: tuple[str, ...] = ()
    over_kafka: bool = False

    @property
    def scope(self) -> str:
        """Whose keys these are: agency and caller."""
        return f"{self.caller.agency}/{self.person}"

    @property
    def command_id(self) -> UUID:
        """The key as a UUID: itself if it is one."""
        try:
            return UUID(self.key)
        except ValueError:
            return uuid5(KEYS, f"{self.scope}/{self.key}")

    def digest(self, secret: bytes) -> bytes:
        """Tells another body under the same key; keyed, so that it cannot be guessed back."""
        body = self.command.model_dump(mode="json")
        text = json.dumps([self.name, self.thing, body], sort_keys=True).encode()
        return hmac.new(secret, text, hashlib.sha256).digest()


@dataclass(frozen=True)
class Outcome:
    """The answer to an order: what it made, or why it was refused. Stored, and given again to a repeat."""

    command: str
    made: Mapping[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    refusal: Refusal | None = None
    repeated: bool = False

    def stored(self) -> dict[str, Any]:
        """The answer as JSON."""
        refusal = self.refusal
        said = refusal and {
            name: getattr(refusal, name)
            for name in ("clause", "reason", "detail", "remedy", "field", "sentence")
        }
        return {
            "command": self.command,
            "made": dict(self.made),
            "events": list(self.events),
            "flags": list(self.flags),
            "gaps": [gap.model_dump() for gap in self.gaps],
            "refusal": said,
        }

    @classmethod
    def of_stored(cls, answer: Mapping[str, Any]) -> Outcome:
        """The answer that was stored for the first of these."""
        refusal = Refusal(**answer["refusal"]) if answer["refusal"] else None
        return cls(
            answer["command"],
            answer["made"],
            tuple(answer["events"]),
            tuple(answer["flags"]),
            tuple(Gap.model_validate(gap) for gap in answer.get("gaps", ())),
            refusal,
            repeated=True,
        )


def made_of(stated: Sequence[Data]) -> dict[str, str]:
    """Ids of the things that the caller addressed or made, by kind."""
    made: dict[str, str] = {}
    for data in stated:
        for kind in (
            "concern",
            "case",
            "referral",
            "screening",
            "record",
            "person",
            "cover",
            "mou",
            "proposal",
            "comment",
        ):
            value = getattr(data, kind, None)
            if isinstance(value, str):
                made[kind] = value
    return made


def flags_of(stated: Sequence[Data]) -> tuple[str, ...]:
    """What is unusual about them."""
    return tuple(flag for data in stated for flag in getattr(data, "flags", ()))
