"""Wiring: the one place where referrals' parts are put together from settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.referrals.application import repository as repo
from services.referrals.application.handle import Handler
from services.referrals.application.questions import Questions
from services.referrals.repair import refold_if_older
from services.referrals.vault.port import VaultPort
from services.referrals.vault.vault import Vault
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.store import Store, system_clock

MIGRATIONS = Path(__file__).parent / "migrations"
VAULT_MIGRATIONS = Path(__file__).parent / "vault" / "migrations"


@dataclass(frozen=True)
class Referrals:
    """The application, wired."""

    store: Store
    vault: VaultPort
    handler: Handler
    questions: Questions
    secret: bytes

    def close(self) -> None:
        """Close every connection."""
        self.store.close()
        self.vault.close()


def bootstrap(
    settings: Settings, now: Callable[[], datetime] = system_clock, pool_size: int = 8
) -> Referrals:
    """The application of one process. Migrates both databases first. Raises TryLater if one is away."""
    url = settings.database_url.get_secret_value()
    vault_url = settings.vault_database_url.get_secret_value()
    if settings.vault_key_file is None:
        raise ValueError("ACCORD_VAULT_KEY_FILE is not set: the vault cannot be opened")
    migrate(url, MIGRATIONS)
    migrate(vault_url, VAULT_MIGRATIONS)
    store = Store(url, pool_size, now)
    refold_if_older(store, url)
    return wire(store, Vault(vault_url, settings.vault_key_file), now)


def wire(store: Store, vault: VaultPort, now: Callable[[], datetime]) -> Referrals:
    """The application over a store and a vault that are open."""
    with store.transaction() as connection:
        secret = repo.secret(connection, "web", os.urandom(32))
    shelf = repo.MouShelf()
    handler = Handler(store, vault, shelf, secret, now)
    return Referrals(store, vault, handler, Questions(store, vault, shelf, secret, now), secret)
