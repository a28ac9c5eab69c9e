"""Who may do what on Kafka, tried with each one's own credentials against the real authorizer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from deploy.local.infrastructure import Infrastructure
from deploy.local.provision import principals, read_rights
from shared.bus.topics import all_topics, kept_topics
from shared.events.names import Agency, Service, outbox_topic, receipts_topic, submissions_topic

pytestmark = pytest.mark.platform

KEPT = [topic.name for topic in kept_topics()]
OTHERS = [agency for agency in Agency if agency is not Agency.PROBATION]


@pytest.fixture(scope="module")
def infra(platform_folder: Callable[[], Path]) -> Iterator[Infrastructure]:
    """A Kafka of its own: these tests put what is no event on the county's topics."""
    infrastructure = Infrastructure(platform_folder(), external=False).start()
    yield infrastructure
    infrastructure.remove()


def may_write(infra: Infrastructure, who: str, topic: str) -> bool:
    producer = KafkaProducer(**infra.kafka_options(who), acks="all", max_block_ms=5_000)
    try:
        producer.send(topic, key=str(uuid4()).encode(), value=b"{}", partition=0).get(timeout=10)
    except TopicAuthorizationFailedError:
        return False
    finally:
        producer.close(timeout=2)
    return True


@contextmanager
def reader(infra: Infrastructure, who: str, group: str | None = None) -> Iterator[Any]:
    consumer = KafkaConsumer(
        **infra.kafka_options(who),
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        request_timeout_ms=10_000,
    )
    try:
        yield consumer
    finally:
        consumer.close(timeout_ms=2_000)


def may_read(infra: Infrastructure, who: str, topic: str) -> bool:
    """Whether a record that the administrator put there just now can be had."""
    partition = TopicPartition(topic, 0)
    assert may_write(infra, "admin", topic)
    with reader(infra, who) as consumer:
        consumer.assign([partition])
        try:
            consumer.beginning_offsets([partition])
        except TopicAuthorizationFailedError:
            return False
        return bool(consumer.poll(timeout_ms=5_000))


class TestAnAgencysSystemReachesItsOwnTopicsOnly:
    def test_probation_writes_its_own_submissions(self, infra: Infrastructure) -> None:
        assert may_write(infra, "probation", submissions_topic("probation"))

    def test_probation_cannot_write_the_sheriffs_submissions(self, infra: Infrastructure) -> None:
        assert not may_write(infra, "probation", submissions_topic("sheriff"))

    @pytest.mark.parametrize("topic", KEPT)
    def test_probation_can_neither_read_nor_write_a_kept_topic(
        self, infra: Infrastructure, topic: str
    ) -> None:
        assert not may_read(infra, "probation", topic)
        assert not may_write(infra, "probation", topic)

    @pytest.mark.parametrize("topic_of", [receipts_topic, outbox_topic])
    def test_probation_reads_its_own_receipts_and_outbox(self, infra: Infrastructure, topic_of: Any) -> None:
        assert may_read(infra, "probation", topic_of("probation"))

    @pytest.mark.parametrize("other", OTHERS)
    def test_probation_cannot_read_anothers_receipts_outbox_or_submissions(
        self, infra: Infrastructure, other: str
    ) -> None:
        for topic_of in (receipts_topic, outbox_topic, submissions_topic):
            assert not may_read(infra, "probation", topic_of(other))

    def test_probation_cannot_write_receipts_or_outboxes_not_even_its_own(
        self, infra: Infrastructure
    ) -> None:
        for topic_of in (receipts_topic, outbox_topic):
            assert not may_write(infra, "probation", topic_of("probation"))

    def test_probation_uses_its_own_consumer_groups_and_no_others(self, infra: Infrastructure) -> None:
        for group, allowed in (("accord.probation.system", True), ("accord.audit.consumer", False)):
            with reader(infra, "probation", group) as consumer:
                consumer.subscribe([receipts_topic("probation")])
                if allowed:
                    consumer.poll(timeout_ms=1_000)
                else:
                    with pytest.raises(GroupAuthorizationFailedError):
                        consumer.poll(timeout_ms=5_000)

    def test_a_wrong_password_is_refused(self, infra: Infrastructure) -> None:
        from deploy.local.kafka_admin import answers

        assert answers(infra.bootstrap, *infra.kafka_credentials("probation"))
        assert not answers(infra.bootstrap, "probation", "guessed", 2.0)


