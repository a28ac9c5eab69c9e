"""The text of a document as one event holds it: compressed, with its digest, comments and all. No I/O.

What comes packed may have been made to burst: it is opened in a stream with a bound, and never beyond it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.mou.reading import MAX_TEXT

#: Largest packed text, in characters: one event holds at most 65,535 bytes, envelope and all.
MAX_PACKED = 60_000
_MAX_BYTES = 4 * MAX_TEXT


class Packed(BaseModel):
    """A document's text: zlib, then base64; `digest` is `sha256:` and 64 hex digits of the text in UTF-8."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["accord-mou-packed-1"] = "accord-mou-packed-1"
    digest: str
    text: str


class Unpackable(Exception):
    """It cannot be opened; says why, never what it holds."""


def is_packed(document: object) -> bool:
    """Whether the `document` of an event or a command is a packed text."""
    return isinstance(document, dict) and str(document.get("format", "")).startswith("accord-mou-packed-")


def pack(text: str) -> dict[str, Any]:
    """The text as an event holds it. Whether it fits is for `fits` to say."""
    raw = text.encode("utf-8")
    packed = base64.b64encode(zlib.compress(raw, 9)).decode("ascii")
    return Packed(digest=digest_of_text(text), text=packed).model_dump()


def fits(text: str) -> bool:
    """Whether the text, packed, fits into one event."""
    return len(pack(text)["text"]) <= MAX_PACKED


def unpack(document: object) -> str:
    """The text, checked against its digest. Raises Unpackable; never makes more than the largest text."""
    try:
        packed = Packed.model_validate(document)
        raw = base64.b64decode(packed.text, validate=True)
    except (ValidationError, binascii.Error, ValueError):
        raise Unpackable("is not packed as it must be") from None
    text = _opened(raw) if len(packed.text) <= MAX_PACKED else None
    if text is None:
        raise Unpackable("is not packed as it must be, or is too large")
    if digest_of_text(text) != packed.digest:
        raise Unpackable("is not the text that its digest names")
    return text


def digest_of_text(text: str) -> str:
    """`sha256:` and 64 hex digits, of the text in UTF-8."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8')).hexdigest()}"


def _opened(raw: bytes) -> str | None:
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(raw, _MAX_BYTES)
        whole = stream.eof and not stream.unused_data and not stream.unconsumed_tail
        return content.decode("utf-8") if whole else None
    except (zlib.error, UnicodeDecodeError):
        return None
