"""Wiring: the one place where audit's parts are put together from settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from services.audit.merkle.asking import Proofs
from services.audit.merkle.signing import read_key_file
from services.audit.questions import Questions
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.pulse import told
from shared.store.store import Store
from shared.web.health import Check

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Audit:
    """The application of one process, wired."""

    store: Store
    questions: Questions
    secret: bytes
    proofs: Proofs

    def close(self) -> None:
        """Close every connection."""
        self.store.close()


def prepare(settings: Settings) -> str:
    """Migrate audit's database and give its address. Raises TryLater if it is away."""
    url = settings.database_url.get_secret_value()
    migrate(url, MIGRATIONS)
    return url


def bootstrap(settings: Settings, require_open: Callable[[], None], pool_size: int = 6) -> Audit:
    """The application behind the API. Migrates first. Raises TryLater if the database is away."""
    store = Store(prepare(settings), pool_size)
    return Audit(
        store,
        Questions(store, require_open),
        _secret(store),
        Proofs(store, partial(read_key_file, settings.audit_key_file)),
    )


def _secret(store: Store) -> bytes:
    """What closes the cursors: shared by all API processes, made once."""
    with store.transaction() as c:
        c.execute("INSERT INTO secrets VALUES ('web', %s) ON CONFLICT DO NOTHING", [os.urandom(32)])
        row = c.execute("SELECT value FROM secrets WHERE name = 'web'").fetchone()
    assert row is not None, "just made"
    return bytes(row["value"])


def checks(store: Store) -> list[Check]:
    """What readiness looks at beside the gate: the database, the consumer, what stands out in the ledger."""
    store.ping()
    with store.transaction() as c:
        row = c.execute("SELECT count(*) AS n FROM findings").fetchone()
        consumer = Check(*told(c, "consumer"))
    found = row["n"] if row else 0
    database = Check("database", "ok")
    if not found:
        return [database, consumer, Check("findings", "ok")]
    remedy = "Look at them with GET /v1/findings."
    return [database, consumer, Check("findings", "warn", f"The log of record has {found} findings.", remedy)]
