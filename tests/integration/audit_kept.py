"""A ledger of some thousand made records on a real PostgreSQL, signed; and ways to alter one of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
from psycopg.rows import dict_row

from services.audit.ledger import Ledger
from services.audit.merkle import checkpoints
from services.audit.merkle.signing import SigningKey, create_key_file, read_key_file
from services.audit.merkle.verifying import Problem, verify_step
from services.audit.records import kept
from services.audit.session import Session
from shared.store.migrate import migrate
from tests.integration.test_audit_ledger import relayed

PLACE = ("accord.referrals.events", 0)
ALL = 1 << 40
CONTENT = "key, headers, value, event_id, type, subject, stream, streamversion, recordedtime, happened, about"
COPIED = f"stamped, {CONTENT}"


@dataclass
class KeptLedger:
    """One partition's ledger."""

    url: str
    key_file: Path
    key: SigningKey

    def keep(self, made: list[Any], start: int = 0, batch: int = 700) -> None:
        """Write records (as `relayed` makes them) at the offsets from `start` on."""
        records: list[Any] = [
            SimpleNamespace(
                topic=PLACE[0],
                partition=0,
                offset=start + n,
                timestamp=1,
                key=key,
                value=value,
                headers=headers,
            )
            for n, (_, key, value, headers) in enumerate(made)
        ]
        session = Session(self.url)
        ledger = Ledger(session)
        stands = ledger.stands([PLACE])
        for at in range(0, len(records), batch):
            stands |= ledger.write(list(map(kept, records[at : at + batch])), stands).stands
        session.close()

    def sign(self) -> checkpoints.Signed | None:
        with self.connect() as c:
            return checkpoints.sign(c, PLACE, self.key)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        with psycopg.connect(self.url, row_factory=dict_row) as c:
            yield c

    @contextmanager
    def altered(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A connection whose changes are taken back at the end."""
        with self.connect() as c:
            yield c
            c.rollback()

    def problems(self, c: Any) -> list[Problem]:
        return list(verify_step(c, PLACE, self.key, 0, ALL).problems)


def made_ledger(url: str, folder: Path, count: int) -> KeptLedger:
    migrate(url, Path("services/audit/migrations"))
    key_file = folder / "audit-signing.key"
    create_key_file(key_file)
    ledger = KeptLedger(url, key_file, read_key_file(key_file))
    if count:
        ledger.keep(relayed(count))
    return ledger


Alter = Callable[[Any, int, int, random.Random], int]
"""Alters entry n of `count` in the ledger; the sequence that is to be named."""


def flip(c: Any, n: int, count: int, chance: random.Random) -> int:
    column = chance.choice(["key", "headers", "value"])
    row = c.execute(f"SELECT {column} AS data FROM ledger WHERE sequence = %s", [n]).fetchone()
    data = bytearray(row["data"])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    c.execute(f"UPDATE ledger SET {column} = %s WHERE sequence = %s", [bytes(data), n])
    return n


def drop(c: Any, n: int, count: int, chance: random.Random) -> int:
    c.execute("DELETE FROM ledger WHERE sequence = %s", [n])
    if chance.random() < 0.5:  # and those behind it moved up, so that no hole shows
        c.execute("UPDATE ledger SET sequence = sequence - 1 WHERE sequence > %s", [n])
    return n


def insert(c: Any, n: int, count: int, chance: random.Random) -> int:
    """Another record as entry n, beside the one there or in front of it."""
    if chance.random() < 0.5:
        c.execute("UPDATE ledger SET sequence = sequence + 1 WHERE sequence >= %s", [n])
        source, offset = n + 1, 100_000
    else:
        source, offset = n, chance.choice([-1, 100_000])
    standing = chance.choice(["first", "out-of-order", "other-bytes"])
    _copied(c, source, n, offset, standing, value=b"{}")
    return n


def swap(c: Any, n: int, count: int, chance: random.Random) -> int:
    other = chance.choice([m for m in (n - 1, n + 1, chance.randrange(count)) if 0 <= m < count and m != n])
    columns = chance.choice([CONTENT, '"offset"', "sequence"])
    if columns == '"offset"':
        c.execute('UPDATE ledger SET "offset" = -2 - "offset" WHERE sequence IN (%s, %s)', [n, other])
        pairs = ((n, other), (other, n))
        for one, to in pairs:
            c.execute('UPDATE ledger SET "offset" = %s WHERE sequence = %s', [to, one])
    elif columns == "sequence":
        c.execute(
            "UPDATE ledger SET sequence = %s - sequence WHERE sequence IN (%s, %s)", [n + other, n, other]
        )
    else:
        sets = ", ".join(f"{name} = o.{name}" for name in columns.split(", "))
        c.execute(
            f"UPDATE ledger SET {sets} FROM (SELECT * FROM ledger WHERE sequence IN (%s, %s)) o"
            " WHERE ledger.sequence = %s - o.sequence AND ledger.sequence IN (%s, %s)",
            [n, other, n + other, n, other],
        )
    return min(n, other)


def repeat(c: Any, n: int, count: int, chance: random.Random) -> int:
    """Entry n twice: under its own sequence, or as the next one."""
    if chance.random() < 0.5:
        _copied(c, n, n, 100_000, chance.choice(["first", "repeat", "out-of-order"]))
        return n
    c.execute("UPDATE ledger SET sequence = sequence + 1 WHERE sequence > %s", [n])
    _copied(c, n, n + 1, 100_000, "first")
    return n + 1


def _copied(c: Any, source: int, sequence: int, offset: int, standing: str, **to: bytes) -> None:
    values = COPIED.replace("value", "%s") if to else COPIED
    c.execute(
        f'INSERT INTO ledger (topic, partition, generation, "offset", sequence, standing, {COPIED})'
        f" SELECT topic, partition, generation, %s, %s, %s, {values} FROM ledger WHERE sequence = %s LIMIT 1",
        [offset, sequence, standing, *to.values(), source],
    )


ALTERATIONS: dict[str, Alter] = {"flip": flip, "drop": drop, "insert": insert, "swap": swap, "repeat": repeat}
