"""What each process is given, and what it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.doctor import check_signing
from deploy.local.infrastructure import Infrastructure
from deploy.local.processes import Spec, environment_of, process_table, write_files

PORTS = {"referrals": 1, "notifications": 2, "audit": 3, "issuer": 4, "site": 5, "mail": 6}
TABLE = process_table(workers=2)


@pytest.fixture
def infra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Infrastructure:
    monkeypatch.setenv("DATABASE_URL", "postgresql://root:topsecret@127.0.0.1:5/postgres")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9")
    monkeypatch.setenv("ACCORD_KAFKA_ADMIN_PASSWORD", "alsosecret")
    infra = Infrastructure(tmp_path)
    infra.places.make()
    return infra


def test_the_table_names_every_process_of_the_decisions() -> None:
    assert [spec.name for spec in TABLE] == [
        "issuer",
        "referrals-api",
        "referrals-intake",
        "referrals-relay",
        "notifications-api",
        "notifications-worker-0",
        "notifications-worker-1",
        "notifications-relay",
        "audit-api",
        "audit-consumer",
        "audit-relay",
        "site",
    ]


@pytest.mark.parametrize("spec", TABLE, ids=lambda spec: spec.name)
def test_no_process_is_given_an_administrators_rights(infra: Infrastructure, spec: Spec) -> None:
    values = "\n".join(environment_of(spec, infra, PORTS).values())
    assert "topsecret" not in values
    assert "alsosecret" not in values


@pytest.mark.parametrize("spec", TABLE, ids=lambda spec: spec.name)
def test_a_process_is_given_its_own_services_credentials_only(infra: Infrastructure, spec: Spec) -> None:
    env = environment_of(spec, infra, PORTS)
    logins = {part.split(":")[1].strip("/") for part in env.values() if part.startswith("postgresql://")}
    assert logins == ({spec.database} if spec.database else set()) | (
        {"accord_vault"} if spec.vault else set()
    )
    assert env.get("ACCORD_KAFKA_USERNAME", "") == spec.service


def test_the_vault_is_given_to_referrals_api_and_intake_only() -> None:
    assert {spec.name for spec in TABLE if spec.vault} == {"referrals-api", "referrals-intake"}


def test_the_signing_key_is_given_to_audits_api_and_consumer_only(infra: Infrastructure) -> None:
    given = {spec.name for spec in TABLE if "ACCORD_AUDIT_KEY_FILE" in environment_of(spec, infra, PORTS)}
    assert given == {"audit-api", "audit-consumer"}


def test_mail_goes_from_referrals_api_to_where_it_is_caught_and_nowhere_else(infra: Infrastructure) -> None:
    given = {spec.name: environment_of(spec, infra, PORTS) for spec in TABLE}
    ports = {name: env["ACCORD_SMTP_PORT"] for name, env in given.items() if "ACCORD_SMTP_HOST" in env}
    assert ports == {"issuer": "6", "referrals-api": "6"}
    assert {env["ACCORD_SMTP_HOST"] for env in given.values() if "ACCORD_SMTP_HOST" in env} == {"127.0.0.1"}


def test_the_signing_key_is_made_once_and_doctor_says_what_is_wrong_with_it(infra: Infrastructure) -> None:
    key = infra.places.secrets / "audit-signing.key"
    write_files(infra.places, PORTS)
    before = key.read_bytes()
    write_files(infra.places, PORTS)
    assert key.read_bytes() == before
    assert [line.status for line in check_signing(infra, None)] == ["ok"]
    key.chmod(0o644)
    assert [line.status for line in check_signing(infra, None)] == ["fail"]
    key.unlink()
    (line,) = check_signing(infra, None)
    assert line.status == "fail"
    assert "accord up" in line.remedy


def test_each_worker_has_a_slot_of_its_own(infra: Infrastructure) -> None:
    slots = [environment_of(s, infra, PORTS)["ACCORD_WORKER_SLOT"] for s in TABLE if s.argument == "worker"]
    assert slots == ["0", "1"]
