"""What a person is told of a process that ended."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from deploy.local import kafka, postgres, supervisor
from deploy.local.child import Child, created_at, end_left_over, free_port, port_is_free
from deploy.local.processes import process_table
from deploy.local.supervised import Supervised, readable
from deploy.local.system import DOWN_SECONDS


def test_of_a_json_line_the_event_and_its_reasons_are_shown() -> None:
    line = json.dumps(
        {"event": "store_ahead", "topic": "t", "sequence": 7, "remedy": "accord repair", "pid": 1}
    )
    assert readable(line) == "store_ahead · t · 7 · accord repair"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("ValueError: could not parse 'Jane Doe'", "ValueError (see its log)"),
        (
            "psycopg.errors.UniqueViolation: Key (name)=(Jane) exists",
            "psycopg.errors.UniqueViolation (see its log)",
        ),
        ("DETAIL:  Key (name)=(Jane Doe) already exists.", "DETAIL (see its log)"),
        ("Jane Doe: was not found", "see its log"),
        ("[1, 2]", "see its log"),
    ],
)
def test_of_another_line_nothing_is_shown_that_may_quote_data(line: str, shown: str) -> None:
    assert readable(line) == shown


def sleeper(tmp_path: Path) -> Child:
    child = Child(
        "sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], os.environ, tmp_path / "log"
    )
    child.start()
    return child


def test_a_left_over_process_is_ended(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    assert child.pid is not None
    assert end_left_over(child.pid, created_at(child.pid))
    assert not child.alive


def test_a_later_process_with_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    try:
        assert child.pid is not None
        assert not end_left_over(child.pid, created_at(child.pid) - 5.0)
        assert child.alive
    finally:
        child.kill()


def deaf(tmp_path: Path) -> Child:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    child = Child("deaf", [sys.executable, "-c", code], os.environ, tmp_path / "log")
    child.start()
    limit = time.monotonic() + 10
    while not child.last_lines() and time.monotonic() < limit:
        time.sleep(0.02)
    return child


def test_a_child_that_does_not_heed_sigterm_is_killed_after_the_limit(tmp_path: Path) -> None:
    assert deaf(tmp_path).stop(0.3) == -9


def test_of_those_stopped_together_the_one_that_is_killed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    some = []
    for child in (deaf(tmp_path), sleeper(tmp_path)):
        one = Supervised(child.name, lambda: pytest.fail("nothing is started again"))
        one.adopt(child)
        some.append(one)
    said: list[str] = []
    supervisor.stop_together(some, said.append)
    assert [one.child is not None and one.child.exit_code for one in some] == [-9, -15]
    assert len(said) == 1
    assert said[0].startswith("deaf did not stop")


def test_the_whole_has_the_time_to_stop_that_its_parts_may_take() -> None:
    orders = {spec.stop_order for spec in process_table(1)}
    servers = kafka.STOP_SECONDS + postgres.STOP_SECONDS
    assert len(orders) * supervisor.STOP_SECONDS + servers < DOWN_SECONDS


def test_a_free_port_is_free_and_none_of_those_taken() -> None:
    port = free_port()
    assert port_is_free(port)
    assert free_port(frozenset({port})) != port
