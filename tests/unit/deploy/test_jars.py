"""Kafka's jars are what is pinned, or they are not used."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

import pytest

from deploy.local import jars

GOOD = b"the right bytes"
PINS = {f"org.example:part-{n}:1.{n}": hashlib.sha256(GOOD + str(n).encode()).hexdigest() for n in range(12)}


def fetch(coordinate: str, into: Path) -> Path:
    into.mkdir(parents=True)
    path = into / "fetched.jar"
    path.write_bytes(GOOD + coordinate.rpartition(".")[2].encode())
    return path


def test_forty_six_jars_are_pinned_each_by_a_sha256() -> None:
    pins = jars.pinned()
    assert len(pins) == 46
    assert all(len(digest) == 64 and int(digest, 16) >= 0 for digest in pins.values())
    assert len({jars.jar_name(coordinate) for coordinate in pins}) == 46


def test_missing_jars_are_fetched_once_and_then_found(tmp_path: Path) -> None:
    calls: list[str] = []

    def counted(coordinate: str, into: Path) -> Path:
        calls.append(coordinate)
        return fetch(coordinate, into)

    first = jars.ensure(tmp_path, PINS, counted)
    assert jars.ensure(tmp_path, PINS, counted) == first
    assert sorted(calls) == sorted(PINS)
    assert {path.name for path in tmp_path.iterdir()} == {jars.jar_name(c) for c in PINS} | {".lock"}


def test_jars_are_fetched_side_by_side(tmp_path: Path) -> None:
    running, most, lock = [0], [0], threading.Lock()

    def slow(coordinate: str, into: Path) -> Path:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.05)
        with lock:
            running[0] -= 1
        return fetch(coordinate, into)

    jars.ensure(tmp_path, PINS, slow)
    assert 4 <= most[0] <= 8


def test_a_fetched_jar_with_another_checksum_is_refused_and_not_kept(tmp_path: Path) -> None:
    wrong = dict(PINS)
    coordinate = "org.example:part-3:1.3"
    wrong[coordinate] = "0" * 64
    with pytest.raises(
        jars.JarsMissing, match=r"org\.example:part-3:1\.3: the jar's SHA-256 is .* was not used"
    ):
        jars.ensure(tmp_path, wrong, fetch)
    assert not (tmp_path / jars.jar_name(coordinate)).exists()
    assert not list(tmp_path.glob(".partial-*"))


def test_a_jar_changed_on_disk_is_refused(tmp_path: Path) -> None:
    path = jars.ensure(tmp_path, PINS, fetch)[5]
    path.write_bytes(path.read_bytes() + b"!")
    with pytest.raises(jars.JarsMissing, match="Delete"):
        jars.ensure(tmp_path, PINS, fetch)


def test_a_registry_that_fails_twice_is_asked_again(tmp_path: Path) -> None:
    failures: dict[str, int] = {}

    def flaky(coordinate: str, into: Path) -> Path:
        failures[coordinate] = failures.get(coordinate, 0) + 1
        if failures[coordinate] < 3 and coordinate.endswith(".1"):
            raise OSError("connection reset")
        return fetch(coordinate, into)

    assert len(jars.ensure(tmp_path, PINS, flaky)) == len(PINS)


def test_a_registry_that_cannot_be_reached_is_said_with_what_to_do(tmp_path: Path) -> None:
    def away(coordinate: str, into: Path) -> Path:
        raise OSError("no route to host")

    with pytest.raises(jars.JarsMissing, match="Check the network"):
        jars.ensure(tmp_path, {"org.example:one:1.0": "0" * 64}, away)


def test_a_registry_that_never_answers_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "FETCH_SECONDS", 0.3)

    def never(coordinate: str, into: Path) -> Path:
        time.sleep(3)
        return fetch(coordinate, into)

    with pytest.raises(jars.JarsMissing, match="were not here after"):
        jars.ensure(tmp_path, {"org.example:one:1.0": "0" * 64}, never)
