"""Step 12: what is made of Kafka is made again from it; nobody is told twice, and every signed root comes again."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg

from deploy.local.demo.audit_step import AUDITOR
from deploy.local.demo.commands import accord
from deploy.local.demo.expecting import expect, wait_for
from deploy.local.demo.stage import Stage
from deploy.local.health import health_of
from deploy.local.provision import drop_database, make_database
from deploy.local.runfile import read_run
from shared.cli.failures import ExitCode

AUDIT = "accord_audit"
#: For the processes of audit to find their database gone, and there again.
_BACK_SECONDS = 60.0
#: A second delivery would come within this (seconds).
_SETTLE = 0.5


def rebuilt(stage: Stage) -> None:
    """The feed and the ledger beside the live ones; then audit's database, lost whole."""
    _beside(stage)
    if stage.own and stage.doors.infra.postgres is not None:
        _lost(stage)
    else:
        stage.who("Audit's database is not dropped here: it is not there for the story alone.")


def _beside(stage: Stage) -> None:
    stage.who("The operator has the feed and the ledger made again from Kafka, beside those that are used.")
    told = {person: len(feed.all()) for person, feed in stage.feeds.items()}
    commands = (("feed", "rebuild"), ("audit", "rebuild"))
    with ThreadPoolExecutor() as pool:
        reports = [pool.submit(accord, stage, *command, "--json") for command in commands]
    for command, report in zip(commands, reports, strict=True):
        stage.door(f"accord {' '.join(command)}")
        _same(stage, report.result().document)
    time.sleep(_SETTLE)
    again = {person: len(feed.all()) for person, feed in stage.feeds.items()}
    expect(
        again == told, "nobody to be told anything again", f"{sum(again.values()) - sum(told.values())} items"
    )
    stage.checked(f"Nobody was told anything twice: {len(told)} open streams stayed silent.")


def _same(stage: Stage, report: dict[str, Any]) -> None:
    digests = report["digests"]
    differ = [name for name, both in digests.items() if both["live"] != both["rebuilt"]]
    expect(report["switched"] and not differ, "the same digests, and the switch", differ or "no switch")
    roots = f", {report['roots']} signed roots reproduced" if report["roots"] else ""
    stage.answer(
        f"{report['records']:,} records, {report['seconds']:.1f} s; digests equal: {', '.join(digests)}{roots}"
    )


def _lost(stage: Stage) -> None:
    stage.who("Then the whole database of audit is lost. Somebody elsewhere kept a checkpoint.")
    with tempfile.TemporaryDirectory(prefix="accord-kept-") as folder:
        kept = Path(folder) / "kept.json"
        signed = accord(stage, "audit", "checkpoint", "--json", "--as", AUDITOR)
        kept.write_text(signed.out, encoding="utf-8")
        before = _entries(stage)
        stage.door(
            "DROP DATABASE accord_audit, and an empty one; accord audit rebuild --checkpoint kept.json"
        )
        with psycopg.connect(stage.doors.infra.admin_url, autocommit=True) as admin:
            drop_database(admin, AUDIT)
            make_database(admin, AUDIT, owner=AUDIT)
        report = accord(stage, "audit", "rebuild", "--checkpoint", str(kept), "--json").document
        _same(stage, report)
        logs = len(signed.document["checkpoints"])
        expect(report["roots"] >= logs, f"the roots of {logs} kept checkpoints", report["roots"])
        _repaired(stage)
        stage.door("accord audit verify --checkpoint kept.json")
        verify = ("audit", "verify", "--checkpoint", str(kept), "--json", "--as", AUDITOR)
        told = accord(stage, *verify).document
        expect(not told["problems"], "a ledger in which all fits", told["problems"])
        stage.answer(
            f"{told['verified']:,} entries verified, {told['kept']} checkpoints kept elsewhere: all fit"
        )
    expect(_entries(stage)[: len(before)] == before, "the same history of the case", "another one")
    stage.checked("The history of the case is the same, entry for entry.")


def _repaired(stage: Stage) -> None:
    """Audit's own store takes back what it had published: who read what."""
    stage.door("accord repair audit")
    repair = ("repair", "audit", "--yes")
    # It refuses as long as the relay runs, which finds Kafka ahead of its store and stops itself.
    wait_for(
        lambda: accord(stage, *repair, code=(0, ExitCode.CONFLICT)).code == 0 or None,
        _BACK_SECONDS,
        "a repair",
    )
    for name in ("audit-relay", "audit-consumer", "audit-api"):
        _until(stage, name, "ready")
    wait_for(lambda: _well(stage), _BACK_SECONDS, "audit to be well again", lambda: "`accord status`", 0.3)
    stage.answer("who read what is back; every process is well")


def _well(stage: Stage) -> bool | None:
    return health_of({"audit": stage.doors.address("audit")})["audit"].status in ("ok", "warn") or None


def _until(stage: Stage, name: str, state: str) -> None:
    def look() -> bool | None:
        run = read_run(stage.doors.infra.places.data)
        return (run is not None and run.processes[name].state == state) or None

    wait_for(look, _BACK_SECONDS, f"{name} to be {state}", lambda: "another state", 0.2)


def _entries(stage: Stage) -> list[dict[str, Any]]:
    path = f"/v1/cases/{stage.case}/history"
    return list(stage.doors.api("audit", AUDITOR, "audit").get(path).body["entries"])
