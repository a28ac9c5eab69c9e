"""What both vaults make in the same way: sealed parts with their keys, submission keys, kept records."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from joserfc.jwk import ECKey

from services.referrals.vault.port import DeadLetter, Forgotten, ToOpen, ToSeal
from shared.events.sealing import CannotOpen, require_binding, seal, unseal

DATA_KEY_BYTES = 32
DEADLETTER_KEPT = timedelta(days=30)
#: The submissions topic keeps 30 days; after that nothing can arrive that a retired key must open.
RETIRED_KEPT = timedelta(days=35)


@dataclass(frozen=True)
class Made:
    """A sealed part and its key, not yet stored."""

    kid: UUID
    data_key: bytes
    sealed: str


@dataclass(frozen=True)
class CountyKey:
    """A submission key. `private` never leaves the vault in clear."""

    kid: UUID
    public: dict[str, Any]
    private: dict[str, Any]


def make(item: ToSeal) -> Made:
    """Seal `item` under a new random key. Raises Undeliverable("too-large")."""
    kid, data_key = uuid4(), os.urandom(DATA_KEY_BYTES)
    sealed = seal(data_key, kid, item.subject, item.event_id, item.cls, item.facts)
    return Made(kid, data_key, sealed)


def kid_of(part: ToOpen) -> UUID | CannotOpen:
    """The id of the key of a part that says it belongs where it stands, or why it cannot be opened."""
    try:
        return UUID(require_binding(part.sealed, part.subject, part.event_id, part.cls))
    except CannotOpen as error:
        return error
    except ValueError:
        return CannotOpen("unknown-key")


def open_with(
    found: bytes | Forgotten | CannotOpen | None, part: ToOpen
) -> dict[str, Any] | Forgotten | CannotOpen:
    """Open a part with what the vault has under its key id."""
    if isinstance(found, Forgotten | CannotOpen):
        return found
    if found is None:
        return CannotOpen("unknown-key")
    try:
        return unseal(found, part.sealed, part.subject, part.event_id, part.cls)
    except CannotOpen as error:
        return error


def make_county_key() -> CountyKey:
    """A new submission key: P-256, which every JOSE library knows."""
    kid = uuid4()
    key = ECKey.generate_key("P-256")
    public = {**key.as_dict(private=False), "kid": str(kid), "use": "enc", "alg": "ECDH-ES+A256KW"}
    return CountyKey(kid, public, {**key.as_dict(private=True), "kid": str(kid)})


def describe(
    topic: str, partition: int, offset: int, reason: str, value: bytes | None, now: datetime
) -> DeadLetter:
    """A new dead letter for this record."""
    value = value or b""
    digest = hashlib.sha256(value).hexdigest()
    return DeadLetter(uuid4(), topic, partition, offset, reason, len(value), digest, now + DEADLETTER_KEPT)


def pack(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> bytes:
    """A record as bytes, to be wrapped."""
    record = [_text(key), _text(value), [[name, _text(held)] for name, held in headers]]
    return json.dumps(record).encode("ascii")


def unpack(packed: bytes) -> tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]:
    """What `pack` packed."""
    key, value, headers = json.loads(packed)
    return _bytes(key), _bytes(value), tuple((name, _bytes(held) or b"") for name, held in headers)


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
