"""`accord repair`: make a service's store and its topics agree again."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.failures import CommandFailed, ExitCode, Unreachable, Usage
from shared.cli.options import Data, Json
from shared.cli.output import emit_json, emit_table, say
from shared.events.names import Service

if TYPE_CHECKING:
    from shared.bus.compare import Verdict
    from shared.settings import Settings

Which = Annotated[Service, typer.Argument(metavar="SERVICE", help="referrals, notifications or audit.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before storing records again.")]


class Remains(CommandFailed):
    """Store and log still disagree."""

    exit_code = ExitCode.FOUND_PROBLEMS


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("repair", help="Store again what Kafka holds and a restored store has lost.")(repair)


def repair(service: Which, yes: Yes = False, data: Data = None, as_json: Json = False) -> None:
    """Compares store and topics, shows where they differ, and imports what the store lacks.

    It needs the service's own DATABASE_URL and Kafka login: from the environment, else from the local
    platform's DATA/secrets/env/SERVICE.json. Exit 0 if they agree in the end, 6 if something remains.
    """
    from shared.bus import repair as work
    from shared.errors import Disagreement, TryLater

    settings, platform = settings_of(service, data)
    try:
        found = work.look(settings, service)
        differing = [v for v in found if v.row != "equal"]
        if not as_json:
            _show(differing)
        if any(v.row == "kafka-ahead" for v in differing) and not (yes or as_json):
            typer.confirm("Store again what is missing?", abort=True, err=True)
        report = work.repair(settings, service)
    except TryLater as error:
        raise Unreachable(f"Nothing was changed: {error}.", "Look with `accord status`.") from error
    except Disagreement as error:
        raise Remains(error.detail, error.remedy) from error
    if as_json:
        emit_json(report.as_dict())
    for place, count in report.imported.items():
        say(f"{place}: {count} records stored again.")
    if report.rebuilt:
        say(report.rebuilt)
    if report.remains:
        raise Remains(f"{service} still disagrees with its topics.", "\n".join(report.remains))
    say(f"{service} and its topics agree.")
    for name in start_again(platform, service) if platform else ():
        say(f"{name} had stopped itself and is started again.")


def settings_of(service: str, data: Path | None) -> tuple[Settings, Path | None]:
    """The service's own settings, and the local platform's folder if they came from there. Raises Usage."""
    from shared.settings import Settings

    if os.environ.get("DATABASE_URL") and data is None:
        return Settings(), None
    folder = data or Path(os.environ.get("ACCORD_DATA") or ".accord")
    path = folder / "secrets" / "env" / f"{service}.json"
    try:
        given = json.loads(path.read_text())
    except (OSError, ValueError):
        raise Usage(
            f"The settings of {service} are not known here.",
            "Set its DATABASE_URL, KAFKA_BOOTSTRAP_SERVERS, ACCORD_KAFKA_USERNAME and ACCORD_KAFKA_PASSWORD,"
            " or name the local platform's data directory with --data.",
        ) from None
    os.environ.update(given)
    return Settings(), folder


#: States of what does not run: it waits for a person, or for its next start.
STOPPED = frozenset({"needs-operator", "waiting"})


def start_again(folder: Path, service: str, seconds: float = 15.0) -> list[str]:
    """Have the local platform start at once what stopped itself; the names. Blocks up to 15 s.

    The supervisor stops what `hold.json` names and starts what it no longer names.
    """
    states = _states(folder)
    names = [n for n, state in states.items() if n.startswith(f"{service}-") and state in STOPPED]
    hold, before = folder / "hold.json", _json(folder / "hold.json") or []
    if names:
        _replace(hold, [*before, *names])
        until = time.monotonic() + seconds
        while any(_states(folder).get(n) != "held" for n in names) and time.monotonic() < until:
            time.sleep(0.1)
        _replace(hold, before)
    return names


def _states(folder: Path) -> dict[str, str]:
    run = _json(folder / "run.json") or {}
    return {name: str(entry["state"]) for name, entry in run.get("processes", {}).items()}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def _replace(path: Path, document: object) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(document))
    partial.replace(path)


def _show(differing: list[Verdict]) -> None:
    if not differing:
        say("Every topic partition is equal.")
        return
    rows = [(v.topic, v.partition, v.row, v.kafka, v.store) for v in differing]
    emit_table(("topic", "partition", "found", "last in Kafka", "last in the store"), rows)
