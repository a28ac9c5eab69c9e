"""A log of 1 million entries: inclusion proofs, and verification against a bare hashlib loop over the same rows."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from statistics import median
from types import SimpleNamespace
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from bench.county import servers, settings_of
from bench.history import History, received, renamed
from bench.measuring import percentile, say
from services.audit.bootstrap import prepare
from services.audit.domain.proof import leaf_hash, verify_inclusion
from services.audit.ledger import Ledger
from services.audit.merkle.asking import Proofs
from services.audit.merkle.signing import create_key_file, read_key_file
from services.audit.records import kept
from services.audit.session import Session
from shared.bus.record import Record, relay_headers
from shared.store.store import Store

ENTRIES = 1_000_000
DISTINCT = 20_000
PROOFS = 2_000
PLACE = ("accord.referrals.events", 0)
BATCH = 5_000
ROUNDS = 3


def batches(records: list[Record]) -> Iterator[list[Any]]:
    """ENTRIES records of one partition, as a consumer would hand them over: `records` again and again, renamed."""
    for first in range(0, ENTRIES, BATCH):
        batch = []
        for n in range(first, first + BATCH):
            one = records[n % len(records)]
            key, value = one.key, renamed(one.value or b"", n)
            headers = relay_headers(n)
            batch.append(
                SimpleNamespace(
                    topic=PLACE[0], partition=0, offset=n, timestamp=1, key=key, value=value, headers=headers
                )
            )
        yield batch


def fill(url: str, records: list[Record]) -> float:
    """Write the log; entries per second, making the records not counted."""
    session = Session(url)
    ledger = Ledger(session)
    stands, seconds = ledger.stands([PLACE]), 0.0
    for batch in batches(records):
        began = time.perf_counter()
        stands |= ledger.write(list(map(kept, batch)), stands).stands
        seconds += time.perf_counter() - began
    session.close()
    return ENTRIES / seconds


def proof_times(proofs: Proofs) -> list[float]:
    """Milliseconds of each of PROOFS inclusion proofs at random entries, as the API asks for them."""
    chance, times = random.Random(1), []
    for _ in range(PROOFS):
        sequence = chance.randrange(ENTRIES)
        began = time.perf_counter()
        proven = proofs.inclusion(PLACE, sequence, None)
        times.append((time.perf_counter() - began) * 1_000)
        verify_inclusion(sequence, proven.size, proven.part, proven.proof, proven.root)
    return times


def verification(proofs: Proofs) -> float:
    """Entries per second of the steps that verify the whole log: tree, signatures and rows."""
    began, done = time.perf_counter(), 0
    begin: tuple[tuple[str, int], int] | None = (PLACE, 0)
    while begin is not None:
        _, step, begin = proofs.verify(begin)
        assert not step.problems
        done += step.entries
    assert done == ENTRIES
    return done / (time.perf_counter() - began)


def hashlib_loop(url: str, *, read: bool) -> float:
    """Rows per second of a loop that does nothing but SHA-256 over them; `read`: reading them counts too."""
    sql = "SELECT key, headers, value FROM ledger WHERE sequence >= %s AND sequence < %s ORDER BY sequence"
    counted = 0.0
    with psycopg.connect(url) as c:
        for first in range(0, ENTRIES, BATCH):
            began = time.perf_counter()
            with c.cursor(row_factory=tuple_row, binary=True) as cursor:
                rows = cursor.execute(sql, [first, first + BATCH]).fetchall()
            if not read:
                began = time.perf_counter()
            for key, headers, value in rows:
                sha256(b"\0" + key + headers + value).digest()
            counted += time.perf_counter() - began
    return ENTRIES / counted


def main() -> None:
    """Print the figures."""
    with servers() as infra:
        records = received(History(), DISTINCT)
        settings = settings_of(infra, "audit")
        url = prepare(settings)
        print(f"log of {ENTRIES:,} entries written at {fill(url, records):,.0f}/s", flush=True)
        key = infra.places.secrets / "bench-signing.key"
        create_key_file(key)
        store = Store(url, 2)
        proofs = Proofs(store, partial(read_key_file, key))
        proofs.sign_all()
        gc.collect()
        gc.freeze()  # the records that this figure was made with are no part of the service
        times = proof_times(proofs)
        p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
        say("inclusion proof at 1 million entries, p99", f"{p99:.2f} ms", "5 ms", 5 / p99, "≥ 1 (≤ 5 ms)")
        print(f"  p50 {p50:.2f} ms", flush=True)
        rounds = [
            (verification(proofs), hashlib_loop(url, read=False), hashlib_loop(url, read=True))
            for _ in range(ROUNDS)
        ]
        for name, n in (("rows in memory", 1), ("reading the rows too", 2)):
            mine, base = median(one[0] for one in rounds), median(one[n] for one in rounds)
            ratio = median(one[0] / one[n] for one in rounds)
            say(f"verification against hashlib, {name}", f"{mine:,.0f}/s", f"{base:,.0f}/s", ratio, "≥ 0.3")
        leaves(records)
        store.close()


def leaves(records: list[Record]) -> None:
    """The verifier alone, as in a bundle: hashing leaves into a tree, against hashing them."""
    from services.audit.domain.proof import Frontier, leaf
    from services.audit.domain.proof.leaf import framed_headers

    parts = [(r.key, framed_headers(relay_headers(n)), r.value or b"") for n, r in enumerate(records)]

    def ours() -> float:
        began, tree = time.perf_counter(), Frontier()
        for one in parts:
            tree.append(leaf_hash(leaf(*one)))
        assert tree.root
        return len(parts) / (time.perf_counter() - began)

    def base() -> float:
        began = time.perf_counter()
        for key, headers, value in parts:
            sha256(b"\0" + (key or b"") + headers + value).digest()
        return len(parts) / (time.perf_counter() - began)

    pairs = [(ours(), base()) for _ in range(5)]
    mine, bare = median(a for a, _ in pairs), median(b for _, b in pairs)
    say(
        "the verifier alone, against hashlib",
        f"{mine:,.0f}/s",
        f"{bare:,.0f}/s",
        median(a / b for a, b in pairs),
        "≥ 0.3",
    )


if __name__ == "__main__":
    main()
