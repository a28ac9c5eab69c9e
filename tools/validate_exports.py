"""Runs public validators over what Accord exports: AsyncAPI's own command line, and ajv for JSON Schemas.

    python -m tools.validate_exports        exit 0 all valid, 6 something is not, 7 the validators cannot be had

Node comes from the wheel in the lock; the validators are pinned in tools/validators/package-lock.json and are
kept, by the digest of that file, in $ACCORD_CACHE or ~/.cache/accord. Nothing of it ships.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tools import npm

ROOT = Path(__file__).resolve().parent.parent
PINNED = ROOT / "tools" / "validators"
RUN_SECONDS = 180
#: Tells the validators to send nothing about their use, and to say nothing about that.
QUIET = {"SUPPRESS_NO_CONFIG_WARNING": "1"}


def installed() -> Path:
    """The folder that holds node_modules. Raises CalledProcessError."""
    return npm.installed(PINNED, lambda work: _no_metrics(work / "metrics.json"))


def _no_metrics(file: Path) -> None:
    file.write_text(json.dumps({"analyticsEnabled": "false"}))


def validate(place: Path) -> list[str]:
    """The names of the validators that found something wrong."""
    asyncapi = [
        str(npm.node()),
        "node_modules/.bin/asyncapi",
        "validate",
        str(ROOT / "docs" / "asyncapi.json"),
    ]
    schemas = [
        str(PINNED / "schemas.mjs"),
        str(ROOT / "docs" / "schemas"),
        str(ROOT / "tests/contract/golden"),
    ]
    metrics = str(place / "metrics.json")
    wrong = []
    for name, command in (("asyncapi", asyncapi), ("ajv", [str(npm.node()), *schemas])):
        started = time.monotonic()
        try:
            npm.run(command, place, RUN_SECONDS, ASYNCAPI_METRICS_CONFIG_PATH=metrics, **QUIET)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            wrong.append(name)
            sys.stderr.write(f"{name}: {type(error).__name__}\n")
        sys.stderr.write(f"{name}: {time.monotonic() - started:.1f} s\n")
    return wrong


def main() -> int:
    """Install if need be, validate, and say what is wrong."""
    started = time.monotonic()
    try:
        place = installed()
    except (subprocess.SubprocessError, OSError) as error:
        sys.stderr.write(f"The validators could not be installed: {type(error).__name__}.\n")
        return 7
    sys.stderr.write(f"validators installed: {time.monotonic() - started:.1f} s\n")
    wrong = validate(place)
    sys.stderr.write(f"Not valid: {', '.join(wrong)}.\n" if wrong else "All exports are valid.\n")
    return 6 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
