"""Checkpoints on a schedule, by the consumer's process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.audit.domain.proof import signed_checkpoint
from services.audit.merkle import checkpoints
from services.audit.merkle.schedule import Schedule
from shared.settings import Settings
from tests.integration.audit_kept import PLACE, KeptLedger, made_ledger
from tests.integration.test_audit_ledger import relayed

pytestmark = pytest.mark.platform


@pytest.fixture
def ledger(fresh_database: Callable[[str], str], tmp_path: Path) -> KeptLedger:
    return made_ledger(fresh_database("accord_audit"), tmp_path, 300)


def schedule(ledger: KeptLedger, seconds: float = 60) -> Schedule:
    settings = Settings(
        database_url=SecretStr(ledger.url), audit_key_file=ledger.key_file, audit_checkpoint_seconds=seconds
    )
    return Schedule(settings, ledger.url, threading.Event())


def sizes(ledger: KeptLedger) -> list[int]:
    with ledger.connect() as c:
        return [one.size for one in checkpoints.every(c, PLACE)]


def test_each_log_that_has_grown_is_signed_and_no_other(ledger: KeptLedger) -> None:
    due = schedule(ledger)
    assert (due.once(), due.once(), sizes(ledger)) == (1, 0, [300])
    ledger.keep(relayed(10, start=300), start=300)
    assert (due.once(), sizes(ledger)) == (1, [300, 310])


def test_it_signs_as_time_passes_and_once_more_at_its_end(ledger: KeptLedger) -> None:
    due = schedule(ledger, seconds=0.05).start()
    limit = time.monotonic() + 20
    while not sizes(ledger):
        assert time.monotonic() < limit, "nothing was signed within 20 s"
        time.sleep(0.05)
    due.close()
    due = schedule(ledger).start()
    ledger.keep(relayed(10, start=300), start=300)
    due.close()
    assert sizes(ledger) == [300, 310]


def test_a_log_that_is_not_what_was_signed_is_a_finding_once_and_the_rest_goes_on(ledger: KeptLedger) -> None:
    due = schedule(ledger)
    due.once()
    with ledger.connect() as c:
        c.execute("UPDATE tiles SET hashes = set_byte(hashes, 1, get_byte(hashes, 1) # 1) WHERE level = 1")
        c.execute("INSERT INTO tiles VALUES ('other', 0, 0, 0, sha256(''))")
        c.execute("INSERT INTO trees VALUES ('other', 0, 1)")
    assert due.once() == 1
    due.once()
    with ledger.connect() as c:
        assert [r["kind"] for r in c.execute("SELECT kind FROM findings")] == ["tree-altered"]
        assert checkpoints.last(c, ("other", 0)) is not None
    assert sizes(ledger) == [300]


def test_what_nobody_foresaw_ends_no_signing(ledger: KeptLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, failed = checkpoints.places, threading.Event()

    def once_wrong(c: Any) -> list[tuple[str, int]]:
        if failed.is_set():
            return whole(c)
        failed.set()
        raise RuntimeError("not foreseen")

    monkeypatch.setattr(checkpoints, "places", once_wrong)
    due = schedule(ledger, seconds=0.05).start()
    limit = time.monotonic() + 20
    while not sizes(ledger):
        assert time.monotonic() < limit, "nothing was signed within 20 s"
        time.sleep(0.05)
    due.close()
    assert failed.is_set()


def test_without_a_key_it_signs_nothing_and_goes_on(ledger: KeptLedger) -> None:
    ledger.key_file.unlink()
    assert schedule(ledger).once() == 0
    assert sizes(ledger) == []


def test_sigkill_of_a_process_that_signs_leaves_whole_checkpoints_only(ledger: KeptLedger) -> None:
    environment = os.environ | {
        "DATABASE_URL": ledger.url,
        "ACCORD_AUDIT_KEY_FILE": str(ledger.key_file),
        "ACCORD_AUDIT_CHECKPOINT_SECONDS": "0.01",
    }
    made = relayed(420)
    for turn in range(3):
        command = [sys.executable, "-m", "tests.integration.audit_signing_process"]
        process = subprocess.Popen(command, env=environment)
        start = 300 + turn * 40
        limit = time.monotonic() + 30
        while max(sizes(ledger), default=0) < start:
            assert time.monotonic() < limit, "nothing was signed within 30 s"
            time.sleep(0.02)
        for n in range(40):
            ledger.keep(made[start + n : start + n + 1], start=start + n)
        process.kill()
        process.wait(10)
    schedule(ledger).once()
    with ledger.connect() as c:
        for one in checkpoints.every(c, PLACE):
            told = signed_checkpoint(one.note, ledger.key.origin(*PLACE), ledger.key.trusted)
            assert (told.size, told.root) == (one.size, one.root)
        assert ledger.problems(c) == []
    assert sizes(ledger)[-1] == 420
