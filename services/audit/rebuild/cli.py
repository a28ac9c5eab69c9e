"""`accord audit rebuild`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shared.bus.rebuild_options import Anew, Anyway, Keep, Options
from shared.cli.options import Data, Json

Kept = Annotated[
    list[Path] | None,
    typer.Option(
        "--checkpoint",
        metavar="FILE",
        help="A checkpoint kept elsewhere, whose root must come again: a signed note, or what"
        " `accord audit checkpoint --json` printed.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="Whose signature of it counts, name+id+base64."),
]


def rebuild(
    checkpoints: Kept = None,
    key: Key = None,
    anew: Anew = False,
    keep: Keep = False,
    switch_anyway: Anyway = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Reads every kept topic again into new tables beside the live ledger, which is served meanwhile.

    Then both are compared by digest and every root ever signed is made again; if all is equal, the tables change
    places. It runs as audit itself: with its DATABASE_URL and Kafka login from the environment, else from the local
    platform's DATA/secrets/env/audit.json. Run it again after it was stopped: it goes on. Exit 4: another one runs;
    6: they differ, or Kafka has not all; 7: Kafka or PostgreSQL is away, or its disk is full.
    """
    from services.audit.bootstrap import prepare
    from services.audit.merkle.kept import read_kept
    from services.audit.rebuild.building import TABLES, LedgerBuilder
    from shared.bus.rebuild_cli import run
    from shared.bus.rebuild_parts import Builder
    from shared.settings import Settings

    kept = [one for path in checkpoints or [] for one in read_kept(path, key)]

    def make(settings: Settings, schema: str) -> Builder:
        return LedgerBuilder(settings, schema, kept)

    run("audit", data, make, TABLES, prepare, Options(anew, keep, switch_anyway), as_json=as_json)
