"""Projections rebuilt on the whole running system, by the commands that an operator types."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.local.provision import drop_database, make_database
from deploy.local.system import System
from tests.faults.breaking import everything_ready
from tests.integration.bus_support import eventually
from tests.system.doors import Doors

pytestmark = [pytest.mark.platform, pytest.mark.timeout(400)]
AUDITOR = ("--as", "auditor@county")


def document(system: System, *command: str) -> Any:
    done = system.accord(*command, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def worked(doors: Doors) -> str:
    """Concerns, told to everybody whom they concern; one of them becomes a case: which."""
    for _ in range(4):
        reported = doors.http("referrals", "POST", "/v1/concerns", "deputy@sheriff", json={"age_years": 15})
        assert reported.status in (201, 202), reported.body
    place, screener = f"/v1/concerns/{reported.json()['concern']}", "screener@human-services"
    opened = doors.http(
        "referrals",
        "POST",
        f"{place}/open-case",
        screener,
        json={"matter": "dependency"},
        headers={"If-Match": doors.etag(screener, place)},
    )
    assert opened.status in (200, 201, 202), opened.body
    return str(opened.json()["case"])


def rows(system: System, database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(system.infra.database_url(database)) as c:
        return c.execute(query).fetchall()


TOLD = (
    "SELECT count(*), max(number) FROM changes"
    " UNION ALL SELECT count(*), max(notification_id) FROM stored_events"
)


def at_rest(system: System) -> list[tuple[Any, ...]]:
    """What was told, once nothing has been for two seconds."""
    before = rows(system, "accord_notifications", TOLD)
    time.sleep(2)
    return before if before[0][0] and rows(system, "accord_notifications", TOLD) == before else []


def test_feed_and_ledger_are_rebuilt_by_command_while_all_runs(system: System, doors: Doors) -> None:
    worked(doors)
    told = eventually("all of it is told", lambda: at_rest(system))
    feed = document(system, "feed", "rebuild")
    assert feed["switched"]
    assert feed["records"] > 0
    assert rows(system, "accord_notifications", TOLD) == told
    ledger = document(system, "audit", "rebuild")
    assert ledger["switched"]
    assert all(both["live"] == both["rebuilt"] for both in ledger["digests"].values())
    verified = system.accord("audit", "verify", *AUDITOR)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    plain = system.accord("audit", "rebuild")
    assert plain.returncode == 0, plain.stderr
    assert "Rebuilt and switched to." in plain.stderr
    assert "equal" in plain.stdout


def test_an_audit_database_that_was_dropped_whole_comes_back_from_kafka(
    system: System, doors: Doors, tmp_path: Path
) -> None:
    read = ("audit", "history", worked(doors), *AUDITOR)
    eventually("the auditor reads the case", lambda: system.accord(*read).returncode == 0, 30)
    kept, access = (
        tmp_path / "kept.json",
        "SELECT state FROM stored_events ORDER BY kafka_topic, kafka_sequence",
    )
    unpublished = "SELECT FROM stored_events WHERE notification_id > (SELECT published FROM relay_state)"
    eventually("its own events are on Kafka", lambda: not rows(system, "accord_audit", unpublished))
    signed = system.accord("audit", "checkpoint", "--json", *AUDITOR)
    assert signed.returncode == 0, signed.stderr
    kept.write_text(signed.stdout)
    logs = json.loads(signed.stdout)["checkpoints"]
    before = rows(system, "accord_audit", access)
    assert before
    system.hold("audit-api", "audit-relay")
    with psycopg.connect(system.infra.admin_url, autocommit=True) as admin:
        drop_database(admin, "accord_audit")
        away = system.accord("audit", "rebuild")
        assert away.returncode == 7, away.stderr
        make_database(admin, "accord_audit", owner="accord_audit")

    report = document(system, "audit", "rebuild", "--checkpoint", str(kept))
    assert report["switched"], report
    assert report["roots"] >= len(logs)
    repaired = system.accord("repair", "audit", "--yes")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    system.release()
    everything_ready(system)
    assert set(rows(system, "accord_audit", access)) >= set(before)
    verified = system.accord("audit", "verify", "--checkpoint", str(kept), *AUDITOR)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert f"{len(logs)} checkpoints kept elsewhere. All fit." in verified.stderr
    assert system.accord(*read).returncode == 0
    assert system.accord("status").returncode == 0
