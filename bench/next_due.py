"""What is due next among 300,000 open duties: for the timer and for a person, against the same rows by ids."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg

from bench.county import servers
from bench.measuring import in_turn, say
from deploy.local.first_steps import DOCUMENT
from services.notifications import duty_rows as rows
from services.notifications.bootstrap import MIGRATIONS
from services.notifications.due import DueNext
from services.notifications.feed import Feed, Viewer
from services.notifications.timer import MOST
from services.notifications.worker import connect
from shared.events.types.mou import MouAdopted
from shared.mou import load, packed_document
from shared.store.migrate import migrate
from shared.store.store import Store

DUTIES, PAGE = 300_000, 50
NOW = datetime(2030, 3, 4, 9, tzinfo=UTC)
QUEUES = [f"{agency}/screener" for agency in ("human-services", "probation", "advocacy", "sheriff")]
#: Duties of every age: each is due within the year, and warned of a day before; a few are just now.
FILL = """
INSERT INTO duties (duty, rule, opening, subject, "case", mouversion, clause, opened_at, state, due_at, warn_at,
    queue, revision, next_at, next_kind)
SELECT gen_random_uuid(), 'written-report-sent', gen_random_uuid(), subject, subject, %(version)s, '8.2', %(now)s,
    'open',
    %(now)s + n * interval '100 seconds', %(now)s + n * interval '100 seconds' - interval '1 day',
    (%(queues)s::text[])[1 + n %% %(count)s], 0, %(now)s + n * interval '100 seconds' - interval '1 day', 'warning'
FROM (SELECT n, gen_random_uuid() AS subject FROM generate_series(1, %(duties)s) n) made
"""


def took(work: Callable[[], Any], times: int = 5) -> float:
    """Milliseconds that it takes."""
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) * 1000 / times


def timer(connection: psycopg.Connection[Any], now: datetime) -> list[str]:
    """What the timer would have in hand; let go of again."""
    with connection.transaction(force_rollback=True):
        return [one.duty for one in rows.due(connection, now, now, MOST)]


def by_ids(connection: psycopg.Connection[Any], ids: list[str]) -> int:
    """The same rows by their ids, locked as well."""
    with connection.transaction(force_rollback=True):
        found = connection.execute(
            f"SELECT {rows.SELECTED} FROM duties d WHERE duty = ANY(%s::uuid[]) FOR UPDATE",
            [ids],
        )
        return len(found.fetchall())


def compare(what: str, ours: Callable[[], Any], baseline: Callable[[], Any]) -> None:
    """One line."""
    mine, base, ratio = in_turn(partial(took, ours), partial(took, baseline))
    say(f"{DUTIES:,} open duties: {what}", f"{mine:.2f} ms", f"{base:.2f} ms", ratio, "≤ 10 ms")


def main() -> None:
    """Print the figures."""
    with servers() as infra:
        url = infra.fresh_database("accord_notifications")
        migrate(url, MIGRATIONS)
        with psycopg.connect(url, autocommit=True) as connection:
            mou = load(DOCUMENT.read_text(encoding="utf-8"))
            adopted = MouAdopted(
                mou=str(mou.id),
                version=mou.version,
                effective=NOW,
                signed_by=(),
                document=packed_document(mou),
            )
            connection.execute(
                "INSERT INTO mou_versions VALUES (%s, %s::jsonb)", [mou.version, adopted.model_dump_json()]
            )
            values = {
                "version": mou.version,
                "now": NOW,
                "queues": QUEUES,
                "count": len(QUEUES),
                "duties": DUTIES,
            }
            connection.execute(FILL, values)
            connection.execute("VACUUM ANALYZE duties")
        live = connect(url)
        for what, now in ((f"{MOST} of them", NOW), ("none of them", NOW - timedelta(days=2))):
            ids = timer(live, now) or [str(uuid4())]
            compare(f"timer, {what} due now", partial(timer, live, now), partial(by_ids, live, ids))
        store = Store(url, 2, lambda: NOW)
        due, viewer = (
            DueNext(Feed(store)),
            Viewer.of(str(uuid4()), "human-services", ["screener"]),
        )
        ids = [str(one.duty) for one in due.page(viewer, None, PAGE)]
        compare(f"a person's next {PAGE}", partial(due.page, viewer, None, PAGE), partial(by_ids, live, ids))
        store.close()
        live.close()


if __name__ == "__main__":
    main()
