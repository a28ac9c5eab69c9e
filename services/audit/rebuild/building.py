"""Reading the ledger again from Kafka, by the consumer's own code, into a new generation, to where live stands."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

import psycopg
from kafka import TopicPartition

from services.audit.consumer import BATCH, Consumer
from services.audit.findings import insert_findings
from services.audit.ledger import Ledger, Place, Stand
from services.audit.merkle.kept import KeptCheckpoint
from services.audit.merkle.signing import read_key_file
from services.audit.rebuild.comparing import Comparison
from services.audit.rebuild.crew import MOST, WORTH, Part, read, shares
from services.audit.records import RawRecord
from services.audit.running import KEPT, collect_seldom
from services.audit.session import OPTIONS, Session
from services.audit.source import Source
from shared.bus.rebuild_options import Reason
from shared.bus.rebuild_parts import Builder, Compared, NotEnough
from shared.errors import TryLater
from shared.memory import give_back_large_blocks
from shared.settings import Settings
from shared.store.generations import LIVE, Tables

TABLES = Tables(
    switched=("positions", "generations", "holes", "ledger", "trees", "tiles"),
    built=("findings",),
    late=frozenset({"ledger_subject", "ledger_cases", "ledger_stream", "ledger_about", "ledger_event"}),
)
#: A commit need not wait for the disk: after a crash of the server less is there, and that is read again.
FAST = f"{OPTIONS} -c synchronous_commit=off"
WAIT = 0.25
#: Seconds without a record while some are missing.
LONGEST_SILENCE = 30.0
OTHER = "It holds other records than those read before. Begin again with --anew."


class Until(Source):
    """A source that gives no record behind these offsets; of a partition that is not named, none."""

    upto: Mapping[Place, int] = {}

    def narrow(self, places: Sequence[Place]) -> None:
        """Read these partitions only."""
        self.places = list(places)
        self._consumer.assign([TopicPartition(*place) for place in places])

    def poll(self, seconds: float, limit: int) -> list[RawRecord]:
        """As Source's; what lies behind is read again when it is sought."""
        upto = self.upto
        return [r for r in super().poll(seconds, limit) if r.offset <= upto.get((r.topic, r.partition), -1)]


class Again(Consumer):
    """The consumer without its patience: what it would keep as a finding of the log ends a rebuild."""

    def _start(self, place: Place, first: int, end: int) -> int:
        stand = self._stands[place]
        if first > 0 or end <= stand.offset:
            self._renew(place, OTHER)
        if stand.offset < 0:
            return 0
        self._unchecked.add(place)
        return stand.offset

    def _renew(self, place: Place, detail: str) -> None:
        raise NotEnough([f"{place[0]}/{place[1]}: {OTHER}"])

    def read_to(self, targets: Mapping[Place, int], at: Callable[[int], None]) -> None:
        """Until every partition is there. Raises TryLater, Conflict, NotEnough."""
        self.settle()
        heard = monotonic()
        while any(self._stands[place].offset < target for place, target in targets.items()):
            if self.step(WAIT):
                heard = monotonic()
            elif monotonic() - heard > LONGEST_SILENCE:
                raise TryLater("Kafka is too slow: no record for 30 s")
            at(sum(stand.offset + 1 for stand in self._stands.values()))
        self.finish()


