"""`accord mou new`: a county's document, written by asking a person at a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from shared.cli.failures import ExitCode, Usage
from shared.cli.output import say
from shared.mou.cli.files import InvalidDocument, line_of, text_in
from shared.mou.cli.guide import Guide, finding_lines
from shared.mou.documents import DOCUMENTS, text_of
from shared.mou.editing.answering import Answered, opened
from shared.mou.editing.beginning import begun
from shared.mou.findings import InvalidMou
from shared.mou.load import load, validate

NewFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="The county's own document; made if it is not there.")
]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DOCUMENT",
        help=f"What to begin from: {', '.join(DOCUMENTS)}, or a file. The first by default.",
    ),
]
AddDuty = Annotated[
    bool, typer.Option("--add-duty", help="Ask for one duty of the county's own and add it; nothing else.")
]
#: What a county begins from unless it says otherwise: the first of the package.
TEMPLATE = next(iter(DOCUMENTS))


def register_new(mou: typer.Typer) -> None:
    """Adds the command to `accord mou`."""
    mou.command("new")(new)


def new(file: NewFile, begin_from: From = None, add_duty: AddDuty = False) -> None:
    """Write a county's document, question by question: no YAML has to be written.

    Begins FILE from the template, or from another document, and asks what a county decides: the head, then each
    rule that has a hint or that counsel has not confirmed. Each answer is in FILE at once. Type `later`, or press
    Ctrl-C, to leave; the same command goes on from there.
    """
    if file.exists() and begin_from is not None:
        raise Usage(f"{file} is there already.", "Leave --from out to go on with it, or name another file.")
    guide = Guide(file, _readable(file) if file.exists() else _begun(file, begin_from or TEMPLATE))
    whole = guide.add_duty() if add_duty else guide.go_through()
    say("")
    for line in finding_lines(guide.document):
        say(f"{file}:{line}")
    if not whole:
        say(f"It stands in {file}. `accord mou new {file}` goes on.")
    elif guide.document.findings:
        say(f"Correct these before you propose it; `accord mou validate {file}` says them again.")
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)
    else:
        say(f"{file} can be adopted. `accord mou new {file} --add-duty` adds a duty of your county's own;")
        say(f"`accord mou propose {file}` sends it to the parties.")


def _begun(file: Path, source: str) -> Answered:
    """A file of its own, begun from a document of this package or from another file."""
    text = text_of(source) if source in DOCUMENTS else text_in(Path(source))
    findings = validate(text)
    if findings:
        raise InvalidDocument("The document to begin from cannot be used.", f"`accord mou validate {source}`")
    own = begun(text, load(text), uuid4(), source if source in DOCUMENTS else None)
    try:
        with file.open("x", encoding="utf-8", newline="") as written:
            written.write(own)
    except OSError as error:
        raise Usage(f"{file} could not be written.", "Name a file in a folder of yours.") from error
    return opened(own)


def _readable(file: Path) -> Answered:
    """A file that is there, if its form is right; what fits badly in it may be answered better now."""
    try:
        return opened(text_in(file))
    except InvalidMou as error:
        lines = "\n".join(line_of(each, file) for each in error.findings)
        raise InvalidDocument("The document cannot be read.", lines) from error
