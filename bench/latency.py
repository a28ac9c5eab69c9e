"""From a command's acceptance to its item in an open stream, at 20 commands a second, on the whole platform.

Accepted is when the caller has the answer; the item is there when the reader of the stream has parsed it. The
baseline is the least that any such path must do: one committed row, one Kafka record sent and read back.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
from kafka import TopicPartition

from bench.measuring import percentile, say
from deploy.local.system import System
from shared.bus import clients
from shared.cli.client import Client
from shared.settings import Settings

PER_SECOND = 20
COMMANDS = 400
SETTLE = 15.0


class Inbox(threading.Thread):
    """Reads the advocates' open stream and notes when each referral's item came."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(daemon=True)
        self._url, self._token, self.open = url, token, threading.Event()
        self.seen: dict[str, float] = {}

    def run(self) -> None:
        """Until the process ends."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "text/event-stream"}
        with (
            httpx2.Client(timeout=httpx2.Timeout(60), trust_env=False) as client,
            client.stream("GET", f"{self._url}/v1/feed/stream", headers=headers) as answer,
        ):
            self.open.set()
            for sent in httpx2.EventSource(answer):
                now = time.perf_counter()
                if sent.data:
                    self.seen.setdefault(json.loads(sent.data)["about"]["id"], now)


def a_case(client: Client, sheriff: Client) -> str:
    """A case with one concern, through the public interface."""
    concern = sheriff.post("/v1/concerns", {"age_years": 15, "immediate_danger": "no"}).body["concern"]
    tag = client.get(f"/v1/concerns/{concern}").etag
    body = {"matter": "dependency"}
    return str(client.post(f"/v1/concerns/{concern}/open-case", body, if_match=tag).body["case"])


def ours(system: System) -> list[float]:
    """Milliseconds, one for each command."""
    url = system.url("referrals")
    with (
        Client(url, lambda: system.token("screener@human-services")) as screener,
        Client(url, lambda: system.token("system@sheriff"), purpose="report") as sheriff,
    ):
        cases = [a_case(screener, sheriff) for _ in range(12)]
    inbox = Inbox(system.url("notifications"), system.token("advocate@advocacy"))
    inbox.start()
    if not inbox.open.wait(20):
        raise TimeoutError("the stream did not open")
    accepted: dict[str, float] = {}
    headers = {"Authorization": f"Bearer {system.token('worker@human-services')}"}
    body = {
        "recipient": "advocacy",
        "matter": "dependency",
        "kind": "advocate",
        "urgency": "hours",
        "youth_choice": "agrees",
        "clear": {"identity": {"name": "Testa Example"}},
    }
    with httpx2.Client(base_url=url, timeout=20, trust_env=False, headers=headers) as http:
        began = time.perf_counter()
        for n in range(COMMANDS):
            time.sleep(max(0.0, began + n / PER_SECOND - time.perf_counter()))
            answer = http.post(
                f"/v1/cases/{cases[n % len(cases)]}/referrals",
                json=body,
                headers={"Idempotency-Key": str(uuid4())},
            )
            accepted[answer.json()["referral"]] = time.perf_counter()
    deadline = time.monotonic() + SETTLE
    while len(inbox.seen.keys() & accepted.keys()) < COMMANDS and time.monotonic() < deadline:
        time.sleep(0.05)
    missing = accepted.keys() - inbox.seen.keys()
    if missing:
        raise TimeoutError(f"{len(missing)} of {COMMANDS} items did not come")
    # An item may be there before the answer was read: the caller then waited for nothing.
    return [max(0.0, (inbox.seen[r] - at) * 1_000) for r, at in accepted.items()][20:]


def baseline(system: System) -> list[float]:
    """Milliseconds of one commit and one record sent and read back, at the same pace."""
    username, password = system.infra.kafka_credentials("referrals")
    settings = Settings.model_validate(
        {
            "kafka_bootstrap_servers": system.infra.bootstrap,
            "kafka_username": username,
            "kafka_password": password,
        }
    )
    topic = system.infra.fresh_topic()
    producer, consumer = clients.producer(settings), clients.consumer(settings)
    consumer.assign([TopicPartition(topic, 0)])
    consumer.seek_to_beginning()
    took = []
    url = system.infra.fresh_database("accord_referrals")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE one (n integer)")
        for n in range(100):
            time.sleep(1 / PER_SECOND)
            began = time.perf_counter()
            connection.execute("INSERT INTO one VALUES (%s)", [n])
            producer.send(topic, value=b"x" * 1_000)
            found: Any = {}
            while not found:
                found = consumer.poll(timeout_ms=1_000)
            took.append((time.perf_counter() - began) * 1_000)
    producer.close()
    consumer.close()
    return took[10:]


def main() -> None:
    """Print the figure."""
    folder = Path(tempfile.mkdtemp(prefix="accord-bench-"))
    folder.chmod(0o711)
    try:
        with System(folder) as system:
            system.wait_first_steps()
            mine, base = ours(system), baseline(system)
            for name, share, aim in (("p50", 0.50, "25 ms"), ("p99", 0.99, "100 ms")):
                a, b = percentile(mine, share), percentile(base, share)
                say(f"accepted to item in the stream, {name}", f"{a:.1f} ms", f"{b:.1f} ms", a / b, aim)
            system.infra.remove()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
