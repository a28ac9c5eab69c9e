"""`accord audit`: a case's history and state at a point, as known to an agency, and how two views differ."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import typer

from services.audit.domain.entry import Axis
from services.audit.evidence.cli import register as register_evidence
from services.audit.merkle.cli import register as register_proof
from services.audit.rebuild.cli import rebuild
from shared.cli.failures import ExitCode, Usage
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_json
from shared.events.names import Agency

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
KnownTo = Annotated[
    Agency | None,
    typer.Option("--known-to", metavar="AGENCY", help="Only what this agency could have known then."),
]
ToAsOf = Annotated[
    str | None, typer.Option("--to-as-of", metavar="MOMENT", help="The second point, as --as-of.")
]
ToAsOfEvent = Annotated[
    UUID | None, typer.Option("--to-as-of-event", metavar="ID", help="The second point: an event; inclusive.")
]
ToKnownTo = Annotated[
    Agency | None,
    typer.Option("--to-known-to", metavar="AGENCY", help="The second view: as known to this agency."),
]
Picture = Annotated[bool, typer.Option("--timeline", help="A picture: a lane for each agency.")]
OfField = Annotated[
    str | None,
    typer.Option("--field", metavar="PATH", help="Where one field's value came from, e.g. case/lead."),
]
Fields = Annotated[bool, typer.Option("--fields", help="Every field, and the event that last set it.")]
Purpose = Annotated[str, typer.Option("--purpose", metavar="PURPOSE", help="Why you read.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    audit = typer.Typer(help="Replay a case as it stood, and prove it.", no_args_is_help=True)
    audit.command("history", help="What was recorded of a case, in order.")(history)
    audit.command("state", help="A case as it stood at a point.")(state)
    audit.command("diff", help="How one view of a case differs from another.")(diff)
    audit.command("duties", help="What was to be done in a case, worked out anew and compared.")(duties)
    register_proof(audit)
    register_evidence(audit)
    audit.command(
        "rebuild", help="Read the ledger again from Kafka, beside the live one; compare, and switch."
    )(rebuild)
    app.add_typer(audit, name="audit")


def history(
    case: Case,
    as_of: AsOf = None,
    as_of_event: AsOfEvent = None,
    axis: ByAxis = Axis.RECORDED,
    known_to: KnownTo = None,
    field: OfField = None,
    timeline: Picture = False,
    as_json: Json = False,
    person: As = None,
    data: Data = None,
    purpose: Purpose = "audit",
) -> None:
    """All pages of the history: as one document, as lines by day, or as a picture; or the history of one field."""
    from services.audit import shown_known

    params = _params(as_of, as_of_event, axis, known_to)
    if field is not None:
        if timeline:
            raise Usage("Give --field or --timeline, not both.")
        path = f"/v1/cases/{case}/fields/history"
        answer = _answer(path, {**params, "field": field}, person, data, purpose)
        _show(answer, shown_known.provenance(answer), as_json)
        return
    first, entries = _pages(f"/v1/cases/{case}/history", params, person, data, purpose)
    whole = {**first, "entries": entries, "next": None}
    _show(whole, _told(first, entries, axis, timeline), as_json)


def state(
    case: Case,
    as_of: AsOf = None,
    as_of_event: AsOfEvent = None,
    axis: ByAxis = Axis.RECORDED,
    known_to: KnownTo = None,
    fields: Fields = False,
    as_json: Json = False,
    person: As = None,
    data: Data = None,
    purpose: Purpose = "audit",
) -> None:
    """The state: as one document, or readable; or field by field."""
    from services.audit.shown import standing
    from services.audit.shown_known import field_list, known_state

    path = f"/v1/cases/{case}/{'fields' if fields else 'state'}"
    answer = _answer(path, _params(as_of, as_of_event, axis, known_to), person, data, purpose)
    readable = field_list if fields else standing if known_to is None else known_state
    _show(answer, readable(answer), as_json)


def diff(
    case: Case,
    as_of: AsOf = None,
    as_of_event: AsOfEvent = None,
    known_to: KnownTo = None,
    to_as_of: ToAsOf = None,
    to_as_of_event: ToAsOfEvent = None,
    to_known_to: ToKnownTo = None,
    axis: ByAxis = Axis.RECORDED,
    as_json: Json = False,
    person: As = None,
    data: Data = None,
    purpose: Purpose = "audit",
) -> None:
    """What differs between two points of one view, or between two agencies' views at one point."""
    from services.audit.shown_known import differences

    if not (to_as_of or to_as_of_event or to_known_to):
        raise Usage("Say what to compare with: --to-as-of, --to-as-of-event or --to-known-to.")
    second = _params(to_as_of, to_as_of_event, axis, to_known_to)
    params = _params(as_of, as_of_event, axis, known_to)
    params |= {f"to_{name}": value for name, value in second.items() if name != "axis"}
    answer = _answer(f"/v1/cases/{case}/diff", params, person, data, purpose)
    _show(answer, differences(answer), as_json)


def duties(
    case: Case,
    as_of: AsOf = None,
    as_of_event: AsOfEvent = None,
    known_to: KnownTo = None,
    as_json: Json = False,
    person: As = None,
    data: Data = None,
    purpose: Purpose = "audit",
) -> None:
    """Each duty as the ledger gives it, and in what notifications recorded otherwise. Exit code 6 if nothing in the
    record explains a difference."""
    from services.audit import shown_duties

    params = _params(as_of, as_of_event, Axis.RECORDED, known_to)
    del params["axis"]
    answer = _answer(f"/v1/cases/{case}/duties", params, person, data, purpose)
    _show(answer, shown_duties.duties(answer), as_json)
    if answer["differ"]:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def _told(first: dict[str, Any], entries: list[dict[str, Any]], axis: Axis, picture: bool) -> Iterable[str]:
    from services.audit import shown, shown_known, timeline

    if picture:
        return timeline.for_terminal(entries, axis.value)
    known = first.get("known_to") is not None
    return shown_known.known_timeline(first, entries) if known else shown.timeline(first, entries)


def _params(
    as_of: str | None, as_of_event: UUID | None, axis: Axis, known_to: Agency | None
) -> dict[str, Any]:
    if as_of is not None and as_of_event is not None:
        raise Usage("Give a moment or an event, not both.")
    event = str(as_of_event) if as_of_event else None
    agency = known_to.value if known_to else None
    return {"as_of": as_of, "as_of_event": event, "axis": axis.value, "known_to": agency}


def _answer(path: str, params: dict[str, Any], person: As, data: Data, purpose: str) -> dict[str, Any]:
    from shared.cli.client import connect

    with connect("audit", person=person, data=data, purpose=purpose) as client:
        body: dict[str, Any] = client.get(path, params).body
    return body


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


def _show(answer: dict[str, Any], readable: Iterable[str], as_json: bool) -> None:
    if as_json:
        emit_json(answer)
        return
    for line in readable:
        sys.stdout.write(line + "\n")
