"""Sealing: how an identifying fact is closed, and to what it is bound. Pure: keys come in as arguments.

A sealed part is a JWE (RFC 7516) in compact form, A256GCM. Its protected header names what it belongs to and
is authenticated with it, so that a part moved elsewhere does not open. The plaintext is a JSON object,
padded with spaces at its end to a multiple of 256 bytes: every JSON reader skips them, and the length of a
sealed part tells little of the length of a name.

    an agency's system → the county      ECDH-ES+A256KW (or ECDH-ES), bound to `submission` and `class`
    the vault → the log of record        dir, one random key each, bound to `case`, `event` and `class`
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey
from joserfc.util import urlsafe_b64decode

from shared.errors import Undeliverable
from shared.events.names import SealedClass

#: Plaintext is padded to a multiple of this many bytes.
PAD = 256
#: What is sealed for an event may have this many characters at most; an event has 65,535 bytes for everything.
MAX_SEALED = 60_000
#: A part of a submission may be as long as the submission itself: it is sealed anew before it reaches an event.
MAX_OPENED = 65_535

_COUNTY_ALGORITHMS = ("ECDH-ES+A256KW", "ECDH-ES")
_COUNTY_HEADER = frozenset({"alg", "enc", "kid", "epk", "submission", "class", "apu", "apv", "typ", "cty"})
_VAULT_HEADER = frozenset({"alg", "enc", "kid", "case", "event", "class"})
_ENC = "A256GCM"
_SOME_ID = UUID(int=0)
#: Algorithms are allow-listed here once more, inside the library; it knows nothing of our own header members.
_REGISTRY = jwe.JWERegistry(algorithms=[*_COUNTY_ALGORITHMS, "dir", _ENC], strict_check_header=False)


class CannotOpen(Undeliverable):
    """A sealed part does not open. Its message never quotes content. `reason` is one of:

    not-a-jwe, too-large, not-allowed (algorithm or header member), unknown-key, damaged,
    bound-to-another-submission, bound-to-another-case, bound-to-another-event, bound-to-another-class
    """


def seal_for_county(
    public_jwk: Mapping[str, Any], submission: UUID | str, cls: SealedClass, facts: Mapping[str, Any]
) -> str:
    """Seal `facts` of one class to the county's submission key: what an agency's own system does.

    `public_jwk` is a member of `GET /v1/keys`; `submission` the CloudEvents id of the submission.
    Raises Undeliverable("too-large") and Undeliverable("not-a-county-key").
    """
    key = _county_key(public_jwk, "not-a-county-key")
    header = {"alg": "ECDH-ES+A256KW", "enc": _ENC, "kid": str(public_jwk.get("kid", ""))}
    header |= {"submission": str(submission), "class": cls.value}
    sealed = _encrypt(header, facts, key)
    if len(sealed) > MAX_OPENED:
        raise Undeliverable("too-large", "a sealed part is too large for a submission")
    return sealed


def open_for_county(
    private_jwk: Mapping[str, Any], sealed: str, submission: UUID | str, cls: SealedClass
) -> dict[str, Any]:
    """The facts that an agency sealed to the county's key. Raises CannotOpen."""
    header = _header(sealed, _COUNTY_HEADER, _COUNTY_ALGORITHMS)
    # A UUID is the same in either case, and systems differ in how they write it.
    header["submission"] = str(header.get("submission")).lower()
    _require(header, {"submission": str(submission).lower(), "class": cls.value})
    if header["kid"] != private_jwk.get("kid"):
        raise CannotOpen("unknown-key")
    return _decrypt(sealed, _county_key(private_jwk, "unknown-key"))


def seal(
    data_key: bytes,
    kid: UUID | str,
    subject: UUID | str,
    event_id: UUID | str,
    cls: SealedClass,
    facts: Mapping[str, Any],
) -> str:
    """Seal `facts` under a data key of its own (32 bytes) for the event of case or concern `subject`.

    Raises Undeliverable("too-large").
    """
    sealed = _encrypt(_vault_header(kid, subject, event_id, cls), facts, OctKey.import_key(data_key))
    if len(sealed) > MAX_SEALED:
        raise Undeliverable("too-large", "a sealed part is too large for an event")
    return sealed


def unseal(
    data_key: bytes, sealed: str, subject: UUID | str, event_id: UUID | str, cls: SealedClass
) -> dict[str, Any]:
    """The facts of a sealed part of an event. Raises CannotOpen."""
    require_binding(sealed, subject, event_id, cls)
    return _decrypt(sealed, OctKey.import_key(data_key))


