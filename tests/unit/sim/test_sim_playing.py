"""Who plays what when, on which platform, and how far behind it is said to be."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.sim.conductor import MOST_OPEN, Conductor
from deploy.local.sim.lag import Lag, lag_of
from deploy.local.sim.patience import Stopped
from deploy.local.sim.place import find, require_local
from deploy.local.sim.player import Astray
from deploy.local.sim.speeds import Speed
from deploy.local.sim.steps import Plan, Step
from deploy.local.sim.tally import CaseIds, Tally
from deploy.local.sim.telling import Progress, Result
from deploy.local.sim.verdict import surprises_line
from shared.cli.failures import Unreachable, Usage


class Playing:
    """A player that only writes down."""

    def __init__(self, astray: int = -1, broken: int = -1, block: bool = False) -> None:
        self.played: list[tuple[int, str]] = []
        self.astray, self.broken, self.block = astray, broken, block
        self.open = threading.Event()

    def play(self, step: Step, case: CaseIds) -> None:
        if self.block:
            self.open.wait(10)
            raise Stopped
        self.played.append((case.number, step.label))
        case.ids["case"] = f"case {case.number}"
        if case.number == self.broken:
            raise RuntimeError("not told")
        if case.number == self.astray:
            raise Astray


def three_steps(number: int, wait: float = 0.0, arrives: float = 0.0) -> Plan:
    steps = (Step(f"step-{n}", "accept-referral", "advocate@advocacy", wait=wait) for n in range(3))
    return Plan(number, arrives, tuple(steps))


def conduct(
    plans: Iterator[Plan], player: Playing, tally: Tally, speed: Speed = Speed.MAX, threads: int = 4
) -> Conductor:
    conductor = Conductor(plans, player, tally, speed, threads, threading.Event())  # type: ignore[arg-type]
    conductor.begin()
    return conductor


def test_every_step_of_every_youth_is_played_once_and_in_its_order() -> None:
    player, tally = Playing(), Tally()
    assert conduct((three_steps(n) for n in range(300)), player, tally).wait(20)
    assert set(Counter(player.played).values()) == {1}
    assert all([s for m, s in player.played if m == n] == ["step-0", "step-1", "step-2"] for n in range(300))
    assert (tally.played, len(tally.cases)) == (300, 300)


def test_only_so_many_cases_are_open_at_a_time_and_no_more_plans_are_made_than_that() -> None:
    player, made = Playing(block=True), []

    def plans() -> Iterator[Plan]:
        for n in range(100_000):
            made.append(n)
            yield three_steps(n)

    conductor = conduct(plans(), player, Tally())
    time.sleep(0.2)
    assert len(made) == MOST_OPEN[Speed.MAX]
    player.open.set()
    conductor.end()


def test_at_realtime_the_waits_are_waited_and_the_arrivals_too() -> None:
    player, began = Playing(), time.monotonic()
    plans = iter([three_steps(0, 0.05), three_steps(1, 0.05, arrives=0.3)])
    assert conduct(plans, player, Tally(), Speed.REALTIME).wait(20)
    assert time.monotonic() - began >= 0.45
    assert [n for n, _ in player.played][:2] == [0, 0]


def test_the_rest_of_a_plan_that_went_astray_is_not_played() -> None:
    player, tally = Playing(astray=1), Tally()
    assert conduct((three_steps(n) for n in range(3)), player, tally).wait(20)
    assert Counter(n for n, _ in player.played) == {0: 3, 1: 1, 2: 3}
    assert (tally.played, len(tally.cases)) == (3, 2)


def test_a_failure_of_the_simulator_itself_is_told_by_its_kind_and_does_not_end_the_others() -> None:
    player, tally = Playing(broken=1), Tally()
    assert conduct((three_steps(n) for n in range(3)), player, tally).wait(20)
    assert surprises_line(tally).wrong == ("youth 1: the simulator failed (RuntimeError)",)
    assert tally.played == 3


def test_it_stops_when_asked_with_the_step_in_hand() -> None:
    player = Playing()
    conductor = conduct((three_steps(n, 30.0) for n in range(50)), player, Tally(), Speed.REALTIME)
    began = time.monotonic()
    conductor.end()
    assert conductor.wait(0.1)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "where", ["https://accord.example.org", "http://192.0.2.7:8000", "kafka://10.0.0.1:9092"]
)
def test_nothing_is_sent_to_another_machine(where: str) -> None:
    with pytest.raises(Usage, match="not on this machine"):
        require_local({"referrals": "http://127.0.0.1:1", "audit": where})


def test_the_address_of_a_county_is_refused_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REFERRALS", "NOTIFICATIONS", "AUDIT", "ISSUER", "SITE"):
        monkeypatch.setenv(f"ACCORD_{name}_URL", "https://accord.example.org")
    with pytest.raises(Usage, match="nothing was sent"):
        find(tmp_path)


def local(folder: Path, monkeypatch: pytest.MonkeyPatch, kafka: str = "127.0.0.1:1") -> None:
    for name in ("REFERRALS", "NOTIFICATIONS", "AUDIT", "ISSUER", "SITE"):
        monkeypatch.setenv(f"ACCORD_{name}_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    (folder / "secrets").mkdir()
    (folder / "secrets" / "kafka-audit.password").write_text("invented")


def test_every_broker_must_be_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local(tmp_path, monkeypatch, "127.0.0.1:1,kafka.example.org:9092")
    with pytest.raises(Usage, match="The address of kafka is not on this machine"):
        find(tmp_path)


def test_one_login_for_all_agencies_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local(tmp_path, monkeypatch)
    monkeypatch.setenv("ACCORD_KAFKA_USERNAME", "admin")
    with pytest.raises(Usage, match="each agency's own Kafka login"):
        find(tmp_path)


def test_without_a_platform_it_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as failed:
        find(tmp_path)
    assert "accord up" in failed.value.hint


def said(**numbers: int) -> dict[str, list[dict[str, Any]]]:
    """The checks of the three services' `/readyz`."""
    relay = [{"name": "relay", "detail": f"{numbers.get('unpublished', 0)} events wait to be published"}]
    workers = [
        {"name": f"worker-{n}", "detail": f"{numbers.get('feed', 0)} records behind", "process": "worker"}
        for n in range(2)
    ]
    intake = [{"name": "intake", "detail": f"{numbers.get('intake', 0)} records behind"}]
    consumer = [{"name": "consumer", "detail": f"{numbers.get('ledger', 0)} records behind"}]
    return {"referrals": [*relay, *intake], "notifications": [*relay, *workers], "audit": [*relay, *consumer]}