class LedgerBuilder(Builder):
    """Builds a generation of the ledger."""

    service, tables, locked = "audit", TABLES, ("positions",)

    def __init__(
        self,
        settings: Settings,
        schema: str,
        kept: Collection[KeptCheckpoint] = (),
        topics: Collection[str] = KEPT,
        batch: int = BATCH,
        worth: int = WORTH,
    ) -> None:
        """`kept` are checkpoints from elsewhere whose roots must come again. Raises TryLater.

        `worth`: missing records from which on several processes read.
        """
        collect_seldom()
        give_back_large_blocks()
        self._settings, self._schema = settings, schema
        self._batch, self._worth, self._ids_later = batch, worth, True
        url = settings.database_url.get_secret_value()
        self._live = Session(url)
        self._new = Session(url, f"{FAST} -c search_path={schema},{LIVE}")
        self._comparison = Comparison(partial(read_key_file, settings.audit_key_file), kept)
        try:
            held = Ledger(self._live).topics()
            self._source = Until(settings, sorted(topics), may_be_gone=held)
        except BaseException:
            self._live.close()
            raise

    def lacking(self) -> list[str]:
        """What the log no longer has. Each is a finding of the live ledger, as the consumer would make it."""
        ledger, found = Ledger(self._live), []
        ledger.gone(self._source.gone)
        found += [f"The topic {topic} is gone, or may not be read." for topic in sorted(self._source.gone)]
        stands, sizes = ledger.stands(self._source.places), self._sizes()
        for place, (first, end) in self._source.bounds(self._source.places).items():
            lack = _lacking(stands[place], first, end, sizes.get(place, 0))
            if lack is not None:
                kind, detail, offset, generation = lack
                ledger.note(kind, place, replace(stands[place], generation=generation), detail, offset)
                found.append(f"{place[0]}/{place[1]}: {detail}")
        return found

    def _sizes(self) -> dict[Place, int]:
        with self._live.transaction() as c:
            rows = c.execute("SELECT topic, partition, size FROM trees").fetchall()
        return {(row["topic"], row["partition"]): row["size"] for row in rows}

    def targets(self, c: psycopg.Connection[Any]) -> dict[Place, int]:
        """Where the live ledger stands; if it is empty (its database was lost), the end of the log."""
        live = {
            (topic, partition): offset
            for topic, partition, offset in c.execute(
                'SELECT topic, partition, "offset" FROM public.positions'
            )
        }
        if all(offset < 0 for offset in live.values()):
            return {place: end - 1 for place, (_, end) in self._source.bounds(self._source.places).items()}
        return {place: live.get(place, -1) for place in self._source.places}

    def stands(self) -> dict[Place, int]:
        """Where the new ledger stands."""
        found = Ledger(self._new).stands(self._source.places)
        return {place: stand.offset for place, stand in found.items()}

    def read_to(self, targets: Mapping[Place, int], at: Callable[[int], None]) -> None:
        """By the consumer's code; where much is missing, in several processes."""
        stands = self.stands()
        missing = {place: max(0, target - stands.get(place, -1)) for place, target in targets.items()}
        if sum(missing.values()) >= self._worth:
            parts = [
                Part(self._settings, self._schema, {place: targets[place] for place in share}, self._batch)
                for share in shares(missing, min(MOST, os.cpu_count() or 1))
            ]
            read(parts, lambda: at(self._records()))
        self.read_here(targets, at)

    def _records(self) -> int:
        """How many it has by now, without waiting for those who write."""
        with self._new.transaction() as c:
            row = c.execute('SELECT coalesce(sum("offset" + 1), 0) AS n FROM positions').fetchone()
        return int(row["n"]) if row else 0

    def read_here(
        self,
        targets: Mapping[Place, int],
        at: Callable[[int], None],
        places: Sequence[Place] | None = None,
    ) -> None:
        """In this process; only of these `places`, if any are given."""
        if places is not None:
            self._source.narrow(places)
        self._source.upto = targets
        again = Again(
            self._source,
            Ledger(self._new, ids_later=self._ids_later),
            beat_topics=(),
            read_beat=lambda _: None,
            stop=threading.Event(),
            batch=self._batch,
        )
        try:
            again.read_to(targets, at)
        finally:
            again.close()

    def completed(self) -> None:
        """Now that the index is there, look for event ids that came again; from now on as they come."""
        Ledger(self._new).ids_again()
        self._ids_later = False

    def level(self) -> None:
        """All that the ledger has is from Kafka."""

    def compare(self, live: psycopg.Connection[Any], new: psycopg.Connection[Any]) -> Compared:
        """Rows, trees, findings, and every root that was signed."""
        return self._comparison.compare(live, new)

    def switching(
        self, c: psycopg.Connection[Any], schema: str, compared: Compared, reason: Reason | None
    ) -> None:
        """The findings stay, each with its number; those made now are added, and what was switched in spite of."""
        c.execute(
            'INSERT INTO public.findings (kind, topic, partition, generation, "offset", sequence, detail)'  # noqa: S608
            f' SELECT kind, topic, partition, generation, "offset", sequence, detail FROM {schema}.findings'
            ' ORDER BY id ON CONFLICT (kind, topic, partition, generation, "offset")'
            " DO UPDATE SET detail = excluded.detail WHERE findings.detail <> excluded.detail"
        )
        if reason is not None:
            insert_findings(
                c,
                [
                    (
                        "rebuilt-otherwise",
                        d.topic or "",
                        d.partition or 0,
                        0,
                        d.offset or 0,
                        None,
                        f"{d} {reason}.",
                    )
                    for d in compared.differences
                ],
            )

    def close(self) -> None:
        """Let go of Kafka and the database."""
        self._source.close()
        self._live.close()
        self._new.close()


def _lacking(stand: Stand, first: int, end: int, size: int) -> tuple[str, str, int, int] | None:
    """Kind, detail, offset and generation of the finding, if a partition's log is not what, or all, that was read.

    Where the consumer finds the same, it is in the same words and place: one finding.
    """
    now = stand.generation
    if first > 0 and stand.offset < 0:
        return "log-cut", f"Its log begins at offset {first}: offsets 0 to {first - 1} are gone.", -1, now
    if first > 0:
        detail = f"Offsets 0 to {first - 1} were deleted from the log. The ledger has them."
        return "log-cut", detail, first, now
    if end <= stand.offset:
        detail = "Its log ends before the last record that the ledger took from it."
        return "log-rewritten", detail, -1, now + 1
    if end < size:
        return "log-rewritten", f"Its log has {end} records; the ledger has proven {size}.", -1, now
    return None
