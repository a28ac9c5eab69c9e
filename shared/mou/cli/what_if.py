"""`accord mou diff` and `simulate`: what a version changes, and would have changed, before anybody signs it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.failures import CommandFailed, Usage
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_json, emit_table, emit_text, say
from shared.cli.progress import Shown
from shared.mou.cli.files import File, mou_in, text_in
from shared.mou.diff import SECTIONS, differences
from shared.mou.document import Mou
from shared.mou.load import adoptable, load_document
from shared.mou.simulating import Past, Result, simulate, tables

Old = Annotated[str, typer.Argument(metavar="OLD", help="A file, or the name of a version.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="A file, or the name of a version.")]

Against = Annotated[
    str | None,
    typer.Option("--against", metavar="VERSION", help="Beside this version, not the one in force."),
]
History = Annotated[
    Path | None,
    typer.Option(
        "--history",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Over these events, one a line, as `accord events tail --jsonl` prints them.",
    ),
]
#: Seconds between two looks at how far a simulation is.
PAUSE = 0.3
HISTORY_REMEDY = "Give what `accord events tail --jsonl` prints: one event on each line."
#: What may be the name of a version: nothing of a path.
_VERSION = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")


def register_what_if(mou: typer.Typer) -> None:
    """Adds the commands."""
    mou.command("diff", help="Say what differs between two versions, in plain sentences.")(diff)
    mou.command("simulate", help="Say what a version would have made of what was recorded.")(simulated)


def diff(old: Old, new: New, person: As = None, data: Data = None, as_json: Json = False) -> None:
    """Section by section, in the order of reading. Exit 0 whether anything differs or not."""
    before, after = named(old, person, data), named(new, person, data)
    found = differences(before, after)
    if as_json:
        told = [one.as_dict() for one in found]
        emit_json({"old": before.version, "new": after.version, "differences": told})
        return
    for section, some in groupby(found, key=lambda one: one.section):
        emit_text([f"{SECTIONS[section][0]}:", *(f"  {one.sentence}" for one in some), ""])
    counted = "One difference." if len(found) == 1 else f"{len(found)} differences."
    say(counted if found else "Both say the same.")


def simulated(
    file: File,
    against: Against = None,
    history: History = None,
    person: As = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Duties, commands, sealed facts and notices under both versions, as counts. It changes nothing."""
    proposed = mou_in(file)
    if history is not None:
        present = named(against, person, data) if against else in_force(person, data)
        result = simulate(_read(history), present, proposed)
    elif against is not None and Path(against).is_file():
        raise Usage(
            "The county compares with a version that it adopted.", "Name one, or give --history, too."
        )
    else:
        result = _by_the_county(adoptable(text_in(file)), against, person, data)
    if as_json:
        emit_json(result.model_dump(mode="json"))
        return
    for table in tables(result):
        say(f"\n{table.title}{'' if table.rows else ': nothing to tell.'}")
        if table.rows:
            emit_table(table.columns, table.rows)
    say(f"\n{_over(result)} Nothing was changed.")


def _over(result: Result) -> str:
    """Which history it was, in a sentence."""
    if result.first is None or result.last is None:
        return "No event was recorded."
    span = f"recorded from {result.first:%Y-%m-%d} to {result.last:%Y-%m-%d}"
    return f"{result.events:,} events, {span}; duties as of {result.now:%Y-%m-%d %H:%M} UTC."


def _by_the_county(
    document: Mapping[str, Any], against: str | None, person: str | None, data: Path | None
) -> Result:
    """The history is read by the service, and stays there."""
    from shared.cli.client import connect

    body = {"document": document, **({"against": against} if against else {})}
    with connect("referrals", person=person, data=data) as client, Shown() as shown:
        run = client.post("/v1/mou/simulations", body).body
        shown.begin("Reading what was recorded", run["events"])
        while run["state"] == "running":
            time.sleep(PAUSE)
            run = client.get(f"/v1/mou/simulations/{run['simulation']}").body
            shown.at(run["read"])
    if run["state"] != "done":
        raise CommandFailed(
            "The simulation ended before it was done.", "Ask again; `accord status` shows what runs."
        )
    return Result.model_validate(run["result"])


def _read(history: Path) -> Iterator[Past]:
    with history.open("rb") as lines, Shown() as shown:
        shown.begin("Reading the history")
        for number, line in enumerate(lines, 1):
            try:
                yield Past.of(line)
            except ValueError as error:
                raise Usage(f"Line {number} of the history {error}.", HISTORY_REMEDY) from None
            shown.at(number)


def in_force(person: str | None, data: Path | None) -> Mou:
    """The county's version in force. Raises ApiProblem while there is none."""
    from shared.cli.client import connect

    with connect("referrals", person=person, data=data) as client:
        return load_document(client.get("/v1/mou").body["document"])


def named(name: str, person: str | None, data: Path | None) -> Mou:
    """The document in a file of this name, else the county's version of this name.

    Raises Usage, InvalidDocument, ApiProblem where there is no such version.
    """
    from shared.cli.client import connect

    if Path(name).is_file():
        return mou_in(Path(name))
    if not _VERSION.fullmatch(name):
        raise Usage("There is no such file.", "Name a YAML file, or a version that the county adopted.")
    with connect("referrals", person=person, data=data) as client:
        in_force = client.get("/v1/mou").body
        if in_force["version"] == name:
            return load_document(in_force["document"])
        return load_document(client.get(f"/v1/mou/versions/{name}").body["document"])
