"""Runs every test: first what can share the machine, on several processes, then one after another what cannot.

    python tools/run_tests.py [--workers N] [PYTEST OPTION ...]

`--workers 0`: everything in one process, one after another. Tests marked `alone` kill servers under load or hold
the platform to a time, so nothing else runs meanwhile. The last line counts all; the exit code is 0 only if that
of every part is. Where `KAFKA_BOOTSTRAP_SERVERS` or `DATABASE_URL` name servers, one process runs all tests: each
process that sets a server up gives its logins new passwords.
"""

from __future__ import annotations

import argparse
import compileall
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from py_compile import PycInvalidationMode

ROOT = Path(__file__).resolve().parent.parent
#: Each test process has servers of its own and waits for them much of the time; so one more than there are cores.
MOST_WORKERS = 4
ALONE = "alone"
#: pytest's exit code after Ctrl-C.
INTERRUPTED = 2
#: The words of pytest's closing line, in its order.
WORDS = ("failed", "passed", "skipped", "xfailed", "xpassed", "errors")
_CLOSING = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s\b")
_COUNT = re.compile(r"(\d+) ([a-z]+)")


def default_workers() -> int:
    """How many processes share the tests on this machine; 0 is none but this."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or os.environ.get("DATABASE_URL")
    return 0 if given else min(MOST_WORKERS, (os.cpu_count() or 1) + 1)


def parts(workers: int) -> list[list[str]]:
    """The options of each call of pytest."""
    if not workers:
        return [[]]
    return [["-m", f"not {ALONE}", "-n", str(workers), "--no-loadscope-reorder"], ["-m", ALONE]]


def counted(lines: Iterable[str]) -> Counter[str]:
    """What the last closing line of pytest counts, by word. Raises ValueError if there is none."""
    for line in reversed(list(lines)):
        if found := _CLOSING.match(line):
            return Counter({_plural(word): int(number) for number, word in _COUNT.findall(found[1])})
    raise ValueError("pytest printed no closing line")


def _plural(word: str) -> str:
    return "errors" if word == "error" else word


def closing(counts: Counter[str], seconds: float) -> str:
    """One closing line for several, as pytest writes it."""
    told = [f"{counts[word]} {word}" for word in WORDS if counts[word]]
    return f"{', '.join(told) or 'no tests ran'} in {seconds:.2f}s"


def compile_ours() -> None:
    """Write the bytecode of our own modules: hundreds of processes start, and each would compile them anew.

    It names the digest of its source, so that a module that changes is never run from it.
    """
    for folder in ("shared", "services", "deploy"):
        compileall.compile_dir(ROOT / folder, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)


def run(options: Sequence[str]) -> tuple[int, list[str]]:
    """One call of pytest, shown as it runs: its exit code and its lines."""
    command = [sys.executable, "-m", "pytest", "tests", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = bytearray()
        while chunk := os.read(process.stdout.fileno(), 65_536):
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            said += chunk
        return process.wait(), said.decode("utf-8", "replace").splitlines()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts and close with one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=default_workers(), metavar="N")
    own, more = parser.parse_known_args(arguments)
    signal.signal(signal.SIGINT, lambda *_: None)  # pytest hears it, too, and stops what it started
    began, worst, counts = time.monotonic(), 0, Counter[str]()
    compile_ours()
    for options in parts(own.workers):
        code, lines = run([*options, *more])
        try:
            counts += counted(lines)
        except ValueError as error:
            print(f"accord: {error}", file=sys.stderr)
            code = code or 1
        worst = worst or code
        if code == INTERRUPTED:
            break
    print(closing(counts, time.monotonic() - began))
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
