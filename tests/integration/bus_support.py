"""One service's log on real Kafka and PostgreSQL: its store, its topics, its relays as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from deploy.local.infrastructure import Infrastructure
from deploy.local.provision import make_topics
from shared.bus import clients
from shared.bus.compare import relayed_topics
from shared.bus.record import Record
from shared.bus.topics import all_topics
from shared.events.envelope import Draft
from shared.events.names import access_topic, beats_topic, deadletters_topic
from shared.events.types.record import RecordRead
from shared.settings import Settings
from shared.store.append import Appended, append
from shared.store.pulse import PULSES
from shared.store.schema import APPEND, EVENT_STORE

#: The service with the fewest topics of its own.
SERVICE = "audit"
EVENTS = access_topic(SERVICE)
LETTERS = deadletters_topic(SERVICE)
BEATS = beats_topic(SERVICE)
MAIN = (
    "from shared.settings import Settings; from shared.telemetry import configure;"
    " from shared.bus.relay import run;"
    f" configure('{SERVICE}', 'relay'); raise SystemExit(run(Settings(), '{SERVICE}'))"
)


def now() -> datetime:
    return datetime.now(UTC)


def draft(case: UUID | None = None, stream: UUID | None = None, topic: str = EVENTS) -> Draft:
    case = case or uuid4()
    return Draft(
        id=uuid4(), topic=topic, source=f"/services/{SERVICE}", subject=case, time=now(), stream=stream or uuid4(),
        commandid="c", correlationid="c", actor="a", agency="county", purpose="audit", mouversion="1", clause="1",
        data=RecordRead(about=str(case), about_kind="case"),
    )  # fmt: skip


def eventually(what: str, condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


class Relay:
    """A relay process and its log."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._log = Path(tempfile.mkstemp(suffix=".log")[1])
        with self._log.open("w") as log:
            self.process = subprocess.Popen([sys.executable, "-c", MAIN], env=environment, stderr=log)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]

    def said(self, event: str) -> dict[str, Any] | None:
        return next((line for line in self.lines() if line["event"] == event), None)

    def wait_for(self, event: str, seconds: float = 30.0) -> dict[str, Any]:
        return eventually(
            f"the relay says {event}; it said {self._log.read_text()}", lambda: self.said(event), seconds
        )

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def exit_code(self, seconds: float = 30.0) -> int:
        return self.process.wait(seconds)

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.exit_code()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self._log.unlink()


class Log:
    """The log of `SERVICE`, with empty topics and an empty store."""

    def __init__(self, infra: Infrastructure) -> None:
        self.infra = infra
        self.relays: list[Relay] = []
        self.empty_topics()
        self.url = infra.fresh_database(f"accord_{SERVICE}")
        self.databases = [self.url]
        with self.connect() as connection:
            connection.execute(EVENT_STORE + APPEND + PULSES)

    @property
    def environment(self) -> dict[str, str]:
        user, password = self.infra.kafka_credentials(SERVICE)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "DATABASE_URL": self.url,
            "KAFKA_BOOTSTRAP_SERVERS": self.infra.bootstrap,
            "ACCORD_KAFKA_USERNAME": user,
            "ACCORD_KAFKA_PASSWORD": password,
        }

    @property
    def settings(self) -> Settings:
        user, password = self.infra.kafka_credentials(SERVICE)
        return Settings.model_validate(
            {
                "DATABASE_URL": self.url,
                "KAFKA_BOOTSTRAP_SERVERS": self.infra.bootstrap,
                "kafka_username": user,
                "kafka_password": password,
            }
        )

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)

    def append(self, drafts: list[Draft] | int) -> list[Appended]:
        made = [draft() for _ in range(drafts)] if isinstance(drafts, int) else drafts
        with self.connect() as connection, connection.transaction():
            return append(connection, made, {}, now)

    def empty_topics(self) -> None:
        """What a broker that lost everything looks like."""
        topics = [t for t in all_topics() if t.name in (*relayed_topics(SERVICE), BEATS)]
        names = [t.name for t in topics]
        with self.infra.kafka_admin() as admin:
            admin.delete_topics(names)
            eventually(
                "the topics are deleted",
                lambda: not {t["name"] for t in admin.describe_topics() if not t["error_code"]} & set(names),
            )
            make_topics(admin, topics)

    def relay(self, **environment: str) -> Relay:
        self.relays.append(Relay(self.environment | environment))
        return self.relays[-1]

    def records(self, *topics: str) -> list[Record]:
        """Every record of these topics, by partition and offset."""
        consumer = clients.consumer(self.settings)
        try:
            places = clients.partitions_of(consumer, topics or relayed_topics(SERVICE))
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            ends = consumer.end_offsets(places, timeout_ms=5000)
            found: list[Record] = []
            while any(consumer.position(p) < ends[p] for p in places):
                for records in consumer.poll(timeout_ms=500).values():
                    found += map(Record.from_kafka, records)
            return sorted(found, key=lambda r: (r.topic, r.partition, r.offset))
        finally:
            consumer.close()

    def stored(self) -> list[tuple[Any, ...]]:
        """(topic, partition, sequence, key, value) of every stored event, by place."""
        with self.connect() as connection:
            return [
                (t, p, s, k.encode(), bytes(v))
                for t, p, s, k, v in connection.execute(
                    "SELECT kafka_topic, kafka_partition, kafka_sequence, kafka_key, state FROM stored_events"
                    " ORDER BY kafka_topic, kafka_partition, kafka_sequence"
                )
            ]

    def published(self) -> list[tuple[Any, ...]]:
        """The same of every record, in the order of the log."""
        return [(r.topic, r.partition, r.sequence, r.key, r.value) for r in self.records()]

    def all_published(self) -> bool:
        with self.connect() as connection:
            row = connection.execute(
                "SELECT published = (SELECT max(notification_id) FROM stored_events) FROM relay_state"
            ).fetchone()
        return row == (True,)

    def copy(self) -> str:
        """A copy of the database as it is now, as a dump would be."""
        name = self.url.rpartition("/")[2]
        copy = f"{name}_copy{len(self.databases)}"
        with psycopg.connect(self.infra.admin_url, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}" OWNER "accord_{SERVICE}"'.encode())
        self.databases.append(self.url.rpartition("/")[0] + "/" + copy)
        return self.databases[-1]

    def cut(self) -> int:
        """End every session that holds or awaits an advisory lock of this database: the relays'."""
        with psycopg.connect(self.infra.admin_url, autocommit=True) as admin:
            return admin.execute(
                "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                " WHERE l.locktype = 'advisory' AND d.datname = %s",
                [self.url.rpartition("/")[2]],
            ).rowcount

    def end(self) -> None:
        for relay in self.relays:
            relay.end()
        for url in self.databases:
            self.infra.drop_database(url)
