"""What the running services say of themselves: `/readyz` of each api, and how far each relay is behind."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from typing import Any

from deploy.local.infrastructure import Infrastructure
from deploy.local.kafka_admin import answers as kafka_answers
from deploy.local.postgres import database_answers
from deploy.local.processes import APIS
from shared.events.names import Service

#: Seconds; a service's own checks may take four.
_LONGEST = 6.0


@dataclass(frozen=True)
class Health:
    """An api's answer. `status`: ok, warn, fail, or unreachable; `checks`: those that are not ok."""

    status: str
    checks: tuple[Mapping[str, Any], ...] = ()


def health_of(addresses: Mapping[str, str]) -> dict[str, Health]:
    """Ask every api at once. Blocks at most six seconds or so; never raises."""
    with ThreadPoolExecutor(len(APIS)) as pool:
        answers = pool.map(lambda api: _ask(addresses.get(api)), APIS)
        return dict(zip(APIS, answers, strict=True))


def health_of_everything(infra: Infrastructure, addresses: Mapping[str, str]) -> dict[str, Health]:
    """Kafka and PostgreSQL are asked as well, at the same time: a paused one still has its port and its pid."""
    with ThreadPoolExecutor(3) as pool:
        apis = pool.submit(health_of, addresses)
        kafka = pool.submit(kafka_answers, infra.bootstrap, *infra.kafka_credentials("admin"))
        postgres = pool.submit(database_answers, infra.admin_url)
        servers = {"kafka": kafka.result(), "postgres": postgres.result()}
        return apis.result() | {name: Health("ok" if up else "unreachable") for name, up in servers.items()}


def _ask(address: str | None) -> Health:
    import httpx2

    if not address:
        return Health("unreachable")
    try:
        with httpx2.Client(timeout=_LONGEST, trust_env=False) as client:
            body = client.get(f"{address}/readyz").json()
        checks = [c for c in body.get("checks", []) if c.get("status") != "ok"]
    except (httpx2.HTTPError, ValueError, AttributeError):
        return Health("unreachable")
    if body.get("status") != "ok" or any(c.get("status") == "fail" for c in checks):
        return Health("fail", tuple(checks))
    return Health("warn" if checks else "ok", tuple(checks))


def relay_of(database_url: str) -> tuple[int, float] | None:
    """How many recorded events the relay has not published, and how many seconds old its last beat is (infinitely
    many if there was none); None if the store has no tables yet.

    Blocks a few seconds at most; raises psycopg.Error.
    """
    import psycopg

    from shared.bus.gate import last_beat

    with psycopg.connect(
        database_url,
        connect_timeout=3,
        options="-c statement_timeout=3000 -c default_transaction_read_only=on",
    ) as connection:
        there = connection.execute("SELECT to_regclass('pulses')").fetchone()
        if there is None or there[0] is None:
            return None
        row = connection.execute(
            "SELECT count(*) FROM stored_events WHERE notification_id > (SELECT published FROM relay_state)"
        ).fetchone()
        silent = last_beat(connection)
        return (int(row[0]) if row else 0, inf if silent is None else silent)


def stores() -> dict[str, str]:
    """Each service's event store: the database and login of that name."""
    return {str(service): f"accord_{service}" for service in Service}
