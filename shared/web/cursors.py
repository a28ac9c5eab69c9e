"""Opaque cursors: where a page ended, readable by us only, usable by its caller with its filter only."""

from __future__ import annotations

import binascii
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.web.callers import Caller
from shared.web.problems import Problem

_NONCE = 12


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"accord cursor v1").derive(secret))


def _bound(caller: Caller, filter: Mapping[str, str]) -> bytes:
    return json.dumps([caller.person, caller.agency, caller.purpose, sorted(filter.items())]).encode()


def encode(secret: bytes, caller: Caller, filter: Mapping[str, str], position: Any) -> str:
    """A cursor for `position` (anything JSON can hold). `secret`: the service's, at least 16 bytes."""
    nonce = os.urandom(_NONCE)
    plain = json.dumps(position, separators=(",", ":")).encode()
    sealed = _cipher(secret).encrypt(nonce, plain, _bound(caller, filter))
    return urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def decode(secret: bytes, caller: Caller, filter: Mapping[str, str], cursor: str) -> Any:
    """The position of a cursor made for this caller and filter. Raises Problem 422 for any other."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        plain = _cipher(secret).decrypt(raw[:_NONCE], raw[_NONCE:], _bound(caller, filter))
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise Problem(
            "cursor-invalid", errors=[{"parameter": "cursor", "detail": "is not usable here"}]
        ) from error
    return json.loads(plain)
