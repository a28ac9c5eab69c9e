"""Ed25519 in integers: the standard's vectors, another implementation's signatures, and what must be refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.proof import ed25519
from services.audit.domain.proof.ed25519 import ORDER, P, verify

#: RFC 8032, section 7.1: public key, message, signature (TEST 1, 2, 3 and SHA(abc)).
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032_verify_and_no_other_message_does(
    key: str, message: str, signature: str
) -> None:
    public, text, made = (bytes.fromhex(one) for one in (key, message, signature))
    assert verify(public, text, made)
    assert not verify(public, text + b"\0", made)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511), st.integers(0, 255))
@settings(max_examples=40, deadline=None)
def test_another_implementations_signatures_verify_and_with_any_bit_flipped_do_not(
    seed: bytes, message: bytes, bit: int, key_bit: int
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = private.sign(message)
    assert verify(public, message, signature)
    assert not verify(public, message, _flipped(signature, bit))
    assert not verify(_flipped(public, key_bit), message, signature)


def _flipped(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data) ^ (1 << bit)).to_bytes(len(data))


KEY, MESSAGE, SIGNATURE = (bytes.fromhex(one) for one in VECTORS[1])
S = int.from_bytes(SIGNATURE[32:], "little")


def _number(value: int) -> bytes:
    return value.to_bytes(32, "little")


def test_s_with_the_order_added_is_refused_though_the_equation_holds() -> None:
    for times in range(1, 16):
        if S + times * ORDER < 2**256:
            assert not verify(KEY, MESSAGE, SIGNATURE[:32] + _number(S + times * ORDER))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    assert not verify((KEY + b"\0")[:length], MESSAGE, SIGNATURE)


@pytest.mark.parametrize("length", [0, 32, 63, 65])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    assert not verify(KEY, MESSAGE, (SIGNATURE + b"\0")[:length])


#: The eight points of small order, in every encoding that a lenient reader would take.
SMALL = [
    _number(1),
    _number(P - 1),
    _number(0),
    _number(1 << 255),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    _number(P),
    _number(P + 1),
    _number(1 | 1 << 255),
    _number(P - 1 | 1 << 255),
]


@pytest.mark.parametrize("key", SMALL, ids=lambda key: key.hex()[:8])
def test_a_key_of_small_order_for_which_anything_would_verify_is_refused(key: bytes) -> None:
    assert not verify(key, MESSAGE, _number(1) + _number(0))
    assert not verify(key, b"", _number(0) + _number(0))


@pytest.mark.parametrize("y", [*range(P, P + 19)])
def test_a_point_that_is_not_written_canonically_is_none(y: int) -> None:
    assert ed25519._decoded(_number(y)) is None
    assert ed25519._decoded(_number(y | 1 << 255)) is None


def test_r_that_is_not_written_canonically_is_refused() -> None:
    # R = the neutral point, whose y of 1 is written as P + 1, with S = k·a: the equation holds, the bytes do not.
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    for r, holds in ((_number(1), True), (_number(P + 1), False), (_number(1 | 1 << 255), False)):
        signature = r + _number(_challenge(r, public, b"m") * _secret(bytes(32)) % ORDER)
        assert verify(public, b"m", signature) is holds


def _challenge(r: bytes, public: bytes, message: bytes) -> int:
    from hashlib import sha512

    return int.from_bytes(sha512(r + public + message).digest(), "little") % ORDER


def _secret(seed: bytes) -> int:
    from hashlib import sha512

    a = int.from_bytes(sha512(seed).digest()[:32], "little")
    return a & (1 << 254) - 8 | 1 << 254
