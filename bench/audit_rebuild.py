"""Audit rebuild: a full topic into a new generation, compared with the live ledger, every signed root made again,
and switched to; against bare kafka-python consumption of the same topic.

`--profile` prints where the time of one rebuild goes.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from pydantic import SecretStr

from bench.audit_ingestion import bare, filled
from bench.county import servers, settings_of
from bench.measuring import profiling, say
from deploy.local.infrastructure import Infrastructure
from services.audit.bootstrap import prepare
from services.audit.ledger import Ledger
from services.audit.merkle import checkpoints
from services.audit.merkle.signing import create_key_file, read_key_file
from services.audit.rebuild.building import TABLES, LedgerBuilder
from services.audit.rebuild.crew import WORTH
from services.audit.session import Session
from shared.bus.rebuild import rebuild
from shared.bus.rebuild_options import Options
from shared.bus.rebuild_parts import Report
from shared.settings import Settings

#: Many: the processes that read need a second to start.
RECORDS = 160_000
ROUNDS = 3


class Parts:
    """How long each part of a rebuild took."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, float]] = []

    def begin(self, what: str, total: int = 0, done: int = 0) -> None:
        """A part begins."""
        del total, done
        self._parts.append((what, time.perf_counter()))

    def at(self, done: int) -> None:
        """Nobody looks."""

    def __str__(self) -> str:
        ends = [began for _, began in self._parts[1:]] + [time.perf_counter()]
        return ", ".join(
            f"{what.lower()} {end - began:.2f} s"
            for (what, began), end in zip(self._parts, ends, strict=True)
        )


def ours(settings: Settings, topic: str, parts: Parts | None = None, worth: int = WORTH) -> Report:
    """A rebuild of the ledger of this topic, from the connection to the end of the switch."""

    def make(one: Settings, schema: str) -> LedgerBuilder:
        return LedgerBuilder(one, schema, topics=[topic], worth=worth)

    report = rebuild(settings, make, TABLES, Options(), parts or Parts())
    assert report.switched, report.differences
    assert report.roots, "nothing was signed"
    return report


def live(infra: Infrastructure, topic: str, key_file: Path) -> Settings:
    """A ledger that holds the whole topic, signed: the first rebuild of an empty one makes it."""
    url = infra.fresh_database("accord_audit")
    create_key_file(key_file)
    more = {"database_url": SecretStr(url), "audit_key_file": key_file}
    settings = settings_of(infra, "audit").model_copy(update=more)
    prepare(settings)

    def make(one: Settings, schema: str) -> LedgerBuilder:
        return LedgerBuilder(one, schema, topics=[topic])

    first = rebuild(settings, make, TABLES, Options(), Parts())
    assert first.records == RECORDS, first.records
    session = Session(url)
    with session.transaction() as c:
        for place in checkpoints.places(c):
            checkpoints.sign(c, place, read_key_file(key_file))
    session.close()
    return settings


def main() -> None:
    """Print the figure: the median of three rounds, in turn."""
    with servers() as infra, tempfile.TemporaryDirectory() as folder:
        topic = filled(infra, RECORDS)
        settings = live(infra, topic, Path(folder) / "key")
        bare(settings, topic, RECORDS)
        if "--profile" in sys.argv:
            profile(settings, topic)
            return
        pairs = []
        for _ in range(ROUNDS):
            parts = Parts()
            report = ours(settings, topic, parts)
            print(f"rebuilt in {report.seconds:.1f} s: {parts}")
            pairs.append((report.read / report.seconds, bare(settings, topic, RECORDS)))
        infra.drop_database(settings.database_url.get_secret_value())
    mine, base = median(a for a, _ in pairs), median(b for _, b in pairs)
    ratio = median(a / b for a, b in pairs)
    say(f"audit rebuild, {RECORDS:,} records", f"{mine:,.0f}/s", f"{base:,.0f}/s", ratio, "≥ 0.4")


def profile(settings: Settings, topic: str) -> None:
    """What one rebuild spends its time on: by part; and all of it in one process, by function, in both threads."""
    parts = Parts()
    ours(settings, topic, parts)
    print(f"by part, not profiled: {parts}")
    main_thread = cProfile.Profile()
    with profiling(Ledger, "write") as threads:
        main_thread.runcall(ours, settings, topic, worth=RECORDS + 1)
    for name, stats in (
        ("reading and comparing", pstats.Stats(main_thread)),
        ("writing", pstats.Stats(*threads)),
    ):
        print(f"\n-- {name}, in one process")
        stats.sort_stats("tottime").print_stats(12)


if __name__ == "__main__":
    main()
