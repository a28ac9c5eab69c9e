"""Audit ingestion: a full topic into an empty ledger with its Merkle trees, against bare kafka-python consumption.

`--profile` prints where the time of one run goes.
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import sys
import threading
import time
from functools import partial
from statistics import median

import psycopg
from kafka import TopicPartition
from pydantic import SecretStr

from bench.county import servers, settings_of
from bench.history import History, Topics, again, received
from bench.measuring import profiling, say
from deploy.local.infrastructure import Infrastructure
from services.audit.bootstrap import prepare
from services.audit.consumer import BATCH, Consumer
from services.audit.ledger import Ledger
from services.audit.running import collect_seldom
from services.audit.session import Session
from services.audit.source import OPTIONS, Source
from shared.bus import clients
from shared.events.names import PARTITIONS
from shared.settings import Settings

RECORDS = 60_000
DISTINCT = 20_000
ROUNDS = 3


def filled(infra: Infrastructure, count: int = RECORDS) -> str:
    """A topic with so many events, all different."""
    topic, topics = infra.fresh_topic(partitions=PARTITIONS), Topics(partial(settings_of, infra))
    topics.write(list(again(received(History(), DISTINCT), count // DISTINCT)), topic)
    topics.close()
    return topic


def ours(infra: Infrastructure, topic: str, count: int) -> float:
    """Records per second from the first look at Kafka until the last is committed."""
    url = infra.fresh_database("accord_audit")
    settings = settings_of(infra, "audit").model_copy(update={"database_url": SecretStr(url)})
    prepare(settings)
    session, source = Session(url), Source(settings, [topic])
    consumer = Consumer(
        source, Ledger(session), beat_topics=(), read_beat=lambda _: None, stop=threading.Event(), batch=BATCH
    )
    usual = gc.get_threshold()
    collect_seldom()
    consumer.settle()
    began, done = time.perf_counter(), 0
    while done < count:
        done += consumer.step(0.2)
    consumer.finish()
    seconds = time.perf_counter() - began
    gc.set_threshold(*usual)
    consumer.close()
    source.close()
    session.close()
    with psycopg.connect(url) as c:
        rows = c.execute("SELECT (SELECT count(*) FROM ledger), (SELECT sum(size) FROM trees)").fetchone()
    assert rows == (count, count), rows
    infra.drop_database(url)
    return count / seconds


def bare(settings: Settings, topic: str, count: int) -> float:
    """Records per second of a consumer with the same settings that only counts."""
    consumer = clients.consumer(settings, **(OPTIONS | {"auto_offset_reset": "earliest"}))
    consumer.assign([TopicPartition(topic, n) for n in range(PARTITIONS)])
    began, done = time.perf_counter(), 0
    while done < count:
        done += sum(map(len, consumer.poll(timeout_ms=200, max_records=BATCH).values()))
    seconds = time.perf_counter() - began
    consumer.close()
    return count / seconds


def main() -> None:
    """Print the figure: the median of three rounds, in turn."""
    with servers() as infra:
        topic = filled(infra)
        settings = settings_of(infra, "audit")
        bare(settings, topic, RECORDS)
        if "--profile" in sys.argv:
            profile(infra, topic)
            return
        pairs = [(ours(infra, topic, RECORDS), bare(settings, topic, RECORDS)) for _ in range(ROUNDS)]
    mine, base = median(a for a, _ in pairs), median(b for _, b in pairs)
    ratio = median(a / b for a, b in pairs)
    say(f"audit ingestion, {RECORDS:,} records", f"{mine:,.0f}/s", f"{base:,.0f}/s", ratio, "≥ 0.4")


def profile(infra: Infrastructure, topic: str) -> None:
    """What one run spends its time on, in both of its threads: fetching, and writing."""
    main_thread = cProfile.Profile()
    with profiling(Ledger, "write") as threads:
        print(f"{main_thread.runcall(ours, infra, topic, RECORDS):,.0f}/s while profiled")
    for name, stats in (("fetching", pstats.Stats(main_thread)), ("writing", pstats.Stats(*threads))):
        print(f"\n-- {name}")
        stats.sort_stats("tottime").print_stats(14)


if __name__ == "__main__":
    main()
