"""A verifier for unit tests, under the same contract test as the real one (test_verifiers.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.events.names import Purpose
from shared.web.callers import Caller, challenge
from shared.web.problems import Problem


class FakeVerifier:
    """Knows tokens by heart: `FakeVerifier({"worker": Caller(…)})`, then `Authorization: Bearer worker`."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = dict(callers)

    async def verify(self, token: str, purpose: Purpose) -> Caller:
        """See Verifier. Never blocks."""
        if token not in self._callers:
            raise Problem("token-invalid", headers=challenge("invalid_token"))
        return replace(self._callers[token], purpose=purpose)
