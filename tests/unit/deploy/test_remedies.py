"""What doctor says to do: `accord up` refuses where the platform runs already, so that is said elsewhere only."""

from __future__ import annotations

import os

import pytest

from deploy.local import doctor
from deploy.local.child import created_at
from deploy.local.doctor import answers_not, check_apis, check_processes, up
from deploy.local.health import Health
from deploy.local.runfile import Entry, Run


def run_of(created: float, **processes: Entry) -> Run:
    return Run("ready", "now", os.getpid(), created, {}, processes)


@pytest.fixture
def running() -> Run:
    stopped = Entry("needs-operator", "now", message="stores disagree", log="x.log")
    return run_of(created_at(os.getpid()), **{"referrals-intake": stopped})


class TestWhileThePlatformRuns:
    def test_what_up_would_make_asks_for_down_first(self, running):
        assert up(running, ", which makes it") == "`accord down`, then `accord up`, which makes it"

    def test_a_server_that_stands_still_is_ended_by_its_pid(self, running):
        assert "by its pid" in answers_not(running, "DATABASE_URL", ours=True)

    def test_what_stopped_itself_is_repaired_and_nothing_is_said_of_up(self, running):
        (line,) = check_processes(None, running)  # type: ignore[arg-type]
        assert "`accord repair referrals`" in line.remedy
        assert "accord up" not in line.remedy

    def test_an_api_that_does_not_answer_is_ended_by_its_pid(self, running, monkeypatch):
        monkeypatch.setattr(doctor, "health_of", lambda _: {"referrals": Health("unreachable")})
        (line,) = check_apis(None, running)  # type: ignore[arg-type]
        assert "by its pid" in line.remedy


class TestWhereNothingRuns:
    @pytest.mark.parametrize("run", [None, run_of(1.0)])
    def test_it_is_started(self, run):
        assert up(run, ", which makes it") == "start it with `accord up`, which makes it"
        assert answers_not(run, "DATABASE_URL", ours=True) == "start it with `accord up`"

    def test_the_countys_own_server_is_not_started_by_us(self):
        assert "DATABASE_URL" in answers_not(None, "DATABASE_URL", ours=False)
