"""The OpenAPI document of this service, for `accord events export`: made without a database or Kafka."""

from __future__ import annotations

from typing import Any

from services.audit.api import make_app
from shared.events.export import pretty
from shared.settings import Settings

#: What the routes ask at each call. Describing them calls none.
_NOTHING: Any = None


def exports() -> dict[str, str]:
    """Path from the repository's root -> text."""
    app = make_app(_NOTHING, _NOTHING, Settings(), list, b"", _NOTHING)
    return {"docs/openapi/audit.json": pretty(app.openapi())}
