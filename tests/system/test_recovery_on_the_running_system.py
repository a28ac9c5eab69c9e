"""Restores of one store only, on the whole running system: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.local.postgres import wheel_programs
from deploy.local.provision import drop_database, make_database
from deploy.local.system import System, SystemFailed
from tests.faults.breaking import everything_ready
from tests.faults.found import look
from tests.faults.load import Load
from tests.faults.memory import Memory
from tests.faults.verdict import Line, judge, table
from tests.system.doors import Doors

pytestmark = [pytest.mark.platform, pytest.mark.timeout(900)]

AGENCIES = ("sheriff", "advocacy")
#: Seconds of work between two steps, and until everything has come everywhere.
WORK, SETTLE = 4.0, 90.0
REFERRALS = ("referrals-api", "referrals-intake", "referrals-relay")
#: A log that was rewound is a finding, rightly; so are the records that it holds a second time.
REWOUND = ("log-rewritten", "log-cut")


@pytest.fixture
def whole(platform_folder: Callable[[], Path]) -> Iterator[System]:
    with System(platform_folder(), workers=2) as system:
        system.wait_first_steps()
        yield system
    system.infra.remove()


def work(system: System, seed: int, memory: Memory) -> Memory:
    """Some cases, worked to their end and come everywhere; what was acknowledged, added to `memory`."""
    with Load(system, seed) as load:
        time.sleep(WORK)
    done = load.memory
    assert not done.surprises, done.surprises
    memory.commands += done.commands
    memory.submissions |= done.submissions
    memory.sent += done.sent
    return done


def settled(system: System, memory: Memory, lost: Memory | None = None) -> list[Line]:
    """What is wrong in the end. `lost`: the submissions whose records went with the older log."""
    until = time.monotonic() + SETTLE
    while True:
        found = look(system.infra, AGENCIES)
        if lost is not None:
            found.submitted.update(lost.sent)
            for kind in REWOUND:
                found.findings.pop(kind, None)
        wrong = [line for line in judge(memory, found) if line.wrong]
        if not wrong or time.monotonic() > until:
            return wrong
        time.sleep(1.0)


def dump(system: System, file: Path) -> None:
    url = system.infra.database_url("accord_referrals")
    command = [str(wheel_programs() / "pg_dump"), "--dbname", url, "--file", str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def restore(system: System, file: Path) -> None:
    with psycopg.connect(system.infra.admin_url, autocommit=True) as admin:
        drop_database(admin, "accord_referrals")
        make_database(admin, "accord_referrals", owner="accord_referrals")
    url = system.infra.database_url("accord_referrals")
    command = [
        str(wheel_programs() / "psql"),
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "--dbname",
        url,
        "--file",
        str(file),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_a_store_restored_from_an_older_dump_stops_says_so_and_is_repaired(whole, tmp_path):
    memory = Memory()
    work(whole, 1, memory)
    assert not settled(whole, memory)
    dump(whole, tmp_path / "older.sql")
    work(whole, 2, memory)
    assert not settled(whole, memory)

    whole.hold(*REFERRALS)
    restore(whole, tmp_path / "older.sql")
    whole.release("referrals-api")
    for name in ("referrals-intake", "referrals-relay"):
        with pytest.raises(SystemFailed, match="needs-operator"):
            whole.release(name, seconds=20)
    doors = Doors(whole)
    try:
        refused = _refusal(doors)
        assert refused.status == 503
        assert refused.json()["type"].endswith("stores-disagree")
        assert "accord repair referrals" in refused.body.decode()
        status = whole.accord("status")
        assert status.returncode == 6
        assert "accord repair referrals" in status.stdout + status.stderr
        whole.hold("referrals-intake", "referrals-relay")

        repaired = whole.accord("repair", "referrals", "--yes")
        assert repaired.returncode == 0, repaired.stderr
        whole.release()
        everything_ready(whole)
        assert not (wrong := settled(whole, memory)), table(wrong)
        work(whole, 3, memory)
        assert not (wrong := settled(whole, memory)), table(wrong)
        assert whole.accord("status").returncode == 0
    finally:
        doors.close()


def _refusal(doors: Doors):
    """The answer to a report once the api has compared its store with Kafka."""
    until = time.monotonic() + 30.0
    while True:
        answer = doors.http("referrals", "POST", "/v1/concerns", "deputy@sheriff", json={"age_years": 15})
        if answer.status != 503 or b"stores-disagree" in answer.body or time.monotonic() > until:
            return answer
        time.sleep(0.3)


def test_a_kafka_restored_from_an_older_copy_gets_back_what_it_lost_by_itself(whole, tmp_path):
    memory = Memory()
    work(whole, 1, memory)
    assert not settled(whole, memory)
    whole.stop()
    kafka, older = whole.places.data / "kafka", tmp_path / "kafka"
    shutil.copytree(kafka, older)
    whole.start()
    everything_ready(whole)
    lost = work(whole, 2, memory)
    assert not settled(whole, memory)

    whole.stop()
    shutil.rmtree(kafka)
    shutil.copytree(older, kafka)
    whole.start()
    everything_ready(whole)
    assert not (wrong := settled(whole, memory, lost)), table(wrong)
    # What the agencies submit from now on lies where lost submissions lay, and is taken all the same.
    work(whole, 3, memory)
    assert not (wrong := settled(whole, memory, lost)), table(wrong)
