"""Feed catch-up: a full topic and an empty feed, against a bare Faust agent that only counts the same records."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psycopg

from bench.county import County, servers, settings_of
from bench.measuring import say
from bench.relay import LIMIT, relay_process, wait_published
from deploy.local.infrastructure import Infrastructure
from services.notifications.bootstrap import prepare
from shared.events.names import events_topic
from shared.settings import Settings

#: Referral requests, each of which makes an item and a `notification.delivered` event of its own.
EVENTS = 6_000
TOPIC = events_topic("referrals")

COUNTER = """
import sys, time, faust
from services.notifications.stream import make_app
from shared.settings import Settings
app, seen = make_app(Settings(), "accord.notifications.bare." + sys.argv[2]), []

@app.agent(app.topic(sys.argv[1], value_serializer="raw", key_serializer="raw"))
async def count(stream):
    async for _ in stream:
        seen.append(time.perf_counter())
        if len(seen) == int(sys.argv[3]):
            print(len(seen) / (seen[-1] - seen[0]), flush=True)

import asyncio
async def run():
    await app.start()
    for _ in range(1200):
        await asyncio.sleep(0.1)
        if len(seen) >= int(sys.argv[3]):
            break
    await app.stop()
asyncio.run(run())
"""


def environment(settings: Settings) -> dict[str, str]:
    """What a process of notifications is given."""
    return os.environ | {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "ACCORD_KAFKA_USERNAME": settings.kafka_username,
        "ACCORD_KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
        "ACCORD_LOG_LEVEL": "warning",
    }


def bare(settings: Settings, script: Path, group: int, records: int) -> float:
    """Records per second of the agent that only counts."""
    command = [sys.executable, str(script), TOPIC, str(group), str(records)]
    env = environment(settings) | {"PYTHONPATH": "."}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=LIMIT, check=True)
    return float(done.stdout.split()[0])


def ours(settings: Settings, records: int) -> float:
    """Records per second of the worker into an empty feed, from its first position to its last."""
    prepare(settings)
    command = [sys.executable, "-m", "services.notifications", "worker"]
    process = subprocess.Popen(command, env=environment(settings), stderr=subprocess.DEVNULL)
    first: tuple[int, float] | None = None
    deadline = time.monotonic() + LIMIT
    try:
        with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
            while time.monotonic() < deadline:
                row = connection.execute(
                    "SELECT coalesce(sum(sequence + 1), 0) FROM positions WHERE topic = %s", [TOPIC]
                ).fetchone()
                done, now = int(row[0]) if row else 0, time.perf_counter()
                if done and first is None:
                    first = done, now
                if first and done >= records:
                    return (done - first[0]) / (now - first[1])
                time.sleep(0.02)
    finally:
        process.terminate()
        process.wait(30)
    raise TimeoutError("the worker did not catch up")


def fresh(infra: Infrastructure) -> Settings:
    """Notifications with an empty database."""
    settings = settings_of(infra, "notifications")
    url = infra.fresh_database("accord_notifications")
    return settings.model_copy(update={"database_url": type(settings.database_url)(url)})


def main() -> None:
    """Print the figure: the median of three rounds, in turn."""
    with servers() as infra, tempfile.TemporaryDirectory() as folder:
        county = County(infra)
        cases = [county.open_case() for _ in range(20)]
        for n in range(EVENTS):
            county.refer(cases[n % len(cases)])
        relay = relay_process(infra)
        wait_published(county.referrals.store)
        relay.terminate()
        relay.wait(20)
        with county.referrals.store.transaction() as connection:
            row = connection.execute(
                "SELECT sum(sequence + 1) AS n FROM heads WHERE topic = %s", [TOPIC]
            ).fetchone()
        records = int(row["n"]) if row else 0
        county.referrals.close()
        script = Path(folder) / "counter.py"
        script.write_text(COUNTER, encoding="utf-8")
        pairs = [(ours(fresh(infra), records), bare(fresh(infra), script, n, records)) for n in range(3)]
    mine, base = median(a for a, _ in pairs), median(b for _, b in pairs)
    ratio = median(a / b for a, b in pairs)
    say(f"feed catch-up, {records:,} records", f"{mine:,.0f}/s", f"{base:,.0f}/s", ratio, "≥ 0.25")


if __name__ == "__main__":
    main()
