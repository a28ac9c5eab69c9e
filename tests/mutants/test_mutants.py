"""Invariant I10: each patch here takes out one safeguard, and the test it names must then fail.

A patch begins with `# safeguard: …` and `# test: path::name` lines; a unified diff with one line of context
follows. It is applied to a copy of the tree and the named test runs there, on a Kafka and a PostgreSQL of its own
if it needs them.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

import pytest

from deploy.local.infrastructure import Infrastructure

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SECONDS = 170
#: Tests elsewhere need no server.
WITH_SERVERS = "tests/integration/"
#: The copy comes first on the path, and nothing of the run around it is passed on to its tests.
QUIET = {
    **os.environ,
    "PYTHONPATH": ".",
    "PYTHONDONTWRITEBYTECODE": "1",
    "CI": "",
    "PYTEST_ADDOPTS": "",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # half of the time of a small test is other plugins' start
}
#: DESIGN I10 and the issue name these; more are welcome.
REQUIRED = frozenset(
    {
        "agency-check",
        "deduplication",
        "position-commit",
        "read-back-at-start",
        "safety-fact-rule",
        "sealing",
        "seek-on-assignment",
        "start-up-comparison",
    }
)


Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Mutant:
    """One patch: what it takes out, and the test that must notice."""

    name: str
    patch: Path
    safeguard: str
    test: str


def _read(patch: Path) -> Mutant:
    head = dict(re.findall(r"^# (safeguard|test): (.+)$", patch.read_text(encoding="utf-8"), re.MULTILINE))
    return Mutant(patch.stem, patch, head["safeguard"], head["test"])


MUTANTS = [_read(patch) for patch in sorted(HERE.glob("*.patch"))]


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that git tracks or would track, copied, and compiled once for all mutants.

    The bytecode names its source's digest, so that of a file that a patch changes is not used.
    """
    copy = tmp_path_factory.mktemp("mutants") / "tree"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=30,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    compileall.compile_dir(copy, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return copy


def _apply(tree: Path, patch: Path, *, reverse: bool = False) -> None:
    # Out of the way of any repository above the copy; fuzz is not allowed, so a stale patch says so.
    arguments = ["git", "apply", "--whitespace=nowarn", *(["--reverse"] if reverse else []), str(patch)]
    done = subprocess.run(
        arguments,
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "GIT_DIR": os.devnull},
    )
    assert done.returncode == 0, f"{patch.name} does not fit the code any more; make it anew: {done.stderr}"


def _on(infra: Infrastructure) -> dict[str, str]:
    username, password = infra.kafka_credentials("admin")
    return {
        "KAFKA_BOOTSTRAP_SERVERS": infra.bootstrap,
        "ACCORD_KAFKA_ADMIN_USERNAME": username,
        "ACCORD_KAFKA_ADMIN_PASSWORD": password,
        "DATABASE_URL": infra.admin_url,
    }


@pytest.fixture(scope="module")
def servers(platform_folder: Callable[[], Path]) -> Iterator[Infrastructure]:
    """One Kafka and one PostgreSQL for all mutants, apart from the run's own: each mutant sets the logins anew."""
    infrastructure = Infrastructure(platform_folder(), external=False).start()
    yield infrastructure
    infrastructure.remove()


@pytest.fixture
def run_in(tree: Path, request: pytest.FixtureRequest) -> Run:
    """Runs tests in the copy. The servers are started with the first test that can ask for them."""

    def run(*tests: str, seconds: int = SECONDS) -> subprocess.CompletedProcess[str]:
        needed = any(test.startswith(WITH_SERVERS) for test in tests)
        environment = QUIET | (_on(request.getfixturevalue("servers")) if needed else {})
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "pytest_timeout",
            *tests,
            f"--timeout={SECONDS - 20}",
        ]
        return subprocess.run(
            command, cwd=tree, capture_output=True, text=True, timeout=seconds, env=environment, check=False
        )

    return run


class TestEachSafeguardIsMissedWhenItIsTakenOut:
    @pytest.mark.timeout(2 * SECONDS)
    @pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
    def test_the_named_test_fails_without_it(self, mutant: Mutant, tree: Path, run_in: Run) -> None:
        _apply(tree, mutant.patch)
        try:
            done = run_in("-x", mutant.test)
        finally:
            _apply(tree, mutant.patch, reverse=True)
        told = f"{mutant.safeguard}\n{mutant.test}\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
        assert done.returncode == 1, f"the test did not fail without the safeguard\n{told}"
        assert re.search(r"\d+ failed", done.stdout), f"it broke before it could fail\n{told}"

    def test_every_safeguard_that_must_have_a_mutant_has_one(self) -> None:
        assert {m.name for m in MUTANTS} >= REQUIRED

    def test_the_named_tests_pass_here_as_long_as_the_safeguards_are_there(self, run_in: Run) -> None:
        """In the copy: all that need no server, and one that does. The run around this one has them all."""
        named = sorted({m.test for m in MUTANTS})
        served = [test for test in named if test.startswith(WITH_SERVERS)]
        some = [*(test for test in named if test not in served), next(t for t in served if "test_store" in t)]
        done = run_in(*some)
        assert done.returncode == 0, f"{done.stdout[-5000:]}{done.stderr[-1000:]}"
