"""Submitting over Kafka as an agency's own system does."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kafka import KafkaProducer
from kafka.errors import KafkaError

from deploy.local.system import System
from shared.events.names import submissions_topic
from tests.faults.asking import PATIENCE


@dataclass(frozen=True)
class Submission:
    """A submission; its bytes are the same whenever it is sent."""

    agency: str
    command: str
    id: UUID
    body: dict[str, Any]
    about: str = ""
    based_on: str = ""
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    def value(self) -> bytes:
        """The record's value."""
        event = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": f"/agencies/{self.agency}",
            "type": f"accord.submission.{self.command}.v1",
            "time": self.time,
            "datacontenttype": "application/json",
            "data": self.body,
        }
        named = {"subject": self.about, "basedon": self.based_on}
        return json.dumps(event | {name: value for name, value in named.items() if value}).encode()


class Outbox:
    """What an agency's system sends until Kafka says that it has it. After a failure with a new producer."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._producers: dict[str, Any] = {}

    def send(self, one: Submission) -> bool:
        """Whether Kafka took it within PATIENCE."""
        value, until = one.value(), time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                sent = self._producer(one.agency).send(
                    submissions_topic(one.agency), value, str(one.id).encode(), partition=0
                )
                sent.get(timeout=10)
                return True
            except KafkaError:
                self._drop(one.agency)
                time.sleep(0.25)
        return False

    def close(self) -> None:
        """Close every producer."""
        for agency in list(self._producers):
            self._drop(agency)

    def _producer(self, agency: str) -> Any:
        if agency not in self._producers:
            options = self._system.infra.kafka_options(agency)
            self._producers[agency] = KafkaProducer(
                **options, acks="all", delivery_timeout_ms=5_000, request_timeout_ms=4_000, max_block_ms=5_000
            )
        return self._producers[agency]

    def _drop(self, agency: str) -> None:
        producer = self._producers.pop(agency, None)
        if producer is not None:
            producer.close(timeout=1)
