"""Memory of audit: of its consumer over 1 million events, and of an api process that answers after it.

Resident memory is sampled all along. The ratio is the peak of the last half to that of the first tenth after the
warm-up (the first tenth of all): 1 is flat. The peak of each tenth shows whether it grows or goes up and down.
`--events N` for fewer.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg

from bench.county import servers, settings_of
from bench.history import History, Topics, county
from bench.measuring import say
from deploy.local.infrastructure import Infrastructure
from services.audit.bootstrap import bootstrap, prepare
from services.audit.merkle.signing import create_key_file
from shared.events.names import Agency, Role
from shared.memory import give_back_large_blocks
from shared.settings import Settings
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier

EVENTS = 1_000_000
#: Questions asked afterwards: each a proof of inclusion and a case's state as of a moment.
READS, CASES = 400, 200
EACH_SECONDS = 0.25
#: Seconds for taking in all events.
LIMIT = 1_500.0
#: What share of the run is the warm-up, and how long after it the first peak is looked for.
WARM_UP, FIRST = 0.1, 0.1
MEGABYTE = 1024 * 1024

#: (how much was done, resident bytes)
Samples = list[tuple[int, int]]


def write(infra: Infrastructure, events: int) -> tuple[History, float]:
    """The history, written to Kafka; events per second, making them counted."""
    history, topics, began = History(), Topics(partial(settings_of, infra)), time.perf_counter()
    for batch in county(history, events):
        topics.write(batch)
    topics.close()
    return history, events / (time.perf_counter() - began)


def take_in(settings: Settings, events: int) -> tuple[Samples, float]:
    """The consumer as a process of its own until it has all; its memory, and events per second."""
    env = os.environ | {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "ACCORD_KAFKA_USERNAME": settings.kafka_username,
        "ACCORD_KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
        "ACCORD_AUDIT_KEY_FILE": str(settings.audit_key_file),
        "ACCORD_LOG_LEVEL": "error",
    }
    process = subprocess.Popen([sys.executable, "-m", "services.audit", "consumer"], env=env)
    samples, first, until = Samples(), (0, 0.0), time.monotonic() + LIMIT
    try:
        with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
            while time.monotonic() < until and process.poll() is None:
                row = connection.execute("SELECT coalesce(sum(sequence + 1), 0) FROM positions").fetchone()
                done, now = int(row[0]) if row else 0, time.perf_counter()
                samples.append((done, psutil.Process(process.pid).memory_info().rss))
                first = first if first[0] or not done else (done, now)
                if done >= events:
                    return samples, (done - first[0]) / (now - first[1])
                time.sleep(EACH_SECONDS)
    finally:
        process.terminate()
        process.wait(60)
    raise TimeoutError("the consumer did not take everything in")


def flatness(samples: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Peak bytes of the last half, and of the first tenth after the warm-up."""
    whole = samples[-1][0]
    begin, end = whole * WARM_UP, whole * (WARM_UP + FIRST)
    return (
        max(rss for done, rss in samples if done >= whole / 2),
        max(rss for done, rss in samples if begin <= done <= end),
    )


def peaks(samples: Sequence[tuple[int, int]], parts: int = 10) -> list[int]:
    """Peak bytes of each part of the run; 0 where there is no sample."""
    whole, found = samples[-1][0], [0] * parts
    for done, rss in samples:
        place = min(parts - 1, done * parts // max(1, whole))
        found[place] = max(found[place], rss)
    return found


def tell(what: str, samples: Samples) -> None:
    """One line of the figure."""
    last, first = flatness(samples)
    ours, base = f"{last / MEGABYTE:.0f} MB", f"{first / MEGABYTE:.0f} MB"
    say(f"memory of {what}", ours, base, last / first, "≤ 1.2")
    tenths = ", ".join(f"{peak / MEGABYTE:.0f}" for peak in peaks(samples))
    print(f"  peak of each tenth of the run, MB: {tenths}", flush=True)


def answer(settings: Settings) -> Samples:
    """READS proofs and states of random cases in this process, over the api's own app; its memory all along."""
    from fastapi.testclient import TestClient

    from services.audit.api import make_app

    give_back_large_blocks()  # as its own process does
    audit = bootstrap(settings, lambda: None)
    auditor = Caller(str(uuid4()), Agency.COUNTY, frozenset({Role.AUDITOR}))
    verifier = FakeVerifier({"auditor": auditor})
    client = TestClient(make_app(audit.questions, verifier, settings, list, b"0" * 32, audit.proofs))
    client.headers |= {"Authorization": "Bearer auditor", "Accord-Purpose": "audit"}
    logs = client.post("/v1/checkpoints").json()["checkpoints"]
    with audit.store.transaction() as connection:
        rows = connection.execute(
            "SELECT subject::text, recordedtime FROM ledger WHERE type = 'accord.case.opened.v1' LIMIT %s",
            [CASES],
        ).fetchall()
    chance, me, samples = random.Random(1), psutil.Process(), Samples()
    for n in range(READS):
        log, case = chance.choice(logs), chance.choice(rows)
        place, sequence = f"{log['topic']}/{log['partition']}", chance.randrange(log["size"])
        proof = client.get(f"/v1/ledger/{place}/inclusion", params={"sequence": sequence})
        moment = case["recordedtime"] + timedelta(hours=12) * chance.random()
        state = client.get(f"/v1/cases/{case['subject']}/state", params={"as_of": moment.isoformat()})
        assert (proof.status_code, state.status_code) == (200, 200), (proof.text, state.text)
        samples.append((n + 1, me.memory_info().rss))
    audit.close()
    return samples


def answered_apart(settings: Settings) -> tuple[Samples, float]:
    """`answer` in a process of its own, and questions per second."""
    given = {
        "database_url": settings.database_url.get_secret_value(),
        "audit_key_file": str(settings.audit_key_file),
    }
    command = [sys.executable, "-m", "bench.memory", "--answer", json.dumps(given)]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=LIMIT, check=True)
    samples = [(int(n), int(rss)) for n, rss in json.loads(done.stdout.splitlines()[-1])]
    return samples, 2 * READS / (time.perf_counter() - began)


def main(arguments: list[str]) -> None:
    """Print the figures."""
    if "--answer" in arguments:
        print(json.dumps(answer(Settings.model_validate(json.loads(arguments[-1])))))
        return
    events = int(arguments[arguments.index("--events") + 1]) if "--events" in arguments else EVENTS
    with servers() as infra:
        settings = settings_of(infra, "audit")
        key = Path(infra.places.secrets / "bench-signing.key")
        create_key_file(key)
        settings = settings.model_copy(update={"audit_key_file": key})
        _, per_second = write(infra, events)
        print(f"  {events:,} events of kept topics written at {per_second:,.0f}/s", flush=True)
        prepare(settings)
        samples, per_second = take_in(settings, events)
        tell(f"the consumer, {events:,} events", samples)
        print(f"  taken in at {per_second:,.0f}/s", flush=True)
        samples, per_second = answered_apart(settings)
        tell(f"an api process, {2 * READS:,} answers", samples)
        print(f"  proofs and states at {per_second:,.0f}/s, its start included", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
