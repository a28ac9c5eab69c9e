"""Go's sumdb/note and tlog over what we make, and ours over what they make."""

from __future__ import annotations

import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.domain import tiles
from services.audit.domain.proof import (
    Checkpoint,
    SignedNote,
    VerifierKey,
    leaf_hash,
    signed_checkpoint,
    verify_consistency,
    verify_inclusion,
)
from services.audit.domain.proof.base64s import encoded
from services.audit.domain.proof.note import Signature
from tests.stranger import Stranger, build
from tests.unit.audit import rfc6962

SIZES = [1, 2, 3, 7, 8, 13, 255, 256, 257, 300]
LEAVES = rfc6962.leaves(300)
HASHES = [leaf_hash(one) for one in LEAVES]
TILES = tiles.Growth(0, {}).append(HASHES)
ORIGIN = "example.invalid/audit/accord.referrals.events/3"
SEED = bytes(range(32))
PRIVATE = Ed25519PrivateKey.from_private_bytes(SEED)
KEY = VerifierKey("example.invalid/audit", PRIVATE.public_key().public_bytes_raw())


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    return Stranger(build(tmp_path_factory.mktemp("stranger")))


def root(size: int) -> bytes:
    return tiles.roots([(0, size)], TILES)[0]


def of_inclusion(index: int, size: int) -> dict[str, Any]:
    proof = tiles.roots(tiles.inclusion_path(index, size), TILES)
    return {
        "Ask": "inclusion",
        "Leaf": LEAVES[index],
        "Index": index,
        "New": size,
        "Root": root(size),
        "Proof": proof,
    }


def of_consistency(old: int, new: int) -> dict[str, Any]:
    proof = tiles.roots(tiles.consistency_path(old, new), TILES)
    return {
        "Ask": "consistency",
        "Old": old,
        "New": new,
        "OldRoot": root(old),
        "Root": root(new),
        "Proof": proof,
    }


def note_of(checkpoint: Checkpoint) -> str:
    text = str(checkpoint)
    return str(SignedNote(text, (Signature(KEY.name, KEY.id, PRIVATE.sign(text.encode())),)))


def test_go_agrees_with_our_roots_and_proofs_and_with_no_changed_one(stranger: Stranger) -> None:
    chance = random.Random(4)
    pairs = [(chance.randrange(size), size) for size in SIZES for _ in range(4)]
    good = [of_inclusion(*pair) for pair in pairs] + [of_consistency(a + 1, b) for a, b in pairs]
    assert [one for one in stranger.ask(*good) if one] == []
    bad = [one | {"Root": bytes(32)} for one in good] + [
        one | {"Proof": one["Proof"][:-1]} for one in good if one["Proof"]
    ]
    assert all("error" in one for one in stranger.ask(*bad))


def test_we_agree_with_gos_roots_and_proofs(stranger: Stranger) -> None:
    for size in SIZES:
        leaves, index, old = list(LEAVES[:size]), size // 3, size // 2 + 1
        included, grown = stranger.ask(
            {"Ask": "make-inclusion", "Leaves": leaves, "Index": index},
            {"Ask": "make-consistency", "Leaves": leaves, "Old": min(old, size)},
        )
        assert included["root"] == grown["root"] == root(size)
        verify_inclusion(index, size, HASHES[index], included.get("proof", []), root(size))
        verify_consistency(min(old, size), root(min(old, size)), size, root(size), grown.get("proof", []))


def test_go_opens_our_checkpoints_and_no_changed_one(stranger: Stranger) -> None:
    checkpoint = Checkpoint(ORIGIN, 300, root(300))
    note = note_of(checkpoint)
    opened, changed, other = stranger.ask(
        {"Ask": "note", "Note": note, "Keys": [str(KEY)]},
        {"Ask": "note", "Note": note.replace("\n300\n", "\n301\n"), "Keys": [str(KEY)]},
        {"Ask": "note", "Note": note, "Keys": [str(VerifierKey("other", KEY.public))]},
    )
    assert opened == {"text": str(checkpoint)}
    assert "error" in changed
    assert "error" in other


def test_we_open_checkpoints_that_go_signed(stranger: Stranger) -> None:
    checkpoint = Checkpoint(ORIGIN, 13, root(13))
    signer = "PRIVATE+KEY+" + "+".join((KEY.name, KEY.id.hex(), encoded(b"\x01" + SEED)))
    (signed,) = stranger.ask({"Ask": "sign", "Text": str(checkpoint), "Keys": [signer]})
    assert signed_checkpoint(signed["text"], ORIGIN, [KEY]) == checkpoint
