"""`accord mou`: check, read and adopt a county's MOU document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.failures import CommandFailed, ExitCode, Usage
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_fields, emit_json, emit_table, emit_text, say
from shared.mou.coverage import coverage
from shared.mou.document import Mou
from shared.mou.findings import Finding
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

Clause = Annotated[str, typer.Argument(metavar="CLAUSE", help='The clause, as the paper numbers it: "9.2".')]
Of = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Of this document, not of the one in force.")
]

Html = Annotated[bool, typer.Option("--html", help="As one page of HTML, to be read, printed and sent.")]


class InvalidDocument(CommandFailed):
    """The document cannot be used."""

    exit_code = ExitCode.REFUSED


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    from shared.mou.cli_what_if import register_what_if

    mou = typer.Typer(help="The county's MOU as a document.", no_args_is_help=True)
    mou.command("validate", help="Say everything that is wrong with a document.")(validate_file)
    mou.command("show", help="Show a document as people read it.")(show)
    mou.command("explain", help="Say what a clause means and what follows from it.")(explain)
    mou.command("adopt", help="Record a version that the parties have signed.")(adopt)
    register_what_if(mou)
    app.add_typer(mou, name="mou")


def validate_file(file: File, with_coverage: Coverage = False, as_json: Json = False) -> None:
    """Exit 0 if the document can be adopted; 6 with every finding if not."""
    text = text_in(file)
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


def explain(
    clause: Clause, file: Of = None, person: As = None, data: Data = None, as_json: Json = False
) -> None:
    """A clause of the document in force, or of a file: its sentence, source, treatment and duties."""
    mou = mou_in(file) if file else _in_force(person, data)
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
    mou = mou_in(file)
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

    mou = mou_in(file)
    body = {"document": adoptable(text_in(file)), "signed_by": signed_by, "pdf_digest": _digest(pdf_digest)}
    with connect("referrals", person=person, data=data) as client:
        answer = client.post("/v1/mou/versions", {name: part for name, part in body.items() if part})
    if as_json:
        emit_json(answer.body)
        return
    say(f"Adopted: version {mou.version} of {mou.county}.")
    emit_fields(answer.body if isinstance(answer.body, dict) else {"version": mou.version})


def text_in(file: Path) -> str:
    """The text of a file. Raises Usage."""
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            return opened.read(MAX_TEXT + 1)  # whatever is longer is refused, and need not be read
    except (OSError, UnicodeDecodeError) as error:
        raise Usage("The file could not be read as text.", "Name a YAML file in UTF-8.") from error


def _in_force(person: str | None, data: Path | None) -> Mou:
    from shared.cli.client import connect

    with connect("referrals", person=person, data=data) as client:
        return load_document(client.get("/v1/mou").body["document"])


def mou_in(file: Path) -> Mou:
    """The document in a file. Raises Usage, and InvalidDocument with every finding."""
    text = text_in(file)
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
