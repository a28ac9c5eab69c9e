"""The command `accord`, as a person types it, on the platform that the story plays on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.expecting import expect
from deploy.local.demo.stage import Stage

_SECONDS = 120.0


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed with `--json`. Raises ValueError."""
        return json.loads(self.out)


def accord(
    stage: Stage,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    code: int | Sequence[int] = 0,
) -> Ran:
    """Run it. Blocks at most two minutes. Raises Unexpected unless it ends with `code`, or one of them."""
    codes = [code] if isinstance(code, int) else [*code]
    run = "from shared.cli import main; main()"
    data = {"ACCORD_DATA": str(stage.doors.infra.places.data)}
    command = [sys.executable, "-c", run, *arguments]
    env = os.environ | data | dict(environment or {})
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=_SECONDS)
    said = f"exit {done.returncode}: {(done.stderr.strip().splitlines() or ['nothing'])[-1]}"
    expect(done.returncode in codes, f"accord {' '.join(arguments[:2])} to end with {codes[0]}", said)
    return Ran(done.returncode, done.stdout, done.stderr)