def test_what_is_behind_is_the_sum_of_what_the_services_say() -> None:
    assert lag_of(said(unpublished=2, feed=3, ledger=5, intake=7)) == Lag(6, 5, 6, 7)
    assert lag_of(said()) == Lag()
    assert Lag().none
    assert not Lag(feed=1).none


def test_a_service_that_does_not_say_how_far_it_is_is_not_taken_to_be_done() -> None:
    silent = said()
    silent["audit"][1]["detail"] = "it has not said anything yet"
    assert lag_of(silent) is None


def test_a_process_that_fell_silent_counts_with_its_last_word() -> None:
    late = said()
    late["audit"][1]["detail"] = "it has said nothing for 7 s, and was 12 records behind"
    assert lag_of(late) == Lag(ledger=12)


def test_progress_is_told_in_plain_lines_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    tally.took("accept-referral", [])
    with Progress(1_000, tally) as progress:
        progress.show(Lag(unpublished=3))
    told = capsys.readouterr().err
    assert "0 of 1,000 youths, 1 commands accepted" in told
    assert "3 events unpublished" in told


def test_the_result_of_a_run_of_nothing_says_so() -> None:
    result = Result(0, 1, "max", 1.0, 1.0, Tally(), Lag(), None, 0, [])
    assert result.as_dict()["lag"]["end"] is None
    assert result.good
