"""How far along a referral is, for the folds that are written apart from audit's own."""

from __future__ import annotations

from typing import Any

STAGES = (
    {"requested"},
    {"received"},
    {"accepted", "rejected"},
    {"in-progress", "on-hold"},
    {"completed", "failed", "cancelled"},
    {"entered-in-error"},
)


def further(it: dict[str, Any], status: str) -> None:
    """What was said out of order does not lead back to an earlier stage."""
    stage = [n for n, one in enumerate(STAGES) if it.get("status") in one]
    if not stage or status in set().union(*STAGES[stage[0] :]):
        it["status"] = status
