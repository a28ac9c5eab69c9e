"""What routing and duties know, read from the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from services.notifications.domain.facts import Facts
from shared.mou import Mou, from_adopted

Connection = psycopg.Connection[Any]


def load_facts(connection: Connection, ids: Sequence[str]) -> dict[str, Facts]:
    """The facts that are known of these things."""
    if not ids:
        return {}
    rows = connection.execute(
        "SELECT id::text, facts::text FROM facts WHERE id = ANY(%s::uuid[])", [list(ids)]
    )
    return {id: Facts.model_validate_json(facts) for id, facts in rows.fetchall()}


class Versions:
    """The adopted versions of the MOU, each read once. Not thread-safe."""

    def __init__(self) -> None:
        self._read: dict[str, Mou] = {}

    def of(self, connection: Connection, version: str) -> Mou | None:
        """The version, or None if it is not in the database yet."""
        if version not in self._read:
            row = connection.execute(
                "SELECT document FROM mou_versions WHERE version = %s", [version]
            ).fetchone()
            if row is None:
                return None
            self._read[version] = from_adopted(row["document"] if isinstance(row, dict) else row[0])
        return self._read[version]
