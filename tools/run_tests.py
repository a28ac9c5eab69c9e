"""Runs every test: first what starts servers, on several processes, then one after another what must be alone.

    python tools/run_tests.py [--workers N] [PYTEST OPTION ...]

`--workers 0`: everything in one process, one after another. Tests marked `alone` kill servers under load or hold
the platform to a time, so no other servers run meanwhile; what needs none takes the time that they leave, at the
lowest priority. The last line counts all; the exit code is 0 only if that of every part is. Where
`KAFKA_BOOTSTRAP_SERVERS` or `DATABASE_URL` name servers, one process runs all tests: each that sets a server
up gives its logins new passwords.
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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

ROOT = Path(__file__).resolve().parent.parent
#: Each test process has servers of its own and waits for them much of the time; so one more than there are cores.
MOST_WORKERS = 4
ALONE = "alone"
#: What lies here needs no server.
SERVERLESS = ("tests/unit", "tests/mou", "tests/contract")
#: The lowest priority there is.
LAST_IN_LINE = 19
#: pytest's exit code after Ctrl-C.
INTERRUPTED = 2
#: The words of pytest's closing line, in its order.
WORDS = ("failed", "passed", "skipped", "xfailed", "xpassed", "errors")
_CLOSING = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s\b")
_COUNT = re.compile(r"(\d+) ([a-z]+)")


@dataclass(frozen=True)
class Part:
    """One call of pytest. `last_in_line`: it waits for everything else on the machine."""

    options: Sequence[str]
    last_in_line: bool = False


def default_workers() -> int:
    """How many processes share the tests on this machine; 0 is none but this."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or os.environ.get("DATABASE_URL")
    return 0 if given else min(MOST_WORKERS, (os.cpu_count() or 1) + 1)


def parts(workers: int) -> list[list[Part]]:
    """The calls of pytest: those of one list run at the same time, one list after another."""
    if not workers:
        return [[Part(["tests"])]]
    spread = ["-n", str(workers), "--no-loadscope-reorder"]
    left_out = [f"--ignore={folder}" for folder in SERVERLESS]
    shared = Part(["tests", *left_out, "-m", f"not {ALONE}", *spread])
    alone = Part(["tests", "-m", ALONE])
    beside = Part([*SERVERLESS, "-m", f"not {ALONE}"], last_in_line=True)
    return [[shared], [alone, beside]]


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


def run(part: Part, more: Sequence[str], show: bool = True) -> tuple[int, list[str]]:
    """One call of pytest, shown as it runs or when it has ended: its exit code and its lines."""
    behind = ["nice", "-n", str(LAST_IN_LINE)] if part.last_in_line else []
    command = [*behind, sys.executable, "-m", "pytest", *part.options, *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = bytearray()
        while chunk := os.read(process.stdout.fileno(), 65_536):
            said += chunk
            if show:
                _show(chunk)
        code = process.wait()
    if not show:
        _show(bytes(said))
    return code, said.decode("utf-8", "replace").splitlines()


def _show(said: bytes) -> None:
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()


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
    for together in parts(own.workers):
        with ThreadPoolExecutor(len(together)) as threads:
            ran = list(threads.map(lambda part: run(part, more, part is together[0]), together))  # noqa: B023
        for code, lines in ran:
            try:
                counts += counted(lines)
            except ValueError as error:
                print(f"accord: {error}", file=sys.stderr)
                worst = worst or 1
            worst = worst or code
        if INTERRUPTED in (code for code, _ in ran):
            break
    print(closing(counts, time.monotonic() - began))
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
