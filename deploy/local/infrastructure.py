"""Kafka and PostgreSQL, set up for Accord: the local ones, or the county's own by environment."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any, TypeVar

from deploy.local.kafka import Kafka
from deploy.local.kafka_admin import admin_client, client_options
from deploy.local.kafka_config import ADMIN
from deploy.local.places import Places, read_json
from deploy.local.postgres import Postgres
from deploy.local.provision import (
    DATABASES,
    drop_database,
    make_database,
    make_topics,
    principals,
    provision_databases,
    provision_kafka,
    put_rights,
    read_rights,
    rights_on,
    with_database,
)
from shared.bus.topics import FOREVER, Topic

_Server = TypeVar("_Server", Kafka, Postgres)


class Infrastructure:
    """Kafka and PostgreSQL for one data directory.

    `KAFKA_BOOTSTRAP_SERVERS` (with `ACCORD_KAFKA_ADMIN_USERNAME`, `ACCORD_KAFKA_ADMIN_PASSWORD`) and
    `DATABASE_URL`, both with admin rights, are used instead of the local ones where they are set, unless
    `external` is False. Start it from the thread that will outlive it (see `Child`).
    """

    def __init__(self, data: Path, *, external: bool = True) -> None:
        self.places = Places(data)
        given = os.environ if external else {}
        self._bootstrap = given.get("KAFKA_BOOTSTRAP_SERVERS", "")
        self._kafka_admin = (
            given.get("ACCORD_KAFKA_ADMIN_USERNAME", ""),
            given.get("ACCORD_KAFKA_ADMIN_PASSWORD", ""),
        )
        self._admin_url = given.get("DATABASE_URL", "")
        self.kafka = None if self._bootstrap else Kafka(self.places)
        self.postgres = None if self._admin_url else Postgres(self.places)

    def start(self) -> Infrastructure:
        """Start what is ours, wait until it answers, make topics, users, rights and databases.

        Blocks (about three seconds, more the first time). On failure all that was started is stopped.
        Raises JarsMissing, KafkaFailed, PostgresFailed, ProvisionFailed.
        """
        self.places.make()
        try:
            if self.kafka:
                self.kafka.start()
            if self.postgres:
                self.postgres.start()
                self.postgres.wait_ready()
            self.provision_databases()
            if self.kafka:
                self.kafka.wait_ready()
            self.provision_kafka()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop what is ours: first Kafka and PostgreSQL are asked, then waited for."""
        ours = [server.child for server in (self.kafka, self.postgres) if server and server.child]
        for child in ours:
            child.begin_stop()
        for server in (self.kafka, self.postgres):
            if server:
                server.stop()

    def attach(self) -> Infrastructure:
        """Know the addresses of servers that another process (the supervisor) started on this data."""
        ports: dict[str, int] = read_json(self.places.data / "ports.json") or {}
        for name, server in (("kafka", self.kafka), ("postgres", self.postgres)):
            if server:
                server.port = ports.get(name, 0)
        return self

    def remove(self) -> None:
        """Stop and delete all data (tests only)."""
        self.stop()
        if self.postgres:
            self.postgres.forget()
        shutil.rmtree(self.places.data, ignore_errors=True)

    def provision_kafka(self) -> None:
        """Make topics, users and rights; again is harmless."""
        with self.kafka_admin() as admin:
            provision_kafka(admin, {name: self.kafka_credentials(name)[1] for name in principals()})

    def provision_databases(self) -> None:
        """Make the databases and logins; again is harmless."""
        provision_databases(self.admin_url, self.places.password, whole_server=self.postgres is not None)

    @property
    def bootstrap(self) -> str:
        """`host:port` of Kafka."""
        return self.kafka.bootstrap if self.kafka else self._bootstrap

    @property
    def kafka_way(self) -> str:
        """Which Kafka is used and why, in one line."""
        return (
            "the local platform's, as KAFKA_BOOTSTRAP_SERVERS is not set"
            if self.kafka
            else "KAFKA_BOOTSTRAP_SERVERS is set"
        )

    @property
    def admin_url(self) -> str:
        """PostgreSQL's administrator; for set-up and tests, never for a service."""
        return self.postgres.admin_url if self.postgres else self._admin_url

    def kafka_credentials(self, principal: str) -> tuple[str, str]:
        """User name and password of a service, an agency, or `admin` (the super user)."""
        if principal == ADMIN:
            return (ADMIN, self.kafka.admin_password) if self.kafka else self._kafka_admin
        return principal, self.places.password(f"kafka-{principal}")

    def kafka_options(self, principal: str) -> dict[str, Any]:
        """Keyword options for any kafka-python client acting as `principal`."""
        return client_options(self.bootstrap, *self.kafka_credentials(principal))

    def kafka_admin(self, principal: str = ADMIN) -> Any:
        """A connected KafkaAdminClient; use it as a context manager."""
        return admin_client(self.bootstrap, *self.kafka_credentials(principal))

    def database_url(self, name: str, database: str | None = None) -> str:
        """The address for one of `DATABASES` with its own login; `database` for a fresh one of that login."""
        if name not in DATABASES:
            raise KeyError(name)
        return with_database(self.admin_url, database or name, name, self.places.password(name))

    def fresh_database(self, name: str) -> str:
        """Make an empty database owned by the login `name` and return its address (tests only)."""
        import psycopg

        database = f"{name}_{secrets.token_hex(4)}"
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            make_database(connection, database, owner=name)
        return self.database_url(name, database)

    def drop_database(self, database_url: str) -> None:
        """Drop what `fresh_database` made, ending its sessions."""
        import psycopg

        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            drop_database(connection, database_url.rpartition("/")[2])

    def fresh_topic(
        self,
        writer: str = "referrals",
        readers: frozenset[str] = frozenset({"referrals", "notifications", "audit"}),
        partitions: int = 1,
        name: str = "",
    ) -> str:
        """Make an empty kept topic with a name of its own and the usual rights (tests only)."""
        topic = Topic(
            f"test.{secrets.token_hex(4)}.{name or 'events'}",
            partitions,
            FOREVER,
            128 * 1024,
            writer,
            readers | {writer},
        )
        with self.kafka_admin() as admin:
            make_topics(admin, [topic])
            principals_of = {writer, *readers}
            have = set(read_rights(admin, principals_of))
            put_rights(admin, have | rights_on([topic]), principals_of)
        return topic.name

    def kill_kafka(self) -> None:
        """SIGKILL the local Kafka (tests only)."""
        _ours(self.kafka).kill()

    def restart_kafka(self, seconds: float = 120.0) -> None:
        """Start the local Kafka again and wait until it answers."""
        kafka = _ours(self.kafka)
        kafka.start()
        kafka.wait_ready(seconds)

    def kill_postgres(self) -> None:
        """SIGKILL the local PostgreSQL's postmaster (tests only)."""
        _ours(self.postgres).kill()

    def restart_postgres(self, seconds: float = 60.0) -> None:
        """Start the local PostgreSQL again and wait until it answers."""
        postgres = _ours(self.postgres)
        postgres.start()
        postgres.wait_ready(seconds)


def _ours(server: _Server | None) -> _Server:
    if server is None:
        raise RuntimeError("this server is not ours: it came with the environment")
    return server


def say(text: str) -> None:
    """A line for the person at the terminal; data goes to stdout, this to stderr."""
    print(f"accord: {text}", file=sys.stderr, flush=True)  # noqa: T201 - the one place of the platform
