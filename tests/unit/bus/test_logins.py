"""Which Kafka login a command takes, and what it says where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.bus.logins import kafka_login, readers_of
from shared.cli.failures import Usage

NAMES = ("KAFKA_BOOTSTRAP_SERVERS", "ACCORD_KAFKA_USERNAME", "ACCORD_KAFKA_PASSWORD", "ACCORD_DATA")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local platform's data directory, with audit's password only."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "run.json").write_text(json.dumps({"addresses": {"kafka": "127.0.0.1:1"}}))
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "kafka-audit.password").write_text("secret\n")
    return tmp_path


class TestAKafkaLogin:
    def test_is_the_first_one_whose_password_is_in_the_data_directory(self, data):
        login = kafka_login(["notifications", "audit"], data)
        assert (login.kafka_bootstrap_servers, login.kafka_username) == ("127.0.0.1:1", "audit")
        assert login.kafka_password.get_secret_value() == "secret"

    def test_of_the_environment_comes_first(self, data, monkeypatch):
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
        monkeypatch.setenv("ACCORD_KAFKA_USERNAME", "auditor")
        login = kafka_login(["audit"], data)
        assert (login.kafka_bootstrap_servers, login.kafka_username) == ("kafka:9092", "auditor")

    def test_that_is_not_here_is_said_to_be_not_set_and_what_to_do(self, data, tmp_path):
        with pytest.raises(Usage, match="not set") as address:
            kafka_login(["audit"], tmp_path / "nothing")
        assert "KAFKA_BOOTSTRAP_SERVERS" in (address.value.hint or "")
        with pytest.raises(Usage, match="No Kafka login") as login:
            kafka_login(["sheriff"], data)
        assert "ACCORD_KAFKA_USERNAME" in (login.value.hint or "")


@pytest.mark.parametrize(
    ("topic", "first"),
    [
        ("accord.referrals.events", "audit"),
        ("accord.submissions.sheriff", "referrals"),
        ("accord.receipts.sheriff", "referrals"),
        ("no.such.topic", "audit"),
    ],
)
def test_a_topic_is_read_as_a_service_that_may(topic, first):
    assert readers_of(topic)[0] == first
