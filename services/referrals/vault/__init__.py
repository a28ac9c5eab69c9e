"""The vault: every key, and so the power to read or to forget. Its own database, its own login."""

from pathlib import Path

from services.referrals.vault.key_file import create_key_file
from services.referrals.vault.memory import MemoryVault
from services.referrals.vault.port import (
    DeadLetter,
    Forgotten,
    OpenedDeadLetter,
    ToOpen,
    ToSeal,
    VaultPort,
    Which,
)
from services.referrals.vault.vault import Vault

#: The vault's own migrations, for `shared.store.migrate.migrate`.
MIGRATIONS = Path(__file__).parent / "migrations"

__all__ = [
    "MIGRATIONS",
    "DeadLetter",
    "Forgotten",
    "MemoryVault",
    "OpenedDeadLetter",
    "ToOpen",
    "ToSeal",
    "Vault",
    "VaultPort",
    "Which",
    "create_key_file",
]
