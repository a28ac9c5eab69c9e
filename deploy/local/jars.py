"""Kafka's jars: pinned, fetched side by side, and refused unless their SHA-256 is the pinned one."""

from __future__ import annotations

import fcntl
import hashlib
import os
import queue
import shutil
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from shared.errors import AccordError

KAFKA_VERSION = "4.3.1"
_SIDE_BY_SIDE = 8
_ATTEMPTS = 3
_READ_SECONDS = 30
_END_SECONDS = 1.0
#: All of the jars together are 46 MB.
FETCH_SECONDS = 600.0
#: Another process on this machine may be fetching the same jars; wait for it this long.
_LOCK_SECONDS = FETCH_SECONDS + 30

#: Puts the jar of a coordinate below a folder and returns its path. May block; raises what it likes.
Fetch = Callable[[str, Path], Path]


class JarsMissing(AccordError):
    """A jar could not be had, or its bytes are not the pinned ones. The message says what to do."""


def cache_dir() -> Path:
    """Where jars are kept between data directories: `ACCORD_CACHE`, else `~/.cache/accord`."""
    return Path(os.environ.get("ACCORD_CACHE") or Path.home() / ".cache" / "accord")


def pinned() -> dict[str, str]:
    """Coordinate to SHA-256 of each jar of `jars.toml`."""
    text = files("deploy.local").joinpath("jars.toml").read_text("utf-8")
    return dict(tomllib.loads(text)["sha256"])


def kafka_jars(cache: Path | None = None) -> list[Path]:
    """The verified jars, in a fixed order; fetches what is missing. Blocks at most `FETCH_SECONDS` or so.

    Every jar's digest is checked on every call, so that a jar changed on disk is refused, too.
    Raises JarsMissing.
    """
    folder = (cache or cache_dir()) / f"kafka-{KAFKA_VERSION}"
    return ensure(folder, pinned(), fetch_with_jgo)


def ensure(folder: Path, pins: Mapping[str, str], fetch: Fetch) -> list[Path]:
    """As `kafka_jars`, for any folder, table and way of fetching."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {coordinate: folder / jar_name(coordinate) for coordinate in sorted(pins)}
    if any(not path.exists() for path in wanted.values()):
        with locked(folder / ".lock"):
            missing = {c: pins[c] for c, path in wanted.items() if not path.exists()}
            _fetch_all(folder, missing, fetch)
    for coordinate, path in wanted.items():
        _verify(coordinate, path, pins[coordinate])
    return list(wanted.values())


def jar_name(coordinate: str) -> str:
    """`group:artifact:version` to `artifact-version.jar`."""
    _, artifact, version = coordinate.split(":")
    return f"{artifact}-{version}.jar"


def fetch_with_jgo(coordinate: str, into: Path) -> Path:
    """Fetch one jar through jgo's own resolver, which knows the registry. Blocks; raises on failure."""
    from jgo.maven import MavenContext

    group, artifact, version = coordinate.split(":")
    context = MavenContext(repo_cache=into, timeout=_READ_SECONDS)
    return Path(context.project(group, artifact).at_version(version).artifact().resolve())


def _verify(coordinate: str, path: Path, sha256: str) -> None:
    with path.open("rb") as jar:
        found = hashlib.file_digest(jar, "sha256").hexdigest()
    if found != sha256:
        raise JarsMissing(
            f"{coordinate}: the jar's SHA-256 is {found}, pinned is {sha256}; it was not used. "
            f"Delete {path} and try again; if it comes back the same, the registry serves another file."
        )


def _fetch_all(folder: Path, missing: Mapping[str, str], fetch: Fetch) -> None:
    if not missing:
        return
    say(f"fetching {len(missing)} jars of Apache Kafka {KAFKA_VERSION} (once; kept in {folder})")
    started = time.monotonic()
    # Beside the cache, so that the move is one rename and a half-fetched jar is never taken for a whole one.
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    try:
        for number, (coordinate, path) in enumerate(_side_by_side(missing, partial, fetch, started), start=1):
            _verify(coordinate, path, missing[coordinate])
            os.replace(path, folder / jar_name(coordinate))
            if number % 10 == 0 or number == len(missing):
                say(f"{number} of {len(missing)} jars, {time.monotonic() - started:.0f} s")
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _side_by_side(
    missing: Mapping[str, str], partial: Path, fetch: Fetch, started: float
) -> Iterator[tuple[str, Path]]:
    wanted: queue.SimpleQueue[str] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[str, Path | Exception]] = queue.SimpleQueue()
    for coordinate in missing:
        wanted.put(coordinate)
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                coordinate = wanted.get_nowait()
            except queue.Empty:
                return
            done.put((coordinate, _attempt(coordinate, partial, fetch)))

    # Daemon threads: a registry that never answers must not keep the process from ending.
    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(_SIDE_BY_SIDE, len(missing)))]
    for thread in threads:
        thread.start()
    try:
        for _ in missing:
            try:
                coordinate, result = done.get(timeout=max(0.1, started + FETCH_SECONDS - time.monotonic()))
            except queue.Empty:
                raise JarsMissing(f"the jars were not here after {FETCH_SECONDS:.0f} s: try again") from None
            if isinstance(result, Exception):
                raise JarsMissing(_cannot(coordinate, result)) from result
            yield coordinate, result
    finally:
        stop.set()
        # What one of them still writes, its caller could not clear away.
        limit = time.monotonic() + _END_SECONDS
        for thread in threads:
            thread.join(max(0.0, limit - time.monotonic()))


def _attempt(coordinate: str, partial: Path, fetch: Fetch) -> Path | Exception:
    failure: Exception = JarsMissing(coordinate)
    for number in range(_ATTEMPTS):
        into = partial / f"{jar_name(coordinate)}-{number}"
        try:
            return fetch(coordinate, into)
        except Exception as error:  # noqa: BLE001 - whatever the resolver raises is told to the caller
            failure = error
            time.sleep(0.5 * number)
    return failure


def _cannot(coordinate: str, error: Exception) -> str:
    return (
        f"{coordinate} could not be fetched ({type(error).__name__}). Accord needs a network to the Maven "
        f"registry once; after that the jars lie in {cache_dir()}. Check the network and try again."
    )


@contextmanager
def locked(path: Path, seconds: float = _LOCK_SECONDS) -> Iterator[None]:
    """Inside, no other process on this machine holds `path`. Waits up to `seconds`; raises JarsMissing."""
    with path.open("w") as lock:
        limit = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > limit:
                    raise JarsMissing(f"another process holds {path} and does not finish") from None
                time.sleep(0.2)
        yield


def say(text: str) -> None:
    """A line of progress for the person at the terminal."""
    print(f"accord: {text}", file=sys.stderr, flush=True)  # noqa: T201 - progress goes to stderr


def _pin() -> None:
    """Print the table of `jars.toml` anew for `KAFKA_VERSION`."""
    import jgo

    main = [
        f"{a.groupId}:{a.artifactId}:{a.version}"
        for a in jgo.resolve(f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}")
    ]
    with tempfile.TemporaryDirectory() as folder:
        for coordinate in sorted([*main, f"org.apache.kafka:kafka-tools:{KAFKA_VERSION}"]):
            path = fetch_with_jgo(coordinate, Path(folder))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            print(f'"{coordinate}" = "{digest}"')  # noqa: T201 - this is the output


if __name__ == "__main__":
    _pin() if sys.argv[1:] == ["--pin"] else kafka_jars()
