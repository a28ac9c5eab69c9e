"""Relay catch-up: a full store and an empty topic, against a bare producer of the same bytes.

Both are timed by the broker's own clock: from the first to the last record it took.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from statistics import median
from typing import Any
from uuid import UUID, uuid4

from kafka import TopicPartition

from bench.county import County, servers, settings_of
from bench.measuring import say
from deploy.local.infrastructure import Infrastructure
from shared.bus import clients
from shared.bus.record import relay_headers
from shared.events import Draft
from shared.events.names import PARTITIONS, events_topic
from shared.events.types.referral import ReferralReceived
from shared.settings import Settings
from shared.store.store import Store

EVENTS = 30_000
TOPIC = events_topic("referrals")
LIMIT = 180.0


def fill(store: Store, source_case: str, count: int) -> None:
    """Copies of one referral's event, on many cases, appended as any event is."""
    base = Draft(
        id=uuid4(),
        topic=TOPIC,
        source="/agencies/advocacy",
        subject=UUID(source_case),
        time=store.now(),
        stream=uuid4(),
        commandid=str(uuid4()),
        correlationid=str(uuid4()),
        actor=str(uuid4()),
        agency="advocacy",
        purpose="respond",
        mouversion="none",
        clause="4.1",
        data=ReferralReceived(referral=str(uuid4()), case=source_case),
    )
    for _ in range(count // 500):
        drafts = [replace(base, id=uuid4(), subject=uuid4(), stream=uuid4()) for _ in range(500)]
        with store.transaction() as connection:
            store.append(connection, drafts, {})


def span(settings: Settings, topic: str, starts: dict[int, int]) -> tuple[int, float]:
    """Records of a topic behind `starts`, and the seconds from the first to the last on the broker's clock."""
    consumer = clients.consumer(settings, max_poll_records=5_000)
    partitions = [TopicPartition(topic, n) for n in starts]
    consumer.assign(partitions)
    for partition in partitions:
        consumer.seek(partition, starts[partition.partition])
    ends = consumer.end_offsets(partitions)
    stamps: list[int] = []
    deadline = time.monotonic() + LIMIT
    while any(consumer.position(p) < ends[p] for p in partitions) and time.monotonic() < deadline:
        for records in consumer.poll(timeout_ms=500).values():
            stamps += [r.timestamp for r in records]
    consumer.close()
    return len(stamps), (max(stamps) - min(stamps)) / 1_000


def relay_process(infra: Infrastructure) -> subprocess.Popen[bytes]:
    """The relay of referrals as its own process."""
    settings = settings_of(infra, "referrals")
    env = os.environ | {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "ACCORD_KAFKA_USERNAME": settings.kafka_username,
        "ACCORD_KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
    }
    command = [sys.executable, "-m", "services.referrals", "relay"]
    return subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)


def wait_published(store: Store) -> None:
    """Until nothing waits for the relay. Raises TimeoutError."""
    deadline = time.monotonic() + LIMIT
    while store.unpublished():
        if time.monotonic() > deadline:
            raise TimeoutError("the relay did not catch up")
        time.sleep(0.1)


def ends_of(settings: Settings) -> dict[int, int]:
    """Where each partition of the topic ends now."""
    consumer = clients.consumer(settings)
    found = consumer.end_offsets([TopicPartition(TOPIC, n) for n in range(PARTITIONS)])
    consumer.close()
    return {p.partition: end for p, end in found.items()}


def bare(settings: Settings, topic: str, values: list[tuple[int, bytes, bytes]]) -> None:
    """The same records with the same settings, and nothing else: send all, flush, check every future."""
    producer = clients.producer(settings, delivery_timeout_ms=120_000)
    futures: list[Any] = [
        producer.send(topic, value=value, key=key, partition=partition, headers=relay_headers(n))
        for n, (partition, key, value) in enumerate(values)
    ]
    producer.flush(timeout=LIMIT)
    for future in futures:
        future.get(timeout=0)
    producer.close()


def main() -> None:
    """Print the figure: the median of three rounds, in turn."""
    pairs = []
    with servers() as infra:
        settings, county = settings_of(infra, "referrals"), County(infra)
        store, case = county.referrals.store, county.open_case()
        for _ in range(3):
            starts = ends_of(settings)
            fill(store, case, EVENTS)
            process = relay_process(infra)
            wait_published(store)
            process.terminate()
            process.wait(20)
            count, seconds = span(settings, TOPIC, starts)
            ours = count / seconds
            with store.transaction() as connection:
                rows = connection.execute(
                    "SELECT kafka_partition, kafka_key, state FROM stored_events"
                    " WHERE kafka_topic = %s ORDER BY notification_id DESC LIMIT %s",
                    [TOPIC, EVENTS],
                ).fetchall()
            values = [(r["kafka_partition"], r["kafka_key"].encode(), bytes(r["state"])) for r in rows]
            other = infra.fresh_topic(partitions=PARTITIONS)
            bare(settings, other, values)
            count, seconds = span(settings, other, dict.fromkeys(range(PARTITIONS), 0))
            pairs.append((ours, count / seconds))
        county.referrals.close()
    ours, base = median(a for a, _ in pairs), median(b for _, b in pairs)
    ratio = median(a / b for a, b in pairs)
    say(f"relay catch-up, {EVENTS:,} events", f"{ours:,.0f}/s", f"{base:,.0f}/s", ratio, "≥ 0.4")


if __name__ == "__main__":
    main()
