"""What Kafka loads is kept once for each JVM, flags and jars; a start never hangs on it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from deploy.local.quick_start import kept

FLAGS = ("-Xmx384m",)


@pytest.fixture
def jars(tmp_path: Path) -> list[Path]:
    found = [tmp_path / "kafka.jar", tmp_path / "other.jar"]
    for jar in found:
        jar.write_bytes(b"classes")
    return found


class Maker:
    """Writes the file, as a JVM does when it ends, and counts."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.times, self._seconds = 0, seconds

    def __call__(self, file: Path) -> None:
        self.times += 1
        time.sleep(self._seconds)
        file.write_bytes(b"loaded")


def test_it_is_made_once_and_then_used(jars: list[Path]) -> None:
    make = Maker()
    first, second = kept(jars, FLAGS, make), kept(jars, FLAGS, make)
    assert first == second is not None
    assert (first.read_bytes() if first else b"", make.times) == (b"loaded", 1)


def test_other_flags_and_other_jars_have_their_own(jars: list[Path]) -> None:
    make = Maker()
    mine, others = kept(jars, FLAGS, make), kept(jars, ("-Xmx512m",), make)
    jars[0].write_bytes(b"newer classes")
    assert len({mine, others, kept(jars, FLAGS, make)}) == 3


def test_what_cannot_be_made_is_done_without_and_not_tried_at_each_start(
    jars: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: Path) -> None:
        raise OSError(28, "No space left on device")

    make = Maker()
    assert kept(jars, FLAGS, fails) is None
    assert kept(jars, FLAGS, make) is None
    assert make.times == 0
    assert "it could not be kept (OSError); Kafka starts without. Delete" in capsys.readouterr().err


def test_a_maker_that_was_killed_leaves_nothing_that_is_used(jars: list[Path]) -> None:
    class Killed(BaseException):
        """What no handler catches, as SIGKILL."""

    def killed(file: Path) -> None:
        file.write_bytes(b"half")
        raise Killed

    with pytest.raises(Killed):
        kept(jars, FLAGS, killed)
    found = kept(jars, FLAGS, Maker())
    assert found is not None
    assert found.read_bytes() == b"loaded"


def test_two_that_start_at_once_make_it_once(jars: list[Path]) -> None:
    make, found = Maker(0.3), []
    both = [threading.Thread(target=lambda: found.append(kept(jars, FLAGS, make))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(10)
    assert make.times == 1
    assert len(found) == 2
    assert len(set(found)) == 1
