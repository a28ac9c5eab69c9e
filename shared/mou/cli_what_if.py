"""`accord mou diff`: what a version changes, before anybody signs it."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.failures import Usage
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_json, emit_text, say
from shared.mou.cli import mou_in
from shared.mou.diff import SECTIONS, differences
from shared.mou.document import Mou
from shared.mou.load import load_document

Old = Annotated[str, typer.Argument(metavar="OLD", help="A file, or the name of a version.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="A file, or the name of a version.")]

#: What may be the name of a version: nothing of a path.
_VERSION = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")


def register_what_if(mou: typer.Typer) -> None:
    """Adds the commands."""
    mou.command("diff", help="Say what differs between two versions, in plain sentences.")(diff)


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
    say(f"{len(found)} differences." if found else "Both say the same.")


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
