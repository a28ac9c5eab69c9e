"""What is planted on purpose in a real sink is found by the walker that searches it."""

from __future__ import annotations

import gzip
from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaProducer

from deploy.local.postgres import wheel_programs
from shared.events.names import submissions_topic
from tests.canary import Canary, planted

pytestmark = pytest.mark.platform


@pytest.fixture
def value() -> str:
    return f"Quetzal-Ibarra {uuid4().hex[:8]}"


@pytest.fixture
def producer(infra):
    made = KafkaProducer(**infra.kafka_options("admin"), compression_type="gzip", max_block_ms=10_000)
    yield made
    made.close()


class TestKafka:
    @pytest.mark.parametrize("where", ["key", "value", "header", "name of a header"])
    def test_a_value_in_any_part_of_a_record_is_found(self, infra, fresh_topic, producer, value, where):
        topic = fresh_topic(writer="referrals")
        plant = planted(value)["base64, shifted by 1"]
        record = {
            "key": plant if where == "key" else b"k",
            "value": gzip.compress(b"-") + plant if where == "value" else None,
            "headers": [(plant.decode() if where == "name of a header" else "h", b"")],
        }
        if where == "header":
            record["headers"] = [("h", plant)]
        producer.send(topic, partition=0, **record).get(timeout=10)
        hits, count = Canary([value]).search_kafka(infra.bootstrap, *infra.kafka_credentials("admin"))
        assert count >= 1
        assert {hit.value for hit in hits} == {value}
        assert topic in hits[0].where

    def test_only_what_an_agency_itself_wrote_is_exempt(self, infra, producer, value):
        producer.send(submissions_topic("shelter"), value=value.encode()).get(timeout=10)
        who = infra.kafka_credentials("admin")
        assert Canary([value]).search_kafka(infra.bootstrap, *who)[0] == []
        hits, _ = Canary([value]).search_kafka(infra.bootstrap, *who, exempt=frozenset())
        assert hits


class TestPostgres:
    def test_a_value_in_a_column_and_in_an_events_bytes_is_found(self, fresh_database, value):
        url = fresh_database("accord_referrals")
        pg_dump = wheel_programs() / "pg_dump"
        assert Canary([value]).search_database(pg_dump, url) == []
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE planted (text text, state bytea)")
            connection.execute("INSERT INTO planted VALUES (%s, NULL)", [value])
        assert Canary([value]).search_database(pg_dump, url)
        with psycopg.connect(url) as connection:
            connection.execute("DELETE FROM planted")
            connection.execute("INSERT INTO planted VALUES ('', %s)", [f'{{"n":"{value}"}}'.encode()])
        assert Canary([value]).search_database(pg_dump, url)

    def test_a_dump_that_did_not_work_is_no_clean_bill(self, value):
        with pytest.raises(AssertionError, match="nothing was searched"):
            Canary([value]).search_database(wheel_programs() / "pg_dump", "postgresql://x:y@127.0.0.1:1/z")
