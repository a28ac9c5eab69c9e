"""The key that checkpoints are verified with, as C2SP's signed note writes it: `name+id+base64`."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from . import base64s, ed25519
from .errors import NotProven

ED25519 = b"\x01"
"""The signature type, in key ids and encoded keys."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public Ed25519 key (32 bytes) and the name it signs under."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key in `name+id+base64`. Raises NotProven."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        check_name(name)
        data = base64s.decoded(encoded)
        if len(data) != 33 or data[:1] != ED25519:
            raise NotProven("the key is not one of Ed25519")
        key = cls(name, data[1:])
        if key.id.hex() != key_id:
            raise NotProven("the key's id is not that of its name and bytes")
        return key

    @property
    def id(self) -> bytes:
        """Four bytes that say which key a signature is by."""
        return key_id(self.name, ED25519 + self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64s.encoded(ED25519 + self.public)}"

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature (64 bytes) of `message` is by this key."""
        return ed25519.verify(self.public, message, signature)


def key_id(name: str, typed_key: bytes) -> bytes:
    """The first 4 bytes of SHA-256 over name, newline, type and key."""
    return sha256(name.encode() + b"\n" + typed_key).digest()[:4]


def check_name(name: str) -> None:
    """Raises NotProven for a name that cannot stand in a signature's line."""
    if not name or "+" in name or any(c.isspace() or not c.isprintable() for c in name):
        raise NotProven("the key has no name that can stand in a signature's line")
