"""`accord mou`: check and read a county's MOU document; its life is in life.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shared.cli.failures import ExitCode, Usage
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_json, emit_table, emit_text, say
from shared.mou.cli.files import File, line_of, mou_in, text_in
from shared.mou.cli.life import register_life
from shared.mou.cli.new import register_new
from shared.mou.cli.papers import Pdf, register_papers, write_pdf
from shared.mou.cli.what_if import register_what_if
from shared.mou.coverage import coverage
from shared.mou.document import Mou
from shared.mou.load import document_of, load, load_document, validate
from shared.mou.page import page
from shared.mou.papers.memorandum import memorandum
from shared.mou.parties import clause_of
from shared.mou.tables import emit_tables
from shared.mou.telling import explained, told_whole, treatment

Coverage = Annotated[
    bool, typer.Option("--coverage", help="Also list event types and acts that no rule speaks of.")
]

Clause = Annotated[str, typer.Argument(metavar="CLAUSE", help='The clause, as the paper numbers it: "9.2".')]
Of = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Of this document, not of the one in force.")
]

Html = Annotated[bool, typer.Option("--html", help="As one page of HTML, to be read, printed and sent.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    mou = typer.Typer(help="The county's MOU as a document.", no_args_is_help=True)
    mou.command("validate", help="Say everything that is wrong with a document.")(validate_file)
    mou.command("show", help="Show a document as people read it.")(show)
    mou.command("explain", help="Say what a clause means and what follows from it.")(explain)
    register_new(mou)
    register_life(mou)
    register_papers(mou)
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
        say(line_of(finding, file))
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


def show(file: File, as_html: Html = False, pdf: Pdf = None, as_json: Json = False) -> None:
    """The document as people read it, then its rules and lists as tables; or its plain values."""
    mou = mou_in(file)
    if as_json:
        emit_json(document_of(mou))
        return
    if as_html:
        emit_text([page(mou)])
        return
    if pdf is not None:
        write_pdf(memorandum(mou), pdf)
        return
    emit_text(told_whole(mou))
    say("")
    emit_tables(mou)


def _in_force(person: str | None, data: Path | None) -> Mou:
    from shared.cli.client import connect

    with connect("referrals", person=person, data=data) as client:
        return load_document(client.get("/v1/mou").body["document"])
