"""`accord mou cheatsheet|counsel`, and the PDF of `show`: papers made of a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from shared.cli.failures import CommandFailed, ExitCode, Usage
from shared.cli.options import As, Data
from shared.cli.output import emit_text, say
from shared.mou.cli.files import mou_in
from shared.mou.document import Mou
from shared.mou.load import load_document
from shared.mou.papers.counsel import counsel
from shared.mou.papers.html import as_html
from shared.mou.papers.paper import Paper, text_of
from shared.mou.papers.pdf import Unprintable, as_pdf
from shared.mou.papers.sheet import ROLES, sheet
from shared.mou.words import words_of

ForRole = Annotated[str, typer.Option("--role", metavar="ROLE", help=f"Whose sheet: {', '.join(ROLES)}.")]
In = Annotated[Literal["en", "es"], typer.Option("--language", help="English or Spanish.")]
Of = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Of this document, not of the one in force.")
]
Html = Annotated[bool, typer.Option("--html", help="As one page of HTML, to be read, printed and sent.")]
Pdf = Annotated[Path | None, typer.Option("--pdf", metavar="OUT", help="As a PDF, written to this file.")]


class CannotBePrinted(CommandFailed):
    """No PDF was made; nothing was written."""

    exit_code = ExitCode.REFUSED


def register_papers(mou: typer.Typer) -> None:
    """Adds the commands to `accord mou`."""
    mou.command("cheatsheet", help="The one-page sheet of a role: what is due, whom to tell, what to share.")(
        cheatsheet
    )
    mou.command("counsel", help="The pack for county counsel: what is still a default, and what follows.")(
        counsel_pack
    )


def cheatsheet(
    role: ForRole,
    language: In = "en",
    file: Of = None,
    html: Html = False,
    pdf: Pdf = None,
    person: As = None,
    data: Data = None,
) -> None:
    """Everything on it is read off the document in force, or off a file."""
    if role not in ROLES:
        raise Usage("There is no sheet for this role.", f"Choose one of: {', '.join(ROLES)}.")
    give(sheet(_mou(file, person, data), role, words_of(language)), html, pdf)


def counsel_pack(
    file: Of = None, html: Html = False, pdf: Pdf = None, person: As = None, data: Data = None
) -> None:
    """Every default with its source and what Accord does because of it, with space for counsel's mark."""
    give(counsel(_mou(file, person, data)), html, pdf)


def give(paper: Paper, html: bool, pdf: Path | None) -> None:
    """Writes the paper: HTML or text on stdout, or a PDF to a file."""
    if pdf is not None:
        write_pdf(paper, pdf)
    else:
        emit_text([as_html(paper) if html else text_of(paper)])


def write_pdf(paper: Paper, out: Path) -> None:
    """Writes the PDF and says how many pages it has. Raises CannotBePrinted, and then writes nothing."""
    try:
        printed = as_pdf(paper)
        out.write_bytes(printed.pdf)
    except Unprintable as error:
        raise CannotBePrinted(str(error), "Try --html, or change what it names in the document.") from None
    except OSError:
        raise CannotBePrinted("The file could not be written.", "Name a file in a folder of yours.") from None
    say(f"Written: {out}, {printed.pages} page(s).")
    if paper.pages is not None and printed.pages > paper.pages:
        say(f"It should have at most {paper.pages}: shorten sentences, or take lines out.")


def _mou(file: Path | None, person: str | None, data: Path | None) -> Mou:
    if file is not None:
        return mou_in(file)
    from shared.cli.client import connect

    with connect("referrals", person=person, data=data) as client:
        return load_document(client.get("/v1/mou").body["document"])
