"""The faults: what is broken, how, and how long until it is well again. Each ends with everything running."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from deploy.local.child import Child
from deploy.local.system import System, SystemFailed
from shared.bus import clients
from shared.bus.compare import relayed_topics
from shared.bus.lease import LOCK
from shared.bus.tail import tail
from shared.settings import Settings

#: Seconds within which our own processes, and the two servers, must be back (issue, Accepted when, 4).
OURS, SERVERS = 15.0, 40.0
#: Seconds after which a fault is given up. What took longer than its limit is told, and fails the run at its end.
HOPELESS = 90.0
APIS = ("referrals", "notifications", "audit")
SERVICES = ("referrals", "notifications", "audit")
WORKERS = 2
#: Seconds for which a notifications worker is paused: twice its session's timeout.
PAUSE = 12.0


class NotBack(AssertionError):
    """Something was not well again within its limit."""


@dataclass(frozen=True)
class Struck:
    """What was done, and how many seconds until it was back."""

    family: str
    what: str
    seconds: float
    limit: float
    note: str = ""


@dataclass(frozen=True)
class Fault:
    """One way to break something. `strike` blocks until it is well again, and says what it did."""

    family: str
    target: str
    strike: Callable[[System, str, random.Random], Struck]


def killed(system: System, name: str, rng: random.Random) -> Struck:
    """SIGKILL one of our processes."""
    pid = system.kill(name)
    began = time.monotonic()
    _ready_again(system, name, pid)
    if name.endswith("-api"):
        system.wait_healthy(name.removesuffix("-api"), HOPELESS)
    return Struck("kill", name, time.monotonic() - began, OURS)


def _ready_again(system: System, name: str, old: int) -> None:
    try:
        system.wait_ready(name, HOPELESS, not_pid=old)
    except SystemFailed as error:
        raise NotBack(str(error)) from error


def server_killed(system: System, name: str, rng: random.Random) -> Struck:
    """SIGKILL Kafka or PostgreSQL; back is when every process and every api is ready again."""
    pid = system.kill(name)
    began = time.monotonic()
    _ready_again(system, name, pid)
    up = time.monotonic() - began
    everything_ready(system)
    return Struck(name, name, time.monotonic() - began, SERVERS, f"the server itself {up:.1f} s")


def killed_between(system: System, service: str, rng: random.Random) -> Struck:
    """SIGKILL a relay that has sent a batch and not yet saved how far it is."""
    name = f"{service}-relay"
    system.hold(name)
    env = system.environment(name) | {"ACCORD_TEST_RELAY_PAUSE_AFTER_SEND": "4"}
    child = Child(f"{name}-paused", system.spec(name).command, env, system.places.log(f"{name}-paused"))
    child.start()
    try:
        ahead = _wait_ahead(system, service, HOPELESS)
    finally:
        child.kill()
    began = time.monotonic()
    system.release(name, seconds=HOPELESS)
    note = f"{ahead} events sent and not checkpointed"
    return Struck("between send and checkpoint", name, time.monotonic() - began, OURS, note)


def _wait_ahead(system: System, service: str, seconds: float) -> int:
    """Wait until the topics hold what the checkpoint does not know of; how many events that is."""
    user, password = system.infra.kafka_credentials("admin")
    settings = Settings(
        kafka_bootstrap_servers=system.infra.bootstrap, kafka_username=user, kafka_password=password
    )
    consumer, until = clients.consumer(settings), time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            known = _checkpointed(system, service)
            held = tail(consumer, relayed_topics(service)).records
            ahead = sum(max(0, r.sequence - known.get(place, -1)) for place, r in held.items() if r)
            if ahead and known == _checkpointed(system, service):
                return ahead
            time.sleep(0.1)
    finally:
        consumer.close()
    raise NotBack(f"the relay of {service} was never between send and checkpoint within {seconds:.0f} s")


def _checkpointed(system: System, service: str) -> dict[tuple[str, int], int]:
    with psycopg.connect(system.infra.database_url(f"accord_{service}")) as connection:
        rows = connection.execute(
            "SELECT kafka_topic, kafka_partition, max(kafka_sequence) FROM stored_events"
            " WHERE notification_id <= (SELECT published FROM relay_state) GROUP BY 1, 2"
        )
        return {(topic, partition): sequence for topic, partition, sequence in rows}


def paused_and_overtaken(system: System, service: str, rng: random.Random) -> Struck:
    """SIGSTOP a relay, start a second one, let it publish, SIGCONT the first; then end the second."""
    name = f"{service}-relay"
    pid = system.signal(name, signal.SIGSTOP)
    began = time.monotonic()
    second = None
    try:
        second = system.start_second(name)
        _wait_second(system, name, second, HOPELESS)
        taken = time.monotonic() - began
        time.sleep(rng.uniform(0.5, 2.0))  # it publishes
    finally:
        system.signal(name, signal.SIGCONT)
        woken = time.monotonic()
        if second is not None and not second.alive:
            raise NotBack(f"the second relay of {service} ended: {second.last_lines(3)}")
    _wait_new_pid(system, name, pid, HOPELESS)
    gave_up = time.monotonic() - woken
    assert second is not None
    second.stop()
    stopped = time.monotonic()
    _ready_again(system, name, pid)
    # A paused relay's session ends after 10 s of silence, and its successor waits 7 s more.
    note = f"taken over after {taken:.1f} s, the first gave up {gave_up:.1f} s after it woke"
    return Struck("paused relay", name, time.monotonic() - stopped, OURS, note)


def _wait_second(system: System, name: str, second: Child, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not any(line.get("event") == "ready" for line in _lines_of(system, name, second)):
        if time.monotonic() > until or not second.alive:
            raise NotBack(f"a second {name} was not ready within {seconds:.0f} s: {second.last_lines(3)}")
        time.sleep(0.2)


def _lines_of(system: System, name: str, second: Child) -> list[dict[str, object]]:
    began = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second.started_at))
    return [line for line in system.log(f"{name}-second") if str(line.get("timestamp", "")) >= began]


def _wait_new_pid(system: System, name: str, old: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while system.process(name).pid in (old, None):
        if time.monotonic() > until:
            raise NotBack(f"{name} went on for {seconds:.0f} s after it had lost its lock")
        time.sleep(0.1)


def cut(system: System, service: str, rng: random.Random) -> Struck:
    """End the database session that holds a relay's lock."""
    name = f"{service}-relay"
    pid = system.pid(name)
    with psycopg.connect(system.infra.admin_url, autocommit=True) as admin:
        ended = admin.execute(
            "SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE l.locktype = 'advisory' AND l.objid = %s AND l.granted AND d.datname = %s",
            [LOCK, f"accord_{service}"],
        ).fetchone()
    assert ended == (1,), f"one session holds the lock of {name}, not {ended}"
    began = time.monotonic()
    _ready_again(system, name, pid)
    return Struck("relay's connection cut", name, time.monotonic() - began, OURS)


