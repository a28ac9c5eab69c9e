"""Proof on the whole running system, by the commands that an auditor types."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from deploy.local.system import System
from tests.system.doors import Doors

pytestmark = pytest.mark.platform
AUDITOR = ("--as", "auditor@county")


def test_checkpoints_are_signed_kept_and_verified_against_by_command(system: System, tmp_path: Path) -> None:
    signed = system.accord("audit", "checkpoint", "--json", *AUDITOR)
    assert signed.returncode == 0, signed.stderr
    document = json.loads(signed.stdout)
    topics = {one["topic"] for one in document["checkpoints"]}
    assert "accord.mou.events" in topics  # Alder County's MOU is adopted, so there is something to sign
    kept = tmp_path / "kept.json"
    kept.write_text(signed.stdout)
    verified = system.accord("audit", "verify", "--checkpoint", str(kept), *AUDITOR)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "All fit." in verified.stderr


def history(system: System, case: str, until: str) -> list[dict[str, Any]]:
    """The case's events, once `until` is one of their types. Fails after 30 s."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        done = system.accord("audit", "history", case, "--json", *AUDITOR)
        entries: list[dict[str, Any]] = json.loads(done.stdout)["entries"] if done.returncode == 0 else []
        if until in {entry["type"] for entry in entries}:
            return entries
        time.sleep(0.3)
    raise AssertionError(f"no {until} came into the ledger within 30 s")


def test_a_case_is_carried_away_and_verified_with_nothing_of_ours(
    system: System, doors: Doors, tmp_path: Path
) -> None:
    told = {
        "immediate_danger": "no",
        "signs": ["older-partner"],
        "clear": {"identity": {"name": "Testa Example"}},
    }
    purpose = {"Accord-Purpose": "report"}
    reported = doors.http(
        "referrals", "POST", "/v1/concerns", "system@sheriff", json=told, headers=purpose
    ).json()
    opened = system.accord(
        *("concern", "open-case", reported["concern"], "--set", "matter=dependency", "--json"),
        *("--as", "screener@human-services"),
    )
    case = json.loads(opened.stdout)["case"]
    history(system, case, "accord.case.opened.v1")
    key = json.loads(system.accord("audit", "checkpoint", "--json", *AUDITOR).stdout)["key"]

    bundle = tmp_path / "evidence.zip"
    taken = system.accord("audit", "evidence", case, "--purpose", "audit", "--output", str(bundle), *AUDITOR)
    assert taken.returncode == 0, taken.stdout + taken.stderr
    with zipfile.ZipFile(bundle) as opened_zip:
        opened_zip.extractall(tmp_path)
    (program,) = tmp_path.glob("*/verify.py")
    bare = [sys.executable, "-I", "-S", str(program), "--key", key]
    verified = subprocess.run(
        bare, cwd=tmp_path, env={}, capture_output=True, text=True, timeout=60, check=False
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stdout.startswith("FITS")
    assert "Testa" not in "".join(
        p.read_text(errors="replace") for p in program.parent.rglob("*") if p.is_file()
    )

    read = system.accord("audit", "open", str(bundle), "--key", key, *AUDITOR)
    assert read.returncode == 0, read.stdout + read.stderr
    assert "opened the case" in read.stdout
    entries = history(system, case, "accord.evidence.opened.v1")
    assert [e["sentence"] for e in entries if e["type"].startswith("accord.evidence.")] == [
        "County took an evidence bundle of the case.",
        "County opened an evidence bundle: fits.",
    ]


def test_the_signing_key_is_its_owners_alone_and_stands_in_no_log_and_no_dump_of_settings(
    system: System,
) -> None:
    path = system.places.secrets / "audit-signing.key"
    assert path.stat().st_mode & 0o777 == 0o600
    seed = path.read_text().strip().split("+", 4)[4]
    for log in system.places.logs.glob("*.log"):
        assert seed not in log.read_text(errors="replace")
    assert seed not in system.places.run.read_text()


def test_somebody_who_may_not_is_told_that_there_is_no_such_thing(system: System) -> None:
    for command in ("checkpoint", "verify"):
        done = system.accord("audit", command, "--as", "worker@human-services")
        assert done.returncode == 3, done.stderr
