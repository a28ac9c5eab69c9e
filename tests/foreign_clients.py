"""Clients that are not ours, for reading topics: Kafka's own console consumer, and the CloudEvents SDK."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from kafka import KafkaConsumer

from deploy.local.infrastructure import Infrastructure
from deploy.local.jars import kafka_jars
from deploy.local.kafka import java

CONSOLE = "org.apache.kafka.tools.consumer.ConsoleConsumer"
SECONDS = 60
#: Stands between the parts of a record; in no key, header or value of ours, since these are ASCII.
_BETWEEN = "\x1f"


@dataclass(frozen=True)
class Printed:
    """A record as the console consumer printed it."""

    partition: int
    offset: int
    headers: dict[str, str]
    key: str
    value: bytes


def console_consumer(
    infra: Infrastructure, principal: str, topic: str, most: int = 1_000_000, quiet_ms: int = 8_000
) -> list[Printed]:
    """Every record of `topic`, read from its start by Kafka's console consumer as `principal`.

    It ends after `most` records, or `quiet_ms` without one. To a principal that may not read it prints none
    and ends well: its complaint goes to a logger that these jars do not have. Raises RuntimeError with what it
    said if it ends badly, TimeoutExpired after a minute.
    """
    shown = {"print.partition": "true", "print.offset": "true", "print.headers": "true", "print.key": "true"}
    with _properties(*infra.kafka_credentials(principal), principal) as config:
        command = [
            *java(kafka_jars()),
            CONSOLE,
            *("--bootstrap-server", infra.bootstrap, "--topic", topic, "--from-beginning"),
            *("--command-config", str(config), "--timeout-ms", str(quiet_ms), "--max-messages", str(most)),
        ]
        for name, value in {**shown, "key.separator": _BETWEEN, "headers.separator": ","}.items():
            command += ["--formatter-property", f"{name}={value}"]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    lines = [line for line in done.stdout.split(b"\n") if line]
    return [_printed(line) for line in lines]


def sdk_events(
    infra: Infrastructure, principal: str, topic: str, quiet_ms: int = 5_000
) -> list[BaseCloudEvent]:
    """Every record of `topic` as the CloudEvents SDK reads it, given key, headers and value as they came."""
    consumer = KafkaConsumer(
        topic,
        **infra.kafka_options(principal),
        group_id=None,
        auto_offset_reset="earliest",
        consumer_timeout_ms=quiet_ms,
    )
    try:
        return [from_kafka_event(_message(record)) for record in consumer]
    finally:
        consumer.close()


def _message(record: Any) -> KafkaMessage:
    return KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value)


@contextmanager
def _properties(user: str, password: str, principal: str) -> Iterator[Path]:
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "client.properties"
        path.touch(mode=0o600)
        path.write_text(
            "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-256\n"
            f'sasl.jaas.config={login} username="{user}" password="{password}";\n'
            f"group.id=accord.{principal}.console\nenable.auto.commit=false\n"
        )
        yield path


def _printed(line: bytes) -> Printed:
    partition, offset, headers, key, value = line.split(_BETWEEN.encode(), 4)
    return Printed(
        int(partition.removeprefix(b"Partition:")),
        int(offset.removeprefix(b"Offset:")),
        dict(header.split(":", 1) for header in headers.decode().split(",")),
        key.decode(),
        value,
    )
