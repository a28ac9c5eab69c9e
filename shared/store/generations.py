"""A new generation of a service's projections: the same tables in a schema of their own, and the switch to them.

What is written through a search path that begins with that schema goes to the new tables and, where there are
none of a name, to the live ones. So the code that writes the live projections writes the new ones as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

LIVE = "public"
#: Indexes that are made at the same time.
AT_ONCE = 2

#: Each rebuild that was begun, and what became of it: kept.
REBUILDS = """
CREATE TABLE rebuilds (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'differs', 'switched', 'given-up')),
    revision text NOT NULL, began timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed timestamptz NOT NULL DEFAULT clock_timestamp(), reason text, report jsonb
);
"""

_CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('p', 'u') ORDER BY conname
"""
_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
ORDER BY c.relname
"""


@dataclass(frozen=True)
class Tables:
    """Which tables a generation has: those `switched`, and others that are only `built` to be looked at.

    Indexes that are `late` are made when the records are in: all at once costs a fraction of one by one.
    """

    switched: tuple[str, ...]
    built: tuple[str, ...] = ()
    late: frozenset[str] = frozenset()

    @property
    def all(self) -> tuple[str, ...]:
        """Every table."""
        return (*self.switched, *self.built)


@dataclass(frozen=True)
class Generation:
    """One that is being built. `resumed`: an earlier command began it; `differed`: and found that it differs."""

    number: int
    resumed: bool = False
    differed: bool = False

    @property
    def schema(self) -> str:
        """Where its tables are."""
        return f"generation_{self.number}"

    @property
    def before(self) -> str:
        """Where the tables that it took the place of are kept, if they are."""
        return f"before_{self.number}"


def begin(c: psycopg.Connection[Any], tables: Tables, *, anew: bool = False) -> Generation:
    """The generation that an earlier command left, or a new one. `anew` lets go of the earlier one.

    One that was begun with other tables than the service has by now is let go of as well. The caller holds the
    lock that lets only one rebuild run. Raises psycopg.Error.
    """
    with c.transaction():
        (revision,) = _one(c, "SELECT version_num FROM alembic_version")
        for number, begun, state in c.execute(
            "SELECT number, revision, state FROM rebuilds WHERE state IN ('building', 'differs')"
            " ORDER BY number DESC"
        ).fetchall():
            found = Generation(number, resumed=True, differed=state == "differs")
            if not anew and begun == revision and _is_there(c, found.schema):
                return found
            give_up(c, found)
        (number,) = _one(c, "INSERT INTO rebuilds (revision) VALUES (%s) RETURNING number", [revision])
        found = Generation(number)
        _make(c, found.schema, tables)
    return found


def give_up(c: psycopg.Connection[Any], generation: Generation) -> None:
    """Let go of a generation that was not switched to."""
    with c.transaction():
        c.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(generation.schema)))
        note(c, generation, "given-up")


def note(
    c: psycopg.Connection[Any],
    generation: Generation,
    state: str,
    report: str | None = None,
    reason: str | None = None,
) -> None:
    """Keep what became of a rebuild; `report` is JSON, `reason` why one that differs was switched to."""
    c.execute(
        "UPDATE rebuilds SET state = %s, changed = clock_timestamp(), report = coalesce(%s::jsonb, report),"
        " reason = %s WHERE number = %s",
        [state, report, reason, generation.number],
    )


def _is_there(c: psycopg.Connection[Any], schema: str) -> bool:
    return bool(c.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]).fetchone())


def _make(c: psycopg.Connection[Any], schema: str, tables: Tables) -> None:
    c.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    for table in tables.all:
        new, live = sql.Identifier(schema, table), sql.Identifier(LIVE, table)
        c.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL EXCLUDING INDEXES)").format(new, live))
        for name, definition in c.execute(_CONSTRAINTS, [f"{LIVE}.{table}"]).fetchall():
            c.execute(
                sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(new, sql.Identifier(name))
                + sql.SQL(definition)
            )
        for name, definition in c.execute(_INDEXES, [f"{LIVE}.{table}"]).fetchall():
            if name not in tables.late:
                c.execute(sql.SQL(_moved(definition, table, schema)))


def _moved(definition: str, table: str, schema: str) -> str:
    """The definition of an index as that of the same one in another schema."""
    found = definition.replace(f" ON {LIVE}.{table} ", f" ON {schema}.{table} ")
    assert found != definition, definition
    return found


def complete(
    c: psycopg.Connection[Any],
    schema: str,
    tables: Tables,
    other: Callable[[], AbstractContextManager[psycopg.Connection[Any]]],
) -> None:
    """Make the late indexes, some at a time, each over an`other` connection; then look through the tables. Blocks.

    So the first question finds them as quick as the live ones.
    """
    missing = []
    for table in tables.all:
        there = {name for name, _ in c.execute(_INDEXES, [f"{schema}.{table}"]).fetchall()}
        live = c.execute(_INDEXES, [f"{LIVE}.{table}"]).fetchall()
        missing += [_moved(definition, table, schema) for name, definition in live if name not in there]

    def make(definition: str) -> None:
        with other() as connection:
            connection.execute("SET maintenance_work_mem = '256MB'")
            connection.execute(sql.SQL(definition))

    with ThreadPoolExecutor(AT_ONCE) as crew:
        list(crew.map(make, missing))
    for table in tables.all:
        c.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(schema, table)))


def lock_all(c: psycopg.Connection[Any], tables: Tables, milliseconds: int) -> bool:
    """Take every live table that is switched for this transaction alone; False if one of them is in use.

    Waits so long for each of them.
    """
    names = sql.SQL(", ").join(sql.Identifier(LIVE, table) for table in tables.switched)
    try:
        with c.transaction():
            c.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(milliseconds))
            c.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        return False
    return True


def switch(c: psycopg.Connection[Any], generation: Generation, tables: Tables, *, keep: bool) -> None:
    """Put the new tables where the live ones are, in the caller's transaction, which holds `lock_all`.

    `keep` leaves those that they take the place of in a schema of their own; else they are dropped.
    """
    new, before = sql.Identifier(generation.schema), sql.Identifier(generation.before)
    c.execute(sql.SQL("CREATE SCHEMA {}").format(before))
    for table in tables.switched:
        name = sql.Identifier(table)
        c.execute(sql.SQL("ALTER TABLE {}.{} SET SCHEMA {}").format(sql.Identifier(LIVE), name, before))
        c.execute(sql.SQL("ALTER TABLE {}.{} SET SCHEMA {}").format(new, name, sql.Identifier(LIVE)))
    c.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(new))
    if not keep:
        c.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(before))


#: SHA-256 of a row `o` as PostgreSQL sends it in binary; and of many of these (`hash`), in order.
ROW_HASH = "sha256(record_send(o)) AS hash"
DIGEST = "sha256(string_agg(hash, ''::bytea ORDER BY {order}))"


def together(digests: Iterable[bytes]) -> str:
    """One digest of several, in order, in hex."""
    found = hashlib.sha256()
    for digest in digests:
        found.update(digest)
    return found.hexdigest()


def _one(c: psycopg.Connection[Any], query: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
    row = c.execute(query, values).fetchone()
    assert row is not None, query
    return tuple(row)
