"""What the supervisor does about its processes, seen from outside, over toy processes."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.runfile import is_running, read_run
from deploy.local.system import System

pytestmark = pytest.mark.platform

TOY = (sys.executable, str(Path(__file__).parents[1] / "toy_supervisor.py"))


@pytest.fixture(scope="module")
def toy(platform_folder: Callable[[], Path]) -> Iterator[System]:
    system = System(platform_folder(), supervisor=TOY)
    system.start(ready=False)
    yield system
    system.stop()
    system.infra.remove()


@pytest.mark.alone
def test_a_killed_process_is_noticed_within_two_seconds_and_started_again(toy: System) -> None:
    before = toy.wait_ready("steady")
    toy.kill("steady")
    after = toy.wait_ready("steady", 2.0, not_pid=before.pid)
    assert after.restarts == before.restarts + 1


def test_a_process_that_ends_by_itself_is_started_again_ever_later(toy: System) -> None:
    limit = time.monotonic() + 20
    while toy.process("short").restarts < 3:
        assert time.monotonic() < limit
        time.sleep(0.1)
    assert toy.process("short").exit_code in (1, None)


def test_a_process_that_found_a_disagreement_is_left_to_a_person_with_its_message(toy: System) -> None:
    entry = toy.wait_state("disagrees", "needs-operator")
    assert entry.exit_code == 6
    assert entry.restarts == 0
    assert entry.message == "store_disagrees · accord.audit.access · accord repair audit"
    assert toy.run.state == "degraded"


@pytest.mark.parametrize("server", ["kafka", "postgres"])
def test_a_killed_server_comes_back_on_its_port_with_its_data(toy: System, server: str) -> None:
    before, addresses = toy.process(server), toy.run.addresses
    toy.kill(server)
    toy.wait_ready(server, 40.0, not_pid=before.pid)
    assert toy.run.addresses == addresses
    if server == "kafka":
        assert toy.infra.kafka is not None
        toy.infra.kafka.child = None
        limit = time.monotonic() + 40
        while not toy.infra.kafka.answers():
            assert time.monotonic() < limit
        with toy.infra.kafka_admin() as admin:
            assert "accord.mou.events" in admin.list_topics()
    else:
        assert toy.infra.postgres is not None
        assert toy.infra.postgres.answers()


def test_a_held_process_stays_stopped_until_it_is_released(toy: System) -> None:
    toy.hold("steady")
    time.sleep(1.5)
    assert toy.process("steady").pid is None
    toy.release("steady", seconds=5.0)
    assert toy.process("steady").pid is not None


def test_each_process_is_given_its_own_credentials_and_no_others(toy: System) -> None:
    env = psutil.Process(toy.pid("steady")).environ()
    assert env["ACCORD_KAFKA_USERNAME"] == "referrals"
    assert env["DATABASE_URL"] == toy.infra.database_url("accord_referrals")
    everything = "\n".join(env.values())
    for secret in toy.places.secrets.glob("*.password"):
        if secret.stem not in ("kafka-referrals", "accord_referrals"):
            assert secret.read_text() not in everything, secret.stem


def test_secrets_and_run_json_are_readable_by_their_owner_only(toy: System) -> None:
    for path in (*toy.places.secrets.iterdir(), toy.places.run):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_supervisor_on_the_same_data_says_so_and_ends(toy: System) -> None:
    command = [*TOY, "--data", str(toy.places.data)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert second.returncode == 4
    assert "already runs" in second.stderr
    assert is_running(toy.run)


def test_sigkill_of_the_supervisor_leaves_nothing_behind_and_the_data_starts_again(
    platform_folder: Callable[[], Path],
) -> None:
    system = System(platform_folder(), supervisor=TOY)
    system.start(ready=False)
    system.wait_ready("steady")
    left = [(e.pid, e.created) for e in system.run.processes.values() if e.pid]
    assert len(left) >= 3
    ours = [psutil.Process(pid) for pid, _ in left if pid and psutil.pid_exists(pid)]
    for process in list(ours):
        with contextlib.suppress(psutil.NoSuchProcess):  # one of the toys ends by itself
            ours += process.children(recursive=True)
    system.kill_supervisor()
    _, alive = psutil.wait_procs(ours, timeout=10)
    assert alive == []
    system.start(ready=False)
    system.wait_ready("steady")
    system.stop()
    assert read_run(system.places.data).state == "stopped"  # type: ignore[union-attr]
    system.infra.remove()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_and_ctrl_c_stop_everything_in_order(
    platform_folder: Callable[[], Path], number: signal.Signals
) -> None:
    system = System(platform_folder(), supervisor=TOY)
    system.start(ready=False)
    system.wait_ready("steady")
    pids = [e.pid for e in system.run.processes.values() if e.pid]
    processes = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    assert system.signal_supervisor(number) == 0
    run = read_run(system.places.data)
    assert run is not None
    assert {e.state for e in run.processes.values()} == {"stopped"}
    assert run.processes["steady"].exit_code == 0
    assert run.addresses == {}
    assert not [p for p in processes if p.is_running()]
    system.infra.remove()
