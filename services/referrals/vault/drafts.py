"""What somebody typed into a form and has not sent, sealed: it may be about a child, and it may identify one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import psycopg

from services.referrals.vault.key_file import Wrapping

Connection = psycopg.Connection[tuple[Any, ...]]

KEPT = timedelta(hours=24)
DRAFTS = UUID("3f0c2f0a-8f5e-4d5e-a7d8-2f2b52b3c9d4")

_KEEP = """
INSERT INTO drafts (id, wrapped, expires_at) VALUES (%s, %s, %s)
ON CONFLICT (id) DO UPDATE SET wrapped = excluded.wrapped, expires_at = excluded.expires_at
"""


def draft_id(person: UUID, place: str) -> UUID:
    """The id of what a person typed at a place. The place itself is not stored."""
    return uuid5(DRAFTS, f"{person}/{place}")


class Drafts:
    """Rows of `drafts`, on connections handed in (autocommit)."""

    def __init__(self, wrapping: Wrapping, now: Callable[[], datetime]) -> None:
        self._wrapping, self._now = wrapping, now

    def keep(self, connection: Connection, draft: UUID, text: bytes) -> None:
        """Store it, in place of an earlier one."""
        wrapped = self._wrapping.wrap(text, "draft", draft)
        connection.execute(_KEEP, [draft, wrapped, self._now() + KEPT])

    def show(self, connection: Connection, draft: UUID) -> bytes | None:
        """What was kept. Raises Disagreement if the row was altered."""
        row = connection.execute(
            "SELECT wrapped FROM drafts WHERE id = %s AND expires_at > %s", [draft, self._now()]
        ).fetchone()
        return self._wrapping.unwrap(bytes(row[0]), "draft", draft) if row else None

    def drop(self, connection: Connection, draft: UUID) -> None:
        """Forget it."""
        connection.execute("DELETE FROM drafts WHERE id = %s", [draft])

    def purge(self, connection: Connection, now: datetime) -> int:
        """Remove what is past its time."""
        return connection.execute("DELETE FROM drafts WHERE expires_at <= %s", [now]).rowcount
