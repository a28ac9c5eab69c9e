"""The Kafka image of `deploy/images`, built and run through testcontainers where a Docker engine answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import TopicAuthorizationFailedError

from deploy.local.infrastructure import Infrastructure
from deploy.local.provision import wrong_settings
from deploy.local.system import System
from shared.bus.topics import all_topics
from tests.containers.kafka_container import build_image, docker_client, kafka_in_a_container
from tests.platform_fixtures import say_which_kafka

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def county(platform_folder: Callable[[], Path], request: pytest.FixtureRequest) -> Iterator[Infrastructure]:
    """Accord's set-up on the broker in the container, given to it as a county gives its own."""
    client = docker_client()
    with (
        kafka_in_a_container(build_image(client)) as (bootstrap, password),
        pytest.MonkeyPatch.context() as env,
    ):
        say_which_kafka(request.config, "deploy/images through testcontainers, as a Docker engine answers")
        env.setenv("KAFKA_BOOTSTRAP_SERVERS", bootstrap)
        env.setenv("ACCORD_KAFKA_ADMIN_USERNAME", "admin")
        env.setenv("ACCORD_KAFKA_ADMIN_PASSWORD", password)
        infrastructure = Infrastructure(platform_folder()).start()
        yield infrastructure
        infrastructure.remove()


def test_the_broker_in_the_container_is_the_one_that_is_used(county: Infrastructure) -> None:
    assert county.kafka is None
    with county.kafka_admin() as admin:
        assert wrong_settings(admin, all_topics()) == {}


def test_what_a_service_publishes_another_reads(county: Infrastructure) -> None:
    producer = KafkaProducer(**county.kafka_options("referrals"), acks="all", max_block_ms=10_000)
    sent = [producer.send("accord.referrals.events", f"event {n}".encode(), partition=2) for n in range(100)]
    assert [future.get(timeout=10).offset for future in sent] == list(range(100))
    producer.close(timeout=5)
    consumer = KafkaConsumer(**county.kafka_options("audit"), auto_offset_reset="earliest", group_id=None)
    partition = TopicPartition("accord.referrals.events", 2)
    consumer.assign([partition])
    found: list[bytes] = []
    while len(found) < 100:
        records = consumer.poll(timeout_ms=10_000).get(partition, [])
        assert records, f"{len(found)} of 100 after 10 s"
        found += [record.value for record in records]
    consumer.close()
    assert found == [f"event {n}".encode() for n in range(100)]


def test_rights_hold_in_the_container_too(county: Infrastructure) -> None:
    producer = KafkaProducer(**county.kafka_options("probation"), acks="all", max_block_ms=5_000)
    with pytest.raises(TopicAuthorizationFailedError):
        producer.send("accord.submissions.sheriff", b"{}", partition=0).get(timeout=10)
    producer.close(timeout=2)


def test_the_whole_system_runs_on_it_and_what_the_county_adopts_is_on_its_log(
    county: Infrastructure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", county.admin_url)
    with System(county.places.data) as system:
        system.wait_first_steps()
        assert not {"kafka", "postgres"} & system.run.processes.keys()
        assert system.run.addresses["kafka"] == county.bootstrap
        partition = TopicPartition("accord.mou.events", 0)
        consumer = KafkaConsumer(**county.kafka_options("audit"), auto_offset_reset="earliest", group_id=None)
        consumer.assign([partition])
        records = consumer.poll(timeout_ms=20_000).get(partition, [])
        consumer.close()
        status = system.accord("status", "--json")
    assert json.loads(records[0].value)["type"] == "accord.mou.adopted.v1"
    assert status.returncode == 0, status.stdout
