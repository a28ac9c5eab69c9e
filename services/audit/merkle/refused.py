"""A checkpoint that was not signed because the log is not what was signed before: a finding, kept and shown."""

from __future__ import annotations

from typing import Any

import structlog

from services.audit.findings import insert_findings
from services.audit.merkle.trees import Place
from shared.errors import Disagreement

#: What the disagreement is, as a finding's kind.
KINDS = {
    "smaller": "tree-shrunk",
    "other-root": "tree-altered",
    "tree": "tree-altered",
    "other-key": "checkpoint-unknown",
}


def keep_refusal(c: Any, place: Place, found: Disagreement) -> None:
    """Keep and log the finding, once for each kind and log."""
    structlog.get_logger().error(
        "checkpoint_refused", topic=place[0], partition=place[1], kind=found.kind, remedy=found.remedy
    )
    insert_findings(c, [(KINDS.get(found.kind, "tree-altered"), *place, 0, -1, None, found.detail)])
