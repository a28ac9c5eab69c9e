"""The consumer killed and paused at random, and its processes' start and end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from deploy.local.infrastructure import Infrastructure
from tests.integration.test_audit_ledger import World, relayed

pytestmark = pytest.mark.platform


@pytest.fixture
def world(
    infra: Infrastructure, fresh_topic: Callable[..., str], fresh_database: Callable[[str], str]
) -> World:
    return World(infra, fresh_topic(partitions=3), fresh_database("accord_audit"))


def environment(world: World) -> dict[str, str]:
    name, password = world.infra.kafka_credentials("audit")
    return os.environ | {
        "DATABASE_URL": world.url,
        "KAFKA_BOOTSTRAP_SERVERS": world.infra.bootstrap,
        "ACCORD_KAFKA_USERNAME": name,
        "ACCORD_KAFKA_PASSWORD": password,
    }


def begin(world: World, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=environment(world),
        stderr=subprocess.PIPE,
        text=True,
    )


def consumer_of(world: World, batch: int) -> subprocess.Popen[str]:
    return begin(world, "tests.integration.audit_process", str(batch), world.topic)


def wait_for_rows(world: World, count: int, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while world.rows("SELECT count(*) AS n FROM ledger")[0]["n"] < count:
        assert time.monotonic() < until, "the ledger did not come to the end in time"
        time.sleep(0.05)


def test_sigkill_in_mid_batch_neither_loses_nor_doubles_a_record(world: World) -> None:
    seed = random.randrange(10_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    made = [(n % 3, *r[1:3], [("sequence", b"%020d" % (n // 3))]) for n, r in enumerate(relayed(6000))]
    world.produce([*made[:3000], made[10], *made[3000:]])
    for _ in range(6):
        process = consumer_of(world, batch=150)
        before = world.rows("SELECT count(*) AS n FROM ledger")[0]["n"]
        wait_for_rows(world, min(before + chance.randrange(1, 700), 6001))
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        process.communicate(timeout=10)
    process = consumer_of(world, batch=150)
    # One more, so that it has surely begun, also where the ones before had already done all.
    world.produce([(0, *relayed(6001)[-1][1:3], [("sequence", b"%020d" % 2000)])])
    wait_for_rows(world, 6002)
    process.terminate()
    process.communicate(timeout=10)
    assert process.returncode == 0
    assert world.ledger() == world.on_kafka()
    assert [f["kind"] for f in world.rows("SELECT kind FROM findings")] == ["repeat"]


def test_a_paused_consumer_whose_place_another_took_doubles_nothing(world: World) -> None:
    made = relayed(4000)
    world.produce(made[:2000])
    first = consumer_of(world, batch=100)
    wait_for_rows(world, 300)
    first.send_signal(signal.SIGSTOP)
    second = consumer_of(world, batch=100)
    # It may be paused within its transaction, holding the row's lock: then the second waits until it goes on.
    time.sleep(1.5)
    first.send_signal(signal.SIGCONT)
    world.produce(made[2000:])
    wait_for_rows(world, 4000)
    for process in (first, second):
        process.terminate()
        process.communicate(timeout=10)
    assert world.ledger() == world.on_kafka()
    assert world.rows("SELECT * FROM findings") == []


@pytest.mark.parametrize("name", ["consumer", "relay"])
def test_a_process_says_that_it_is_ready_and_ends_on_sigterm_with_zero(world: World, name: str) -> None:
    process = begin(world, "services.audit", name)
    assert process.stderr is not None
    try:
        lines = []
        while '"ready"' not in (lines or [""])[-1]:
            line = process.stderr.readline()
            assert line, f"it ended before it was ready: {lines}"
            lines.append(line)
    finally:
        process.terminate()
        process.communicate(timeout=15)
    assert process.returncode == 0
