"""Proof that nothing was altered or left out: hashing, proofs, checkpoints and their signatures, verified.

Python's standard library alone, no I/O, and imports only of itself: an evidence bundle carries these files as they
are, and a stranger's Python runs them. docs/proof.md says the exact bytes.
"""

from .checkpoint import Checkpoint
from .errors import NotProven
from .hashing import EMPTY_ROOT, leaf_hash, node_hash
from .keys import VerifierKey
from .leaf import leaf
from .note import SignedNote, open_note, signed_checkpoint
from .proofs import verify_consistency, verify_inclusion
from .tree import Frontier

__all__ = [
    "EMPTY_ROOT",
    "Checkpoint",
    "Frontier",
    "NotProven",
    "SignedNote",
    "VerifierKey",
    "leaf",
    "leaf_hash",
    "node_hash",
    "open_note",
    "signed_checkpoint",
    "verify_consistency",
    "verify_inclusion",
]
