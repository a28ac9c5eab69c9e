"""Who was told, and who said that they saw it."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, StringConstraints

from shared.events.data import Data, Id, Unrecognised, Word, _code


class Tier(StrEnum):
    """How loudly an item asks for attention."""

    ACT_NOW = "act-now"
    ACT_SOON = "act-soon"
    INFORMATION = "information"


TierCode = Annotated[Tier | Unrecognised, BeforeValidator(partial(_code, Tier))]
#: A person's random id, or a queue `<agency>/<role>`.
Recipient = Annotated[str, StringConstraints(pattern=r"^([a-z-]+/[a-z-]+|[0-9a-f-]{36})$")]


class NotificationDelivered(Data):
    """An item stands in the recipient's feed. Unique by (event, rule, recipient)."""

    TYPE: ClassVar[str] = "accord.notification.delivered.v1"
    item: Id
    event: Id
    rule: Word
    recipient: Recipient
    tier: TierCode
    channel: Word


class NotificationAcknowledged(Data):
    """A person said that they have it in hand. The first one counts.

    `cover` is there if it is addressed to another person, for whom the envelope's actor stands in by that cover.
    """

    TYPE: ClassVar[str] = "accord.notification.acknowledged.v1"
    item: Id
    event: Id
    rule: Word
    recipient: Recipient
    cover: Id | None = None