class TestNobodyButTheWriterWritesAndNobodyDeletes:
    @pytest.mark.parametrize("topic", all_topics(), ids=lambda t: t.name)
    def test_the_cluster_holds_for_each_topic_one_writer_and_the_tables_readers(
        self, infra: Infrastructure, topic: Any
    ) -> None:
        with infra.kafka_admin() as admin:
            rights = [r for r in read_rights(admin, set(principals())) if r.resource == topic.name]
        assert {r.principal for r in rights if r.operation == "WRITE"} == {topic.writer}
        assert {r.principal for r in rights if r.operation == "READ"} == set(topic.readers)
        assert {r.operation for r in rights} <= {"READ", "WRITE", "DESCRIBE"}

    @pytest.mark.parametrize("service", [s for s in Service if s is not Service.REFERRALS])
    def test_another_service_cannot_write_the_referrals_log(
        self, infra: Infrastructure, service: str
    ) -> None:
        assert may_read(infra, service, "accord.referrals.events")
        assert not may_write(infra, service, "accord.referrals.events")

    @pytest.mark.parametrize("who", principals())
    def test_nobody_can_delete_records(self, infra: Infrastructure, who: str) -> None:
        wrote = may_write(infra, "referrals", "accord.referrals.deadletters")
        assert wrote
        partition = TopicPartition("accord.referrals.deadletters", 0)
        with infra.kafka_admin(who) as admin, pytest.raises(TopicAuthorizationFailedError):
            admin.delete_records({partition: 1}, timeout_ms=5_000, partition_leader_id=1)
        with reader(infra, "referrals") as consumer:
            assert consumer.beginning_offsets([partition]) == {partition: 0}

    @pytest.mark.parametrize("who", principals())
    def test_nobody_can_delete_or_alter_a_topic_or_make_one(self, infra: Infrastructure, who: str) -> None:
        with infra.kafka_admin(who) as admin:
            for attempt in (
                lambda: admin.delete_topics(["accord.mou.events"], timeout_ms=5_000),
                lambda: admin.create_topics({f"accord.new.{who}": {"num_partitions": 1}}, timeout_ms=5_000),
            ):
                with pytest.raises(TopicAuthorizationFailedError):
                    attempt()
            said = _try_to_shorten_retention(admin)
        assert said != "OK"
        with infra.kafka_admin() as admin:
            assert "accord.mou.events" in admin.list_topics()


def _try_to_shorten_retention(admin: Any) -> str:
    from kafka.admin import ConfigResource

    change = ConfigResource("TOPIC", "accord.mou.events", {"retention.ms": "1"})
    result = admin.alter_configs([change], raise_on_unknown=False)
    return str(result["topic"]["accord.mou.events"])


class TestProvisioningAgainPutsRightWhatWasChanged:
    def test_a_right_that_nobody_should_have_goes(self, infra: Infrastructure) -> None:
        from deploy.local.provision import Right, put_rights

        with infra.kafka_admin() as admin:
            have = set(read_rights(admin, {"shelter"}))
            extra = Right("shelter", "READ", "topic", "accord.mou.events")
            put_rights(admin, have | {extra}, {"shelter"})
            assert extra in read_rights(admin, {"shelter"})
            infra.provision_kafka()
            assert set(read_rights(admin, {"shelter"})) == have

    def test_a_changed_retention_is_put_back(self, infra: Infrastructure) -> None:
        from kafka.admin import ConfigResource

        from deploy.local.provision import wrong_settings

        with infra.kafka_admin() as admin:
            admin.alter_configs([ConfigResource("TOPIC", "accord.audit.access", {"retention.ms": "1000"})])
            assert wrong_settings(admin, all_topics()) == {"accord.audit.access": {"retention.ms": "1000"}}
            infra.provision_kafka()
            assert wrong_settings(admin, all_topics()) == {}

    def test_another_partition_count_is_refused(self, infra: Infrastructure) -> None:
        from dataclasses import replace

        from deploy.local.provision import ProvisionFailed, make_topics

        odd = replace(kept_topics()[0], partitions=3)
        with infra.kafka_admin() as admin, pytest.raises(ProvisionFailed, match="has 1 partitions, not 3"):
            make_topics(admin, [odd])
