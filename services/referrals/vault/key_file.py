"""The key-encryption key: in a file of its own, never in a database and so never in a dump."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import Disagreement

KEY_BYTES = 32
_NONCE_BYTES = 12
_REMEDY = "Give the service the key file that this vault was made with (ACCORD_VAULT_KEY_FILE)."


def create_key_file(path: Path) -> None:
    """Write a new random key to `path` (base64, mode 0600), whole or not at all.

    Raises FileExistsError: a key is never replaced, it would be the end of everything sealed.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    finally:
        unfinished.unlink()


def read_key_file(path: Path) -> bytes:
    """The key in `path`. Raises Disagreement if there is none, it is not a key or others may read it."""
    try:
        if path.stat().st_mode & 0o077:
            raise Disagreement("key-file", "The vault's key file can be read by others.", f"chmod 600 {path}")
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except OSError as error:
        raise Disagreement("key-file", "The vault's key file cannot be read.", _REMEDY) from error
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Disagreement("key-file", "The vault's key file holds no 32 bytes in base64.", _REMEDY)
    return key


class Wrapping:
    """Wraps what the vault stores under the key-encryption key, each bound to its own id and kind."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._digests = HKDF(SHA256(), KEY_BYTES, None, b"accord-vault/1/digests").derive(key)

    def wrap(self, secret: bytes, kind: str, kid: UUID) -> bytes:
        """`secret` with AES-256-GCM; the row's kind and id are authenticated with it."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, _bound(kind, kid))

    def unwrap(self, wrapped: bytes, kind: str, kid: UUID) -> bytes:
        """The secret. Raises Disagreement if the key is another one, or the row's bytes were altered."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _bound(kind, kid))
        except (InvalidTag, ValueError) as error:
            raise Disagreement(
                "other-key", "The vault's key file does not open this vault.", _REMEDY
            ) from error

    def digest(self, text: bytes, kind: str) -> bytes:
        """By which `text` is found again, under a key of its own; nobody else can guess it back."""
        return hmac.new(self._digests, kind.encode("ascii") + b"/" + text, hashlib.sha256).digest()


def _bound(kind: str, kid: UUID) -> bytes:
    return f"accord-vault/1/{kind}/{kid}".encode("ascii")
