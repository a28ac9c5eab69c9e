"""`accord up`, `down`, `status`, `doctor`: the local platform from the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.failures import CommandFailed, ExitCode
from shared.cli.options import Data, Json
from shared.cli.output import emit_json, emit_table, say

#: The first time, the jars are fetched as well.
_UP_SECONDS = 900.0
#: A process may need a second start while everything starts at once; `up` says so only after this.
_SETTLE_SECONDS = 30.0


class AlreadyRunning(CommandFailed):
    """A second `up` on the same data."""

    exit_code = ExitCode.CONFLICT


class NotRunning(CommandFailed):
    """Nothing runs on this data."""

    exit_code = ExitCode.UNREACHABLE


class NotUp(CommandFailed):
    """The platform could not be brought up."""

    exit_code = ExitCode.UNREACHABLE


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("up", help="Start Kafka, PostgreSQL and every service on this machine.")(up)
    app.command("down", help="Stop them; the data stays.")(down)
    app.command("status", help="What runs, since when, and how it feels.")(status)
    app.command("doctor", help="Check everything, and say what to do.")(doctor)


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when all is ready; it goes on.")] = False,
    data: Data = None,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Notification workers.")] = 1,
) -> None:
    """Stays until Ctrl-C, or, with --detach, until everything is ready. Exit 4 if it is up already."""
    folder = _folder(data)
    if detach:
        _up_detached(folder, workers)
        return
    from deploy.local.lock import AlreadyUp
    from deploy.local.processes import process_table
    from deploy.local.supervisor import Supervisor
    from shared.errors import AccordError

    try:
        Supervisor(folder, process_table(workers)).run()
    except AlreadyUp as error:
        raise AlreadyRunning(str(error)) from error
    except AccordError as error:
        raise NotUp(str(error), "`accord doctor` checks every part.") from error


def _up_detached(folder: Path, workers: int) -> None:
    from deploy.local.places import Places
    from deploy.local.runfile import is_running, read_run

    if is_running(run := read_run(folder)):
        assert run is not None
        raise AlreadyRunning(
            f"Accord already runs on {folder} (pid {run.supervisor}).", "See `accord status`."
        )
    places = Places(folder)
    places.make()
    log = places.log("supervisor")
    begin = log.stat().st_size if log.exists() else 0
    command = [
        sys.executable,
        "-m",
        "deploy.local.supervisor",
        "--data",
        str(folder),
        "--workers",
        str(workers),
    ]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    patience = limit = time.monotonic() + _UP_SECONDS
    while True:
        begin = _relay(log, begin)
        run = read_run(folder)
        state = run.state if run is not None and run.supervisor == process.pid else ""
        if state != "degraded":
            patience = time.monotonic() + _SETTLE_SECONDS
        if state == "ready" or time.monotonic() > patience:
            break
        if process.poll() is not None:
            _relay(log, begin)
            raise NotUp("The platform ended while starting.", f"Its log is {log}.")
        if time.monotonic() > limit:
            process.send_signal(signal.SIGTERM)
            raise NotUp(f"The platform was not ready after {_UP_SECONDS:.0f} s.", f"Its log is {log}.")
        time.sleep(0.2)
    _relay(log, begin)
    if state != "ready":
        raise NotUp("It is up, but not everything is well.", "`accord status` shows what is not.")


def _relay(log: Path, begin: int) -> int:
    """Show what the supervisor said since; returns how far that was."""
    with log.open("rb") as lines:
        lines.seek(begin)
        text = lines.read()
    sys.stderr.write(text.decode("utf-8", "replace"))
    sys.stderr.flush()
    return begin + len(text)


def down(data: Data = None) -> None:
    """Stops in order and waits. Nothing running is no failure."""
    from deploy.local.runfile import is_running, read_run
    from deploy.local.system import DOWN_SECONDS

    folder = _folder(data)
    run = read_run(folder)
    if run is None or not is_running(run):
        say(f"Nothing runs on {folder}.")
        return
    os.kill(run.supervisor, signal.SIGTERM)
    limit = time.monotonic() + DOWN_SECONDS
    while is_running(run):
        if time.monotonic() > limit:
            hint = f"Its log is {folder / 'logs' / 'supervisor.log'}."
            raise CommandFailed(f"It did not stop within {DOWN_SECONDS:.0f} s (pid {run.supervisor}).", hint)
        time.sleep(0.1)
    say("Stopped. The data stays.")


def status(data: Data = None, as_json: Json = False) -> None:
    """Exit 0 if everything is ready, 6 if something is not, 7 if nothing runs on this data."""
    from dataclasses import asdict

    from deploy.local.health import health_of_everything
    from deploy.local.infrastructure import Infrastructure
    from deploy.local.runfile import is_running, read_run

    folder = _folder(data)
    run = read_run(folder)
    if run is None or not is_running(run):
        if as_json:
            emit_json({"state": "stopped", "data": str(folder)})
        raise NotRunning(f"Nothing runs on {folder}.", "Start it with `accord up`.")
    health = health_of_everything(Infrastructure(folder).attach(), run.addresses)
    well = run.state == "ready" and all(h.status in ("ok", "warn") for h in health.values())
    if as_json:
        emit_json(asdict(run) | {"well": well, "health": {name: asdict(h) for name, h in health.items()}})
    else:
        emit_table(["process", "state", "pid", "since", "restarts", "message"], _rows(run))
        emit_table(["address", "", "health"], _addresses(run, health))
        say(_in_short(well, any(h.checks for h in health.values())))
    if not well:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def _in_short(well: bool, warned: bool) -> str:
    if not well:
        return "Not everything is well: `accord doctor` says what to do."
    return "It runs, with warnings: `accord doctor` says more." if warned else "Everything is well."


def _rows(run: Any) -> list[tuple[Any, ...]]:
    return [
        (name, e.state, e.pid, e.since, e.restarts, e.message or None) for name, e in run.processes.items()
    ]


def _addresses(run: Any, health: Any) -> list[tuple[Any, ...]]:
    rows = []
    for name, address in run.addresses.items():
        found = health.get(name)
        said = [f"{c.get('name')}: {c.get('detail')}" for c in found.checks] if found else []
        what = ", ".join([found.status, *said]) if found else None
        rows.append((name, address, what))
    return rows


def doctor(data: Data = None, as_json: Json = False) -> None:
    """Exit 0 if no line is `fail`, else 6."""
    from dataclasses import asdict

    from deploy.local.doctor import examine

    lines = examine(_folder(data))
    failed = sum(line.status == "fail" for line in lines)
    if as_json:
        emit_json({"ok": not failed, "checks": [asdict(line) for line in lines]})
    else:
        emit_table(["", "check", "what is", "what to do"], [_cells(line) for line in lines])
        warned = sum(line.status == "warn" for line in lines)
        well = f"Nothing failed, but {warned} of {len(lines)} checks warn." if warned else "Nothing to do."
        say(f"{failed} of {len(lines)} checks failed." if failed else well)
    if failed:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def _cells(line: Any) -> tuple[str, str, str, str]:
    return line.status, line.name, line.detail, line.remedy


def _folder(data: Path | None) -> Path:
    from deploy.local.places import default_data_dir

    return data.absolute() if data else default_data_dir()
