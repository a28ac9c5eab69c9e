"""Ed25519 signatures verified (RFC 8032, section 5.1.7) in integers alone. Takes some milliseconds each.

Strict where the standard leaves room: S must be below the group's order, points are taken in their one canonical
encoding only, R is compared as bytes, and a public key of small order, for which anything could verify, is refused.
Nothing here is secret, so nothing has to take the same time.
"""

from __future__ import annotations

from hashlib import sha512

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

#: (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z.
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) of `message` is by the key (32 bytes). False for anything malformed."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, s = _decoded(public_key), int.from_bytes(signature[32:], "little")
    if key is None or s >= ORDER or _is_neutral(_times(8, key)):
        return False
    challenge = sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(challenge, "little") % ORDER
    x, y, z, t = key
    return _encoded(_sum_of_two(s, BASE, k, (P - x, y, z, P - t))) == signature[:32]


def _add(one: Point, other: Point) -> Point:
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    return _sum_of_two(number, point, 0, NEUTRAL)


def _sum_of_two(a: int, one: Point, b: int, other: Point) -> Point:
    """a·one + b·other, both at once."""
    table = (NEUTRAL, one, other, _add(one, other))
    found = NEUTRAL
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        found = _add(found, found)
        if which := (a >> bit & 1) | (b >> bit & 1) << 1:
            found = _add(found, table[which])
    return found


def _is_neutral(point: Point) -> bool:
    x, y, z, _ = point
    return x % P == 0 and (y - z) % P == 0


def _decoded(data: bytes) -> Point | None:
    """The point of this encoding, or None if it is none, or not the canonical one of its point."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _encoded(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def _base() -> Point:
    point = _decoded((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    assert point is not None, "RFC 8032 gives it"
    return point


BASE = _base()
