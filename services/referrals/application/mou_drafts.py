"""Drafts of the next memorandum: begun from the one in force or a template, kept until they are put away."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from shared.errors import Conflict
from shared.mou.documents import text_of
from shared.mou.packing import is_packed, unpack
from shared.store.store import Store

#: So many drafts an agency may have at once.
MOST = 20
_COLUMNS = "id, begun_from, base, text, version, answered, revision, last_key, changed"
_CHANGE = f"""
UPDATE mou_drafts SET text = %(text)s, version = %(version)s, answered = %(answered)s, changed = %(now)s,
    revision = revision + 1, last_key = %(key)s
WHERE id = %(id)s AND agency = %(agency)s AND revision = %(revision)s
RETURNING {_COLUMNS}
"""  # noqa: S608


@dataclass(frozen=True)
class Draft:
    """A draft as it stands.

    `begun_from`  a version or a template; `base` is its text
    `version`     what the draft's own text calls itself
    `answered`    the ids of the questions that were answered
    `revision`    counts its changes
    """

    id: str
    begun_from: str
    base: str
    text: str
    version: str
    answered: tuple[str, ...]
    revision: int
    last_key: str
    changed: datetime


@dataclass(frozen=True)
class MouDrafts:
    """The drafts of one agency's coordinators, who share them. Thread-safe. Every method blocks on the database and
    raises TryLater when it is away."""

    store: Store
    now: Callable[[], datetime]

    def of(self, agency: str) -> list[Draft]:
        """All of them, the one changed last first."""
        with self.store.transaction() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM mou_drafts WHERE agency = %s ORDER BY changed DESC",  # noqa: S608
                [agency],
            ).fetchall()
        return [_draft(row) for row in rows]

    def show(self, agency: str, draft: str) -> Draft | None:
        """One of them, or None."""
        with self.store.transaction() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM mou_drafts WHERE agency = %s AND id = %s",  # noqa: S608
                [agency, draft],
            ).fetchone()
        return _draft(row) if row else None

    def begin(self, agency: str, begun_from: str, base: str, text: str, version: str, key: str) -> str | None:
        """A new draft; its id, or None if the agency has as many as it may. The same form gives the same draft."""
        draft, now = uuid5(UUID(key), agency), self.now()
        with self.store.transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"mou_drafts/{agency}"])
            row = connection.execute(
                "SELECT count(*) AS n, bool_or(id = %s) AS there FROM mou_drafts WHERE agency = %s",
                [draft, agency],
            ).fetchone()
            if row and not row["there"]:
                if row["n"] >= MOST:
                    return None
                connection.execute(
                    "INSERT INTO mou_drafts (id, agency, begun_from, base, text, version, last_key, begun, changed)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [draft, agency, begun_from, base, text, version, key, now, now],
                )
        return str(draft)

    def change(
        self, agency: str, draft: Draft, text: str, version: str, answered: Sequence[str], key: str
    ) -> Draft:
        """The draft with this text. The same form changes it once. Raises Conflict if somebody was quicker."""
        if draft.last_key == key:
            return draft
        given = {
            "id": draft.id,
            "agency": agency,
            "revision": draft.revision,
            "text": text,
            "version": version,
            "answered": list(answered),
            "key": key,
            "now": self.now(),
        }
        with self.store.transaction() as connection:
            row = connection.execute(_CHANGE, given).fetchone()
        if row is None:
            raise Conflict("the draft was changed meanwhile")
        return _draft(row)

    def put_away(self, agency: str, draft: str) -> None:
        """Forget it."""
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM mou_drafts WHERE agency = %s AND id = %s", [agency, draft])

    def version_in_force(self) -> str | None:
        """What the version in force is called."""
        with self.store.transaction() as connection:
            row = connection.execute(
                "SELECT version FROM mou_versions WHERE effective <= %s ORDER BY adopted DESC LIMIT 1",
                [self.now()],
            ).fetchone()
        return str(row["version"]) if row else None

    def text_of(self, begun_from: str) -> str | None:
        """The text of a version or a template."""
        with self.store.transaction() as connection:
            row = connection.execute(
                "SELECT document FROM mou_versions WHERE version = %s", [begun_from]
            ).fetchone()
        if row is not None:
            return plain_text(row["document"])
        try:
            return text_of(begun_from)
        except KeyError:
            return None


def plain_text(document: dict[str, Any]) -> str:
    """The text of an adopted document; one that was adopted without its text is written from its values."""
    return unpack(document) if is_packed(document) else json.dumps(document, ensure_ascii=False, indent=1)


def _draft(row: dict[str, Any]) -> Draft:
    plain = {name: row[name] for name in ("begun_from", "base", "text", "version", "revision", "changed")}
    return Draft(id=str(row["id"]), last_key=str(row["last_key"]), answered=tuple(row["answered"]), **plain)
