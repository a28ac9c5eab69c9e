"""Base64 in its one canonical form."""

from __future__ import annotations

import base64
import binascii

from .errors import NotProven


def decoded(text: str) -> bytes:
    """The bytes. Raises NotProven unless `text` is exactly what they encode to."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotProven("what should be base64 is not") from error
    if encoded(data) != text:
        raise NotProven("what should be base64 is not in its canonical form")
    return data


def encoded(data: bytes) -> str:
    """Standard alphabet, padded, on one line."""
    return base64.b64encode(data).decode("ascii")