def all_cut(system: System, service: str, rng: random.Random) -> Struck:
    """End every database session of a service; only its relay dies of it."""
    name = f"{service}-relay"
    pid = system.pid(name)
    with psycopg.connect(system.infra.admin_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = %s",
            [f"accord_{service}", f"accord_{service}"],
        )
    began = time.monotonic()
    _ready_again(system, name, pid)
    everything_ready(system)
    return Struck("all connections cut", service, time.monotonic() - began, OURS)


def worker_paused(system: System, name: str, rng: random.Random) -> Struck:
    """SIGSTOP one of two notification workers for 12 s; the other takes its partitions over."""
    system.signal(name, signal.SIGSTOP)
    try:
        time.sleep(PAUSE)
    finally:
        system.signal(name, signal.SIGCONT)
    began = time.monotonic()
    system.wait_ready(name, HOPELESS)
    everything_ready(system)
    return Struck("paused worker", name, time.monotonic() - began, OURS)


def everything_ready(system: System, seconds: float = HOPELESS) -> None:
    """Wait until every process and every api is ready. Raises NotBack."""
    until = time.monotonic() + seconds
    try:
        for name in system.run.processes:
            system.wait_ready(name, max(0.1, until - time.monotonic()))
        for api in APIS:
            system.wait_healthy(api, max(0.1, until - time.monotonic()))
    except SystemFailed as error:
        raise NotBack(f"not everything was back within {seconds:.0f} s: {error}") from error


PROCESSES = (
    "referrals-api", "referrals-intake", "referrals-relay", "notifications-api", "notifications-worker-0",
    "notifications-worker-1", "notifications-relay", "audit-api", "audit-consumer", "audit-relay", "issuer",
)  # fmt: skip
_SERVERS = (("kafka", server_killed), ("postgres", server_killed))

#: Every fault once.
FAULTS: tuple[Fault, ...] = (
    *(Fault("kill", name, killed) for name in PROCESSES),
    *(Fault(name, name, strike) for name, strike in _SERVERS),
    *(Fault("between", service, killed_between) for service in ("referrals", "notifications")),
    *(Fault("overtaken", service, paused_and_overtaken) for service in ("referrals", "notifications")),
    *(Fault("cut", service, cut) for service in SERVICES),
    *(Fault("all-cut", service, all_cut) for service in SERVICES),
    *(Fault("paused-worker", f"notifications-worker-{n}", worker_paused) for n in range(WORKERS)),
)
#: Of these the short run takes one each.
FAMILIES = ("kill", "kafka", "postgres", "between", "overtaken", "cut", "paused-worker")


def short(rng: random.Random) -> list[Fault]:
    """One fault of each of `FAMILIES`, in a random order."""
    chosen = [rng.choice([f for f in FAULTS if f.family == family]) for family in FAMILIES]
    rng.shuffle(chosen)
    return chosen


def full(rng: random.Random, count: int) -> list[Fault]:
    """Every fault once, and more at random up to `count`, in a random order."""
    chosen = [*FAULTS, *rng.choices(FAULTS, k=max(0, count - len(FAULTS)))]
    rng.shuffle(chosen)
    return chosen
