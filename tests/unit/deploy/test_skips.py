"""In CI a skipped test fails the run, unless it belongs elsewhere; also where several processes share the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[2] / "conftest.py"
#: One process, and two of pytest-xdist's.
WAYS = [(), ("-p", "xdist", "-n", "2")]


def run_with(tmp_path: Path, body: str, *options: str, ci: bool = True) -> subprocess.CompletedProcess[str]:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "test_one.py").write_text(f"import pytest\n\ndef test_one():\n    {body}\n")
    (tmp_path / "test_two.py").write_text("def test_two():\n    pass\n")
    env = {**os.environ, "CI": "true" if ci else "", "PYTHONPATH": str(CONFTEST.parents[1])}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # half of the time is other plugins' start
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(tmp_path)]
    return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_skip_fails_the_run_and_is_named(tmp_path: Path, way: tuple[str, ...]) -> None:
    done = run_with(tmp_path, "pytest.skip('no time')", *way)
    assert done.returncode == 1
    assert "skipped, which fails the run in CI" in done.stdout
    assert done.stdout.count("test_one.py::test_one: Skipped: no time") == 1


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_whole_file_that_is_skipped_fails_the_run_and_is_named(
    tmp_path: Path, way: tuple[str, ...]
) -> None:
    done = run_with(tmp_path, "pass\n\npytest.skip('no time', allow_module_level=True)", *way)
    assert done.returncode == 1
    assert done.stdout.count("test_one.py: Skipped: no time") == 1


@pytest.mark.parametrize(
    ("body", "options", "ci"),
    [
        ("pytest.skip('elsewhere: no Docker engine answers')", (), True),
        ("pytest.skip('elsewhere: no Docker engine answers')", WAYS[1], True),
        ("pytest.skip('no time')", ("--allow-skips",), True),
        ("pytest.skip('no time')", (), False),
        ("pytest.xfail('known')", (), True),
    ],
)
def test_a_skip_that_may_be_does_not(tmp_path: Path, body: str, options: tuple[str, ...], ci: bool) -> None:
    assert run_with(tmp_path, body, *options, ci=ci).returncode == 0
