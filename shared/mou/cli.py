"""`accord mou`: check, read and adopt a county's MOU document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from shared.cli.failures import CommandFailed, ExitCode, Usage
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_fields, emit_json, emit_table, emit_text, say
from shared.mou.coverage import coverage
from shared.mou.document import Mou
from shared.mou.documents import DOCUMENTS, text_of
from shared.mou.editing.answering import Answered
from shared.mou.editing.answering import opened as opened_document
from shared.mou.editing.beginning import begun
from shared.mou.findings import Finding, InvalidMou
from shared.mou.load import adoptable, document_of, load, load_document, validate
from shared.mou.page import page
from shared.mou.parties import clause_of
from shared.mou.reading import MAX_TEXT
from shared.mou.tables import emit_tables
from shared.mou.telling import explained, told_whole, treatment

File = Annotated[Path, typer.Argument(metavar="FILE", help="The MOU document, in YAML.")]
SignedBy = Annotated[
    list[str], typer.Option("--signed-by", metavar="AGENCY", help="A party that signed; repeat it for each.")
]
PdfDigest = Annotated[
    str | None, typer.Option("--pdf-digest", metavar="SHA256", help="SHA-256 of the signed PDF.")
]

Coverage = Annotated[
    bool, typer.Option("--coverage", help="Also list event types and acts that no rule speaks of.")
]

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

Clause = Annotated[str, typer.Argument(metavar="CLAUSE", help='The clause, as the paper numbers it: "9.2".')]
Of = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Of this document, not of the one in force.")
]

Html = Annotated[bool, typer.Option("--html", help="As one page of HTML, to be read, printed and sent.")]

#: What a county begins from unless it says otherwise: the first of the package.
TEMPLATE = next(iter(DOCUMENTS))


class InvalidDocument(CommandFailed):
    """The document cannot be used."""

    exit_code = ExitCode.REFUSED


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    mou = typer.Typer(help="The county's MOU as a document.", no_args_is_help=True)
    mou.command("validate", help="Say everything that is wrong with a document.")(validate_file)
    mou.command("new")(new)
    mou.command("show", help="Show a document as people read it.")(show)
    mou.command("explain", help="Say what a clause means and what follows from it.")(explain)
    mou.command("adopt", help="Record a version that the parties have signed.")(adopt)
    app.add_typer(mou, name="mou")


def validate_file(file: File, with_coverage: Coverage = False, as_json: Json = False) -> None:
    """Exit 0 if the document can be adopted; 6 with every finding if not."""
    text = _text(file)
    findings = validate(text)
    uncovered = coverage(load(text)) if with_coverage and not findings else None
    if as_json:
        told = {"valid": not findings, "findings": [finding.as_dict() for finding in findings]}
        emit_json(told if uncovered is None else {**told, "coverage": uncovered})
    elif uncovered is not None:
        emit_table(
            ["of which no rule speaks", "what"], [(n, kind) for kind, ns in uncovered.items() for n in ns]
        )
    for finding in findings:
        say(_line(finding, file))
    if findings:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)
    say("This document can be adopted.")


def new(file: NewFile, begin_from: From = None, add_duty: AddDuty = False) -> None:
    """Write a county's document, question by question: no YAML has to be written.

    Begins FILE from the template, or from another document, and asks what a county decides: the head, then each
    rule that has a hint or that counsel has not confirmed. Each answer is in FILE at once. Type `later`, or press
    Ctrl-C, to leave; the same command goes on from there.
    """
    from shared.mou.guide import Guide, finding_lines

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


def explain(
    clause: Clause, file: Of = None, person: As = None, data: Data = None, as_json: Json = False
) -> None:
    """A clause of the document in force, or of a file: its sentence, source, treatment and duties."""
    mou = _mou(file) if file else _in_force(person, data)
    found = clause_of(mou, clause)
    if found is None:
        known = ", ".join(one.id for one in mou.clauses)
        raise Usage("The document has no such clause.", f"Choose one of: {known}.")
    lines = explained(mou, found)
    if as_json:
        emit_json(
            {"clause": found.model_dump(mode="json"), "treatment": treatment(mou, found), "lines": lines}
        )
    else:
        emit_text(lines)


def show(file: File, as_html: Html = False, as_json: Json = False) -> None:
    """The document as people read it, then its rules and lists as tables; or its plain values."""
    mou = _mou(file)
    if as_json:
        emit_json(document_of(mou))
        return
    if as_html:
        emit_text([page(mou)])
        return
    emit_text(told_whole(mou))
    say("")
    emit_tables(mou)


def adopt(
    file: File,
    signed_by: SignedBy,
    pdf_digest: PdfDigest = None,
    person: As = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Send a checked document to the county. It takes effect for what is decided after it."""
    from shared.cli.client import connect

    mou = _mou(file)
    body = {"document": adoptable(_text(file)), "signed_by": signed_by, "pdf_digest": _digest(pdf_digest)}
    with connect("referrals", person=person, data=data) as client:
        answer = client.post("/v1/mou/versions", {name: part for name, part in body.items() if part})
    if as_json:
        emit_json(answer.body)
        return
    say(f"Adopted: version {mou.version} of {mou.county}.")
    emit_fields(answer.body if isinstance(answer.body, dict) else {"version": mou.version})


def _begun(file: Path, source: str) -> Answered:
    """A file of its own, begun from a document of this package or from another file."""
    text = text_of(source) if source in DOCUMENTS else _text(Path(source))
    findings = validate(text)
    if findings:
        raise InvalidDocument("The document to begin from cannot be used.", f"`accord mou validate {source}`")
    own = begun(text, load(text), uuid4(), source if source in DOCUMENTS else None)
    try:
        with file.open("x", encoding="utf-8", newline="") as opened:
            opened.write(own)
    except OSError as error:
        raise Usage(f"{file} could not be written.", "Name a file in a folder of yours.") from error
    return opened_document(own)


def _readable(file: Path) -> Answered:
    """A file that is there, if its form is right; what fits badly in it may be answered better now."""
    try:
        return opened_document(_text(file))
    except InvalidMou as error:
        lines = "\n".join(_line(each, file) for each in error.findings)
        raise InvalidDocument("The document cannot be read.", lines) from error


def _text(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            return opened.read(MAX_TEXT + 1)  # whatever is longer is refused, and need not be read
    except (OSError, UnicodeDecodeError) as error:
        raise Usage("The file could not be read as text.", "Name a YAML file in UTF-8.") from error


def _in_force(person: str | None, data: Path | None) -> Mou:
    from shared.cli.client import connect

    with connect("referrals", person=person, data=data) as client:
        return load_document(client.get("/v1/mou").body["document"])


def _mou(file: Path) -> Mou:
    text = _text(file)
    findings = validate(text)
    if findings:
        raise InvalidDocument(
            "The document cannot be used.", "\n".join(_line(each, file) for each in findings)
        )
    return load(text)


def _line(finding: Finding, file: Path) -> str:
    """One line that editors can jump to."""
    return (
        f"{file}:{finding.line}:{finding.column}: {finding.path or '/'} {finding.problem}. {finding.remedy}"
    )


def _digest(text: str | None) -> str | None:
    if text is None:
        return None
    plain = text.lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise Usage("--pdf-digest is no SHA-256.", "`sha256sum FILE` prints it: 64 hexadecimal digits.")
    return f"sha256:{plain}"
