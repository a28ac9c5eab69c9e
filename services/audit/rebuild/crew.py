"""Reading in several processes, each its own partitions: in one, Python works on one core only.

Each writes batches, trees and positions of its partitions alone, as several consumers of a ledger do. If one fails,
that ends the reading once the others have ended; one whose parent is gone ends itself.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import psycopg

from services.audit.ledger import Place
from shared import telemetry
from shared.bus.rebuild_parts import NotEnough
from shared.errors import AccordError, TryLater
from shared.settings import Settings

#: Missing records from which on the start of more processes is worth its second.
WORTH = 20_000
MOST = 4
#: Seconds between two looks how far they are.
LOOK = 0.3
ORPHANED = 3


@dataclass(frozen=True)
class Part:
    """What one of them reads."""

    settings: Settings
    schema: str
    targets: Mapping[Place, int]
    batch: int


def shares(missing: Mapping[Place, int], most: int) -> list[list[Place]]:
    """The partitions that lack records, dealt out so that all have about as much to do."""
    crew: list[list[Place]] = [[] for _ in range(min(most, sum(1 for n in missing.values() if n)))]
    for place in sorted((p for p, n in missing.items() if n), key=lambda p: (-missing[p], p)):
        min(crew, key=lambda share: sum(missing[p] for p in share)).append(place)
    return crew


def read(parts: Sequence[Part], look: Callable[[], object]) -> None:
    """Run them all; `look` is called now and then. Raises NotEnough or TryLater if one of them failed."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe(duplex=False) for _ in parts]
    crew = [
        context.Process(target=_run, args=(part, sender, os.getpid()), daemon=True)
        for part, (_, sender) in zip(parts, pipes, strict=True)
    ]
    for one in crew:
        one.start()
    for _, sender in pipes:
        sender.close()
    waiting = list(crew)
    while waiting:
        waiting[0].join(LOOK)
        waiting = [one for one in waiting if one.is_alive()]
        look()
    for told in [_heard(receiver) for receiver, _ in pipes]:
        if told is not None:
            raise told


def _heard(receiver: Connection) -> AccordError | None:
    """What became of one: None if all is well."""
    try:
        kind, said = receiver.recv()
    except EOFError:
        return TryLater("a process that read Kafka has ended")
    if kind == "lacking":
        return NotEnough(said)
    if kind == "full":
        error = TryLater(said)
        error.__cause__ = psycopg.errors.DiskFull()
        return error
    return TryLater(said) if kind == "later" else None


def _run(part: Part, sender: Connection, parent: int) -> None:
    """In a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's, who then ends us
    telemetry.configure("audit", "rebuild", "critical")

    def at(_: int) -> None:
        if os.getppid() != parent:
            os._exit(ORPHANED)

    sender.send(_read(part, at))


def _read(part: Part, at: Callable[[int], None]) -> tuple[str, Any]:
    from services.audit.rebuild.building import LedgerBuilder

    places = sorted(part.targets)
    try:
        topics = sorted({topic for topic, _ in places})
        builder = LedgerBuilder(part.settings, part.schema, topics=topics, batch=part.batch)
        try:
            builder.read_here(part.targets, at, places)
        finally:
            builder.close()
    except NotEnough as error:
        return "lacking", error.lacking
    except AccordError as error:
        full = isinstance(error.__cause__, psycopg.errors.DiskFull)
        return "full" if full else "later", str(error) or type(error).__name__
    return "read", None
