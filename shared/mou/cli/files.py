"""A document as a command is given it: a YAML file, checked before anything is done with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.failures import CommandFailed, ExitCode, Usage
from shared.mou.document import Mou
from shared.mou.findings import Finding
from shared.mou.load import load, validate
from shared.mou.reading import MAX_TEXT

File = Annotated[Path, typer.Argument(metavar="FILE", help="The MOU document, in YAML.")]


class InvalidDocument(CommandFailed):
    """The document cannot be used."""

    exit_code = ExitCode.REFUSED


def text_in(file: Path) -> str:
    """The text of a document. Raises Usage."""
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            return opened.read(MAX_TEXT + 1)  # whatever is longer is refused, and need not be read
    except (OSError, UnicodeDecodeError) as error:
        raise Usage("The file could not be read as text.", "Name a YAML file in UTF-8.") from error


def mou_in(file: Path) -> Mou:
    """The document in a file. Raises Usage; InvalidDocument with every finding."""
    text = text_in(file)
    findings = validate(text)
    if findings:
        raise InvalidDocument(
            "The document cannot be used.", "\n".join(line_of(each, file) for each in findings)
        )
    return load(text)


def line_of(finding: Finding, file: Path) -> str:
    """One line that editors can jump to."""
    return (
        f"{file}:{finding.line}:{finding.column}: {finding.path or '/'} {finding.problem}. {finding.remedy}"
    )


def digest_said(text: str | None) -> str | None:
    """A SHA-256 as the contract writes it; None for none. Raises Usage."""
    if text is None:
        return None
    plain = text.lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise Usage("--pdf-digest is no SHA-256.", "`sha256sum FILE` prints it: 64 hexadecimal digits.")
    return f"sha256:{plain}"
