"""Step 10: the ledger is verified; then one byte of a copy of it is flipped, and verification names the entry."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg

from deploy.local.child import Child
from deploy.local.demo.audit_step import AUDITOR
from deploy.local.demo.commands import accord
from deploy.local.demo.expecting import expect, wait_for
from deploy.local.demo.stage import Stage
from deploy.local.demo.telling import short
from deploy.local.health import health_of
from deploy.local.infrastructure import Infrastructure
from deploy.local.postgres import wheel_programs
from deploy.local.processes import environment_of, process_table
from shared.cli.failures import ExitCode

_SECONDS = 60.0
VERIFY = ("audit", "verify", "--json", "--as", AUDITOR)


def proven(stage: Stage) -> None:
    """Everything verifies; a copy with one byte flipped does not, and the entry is named."""
    stage.who("The auditor verifies the whole ledger: signatures, trees, and each record.")
    stage.door("accord audit checkpoint, then accord audit verify")
    accord(stage, "audit", "checkpoint", "--as", AUDITOR)
    told = accord(stage, *VERIFY).document
    expect(not told["problems"], "a ledger in which all fits", told["problems"])
    stage.answer(f"{told['verified']:,} entries of {told['logs']} logs verified. All fit.")
    stage.who("Somebody who owns the database's files flips one byte, in a copy of the ledger.")
    infra = stage.doors.infra
    with _copy(infra) as url, _api_over(infra, url) as address:
        topic, partition, sequence, entry = _flip(stage, url)
        stage.door(f"in the value of {topic}, partition {partition}, sequence {sequence} ({entry})")
        over = {"ACCORD_AUDIT_URL": address}
        told = accord(stage, *VERIFY, environment=over, code=ExitCode.FOUND_PROBLEMS).document
    first = told["problems"][0]
    named = (first["topic"], first["partition"], first["sequence"])
    expect(named == (topic, partition, sequence), "the first bad entry to be the flipped one", named)
    stage.answer(f"exit 6, {first['kind']}: {named[0]}, partition {named[1]}, sequence {named[2]}")
    stage.tell.line("", str(first["detail"]))


def _flip(stage: Stage, url: str) -> tuple[str, int, int, str]:
    """Flip one bit of one byte in the middle of the decline's record; where it stands."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "UPDATE ledger SET value = set_byte(value, length(value) / 2, get_byte(value, length(value) / 2) # 1)"
            " WHERE event_id = %s RETURNING topic, partition, sequence",
            [stage.rejection],
        ).fetchone()
    expect(row is not None, "the decline's record in the copy", "it is not there")
    assert row is not None
    return *row, f"event {short(stage.rejection)}"


@contextmanager
def _copy(infra: Infrastructure) -> Iterator[str]:
    """The address of a copy of audit's database, gone at the end."""
    copy = infra.fresh_database("accord_audit")
    try:
        original, secret = _without_password(infra.database_url("accord_audit"))
        dump = [str(wheel_programs() / "pg_dump"), "--no-owner", original]
        restore = [str(wheel_programs() / "psql"), "--quiet", "--set", "ON_ERROR_STOP=1"]
        env = os.environ | {"PGPASSWORD": secret}
        with subprocess.Popen(dump, env=env, stdout=subprocess.PIPE) as dumping:
            restored = subprocess.run(
                [*restore, "--dbname", _without_password(copy)[0]],
                env=env,
                stdin=dumping.stdout,
                capture_output=True,
                timeout=_SECONDS,
            )
        codes = (dumping.returncode, restored.returncode)
        expect(codes == (0, 0), "a copy of audit's database", f"exit {codes}")
        yield copy
    finally:
        infra.drop_database(copy)


def _without_password(url: str) -> tuple[str, str]:
    """The address, and the password apart: a command line can be read by everybody on the machine."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}@{host}")), unquote(parts.password or "")


@contextmanager
def _api_over(infra: Infrastructure, url: str) -> Iterator[str]:
    """The address of an API of audit over another database; stopped at the end."""
    spec = next(one for one in process_table() if one.name == "audit-api")
    port = infra.places.port("audit-over-a-copy")
    env = environment_of(spec, infra, {"audit": port}) | {"DATABASE_URL": url}
    log, address = infra.places.log("audit-over-a-copy"), f"http://127.0.0.1:{port}"
    child = Child("audit-over-a-copy", spec.command, env, log)
    child.start()

    def answers() -> bool | None:
        return health_of({"audit": address})["audit"].status != "unreachable" or None

    try:
        wait_for(answers, _SECONDS, "an API over the copy", lambda: f"see {log}", 0.1)
        yield address
    finally:
        child.stop(10.0)
