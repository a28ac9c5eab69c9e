"""The bytes of a leaf: a record's key, headers and value, each with its length before it.

A length is a signed 32-bit integer, big-endian; -1 stands for null, which is not the same as empty. Headers are
their number, then each name (UTF-8) and value. Two records have the same leaf only if they are the same.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from .errors import NotProven

#: What Kafka gives: names are text by its protocol, values may be null.
Headers = Sequence[tuple[str, bytes | None]]

_length = struct.Struct(">i").pack
_NULL = _length(-1)


def framed(part: bytes | None) -> bytes:
    """`part` with its length before it; null has length -1."""
    return _NULL if part is None else _length(len(part)) + part


def framed_headers(headers: Headers) -> bytes:
    """All headers in order, names and values length-prefixed: nothing of them is lost."""
    parts = [_length(len(headers))]
    for name, value in headers:
        encoded = name.encode()
        parts += (_length(len(encoded)), encoded, framed(value))
    return b"".join(parts)


def unframed_headers(data: bytes) -> list[tuple[str, bytes | None]]:
    """The headers again. Raises struct.error for bytes that `framed_headers` did not make."""
    (count,), at = struct.unpack_from(">i", data), 4
    found: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        name, at = _part(data, at)
        value, at = _part(data, at)
        found.append(((name or b"").decode(), value))
    return found


def _part(data: bytes, at: int) -> tuple[bytes | None, int]:
    (length,) = struct.unpack_from(">i", data, at)
    at += 4
    return (None, at) if length < 0 else (data[at : at + length], at + length)


def unframed(data: bytes) -> tuple[bytes | None, list[tuple[str, bytes | None]], bytes | None]:
    """Key, headers and value of a leaf. Raises NotProven unless `leaf` makes these very bytes of them."""
    try:
        key, at = _part(data, 0)
        headers = unframed_headers(data[at:])
        value, _ = _part(data, at + len(framed_headers(headers)))
    except (struct.error, UnicodeDecodeError) as error:
        raise NotProven("it is not a record: key, headers and value with their lengths") from error
    if leaf(key, framed_headers(headers), value) != data:
        raise NotProven("it is not a record: key, headers and value with their lengths")
    return key, headers, value


def leaf(key: bytes | None, headers: bytes, value: bytes | None) -> bytes:
    """The bytes that stand for a record wherever it is compared or hashed; `headers` are framed."""
    return framed(key) + headers + framed(value)