def require_binding(sealed: str, subject: UUID | str, event_id: UUID | str, cls: SealedClass) -> str:
    """The key id of a sealed part that says it belongs here. Raises CannotOpen."""
    header = _header(sealed, _VAULT_HEADER, ("dir",))
    _require(header, {"case": str(subject), "event": str(event_id), "class": cls.value})
    return str(header["kid"])


def county_key_id(sealed: str) -> str:
    """The id of the county key that a part of a submission was sealed to. Raises CannotOpen."""
    return str(_header(sealed, _COUNTY_HEADER, _COUNTY_ALGORITHMS)["kid"])


def plain(facts: Mapping[str, Any]) -> bytes:
    """`facts` as JSON in UTF-8: each script in its own length, not six bytes a character."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # half a pair of surrogates has no UTF-8, but it has an escape
        return json.dumps(facts, separators=(",", ":"), allow_nan=False).encode("ascii")


def padded(facts: Mapping[str, Any]) -> bytes:
    """`facts` as JSON in UTF-8, with spaces at its end up to a multiple of `PAD` bytes."""
    text = plain(facts)
    return text + b" " * (-len(text) % PAD)


def sealed_length(cls: SealedClass, size: int) -> int:
    """How many characters `seal` makes of `size` bytes of `plain`."""
    return _around(cls) + _base64_length(size + -size % PAD)


def plain_room(cls: SealedClass, characters: int) -> int:
    """How many bytes of `plain` `seal` takes in so many characters; negative if not even none."""
    return (characters - _around(cls)) * 3 // 4 // PAD * PAD


def _around(cls: SealedClass) -> int:
    """Characters of the vault's header, the nonce, the tag and the dots."""
    header = _vault_header(_SOME_ID, _SOME_ID, _SOME_ID, cls)
    encoded = len(json.dumps(header, separators=(",", ":")))
    return _base64_length(encoded) + _base64_length(12) + _base64_length(16) + 4


def _base64_length(size: int) -> int:
    return -(-size * 4 // 3)


def _encrypt(header: dict[str, Any], facts: Mapping[str, Any], key: OctKey | ECKey | OKPKey) -> str:
    try:
        sealed = jwe.encrypt_compact(header, padded(facts), key, registry=_REGISTRY)
    except JoseError as error:
        raise Undeliverable("not-a-county-key") from error
    return sealed


def _vault_header(
    kid: UUID | str, subject: UUID | str, event_id: UUID | str, cls: SealedClass
) -> dict[str, Any]:
    header = {"alg": "dir", "enc": _ENC, "kid": str(kid)}
    return header | {"case": str(subject), "event": str(event_id), "class": cls.value}


def _decrypt(sealed: str, key: OctKey | ECKey | OKPKey) -> dict[str, Any]:
    # `from None`: what a cipher or a JSON reader says of these bytes may quote them.
    try:
        plaintext = jwe.decrypt_compact(sealed, key, registry=_REGISTRY).plaintext
        facts = json.loads(plaintext or b"")
        json.dumps(facts, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise CannotOpen("damaged") from None
    if not isinstance(facts, dict):
        raise CannotOpen("damaged")
    return facts


def _header(sealed: str, members: frozenset[str], algorithms: tuple[str, ...]) -> dict[str, Any]:
    """The protected header, of a known form but not yet authenticated. Raises CannotOpen."""
    if not isinstance(sealed, str) or sealed.count(".") != 4 or not sealed.isascii():
        raise CannotOpen("not-a-jwe")
    if len(sealed) > MAX_OPENED:
        raise CannotOpen("too-large")
    try:
        header = json.loads(urlsafe_b64decode(sealed.split(".", 1)[0].encode("ascii")))
    except (ValueError, RecursionError):
        raise CannotOpen("not-a-jwe") from None
    if not isinstance(header, dict) or not {"alg", "enc", "kid"} <= header.keys():
        raise CannotOpen("not-a-jwe")
    if not header.keys() <= members or header["alg"] not in algorithms or header["enc"] != _ENC:
        raise CannotOpen("not-allowed")
    return header


def _require(header: Mapping[str, Any], binding: Mapping[str, str]) -> None:
    for member, expected in binding.items():
        if header.get(member) != expected:
            raise CannotOpen(f"bound-to-another-{member}")


def _county_key(jwk: Mapping[str, Any], reason: str) -> ECKey | OKPKey:
    try:
        match jwk.get("kty"), jwk.get("crv"):
            case "EC", "P-256":
                return ECKey.import_key(dict(jwk))
            case "OKP", "X25519":
                return OKPKey.import_key(dict(jwk))
    except (JoseError, ValueError, TypeError, KeyError):
        pass
    raise CannotOpen(reason) if reason == "unknown-key" else Undeliverable(reason)
