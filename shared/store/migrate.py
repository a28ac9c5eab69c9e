"""Bring a database to the newest version. Run by each process of a service at its start."""

from __future__ import annotations

from pathlib import Path

import psycopg

from shared.errors import TryLater

#: Any number that nothing else locks by.
LOCK = 4_203_001


def newest(versions: Path) -> str:
    """The newest revision in a folder of migrations: they are named `0001_what_it_does.py`, and so on."""
    return max(p.name.split("_")[0] for p in versions.glob("[0-9]*_*.py"))


def current(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    """The revision the database is at, or None for an empty one."""
    if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def migrate(database_url: str, versions: Path) -> None:
    """Run what is missing, one process at a time. Blocks up to 30 s on another. Raises TryLater."""
    try:
        with psycopg.connect(database_url, autocommit=True, connect_timeout=5) as connection:
            connection.execute("SET lock_timeout = '30s'")
            connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            if current(connection) != newest(versions):
                _upgrade(database_url, versions)
    except psycopg.OperationalError as error:
        raise TryLater("the database does not answer") from error


def _upgrade(database_url: str, versions: Path) -> None:
    # Imported here: a start with nothing to migrate does not pay for it.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, pool

    engine = create_engine(
        database_url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=pool.NullPool
    )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
