"""A county of one topic, whose ledger tests rebuild: signed in parts, altered, and going on meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from deploy.local.infrastructure import Infrastructure
from services.audit.consumer import Consumer
from services.audit.domain.proof import Checkpoint, VerifierKey
from services.audit.ledger import Ledger
from services.audit.merkle import checkpoints
from services.audit.merkle.kept import KeptCheckpoint
from services.audit.merkle.signing import read_key_file
from services.audit.merkle.verifying import verify_step
from services.audit.rebuild.building import TABLES, LedgerBuilder
from services.audit.session import Session
from services.audit.source import Source
from shared.bus.rebuild import rebuild
from shared.bus.rebuild_options import Options
from shared.bus.rebuild_parts import Report
from tests.integration.test_audit_ledger import World, relayed


class County(World):
    """A topic, its ledger, and audit's key."""

    def __init__(self, infra: Infrastructure, topic: str, url: str, key_file: Path) -> None:
        super().__init__(infra, topic, url)
        self.settings = self.settings.model_copy(update={"audit_key_file": key_file})
        self.key = read_key_file(key_file)

    def sign(self) -> KeptCheckpoint:
        session = Session(self.url)
        with session.transaction() as c:
            signed = checkpoints.sign(c, (self.topic, 0), self.key)
        session.close()
        assert signed is not None
        told = Checkpoint(self.key.origin(self.topic, 0), signed.size, signed.root)
        return KeptCheckpoint(told, VerifierKey(self.key.verifier.name, self.key.verifier.public))

    def grow(self, records: Sequence[Any], parts: int = 3) -> list[KeptCheckpoint]:
        """Take the records in, and sign after each part."""
        size, kept = -(-len(records) // parts), []
        for at in range(0, len(records), size):
            self.produce(records[at : at + size])
            self.consume(batch=97)
            kept.append(self.sign())
        return kept

    def rebuild(
        self, watch: Any = None, kept: Sequence[KeptCheckpoint] = (), worth: int = 20_000, **options: Any
    ) -> Report:
        def make(settings: Any, schema: str) -> LedgerBuilder:
            return LedgerBuilder(settings, schema, kept, topics=[self.topic], batch=211, worth=worth)

        return rebuild(self.settings, make, TABLES, Options(**options), watch or Watched())

    def alter(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as c:
            assert c.execute(sql).rowcount == 1

    def problems(self) -> list[str]:
        session = Session(self.url)
        with session.transaction() as c:
            found = [p.detail for p in verify_step(c, (self.topic, 0), self.key, 0, 1 << 40).problems]
        session.close()
        return found


class Watched:
    """Notes what it is told; does something at the beginning of a part."""

    def __init__(self, **does: Callable[[], object]) -> None:
        self.parts: list[str] = []
        self.done: list[int] = []
        self._does = does

    def begin(self, what: str, total: int = 0, done: int = 0) -> None:
        self.parts.append(what)
        self._does.get(what.split()[0].lower(), lambda: None)()

    def at(self, done: int) -> None:
        self.done.append(done)


def busy() -> list[Any]:
    """A repeat, other bytes, one out of order, a foreign one, an event id again, and what is no event."""
    made = relayed(700)
    key, value, headers = made[4][1:]
    again = (2, key, value, [("sequence", b"%020d" % 0)])
    other, foreign = (0, key, value.replace(b"2026.1", b"2026.2"), headers), (0, key, value, [])
    return [
        *made[:300],
        made[7],
        other,
        foreign,
        made[301],
        made[300],
        *made[302:],
        (1, None, b"x", []),
        again,
    ]


@contextmanager
def consuming(county: County) -> Iterator[Consumer]:
    stop, session = threading.Event(), Session(county.url)
    source = Source(county.settings, [county.topic])
    consumer = Consumer(
        source, Ledger(session), beat_topics=(), read_beat=lambda _: None, stop=stop, batch=50
    )
    thread = threading.Thread(target=consumer.run)
    thread.start()
    try:
        yield consumer
    finally:
        stop.set()
        thread.join(20)
        source.close()
        session.close()
