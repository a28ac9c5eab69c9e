"""The Kafka clients, with the settings that our measurements ask for (STACK, kafka-python).

Every wait has a limit; create clients after a fork. A failure to connect is TryLater.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import AuthorizationError, KafkaError

from shared.bus.topics import MAX_REQUEST_BYTES
from shared.errors import TryLater
from shared.settings import Settings

#: Longest life of a record between `send` and the broker's answer; the relay's waiting time hangs on it.
DELIVERY_MS = 5_000
CONNECT_MS = 5_000
REQUEST_MS = 4_000


@contextmanager
def kafka_away() -> Iterator[None]:
    """Turn any error of the client into TryLater, which names the kind of error only."""
    try:
        yield
    except AuthorizationError as error:
        raise TryLater(f"Kafka refused this login ({type(error).__name__})", 5) from error
    except KafkaError as error:
        raise TryLater(f"Kafka does not answer ({type(error).__name__})") from error


def connection(settings: Settings) -> dict[str, Any]:
    """What every client needs: addresses, login, bounded waits."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers.split(","),
        "bootstrap_timeout_ms": CONNECT_MS,
        "reconnect_backoff_max_ms": 500,
        "retry_backoff_ms": 50,
    }
    if settings.kafka_username:
        options |= {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-256",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return options


def producer(settings: Settings, **options: Any) -> Any:
    """A KafkaProducer: idempotent, no transactions, acks=all. Blocks up to 5 s. Raises TryLater.

    After one failed future it is poisoned: close it and make another (`Publisher` does).
    """
    mine = {
        "enable_idempotence": True,
        "acks": "all",
        "linger_ms": 0,
        "batch_size": 60_000,
        "delivery_timeout_ms": DELIVERY_MS,
        "request_timeout_ms": REQUEST_MS,
        "max_block_ms": DELIVERY_MS,
        "max_request_size": MAX_REQUEST_BYTES,
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }
    with kafka_away():
        return KafkaProducer(**connection(settings), **(mine | options))


def consumer(settings: Settings, **options: Any) -> Any:
    """A KafkaConsumer to be assigned by hand; never commits to Kafka. Blocks up to 5 s. Raises TryLater."""
    mine = {
        "group_id": None,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "allow_auto_create_topics": False,
        "request_timeout_ms": REQUEST_MS,
        "fetch_max_wait_ms": 200,
        "metrics_enabled": False,
    }
    with kafka_away():
        return KafkaConsumer(**connection(settings), **(mine | options))


def admin(settings: Settings) -> Any:
    """A KafkaAdminClient. Blocks up to 5 s. Raises TryLater."""
    with kafka_away():
        return KafkaAdminClient(**connection(settings), request_timeout_ms=REQUEST_MS, metrics_enabled=False)


def partitions_of(client: Any, topics: Iterable[str]) -> list[Any]:
    """Every TopicPartition of these topics, seen by this consumer. Raises TryLater naming a missing topic."""
    found = []
    for topic in topics:
        with kafka_away():
            numbers = client.partitions_for_topic(topic)
        if not numbers:
            raise TryLater(f"the topic {topic} is not there, or may not be read; `accord up` makes it", 5)
        found += [TopicPartition(topic, number) for number in sorted(numbers)]
    return found


class Publisher:
    """Sends one record at a time and waits for the broker. Thread-safe only if its caller sees to it."""

    def __init__(self, settings: Settings) -> None:
        """Connects at the first `publish`."""
        self._settings = settings
        self._producer: Any = None

    def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> int:
        """Send one record; its offset. Blocks up to 10 s. Raises TryLater; the next call has a new producer."""
        try:
            self._producer = self._producer or producer(self._settings)
            with kafka_away():
                sent = self._producer.send(
                    topic, value=value, key=key, headers=list(headers), partition=partition
                )
                return int(sent.get(timeout=DELIVERY_MS / 1000 + 1).offset)
        except TryLater:
            self.close()
            raise

    def close(self) -> None:
        """Close the producer, waiting at most 1 s for what is under way."""
        old, self._producer = self._producer, None
        if old is not None:
            old.close(timeout=1)
