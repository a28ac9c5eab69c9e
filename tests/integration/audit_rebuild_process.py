"""A rebuild as a process of its own, slow enough to be killed on its way: `… audit|feed [TOPIC]`."""

from __future__ import annotations

import sys
import time
from functools import partial

from shared.bus.rebuild import rebuild
from shared.bus.rebuild_options import Options
from shared.bus.rebuild_parts import Builder
from shared.settings import Settings
from shared.store.generations import Tables


class Slow:
    """Tells nobody, and takes its time."""

    def begin(self, what: str, total: int = 0, done: int = 0) -> None:
        del what, total, done

    def at(self, done: int) -> None:
        del done
        time.sleep(0.25)


def main(what: str, topics: list[str]) -> None:
    tables: Tables
    if what == "audit":
        from services.audit.rebuild.building import TABLES as LEDGER
        from services.audit.rebuild.building import LedgerBuilder

        make, tables = partial(LedgerBuilder, topics=topics, batch=50), LEDGER
    else:
        from services.notifications import rebuild as feed

        feed.BATCH = 20
        make, tables = feed.FeedBuilder, feed.TABLES  # type: ignore[assignment]

    def build(settings: Settings, schema: str) -> Builder:
        return make(settings, schema)

    rebuild(Settings(), build, tables, Options(), Slow())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
