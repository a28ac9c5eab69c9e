"""Proof on the whole running system, by the commands that an auditor types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.local.system import System

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
