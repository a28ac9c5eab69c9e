"""`accord demo` as a newcomer runs it: on fresh data, on kept data until Ctrl-C, on a platform that is not well."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
import pytest

from deploy.local.demo.invented import words
from deploy.local.infrastructure import Infrastructure
from deploy.local.runfile import is_running, is_same_process, read_run
from deploy.local.system import DOWN_SECONDS, System

pytestmark = [pytest.mark.platform, pytest.mark.timeout(420)]
COMMAND = [sys.executable, "-c", "from shared.cli import main; main()", "demo"]
SECONDS = 180.0
DONE = "All 13 steps showed what they should"
KEY_LINES = (
    "1. The county has a memorandum of understanding",
    "This record does not replace the call",
    "Exactly one receipt: no second one came within a second.",
    "accord.concern.reported.v1  →  accord.referrals.events",
    "human-services/screener through the open stream",
    "accord.referral.accepted.v1  →  accord.referrals.events",
    "human-services/social-worker through the open stream",
    "unreadable (not-json): accord.submissions.sheriff, partition 0, offset",
    "human-services/coordinator through the open stream",
    "refused under clause 4.2",
    "What to do: ",
    "The chain is kept; public health, which declined, does not see where it went.",
    "both sides see it as completed",
    "mis-click failed, taken back in-progress; wrong entry on-hold, marked in-progress",
    "the screening had happened, and nothing of it had been recorded",
    "status: requested → accepted",
    "The ledger is complete until ",
    "by when it happened: ",
    "Public health could have known of 4 events of this case by then.",
    "To this day public health could not have known where the referral went after it declined.",
    " logs verified. All fit.",
    "exit 6, altered: accord.referrals.events, partition ",
    "FITS: every file is as it was sealed",
    "exit 6: data/records/",
    "Nobody was told anything twice: 8 open streams stayed silent.",
    " checkpoints kept elsewhere: all fit",
    "The history of the case is the same, entry for entry.",
    DONE,
)


@dataclass
class Demo:
    """One run of the command."""

    code: int
    out: str
    err: str


def run_demo(data: Path, *options: str, path: str | None = None) -> Demo:
    environment = {k: v for k, v in os.environ.items() if k != "JAVA_HOME"}
    environment |= {"PATH": path} if path else {}
    command = [*COMMAND, *options, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=environment)
    return Demo(done.returncode, done.stdout, done.stderr)


def pids(data: Path) -> dict[str, tuple[int, float]]:
    run = read_run(data)
    assert run is not None
    return {name: (e.pid, e.created) for name, e in run.processes.items() if e.pid is not None}


def no_java(folder: Path) -> str:
    """A PATH with the system's programs but no java."""
    folder.mkdir()
    for place in os.environ["PATH"].split(":"):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            if program.name != "java" and not os.path.lexists(folder / program.name):
                (folder / program.name).symlink_to(program)
    return str(folder)


@pytest.fixture(scope="module")
def data(platform_folder: Callable[[], Path]) -> Iterator[Path]:
    folder = platform_folder()
    yield folder
    Infrastructure(folder).remove()


class TestOnFreshDataAndAgainOnTheKeptData:
    """The tests of this module follow one another on one data directory."""

    def test_once_on_fresh_data_without_java_on_the_path_it_shows_every_step_and_stops(
        self, data: Path, tmp_path: Path
    ) -> None:
        demo = run_demo(data, "--once", path=no_java(tmp_path / "bin"))
        assert demo.code == 0, demo.err[-3000:] + demo.out[-3000:]
        for line in KEY_LINES:
            assert line in " ".join(demo.out.split("\n            ")), line
        assert not is_running(read_run(data))

    def test_no_log_of_any_process_holds_a_name_of_the_story(self, data: Path) -> None:
        said = [(data / "logs" / log).read_bytes() for log in os.listdir(data / "logs")]
        assert len(said) > 10
        assert not [word for word in words() for log in said if word in log]

    def test_on_the_kept_data_it_stays_up_until_ctrl_c_and_leaves_nothing_behind(self, data: Path) -> None:
        process = subprocess.Popen(
            [*COMMAND, "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        out: list[str] = []
        stays = threading.Event()

        def listen() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                out.append(line)
                if "Everything stays up until Ctrl-C" in line:
                    stays.set()
            stays.set()

        threading.Thread(target=listen, daemon=True).start()
        try:
            assert stays.wait(SECONDS), "".join(out)
            assert process.poll() is None, "".join(out)
            running = pids(data)
            assert all(is_same_process(*one) for one in running.values())
            doors = re.findall(r"http://\S+/sign-in\?as=\S+", "".join(out))
            first = [httpx2.get(door, follow_redirects=True, trust_env=False).text for door in doors]
            process.send_signal(signal.SIGINT)
            assert process.wait(DOWN_SECONDS + 30) == 0
        finally:
            process.kill()
        told = "".join(out)
        assert DONE in told
        assert [found for page in first for found in re.findall(r"Go on as ([^<]+)<", page)] == [
            "Screener, Human services",
            "Advocate, Advocacy",
            "Auditor, County",
        ]
        assert "accord feed follow --as screener@human-services" in told
        assert "accord token --as" in told
        assert not [word for word in words() if word in told.encode()]
        assert not [name for name, one in running.items() if is_same_process(*one)]


class TestWhenSomethingIsNotAsItShould:
    def test_the_step_is_named_with_what_was_expected_and_seen_and_the_running_platform_is_left_alone(
        self, data: Path
    ) -> None:
        with System(data) as system:
            system.wait_first_steps()
            # Paused, it still looks alive: only the story can tell that nobody is told any more.
            paused = psutil.Process(system.signal("notifications-worker-0", signal.SIGSTOP))
            began = time.monotonic()
            demo = run_demo(data, "--once")
            assert time.monotonic() - began < 60
            paused.resume()
            assert is_running(read_run(data))
        assert demo.code == 6, demo.err
        assert "the demo failed in step 2 of 13, “The sheriff's system reports a concern”" in demo.err
        assert "expected: an item by rule concern-reported" in demo.err
        assert "seen: " in demo.err
        assert str(data / "logs") in demo.err
        assert DONE not in demo.out
