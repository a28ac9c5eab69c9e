"""`accord feed rebuild`."""

from __future__ import annotations

from shared.bus.rebuild_options import Anew, Anyway, Keep, Options
from shared.cli.options import Data, Json


def rebuild(
    anew: Anew = False,
    keep: Keep = False,
    switch_anyway: Anyway = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Reads Kafka again into new tables beside the live feed, which is served meanwhile.

    Then both are compared by digest; if they are equal, the tables change places. Nobody is told anything twice:
    own events, change numbers and read marks stay. It runs as notifications itself: with its DATABASE_URL and Kafka
    login from the environment, else from the local platform's DATA/secrets/env/notifications.json. Run it again
    after it was stopped: it goes on. Exit 4: another one runs; 6: they differ, or Kafka has not all; 7: Kafka or
    PostgreSQL is away, or its disk is full.
    """
    from services.notifications.bootstrap import prepare
    from services.notifications.rebuild import TABLES, FeedBuilder
    from shared.bus.rebuild_cli import run

    run(
        "notifications",
        data,
        FeedBuilder,
        TABLES,
        prepare,
        Options(anew, keep, switch_anyway),
        as_json=as_json,
    )
