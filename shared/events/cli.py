"""`accord events`: the contract on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.failures import CommandFailed, ExitCode, Unreachable, Usage
from shared.cli.options import Data, Json, Jsonl
from shared.cli.output import emit_fields, emit_json, emit_line, emit_table, say
from shared.errors import TryLater
from shared.events import export as exporting
from shared.events.catalogue import CATALOGUE
from shared.events.export_pages import meaning
from shared.events.export_schemas import schema_of
from shared.events.registry import TYPES

#: Packages that can read a topic offer `records(topic, wait_seconds, data)` here: the contract knows no Kafka.
READERS = "accord.readers"

Root = Annotated[Path, typer.Option("--root", metavar="DIR", help="The repository's root.")]


class Drifted(CommandFailed):
    """Committed documents are not what the code says."""

    exit_code = ExitCode.FOUND_PROBLEMS


class NoSuchType(CommandFailed):
    """No event type has this name."""

    exit_code = ExitCode.NOT_FOUND


def register(app: typer.Typer) -> None:
    """Add `accord events` to the command."""
    events = typer.Typer(help="The event contract.", no_args_is_help=True, rich_markup_mode=None)
    for command in (catalogue, schema, asyncapi, tail, export):
        events.command()(command)
    app.add_typer(events, name="events")


def catalogue(as_json: Json = False) -> None:
    """List every event type, its meaning and its topic."""
    rows = [(name, ", ".join(CATALOGUE[name].topics), meaning(name)) for name in TYPES]
    columns = ("type", "topic", "meaning")
    if as_json:
        emit_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        emit_table(columns, rows)


def schema(type_name: Annotated[str, typer.Argument(metavar="TYPE")]) -> None:
    """Print the JSON Schema of one event type."""
    if type_name not in TYPES:
        raise NoSuchType("There is no such event type.", "accord events catalogue lists them.")
    emit_json(schema_of(type_name))


def asyncapi() -> None:
    """Print the AsyncAPI document: topics, who writes and reads them, and messages."""
    emit_json(json.loads(exporting.collect(exporting.exporters())["docs/asyncapi.json"]))


def export(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 6 if a file differs.")] = False,
    root: Root = Path(),
) -> None:
    """Write every document that is made from the code: schemas, pages, AsyncAPI, OpenAPI."""
    if not (root / "pyproject.toml").is_file():
        raise Usage("This is not the repository's root.", "Run it there, or name it with --root.")
    texts = exporting.collect(exporting.exporters())
    if not check:
        say(f"{len(exporting.write(root, texts))} of {len(texts)} documents were not up to date and are now.")
        return
    differing = exporting.drift(root, texts)
    for path, why in differing.items():
        say(f"{path}: {why}")
    if differing:
        raise Drifted(f"{len(differing)} documents are not what the code says.", "accord events export")
    say(f"All {len(texts)} documents are what the code says.")


def tail(
    topic: Annotated[str, typer.Option("--topic", help="A kept topic.")] = "accord.referrals.events",
    wait: Annotated[float, typer.Option("--wait", help="End after this many seconds without a record.")] = 5,
    data: Data = None,
    as_jsonl: Jsonl = False,
) -> None:
    """Show the records of a topic from its start, for operators.

    As a principal that may read it: KAFKA_BOOTSTRAP_SERVERS, ACCORD_KAFKA_USERNAME and ACCORD_KAFKA_PASSWORD, or,
    where these are not set, the local platform's.
    """
    readers = list(entry_points(group=READERS))
    if not readers:
        raise Usage("Nothing here can read a topic.", "Install Accord with its bus.")
    try:
        for record in readers[0].load()(topic, wait, data):
            _show(record, as_jsonl)
    except TryLater as error:
        hint = "See that Kafka runs (`accord status`); look at KAFKA_BOOTSTRAP_SERVERS and the principal's login."
        raise Unreachable(f"{error}", hint) from error


def _show(record: Mapping[str, Any], as_jsonl: bool) -> None:
    if as_jsonl:
        emit_line(record)
    else:
        emit_fields(record)
        say("")
