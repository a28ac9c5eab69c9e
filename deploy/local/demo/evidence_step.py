"""Step 11: an evidence bundle is taken, carried to an empty directory and verified with nothing of ours."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from deploy.local.demo.audit_step import AUDITOR
from deploy.local.demo.commands import accord
from deploy.local.demo.expecting import expect
from deploy.local.demo.stage import Stage
from deploy.local.demo.telling import short
from shared.cli.failures import ExitCode

_SECONDS = 60.0


def carried_away(stage: Stage) -> None:
    """As public health could have known the case when it declined; verified, altered, and found out."""
    with tempfile.TemporaryDirectory(prefix="accord-carried-") as folder:
        there = Path(folder)
        bundle = _taken(stage, there / "evidence.zip")
        _verified_by_a_stranger(stage, bundle)
        _altered(stage, bundle)
    stage.published("accord.evidence.made.v1", lambda s: s.data.get("about") == stage.case)


def _taken(stage: Stage, file: Path) -> Path:
    stage.who(
        "The auditor takes evidence for the court: the case as public health could have known it when it declined."
    )
    stage.door(f"accord audit evidence {short(stage.case)} --as-of-event … --known-to public-health")
    view = ("--as-of-event", stage.rejection, "--known-to", "public-health", "--purpose", "audit")
    accord(stage, "audit", "evidence", stage.case, *view, "--output", str(file), "--as", AUDITOR)
    with zipfile.ZipFile(file) as packed:
        members = packed.namelist()
        packed.extractall(file.parent)
    stage.answer(f"a BagIt bag of {len(members)} files, {file.stat().st_size / 1024:,.0f} KiB zipped")
    return file.parent / members[0].split("/")[0]


def _stranger(bundle: Path) -> subprocess.CompletedProcess[str]:
    """Python alone: isolated, without site-packages, with an empty environment, in the bundle's folder."""
    command = [sys.executable, "-I", "-S", "verify.py"]
    return subprocess.run(command, cwd=bundle, env={}, capture_output=True, text=True, timeout=_SECONDS)


def _verified_by_a_stranger(stage: Stage, bundle: Path) -> None:
    stage.who("A stranger unpacks it in an empty directory and verifies it with a bare Python, offline.")
    stage.door("python3 verify.py")
    done = _stranger(bundle)
    expect(done.returncode == ExitCode.OK, "a bundle that fits", f"exit {done.returncode}")
    for line in filter(None, done.stdout.splitlines()):
        stage.tell.line("", line)


def _altered(stage: Stage, bundle: Path) -> None:
    stage.who("Somebody changes one byte of one record on the way.")
    record = sorted((bundle / "data" / "records").iterdir())[0]
    whole = bytearray(record.read_bytes())
    whole[len(whole) // 2] ^= 1
    record.write_bytes(whole)
    done = _stranger(bundle)
    expect(
        done.returncode == ExitCode.FOUND_PROBLEMS, "it to be found out (exit 6)", f"exit {done.returncode}"
    )
    expect(record.name in done.stdout, "the record to be named", "it is not")
    named = next(line for line in done.stdout.splitlines() if record.name in line)
    stage.answer(f"exit 6: {named.strip()}")
