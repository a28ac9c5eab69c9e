"""`accord audit`: a case's history and state at a point, for the auditor."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import typer

from services.audit.domain.entry import Axis
from services.audit.merkle.cli import register as register_proof
from shared.cli.failures import Usage
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_json

Case = Annotated[UUID, typer.Argument(metavar="CASE", help="The case's id.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="MOMENT",
        help="ISO 8601 with its offset, e.g. 2026-03-03T14:15:00-08:00; inclusive.",
    ),
]
AsOfEvent = Annotated[
    UUID | None, typer.Option("--as-of-event", metavar="ID", help="An event of the case; inclusive.")
]
ByAxis = Annotated[
    Axis, typer.Option("--axis", help="By when it was recorded, or by when it is said to have happened.")
]
Purpose = Annotated[str, typer.Option("--purpose", metavar="PURPOSE", help="Why you read.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    audit = typer.Typer(help="Replay a case as it stood, and prove it.", no_args_is_help=True)
    audit.command("history", help="What was recorded of a case, in order.")(history)
    audit.command("state", help="A case as it stood at a point.")(state)
    register_proof(audit)
    app.add_typer(audit, name="audit")


def history(
    case: Case,
    as_of: AsOf = None,
    as_of_event: AsOfEvent = None,
    axis: ByAxis = Axis.RECORDED,
    as_json: Json = False,
    person: As = None,
    data: Data = None,
    purpose: Purpose = "audit",
) -> None:
    """All pages of the history, as one document or as a timeline."""
    from services.audit.shown import timeline

    first, entries = _pages(
        f"/v1/cases/{case}/history", _params(as_of, as_of_event, axis), person, data, purpose
    )
    if as_json:
        emit_json({**first, "entries": entries, "next": None})
    else:
        _write(timeline(first, entries))


def state(
    case: Case,
    as_of: AsOf = None,
    as_of_event: AsOfEvent = None,
    axis: ByAxis = Axis.RECORDED,
    as_json: Json = False,
    person: As = None,
    data: Data = None,
    purpose: Purpose = "audit",
) -> None:
    """The state, as one document or readable."""
    from services.audit.shown import standing
    from shared.cli.client import connect

    with connect("audit", person=person, data=data, purpose=purpose) as client:
        answer = client.get(f"/v1/cases/{case}/state", _params(as_of, as_of_event, axis)).body
    if as_json:
        emit_json(answer)
    else:
        _write(standing(answer))


def _params(as_of: str | None, as_of_event: UUID | None, axis: Axis) -> dict[str, Any]:
    if as_of is not None and as_of_event is not None:
        raise Usage("Give --as-of or --as-of-event, not both.")
    event = str(as_of_event) if as_of_event else None
    return {"as_of": as_of, "as_of_event": event, "axis": axis.value}


def _pages(
    path: str, params: dict[str, Any], person: As, data: Data, purpose: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    from shared.cli.client import connect

    with connect("audit", person=person, data=data, purpose=purpose) as client:
        first: dict[str, Any] = client.get(path, params).body
        entries, cursor = list(first["entries"]), first["next"]
        while cursor:
            page = client.get(path, {**params, "cursor": cursor}).body
            entries += page["entries"]
            cursor = page["next"]
    return first, entries


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
