"""Options that many commands share, said once.

def show(referral: UUID, person: As = None, data: Data = None, as_json: Json = False) -> None: …
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

As = Annotated[
    str | None,
    typer.Option("--as", metavar="PERSON", help="Act as one of the local platform's invented people."),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="The local platform's data directory ($ACCORD_DATA, ./.accord)."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="One JSON document per line on stdout.")]
For = Annotated[
    str | None,
    typer.Option("--purpose", metavar="PURPOSE", help="Why you act or read; coordinate by default."),
]
