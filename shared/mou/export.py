"""What this package exports for `accord events export`: the JSON Schema of the MOU document."""

from __future__ import annotations

from shared.events.export import pretty
from shared.mou.load import mou_schema


def exports() -> dict[str, str]:
    """Path from the repository's root -> text."""
    return {"docs/schemas/mou.schema.json": pretty(mou_schema())}
