"""The local platform: real Kafka and PostgreSQL on data that survives restarts."""

from __future__ import annotations

import psycopg
import pytest

from deploy.local.infrastructure import Infrastructure
from deploy.local.provision import DATABASES, wrong_settings
from shared.bus.topics import all_topics

pytestmark = pytest.mark.platform


def test_every_topic_of_the_table_is_there_with_the_tables_settings(infra: Infrastructure) -> None:
    with infra.kafka_admin() as admin:
        found = {t["name"]: len(t["partitions"]) for t in admin.describe_topics()}
        assert {t.name: t.partitions for t in all_topics()}.items() <= found.items()
        assert wrong_settings(admin, all_topics()) == {}


@pytest.mark.parametrize("name", DATABASES)
def test_each_login_connects_to_its_own_database_only(infra: Infrastructure, name: str) -> None:
    with psycopg.connect(infra.database_url(name)) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == (name, name)
    for other in {*DATABASES, "postgres", "template1"} - {name}:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(infra.database_url(name, other), connect_timeout=5)
