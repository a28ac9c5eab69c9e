"""Which Kafka login a command uses: the environment's, else one that the local platform's data directory holds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr

from shared.bus.topics import all_topics
from shared.cli.failures import Usage
from shared.cli.places import data_directory, run_document
from shared.events.names import Service
from shared.settings import Settings


def kafka_login(principals: Iterable[str], data: Path | None) -> Settings:
    """Where Kafka is, and the first of these principals whose password is here. Reads files. Raises Usage.

    KAFKA_BOOTSTRAP_SERVERS and ACCORD_KAFKA_USERNAME come before the data directory, each for itself.
    """
    folder, known = data_directory(data), Settings()
    there = (run_document(folder).get("addresses") or {}).get("kafka")
    bootstrap = known.kafka_bootstrap_servers or str(there or "")
    if not bootstrap:
        raise Usage(
            "Where Kafka is, is not set.",
            "Set KAFKA_BOOTSTRAP_SERVERS, or start `accord up` and name its data directory with --data.",
        )
    username, password = known.kafka_username, known.kafka_password
    for principal in () if username else principals:
        secret = folder / "secrets" / f"kafka-{principal}.password"
        if os.access(secret, os.R_OK):
            username, password = principal, SecretStr(secret.read_text(encoding="ascii").strip())
            break
    if not username:
        raise Usage(
            "No Kafka login that may do this is set.",
            "Set ACCORD_KAFKA_USERNAME and ACCORD_KAFKA_PASSWORD, or name the local platform's data"
            " directory with --data.",
        )
    return known.model_copy(
        update={
            "kafka_bootstrap_servers": bootstrap,
            "kafka_username": username,
            "kafka_password": password,
        }
    )


def readers_of(topic: str) -> list[str]:
    """Who may read a topic, services before agencies; of a topic not in the table, every service."""
    readers = next((t.readers for t in all_topics() if t.name == topic), frozenset(Service))
    return sorted(map(str, readers), key=lambda reader: (reader not in set(Service), reader))
