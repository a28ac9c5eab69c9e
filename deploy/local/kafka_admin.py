"""The one place of the local platform that makes admin clients of Kafka."""

from __future__ import annotations

from typing import Any


def client_options(bootstrap: str, username: str, password: str) -> dict[str, Any]:
    """Options of any kafka-python client for these credentials; plain if there is no user name."""
    options: dict[str, Any] = {"bootstrap_servers": bootstrap.split(",")}
    if username:
        options |= {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-256",
            "sasl_plain_username": username,
            "sasl_plain_password": password,
        }
    return options


def admin_client(bootstrap: str, username: str, password: str, seconds: float = 10.0) -> Any:
    """A connected admin client; close it. Blocks at most `seconds`; raises kafka.errors.KafkaError."""
    from kafka.admin import KafkaAdminClient

    return KafkaAdminClient(
        **client_options(bootstrap, username, password),
        bootstrap_timeout_ms=int(seconds * 1000),
        request_timeout_ms=max(10_000, int(seconds * 1000)),
        reconnect_backoff_max_ms=500,
    )


def answers(bootstrap: str, username: str, password: str, seconds: float = 3.0) -> bool:
    """Whether Kafka answers an authenticated request within about `seconds`."""
    import socket

    from kafka.errors import KafkaError

    host, _, port = bootstrap.split(",")[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=seconds).close()
        client = admin_client(bootstrap, username, password, seconds)
    except (OSError, KafkaError):
        return False
    try:
        return bool(client.describe_cluster()["brokers"])
    except (KafkaError, KeyError):
        return False
    finally:
        client.close()
