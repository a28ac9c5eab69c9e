"""A small simulated county on the whole running system: played to its end, checked, and stopped half-way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter

import pytest

from deploy.local.sim.planner import plans
from deploy.local.sim.steps import Door
from deploy.local.system import System

pytestmark = [pytest.mark.platform, pytest.mark.timeout(240)]
CASES, SEED = 12, 7


def test_a_small_county_is_played_as_planned_and_every_check_holds(system: System) -> None:
    done = system.accord("sim", "--cases", str(CASES), "--seed", str(SEED), "--json", seconds=200)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    steps = [step for plan in plans(SEED, CASES) for step in plan.steps]
    assert Counter(told["accepted_by_command"]) == Counter(s.act for s in steps if s.fault is None)
    assert sum(one["count"] for one in told["refused"]) == sum(s.fault is not None for s in steps)
    on_pages = Counter(s.act for s in steps if s.door is Door.PAGES)
    assert on_pages
    assert told["by_pages"] == on_pages
    assert told["repeats"] == sum(s.again for s in steps)
    assert set(told["lag"]["end"].values()) == {0}
    assert all(check["wrong"] == 0 and check["of"] > 0 for check in told["checks"]), told["checks"]
    assert {check["invariant"] for check in told["checks"]} >= {"I1", "I2", "I3", "I5", "I6", "I7"}
    assert "Every check holds." in done.stderr
    assert "12 youths" in done.stderr or "of 12 youths" in done.stderr


def test_ctrl_c_stops_it_and_it_says_where_it_stood(system: System) -> None:
    command = [sys.executable, "-c", "from shared.cli import main; main()", "sim", "--cases", "500"]
    environment = {**os.environ, "ACCORD_DATA": str(system.places.data)}
    running = subprocess.Popen(
        [*command, "--speed", "realtime", "--seed", "3"], env=environment, stderr=subprocess.PIPE, text=True
    )
    limit = threading.Timer(120, running.kill)
    limit.start()
    try:
        assert running.stderr is not None
        assert "of 500 youths" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        told = running.stderr.read()
        assert running.wait(60) == 130, told
    finally:
        limit.cancel()
        running.kill()
        running.wait(10)
    assert "accord: Stopped: " in told
    assert "Nothing was checked." in told
