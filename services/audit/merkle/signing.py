"""The key that checkpoints are signed with: in a file of its own, never in the database.

The first line is the signing key as Go's signed notes write it, `PRIVATE+KEY+name+id+base64`. Further lines are
public keys (`name+id+base64`) that signed before it and whose checkpoints still count.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.audit.domain.proof import NotProven, SignedNote, VerifierKey
from services.audit.domain.proof.base64s import decoded, encoded
from services.audit.domain.proof.keys import ED25519, check_name
from services.audit.domain.proof.note import Signature
from shared.errors import Disagreement

PREFIX = "PRIVATE+KEY+"
REMEDY = "Give audit the key file that signed before (ACCORD_AUDIT_KEY_FILE); `accord up` makes one the first time."


class QuickKey(VerifierKey):
    """The same key, verified by `cryptography`: a hundred times quicker, for thousands of checkpoints at once."""

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature (64 bytes) of `message` is by this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """Signs. `trusted` are its own public key and those before it."""

    verifier: VerifierKey
    older: tuple[VerifierKey, ...]
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def trusted(self) -> tuple[VerifierKey, ...]:
        """The keys whose checkpoints count."""
        return (self.verifier, *self.older)

    def origin(self, topic: str, partition: int) -> str:
        """The name of a partition's log, the first line of its checkpoints."""
        return f"{self.verifier.name}/{topic}/{partition}"

    def sign(self, text: str) -> str:
        """The signed note."""
        signature = Signature(self.verifier.name, self.verifier.id, self.private.sign(text.encode()))
        return str(SignedNote(text, (signature,)))


def create_key_file(path: Path, name: str = "") -> None:
    """Write a new key to `path` (mode 0600), whole or not at all. `name` is the ledger's, unique in the world.

    Raises FileExistsError: a key is never replaced; what it signed could no longer be checked.
    """
    name = name or f"accord.local/audit-{secrets.token_hex(4)}"
    check_name(name)
    private = Ed25519PrivateKey.generate()
    verifier = VerifierKey(name, private.public_key().public_bytes_raw())
    seed = encoded(ED25519 + private.private_bytes_raw())
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"{PREFIX}{name}+{verifier.id.hex()}+{seed}\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    finally:
        unfinished.unlink()


def read_key_file(path: Path | None) -> SigningKey:
    """The key in `path`. Raises Disagreement if there is none, it is not a key, or others may read it."""
    if path is None:
        raise Disagreement("key-file", "Audit has no key to sign checkpoints with.", REMEDY)
    try:
        if path.stat().st_mode & 0o077:
            raise Disagreement(
                "key-file", "The signing key's file can be read by others.", f"chmod 600 {path}"
            )
        lines = path.read_text(encoding="ascii").split()
    except (OSError, ValueError) as error:
        raise Disagreement("key-file", "The signing key's file cannot be read.", REMEDY) from error
    try:
        return _key(lines[0], lines[1:])
    except (NotProven, IndexError, ValueError) as error:
        raise Disagreement("key-file", "The signing key's file holds no signing key.", REMEDY) from error


def _key(line: str, older: list[str]) -> SigningKey:
    name, key_id, seed = line.removeprefix(PREFIX).split("+", 2)
    data = decoded(seed)
    if not line.startswith(PREFIX) or data[:1] != ED25519:
        raise NotProven("it is not a signing key")
    private = Ed25519PrivateKey.from_private_bytes(data[1:])
    verifier = QuickKey(name, private.public_key().public_bytes_raw())
    if verifier.id.hex() != key_id:
        raise NotProven("the key's id is not that of its name and bytes")
    before = tuple(QuickKey.parse(one) for one in older)
    if any(key.name != name for key in before):
        raise NotProven("an older key has another name: it signed for another ledger")
    return SigningKey(verifier, before, private)
