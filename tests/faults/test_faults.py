"""Nothing acknowledged is lost and nothing happens twice, whatever is killed, paused or cut meanwhile.

The short run breaks one thing of each family; `make test-faults` breaks at least 30. The seed is printed:
ACCORD_FAULT_SEED=<seed> chooses the same faults in the same order again.
"""

from __future__ import annotations

import os
import random
import secrets
import time

import psycopg
import pytest

from deploy.local.system import System
from tests.faults.breaking import WORKERS, Fault, Struck, everything_ready, full, short
from tests.faults.found import Found, look
from tests.faults.load import Load
from tests.faults.verdict import Line, judge, table

pytestmark = [pytest.mark.platform, pytest.mark.faults, pytest.mark.alone]

FULL = 32
#: Commands and submissions acknowledged a second, outages included (issue, Accepted when, 4).
LEAST_RATE = 10.0
#: Seconds until all that was acknowledged has come everywhere.
SETTLE = 60.0
#: Seconds until a command given after a fault has come to the feed.
FLOW = 60.0


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("ACCORD_FAULT_SEED") or secrets.randbelow(10**9))


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Kafka's clients say at length that a broker is away; here it is, on purpose."""
    caplog.set_level("CRITICAL", logger="kafka")


@pytest.fixture
def broken(platform_folder):
    """A system of its own: everything in it will be killed."""
    with System(platform_folder(), workers=WORKERS) as system:
        system.wait_first_steps()
        everything_ready(system, 30.0)
        yield system
    system.infra.remove()


@pytest.mark.timeout(3000)
def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(broken, seed, request, capsys):
    rng = random.Random(seed)
    faults = full(rng, FULL) if request.config.getoption("--faults-full") else short(rng)

    def say(text: str) -> None:
        with capsys.disabled():
            print(text, flush=True)

    say(f"\n{len(faults)} faults, ACCORD_FAULT_SEED={seed}")
    with Load(broken, seed) as load:
        struck = [_strike(broken, load, fault, rng, say) for fault in faults]
    lines, found = _settled(broken, load)
    say(_summary(load, struck, found))
    say(table(lines))
    assert not [line.what for line in lines if line.wrong], f"seed {seed}\n{table(lines)}"
    late = [
        f"{s.what} ({s.family}): {s.seconds:.1f} s of {s.limit:.0f}" for s in struck if s.seconds > s.limit
    ]
    assert not late, f"seed {seed}: not back in time (load average {os.getloadavg()[0]:.1f}): {late}"
    assert load.rate >= LEAST_RATE, f"seed {seed}: the load was only {load.rate:.1f}/s"


def _strike(system: System, load: Load, fault: Fault, rng: random.Random, say) -> Struck:
    time.sleep(rng.uniform(0.3, 1.5))
    struck = fault.strike(system, fault.target, rng)
    everything_ready(system)
    flow = _flows(system, load)
    say(
        f"  {struck.family:<28} {struck.what:<24} back in {struck.seconds:5.1f} s (limit {struck.limit:.0f}),"
        f" flows {flow:4.1f} s later  {struck.note}"
    )
    return struck


def _flows(system: System, load: Load) -> float:
    """Seconds until a report that was acknowledged from now on stands in the feed."""
    began = time.monotonic()
    with psycopg.connect(system.infra.database_url("accord_notifications"), autocommit=True) as feed:
        while time.monotonic() < began + FLOW:
            done = load.memory.first_since(began, "report-concern")
            if (
                done
                and feed.execute(
                    "SELECT 1 FROM items WHERE event = ANY(%s::uuid[])", [list(done.events)]
                ).fetchone()
            ):
                return time.monotonic() - began
            time.sleep(0.1)
    last = load.memory.first_since(began, "report-concern")
    raise AssertionError(f"{last or 'no command'} did not come to the feed within {FLOW:.0f} s")


def _settled(system: System, load: Load) -> tuple[list[Line], Found]:
    """The verdict, as soon as it is good, at the latest after SETTLE seconds."""
    until = time.monotonic() + SETTLE
    while True:
        found = look(system.infra, ("sheriff", "advocacy"))
        lines = judge(load.memory, found)
        if not any(line.wrong for line in lines) or time.monotonic() > until:
            return lines, found
        time.sleep(1.0)


def _summary(load: Load, struck: list[Struck], found: Found) -> str:
    repeats = found.findings["repeat"]
    return (
        f"{len(struck)} faults; {len(load.memory.commands)} commands and {sum(load.memory.sent.values())}"
        f" submissions acknowledged, {load.rate:.1f}/s; {load.memory.retries} asked again;"
        f" {len(found.events)} records, {repeats} of them repeats without effect; {len(found.items)} feed items"
    )
