"""The feed's world for a test: empty topics, an empty database, hand-made events, workers as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from deploy.local.infrastructure import Infrastructure
from deploy.local.provision import make_topics
from services.notifications.bootstrap import MIGRATIONS
from shared.bus import clients
from shared.bus.record import relay_headers
from shared.bus.topics import all_topics
from shared.events import Draft
from shared.events.data import Data
from shared.events.names import (
    MOU_TOPIC,
    Agency,
    Matter,
    Urgency,
    YouthChoice,
    deadletters_topic,
    events_topic,
)
from shared.events.types.case import CaseOpened
from shared.events.types.concern import ConcernAttached, ConcernReported
from shared.events.types.mou import MouAdopted
from shared.events.types.referral import ReferralAccepted, ReferralRequested
from shared.mou import load, packed_document
from shared.settings import Settings
from shared.store.append import partition_of
from shared.store.migrate import migrate
from tests.integration.bus_support import eventually

REFERRALS, OWN = events_topic("referrals"), events_topic("notifications")
TOPICS = (MOU_TOPIC, REFERRALS, OWN, deadletters_topic("notifications"))
COUNTY = load((Path(__file__).parents[2] / "deploy/local/alder-county.yaml").read_text(encoding="utf-8"))
START = datetime(2030, 3, 4, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    """A record as a relay would publish it."""

    topic: str
    partition: int
    sequence: int
    key: str
    value: bytes
    id: str

    @property
    def place(self) -> tuple[str, int]:
        return self.topic, self.partition


class Author:
    """Writes events as referrals would, each recorded a millisecond after the one before."""

    def __init__(self) -> None:
        self.at = START
        self._sequences: dict[tuple[str, int], int] = defaultdict(int)
        self._versions: dict[str, int] = defaultdict(int)

    def event(
        self,
        data: Data,
        subject: str,
        agency: str = "human-services",
        mou: str = COUNTY.version,
        actor: str = "",
    ) -> Made:
        self.at += timedelta(milliseconds=1)
        self._versions[subject] += 1
        topic = MOU_TOPIC if isinstance(data, MouAdopted) else REFERRALS
        draft = Draft(
            id=uuid4(), topic=topic, source=f"/agencies/{agency}", subject=UUID(subject), time=self.at,
            stream=UUID(subject), commandid=str(uuid4()), correlationid=str(uuid4()), actor=actor or str(uuid4()),
            agency=agency, purpose="coordinate", mouversion=mou, clause="4.1", data=data,
        )  # fmt: skip
        return self.record(topic, subject, draft.seal_bytes(self.at, self._versions[subject]), str(draft.id))

    def record(self, topic: str, key: str, value: bytes, id: str = "") -> Made:
        partition = partition_of(topic, key)
        sequence = self._sequences[topic, partition]
        self._sequences[topic, partition] += 1
        return Made(topic, partition, sequence, key, value, id)

    def mou(self) -> Made:
        adopted = MouAdopted(
            mou=str(COUNTY.id),
            version=COUNTY.version,
            effective=START,
            signed_by=(),
            document=packed_document(COUNTY),
        )
        return self.event(adopted, str(COUNTY.id), mou="none")

    def concern(self, concern: str | None = None, **more: Any) -> Made:
        concern = concern or str(uuid4())
        data = ConcernReported(concern=concern, youth=str(uuid4()), reported_by=Agency.SHERIFF, sealed={})
        return self.event(data, concern, "sheriff", **more)

    def opened(self, concern: str, case: str, **more: Any) -> list[Made]:
        attached = ConcernAttached(concern=concern, case=case, case_stream=case, matter=Matter.NONE)
        opened = CaseOpened(
            case=case, case_stream=case, matter=Matter.NONE, youth=str(uuid4()),
            lead=Agency.HUMAN_SERVICES, concern=concern,
        )  # fmt: skip
        return [self.event(attached, concern, **more), self.event(opened, case, **more)]

    def requested(self, referral: str, case: str, urgency: Urgency = Urgency.HOURS) -> Made:
        data = ReferralRequested(
            referral=referral, case=case, matter=Matter.NONE, sender=Agency.HUMAN_SERVICES,
            recipient=Agency.ADVOCACY, kind="advocacy", urgency=urgency, respond_by=START + timedelta(hours=2),
            youth_choice=YouthChoice.AGREES, sealed={},
        )  # fmt: skip
        return self.event(data, case)

    def accepted(self, referral: str, case: str) -> Made:
        return self.event(ReferralAccepted(referral=referral, case=case), case, "advocacy")


class Process:
    """A process of the service and its log."""

    def __init__(self, environment: Mapping[str, str], argument: str) -> None:
        self.log = Path(tempfile.mkstemp(suffix=".log")[1])
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "services.notifications", argument]
            self.process = subprocess.Popen(command, env=dict(environment), stderr=log)

    def said(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def wait_for(self, event: str, seconds: float = 40.0) -> dict[str, Any]:
        found: list[dict[str, Any]] = eventually(
            f"it says {event}: {self.log}", lambda: self.said(event), seconds
        )
        return found[0]

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.process.wait(30)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.log.unlink()


class World:
    """Empty topics and an empty database of notifications."""

    def __init__(self, infra: Infrastructure) -> None:
        self.infra, self.author = infra, Author()
        self.processes: list[Process] = []
        self.empty_topics()
        self.url = infra.fresh_database("accord_notifications")
        migrate(self.url, MIGRATIONS)

    def empty_topics(self) -> None:
        topics = [t for t in all_topics() if t.name in TOPICS]
        with self.infra.kafka_admin() as admin:
            admin.delete_topics(list(TOPICS))
            eventually(
                "the topics are deleted",
                lambda: not {t["name"] for t in admin.describe_topics() if not t["error_code"]} & set(TOPICS),
            )
            make_topics(admin, topics)

    def environment(self, slot: int = 0) -> dict[str, str]:
        user, password = self.infra.kafka_credentials("notifications")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "DATABASE_URL": self.url,
            "KAFKA_BOOTSTRAP_SERVERS": self.infra.bootstrap,
            "ACCORD_KAFKA_USERNAME": user,
            "ACCORD_KAFKA_PASSWORD": password,
            "ACCORD_WORKER_SLOT": str(slot),
            "ACCORD_LOCAL": "1",
        }

    def settings(self, principal: str = "notifications") -> Settings:
        user, password = self.infra.kafka_credentials(principal)
        return Settings.model_validate(
            {
                "DATABASE_URL": self.url,
                "KAFKA_BOOTSTRAP_SERVERS": self.infra.bootstrap,
                "kafka_username": user,
                "kafka_password": password,
                "local": True,
            }
        )

    def publish(self, records: Iterable[Made]) -> list[Made]:
        """As the relay of referrals does; the broker has them all when this returns."""
        sent = list(records)
        producer = clients.producer(self.settings("referrals"), linger_ms=5)
        try:
            futures = [
                producer.send(
                    r.topic, key=r.key.encode(), value=r.value, partition=r.partition,
                    headers=relay_headers(r.sequence),
                )
                for r in sent
            ]  # fmt: skip
            for future in futures:
                future.get(timeout=20)
        finally:
            producer.close(timeout=5)
        return sent

    def start(self, argument: str = "worker", slot: int = 0) -> Process:
        self.processes.append(Process(self.environment(slot), argument))
        return self.processes[-1]

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query, values).fetchall()

    def count(self, table: str = "items") -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def applied(self) -> int:
        """How many records of referrals had their effect."""
        return int(
            self.rows("SELECT coalesce(sum(sequence + 1), 0) FROM positions WHERE topic = %s", [REFERRALS])[
                0
            ][0]
        )

    def wait_applied(self, count: int, seconds: float = 60.0) -> None:
        eventually(
            f"{count} records are applied, not {self.applied()}", lambda: self.applied() >= count, seconds
        )

    def wait_items(self, count: int, seconds: float = 30.0) -> None:
        eventually(f"{count} items, not {self.count()}", lambda: self.count() >= count, seconds)

    def end(self) -> None:
        for process in self.processes:
            process.end()
        self.infra.drop_database(self.url)
