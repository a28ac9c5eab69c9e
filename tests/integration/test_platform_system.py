"""The whole platform from the command line: up, status, doctor, deaths of each process, down."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.processes import process_table
from deploy.local.system import System

pytestmark = [pytest.mark.platform, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def whole(platform_folder: Callable[[], Path]) -> Iterator[System]:
    with System(platform_folder()) as system:
        yield system
    system.infra.remove()


def test_up_says_where_everything_is_and_adopts_the_countys_mou(whole: System) -> None:
    apis = {"referrals", "notifications", "audit", "issuer", "site"}
    assert set(whole.run.addresses) == apis | {"kafka", "postgres"}
    whole.wait_first_steps(1.0)
    told = whole.places.log("supervisor").read_text()
    assert told.index("adopted its MOU") < told.index("everything is up")


def test_status_and_doctor_find_nothing_wrong(whole: System) -> None:
    status = whole.accord("status", "--json")
    assert status.returncode == 0, status.stderr
    assert json.loads(status.stdout)["well"] is True
    doctor = whole.accord("doctor", "--json")
    found = json.loads(doctor.stdout)
    assert [c for c in found["checks"] if c["status"] != "ok"] == []
    assert doctor.returncode == 0
    names = {c["name"] for c in found["checks"]}
    assert {
        "kafka",
        "topics",
        "rights",
        "postgres",
        "referrals relay",
        "disk",
        "clock",
        "time zones",
    } <= names


def test_a_second_up_on_the_same_data_says_so(whole: System) -> None:
    for arguments in (("up",), ("up", "--detach")):
        second = whole.accord(*arguments, "--data", str(whole.places.data))
        assert second.returncode == 4
        assert "already runs" in second.stderr
    assert whole.run.state == "ready"


@pytest.mark.parametrize("spec", process_table(), ids=lambda spec: spec.name)
def test_each_killed_process_is_back_by_itself(whole: System, spec: object) -> None:
    # Within 15 s where nothing else runs: tests/faults holds them to that.
    name = spec.name  # type: ignore[attr-defined]
    whole.wait_ready(name)
    pid = whole.kill(name)
    assert whole.wait_ready(name, 60.0, not_pid=pid).exit_code is None


@pytest.mark.parametrize("server", ["kafka", "postgres"])
def test_a_paused_server_is_reported_within_seconds_and_all_heals_by_itself(
    whole: System, server: str
) -> None:
    whole.wait_healthy("referrals")
    began = time.monotonic()
    pid = whole.signal(server, signal.SIGSTOP)
    try:
        status = whole.accord("status", "--json")
        took = time.monotonic() - began
        doctor = whole.accord("doctor", "--json")
    finally:
        psutil.Process(pid).send_signal(signal.SIGCONT)
    assert status.returncode == 6, status.stdout
    assert took < 15
    failed = {c["name"] for c in json.loads(doctor.stdout)["checks"] if c["status"] == "fail"}
    assert doctor.returncode == 6
    assert server in failed
    for api in ("referrals", "notifications", "audit"):
        whole.wait_healthy(api, 40.0)


FROZEN = {
    "referrals-intake": ("referrals", "intake"),
    "referrals-relay": ("referrals", "relay"),
    "audit-consumer": ("audit", "consumer"),
    "notifications-worker-0": ("notifications", "worker-0"),
}


def test_processes_that_stand_still_are_said_by_status_and_doctor_and_all_heals_by_itself(
    whole: System,
) -> None:
    def said() -> tuple[int, dict[tuple[str, str], str]]:
        status = whole.accord("status", "--json")
        health = json.loads(status.stdout)["health"]
        found = {(api, c["name"]): c["status"] for api in health for c in health[api]["checks"]}
        return status.returncode, found

    def well() -> bool:
        code, found = said()
        return code == 0 and not found.keys() & set(FROZEN.values())

    for name in FROZEN:
        whole.wait_ready(name)
    _until(well, 20.0, said)
    pids = [whole.signal(name, signal.SIGSTOP) for name in FROZEN]
    try:
        _until(lambda: said()[1].keys() >= set(FROZEN.values()), 20.0, said)
        _until(lambda: {said()[1].get(place) for place in FROZEN.values()} == {"fail"}, 30.0, said)
        assert said()[0] == 6
        doctor = whole.accord("doctor", "--json")
        assert all(whole.process(name).state == "ready" for name in FROZEN), "they live, and do nothing"
    finally:
        for pid in pids:
            psutil.Process(pid).send_signal(signal.SIGCONT)
    assert doctor.returncode == 6
    failed = [c for c in json.loads(doctor.stdout)["checks"] if c["status"] == "fail"]
    for api, process in FROZEN.values():
        assert [c for c in failed if c["name"].startswith(api) and process in c["name"] + c["detail"]]
    _until(well, 40.0, said)


def _until(condition: Callable[[], bool], seconds: float, shown: Callable[[], object]) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, shown()
        time.sleep(0.5)


def test_events_tail_reads_as_the_platforms_own_login(whole: System) -> None:
    tail = whole.accord("events", "tail", "--topic", "accord.mou.events", "--wait", "2", "--jsonl")
    assert tail.returncode == 0, tail.stderr
    assert "accord.mou.adopted.v1" in tail.stdout


def test_doctor_names_the_topic_whose_retention_was_changed(whole: System) -> None:
    from kafka.admin import ConfigResource

    with whole.infra.kafka_admin() as admin:
        admin.alter_configs([ConfigResource("TOPIC", "accord.mou.events", {"retention.ms": "1000"})])
        doctor = whole.accord("doctor", "--json")
        whole.infra.provision_kafka()
    failed = {c["name"]: c for c in json.loads(doctor.stdout)["checks"] if c["status"] == "fail"}
    assert failed["accord.mou.events"]["detail"] == "set otherwise: retention.ms=1000"
    assert failed["accord.mou.events"]["remedy"].startswith("`accord down`, then `accord up`")
    assert doctor.returncode == 6


def test_down_stops_everything_and_the_data_starts_again(platform_folder: Callable[[], Path]) -> None:
    system = System(platform_folder())
    up = system.accord("up", "--detach", seconds=180)
    try:
        assert up.returncode == 0, up.stderr
        pids = [e.pid for e in system.run.processes.values() if e.pid] + [system.run.supervisor]
        processes = [psutil.Process(pid) for pid in pids]
        first = system.run.addresses
    finally:
        down = system.accord("down", seconds=120)
    assert down.returncode == 0, down.stderr
    assert not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert system.accord("status").returncode == 7
    with system.start():
        assert system.run.addresses == first
    system.infra.remove()
