"""A checkpoint that somebody kept, against what a service answers: the log must have grown from it."""

from __future__ import annotations

from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from services.audit.domain.proof import Checkpoint, VerifierKey
from services.audit.domain.proof.base64s import encoded
from services.audit.merkle.kept import KeptCheckpoint, against
from tests.unit.audit import rfc6962

LEAVES = tuple(sha256(bytes([n])).digest() for n in range(9))
KEY = VerifierKey("county.test/audit", bytes(32))
KEPT = KeptCheckpoint(Checkpoint("county.test/audit/accord.mou.events/0", 5, rfc6962.mth(LEAVES[:5])), KEY)


class Service:
    """Answers every question for a consistency proof with this."""

    def __init__(self, size: int, leaves: tuple[bytes, ...]) -> None:
        proof = rfc6962.subproof(5, leaves[:size], True) if size > 5 else []
        self.answer = {
            "proof": [encoded(one) for one in proof],
            "size": size,
            "root": encoded(rfc6962.mth(leaves[:size])),
            "note": None,
        }

    def get(self, path: str, params: dict[str, Any]) -> Any:
        assert (path, params) == ("/v1/ledger/accord.mou.events/0/consistency", {"old_size": 5})
        return SimpleNamespace(body=self.answer)


def kinds(service: Service, signed: int) -> list[str]:
    return [problem["kind"] for problem in against(service, KEPT, signed)]


@pytest.mark.parametrize("size", range(5, 10))
def test_a_log_that_grew_from_it_has_no_problem(size: int) -> None:
    assert kinds(Service(size, LEAVES), signed=size) == []


def test_a_log_that_is_another_one_is_told() -> None:
    other = (*LEAVES[:2], bytes(32), *LEAVES[3:])
    assert kinds(Service(9, other), signed=9) == ["kept-differs"]


def test_a_proof_that_ends_before_what_was_verified_proves_nothing_of_it() -> None:
    assert kinds(Service(5, LEAVES), signed=9) == ["kept-differs"]
