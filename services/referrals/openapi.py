"""The OpenAPI document of this service, for `accord events export`: made without a database or Kafka."""

from __future__ import annotations

from typing import Any

from services.referrals.api.app import make_app
from services.referrals.api.calls import Doors
from services.referrals.bootstrap import Referrals
from shared.events.export import pretty
from shared.settings import Settings

#: What the routes ask at each call. Describing them calls none.
_NOTHING: Any = None


def exports() -> dict[str, str]:
    """Path from the repository's root -> text."""
    wired = Referrals(_NOTHING, _NOTHING, _NOTHING, _NOTHING, b"")
    app = make_app(Doors(wired, _NOTHING, lambda: True), _NOTHING, Settings(), list)
    return {"docs/openapi/referrals.json": pretty(app.openapi())}
