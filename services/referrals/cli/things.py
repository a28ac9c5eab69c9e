"""`accord concern|case|referral|screening|cover|deadletters`: one command for each address of the API.

A command that changes something reads it first and bases itself on what it read (If-Match), unless --if-match
says what it is based on. Facts about a youth come from a file or standard input, never from an argument.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.failures import Usage
from shared.cli.options import As, Data, For, Json
from shared.cli.output import emit_fields, emit_json, emit_table, say

Body = Annotated[
    Path | None,
    typer.Option("--body", metavar="FILE", help="The command's body as JSON; `-` reads standard input."),
]
IfMatch = Annotated[
    str | None, typer.Option("--if-match", metavar="ETAG", help="What you base this on; else it is read now.")
]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="UUID", help="Idempotency key: repeat a command safely with it."),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="A coded field of the body; repeat it. No facts on a youth."
    ),
]
Thing = Annotated[str, typer.Argument(metavar="ID")]

OF_MATTER = "(--set matter=…, if you take part in more than one matter of the case)"

#: group -> (name, address below the thing, makes a new thing, needs If-Match, help)
COMMANDS: dict[str, tuple[tuple[str, str, bool, bool, str], ...]] = {
    "concern": (
        (
            "call",
            "calls",
            False,
            False,
            "State the telephone call: --set called_at=… --set called_line=hotline",
        ),
        (
            "act",
            "acts",
            True,
            False,
            "Record an act done outside Accord: --set act=written-report-sent --set method=form",
        ),
        (
            "act-in-error",
            "acts/enter-in-error",
            False,
            True,
            "Mark such a record as wrong: --set record=ID --set reason=wrong-entry",
        ),
        ("open-case", "open-case", True, True, "Open a case with it: --set matter=dependency"),
        ("attach", "attach", False, True, "Attach it to a case: --set case=ID --set matter=dependency"),
        ("evaluate-out", "evaluate-out", False, True, "Evaluate it out: --set reason=duplicate"),
    ),
    "case": (
        ("join", "agencies", False, True, f"An agency takes part: --set agency=probation {OF_MATTER}"),
        (
            "leave",
            "agencies/leave",
            False,
            True,
            f"An agency leaves: --set agency=probation --set reason=… {OF_MATTER}",
        ),
        (
            "assign",
            "workers",
            False,
            True,
            f"Name who works on it: --set worker=ID --set role=social-worker {OF_MATTER}",
        ),
    ),
    "referral": (
        ("receive", "receive", False, False, "Say that it is in hand."),
        ("accept", "accept", False, True, "Accept it."),
        ("reject", "reject", False, True, "Say that the agency cannot take it: --set reason=no-capacity"),
        ("start", "start", False, True, "Say that the service began."),
        ("hold", "hold", False, True, "Say that it cannot go on for now: --set reason=waitlist"),
        ("resume", "resume", False, True, "Say that it goes on."),
        ("complete", "complete", False, True, "Say that it has ended: --set outcome=completed"),
        ("fail", "fail", False, True, "Say that it could not be given: --set reason=unable-to-locate"),
        ("cancel", "cancel", False, True, "Take the request back: --set reason=need-met"),
        (
            "forward",
            "forward",
            True,
            True,
            "Go on to another agency: --set recipient=medical-hub --set youth_choice=agrees",
        ),
        ("ask", "ask-information", False, True, "Ask for what is missing: --set missing=language,consent"),
        ("tell", "give-information", False, True, "Answer a question: --set question=EVENT --body FILE"),
        (
            "call",
            "calls",
            False,
            False,
            "State a call: --set called_at=… --set called_by=sender --set result=reached",
        ),
        ("undo", "undo", False, True, "Take back your own last entry, within the MOU's minutes."),
        (
            "enter-in-error",
            "enter-in-error",
            False,
            True,
            "Mark an entry (--set entry=EVENT), or the whole referral: --set reason=wrong-entry",
        ),
    ),
    "screening": (
        (
            "record",
            "screenings",
            True,
            False,
            "Record a band: --set tool=cse-it --set tool_version=2.0 --set band=clear-concern",
        ),
        (
            "enter-in-error",
            "screenings/enter-in-error",
            False,
            True,
            "Mark one as wrong: --set screening=ID --set reason=wrong-youth",
        ),
    ),
    "act": (
        (
            "record",
            "acts",
            True,
            False,
            "Record one in a case: --set act=cross-reported --set to=law-enforcement --set method=telephone",
        ),
        (
            "enter-in-error",
            "acts/enter-in-error",
            False,
            True,
            "Mark a record as wrong: --set record=ID --set reason=wrong-youth",
        ),
    ),
    "cover": (
        (
            "arrange",
            "covers",
            True,
            False,
            "A colleague covers for a person: --set covering=ID --set begins=… --set until=…",
        ),
        ("end", "covers/end", False, False, "End a cover now: --set cover=ID --set reason=returned"),
    ),
}
#: What is said of a duty, in a group below the thing that it is due in: as COMMANDS.
ON_DUTIES = (
    (
        "waive",
        "duties/waive",
        False,
        True,
        "Waive it: --set duty=RULE:EVENT --set authority=court-order --set reason=ordered",
    ),
    (
        "toll",
        "duties/toll",
        False,
        True,
        "Let its clock stand still: --set duty=RULE:EVENT --set authority=… --set begins=… --set until=…",
    ),
    ("not-done", "duties/not-done", False, False, "Say that it was not done: --set duty=RULE:EVENT"),
    (
        "enter-in-error",
        "duties/enter-in-error",
        False,
        True,
        "Mark such a statement as wrong: --set entry=EVENT --set reason=wrong-entry",
    ),
)
DUE_IN = ("case", "concern")

#: Groups whose commands are about a thing of another name.
ABOUT = {"screening": "case", "act": "case", "cover": "person"}
#: Things whose plural is no `s`.
PLURALS = {"person": "people"}


def register(app: typer.Typer) -> None:
    """Adds the groups."""
    groups = {
        name: typer.Typer(help=text, no_args_is_help=True)
        for name, text in (
            ("concern", "Concerns about a youth: report, decide, state the call."),
            ("case", "Cases: who takes part and who works on them."),
            ("referral", "Referrals: ask another agency, answer, serve, correct, list."),
            ("screening", "Screenings of a case's youth: the band, never an item."),
            ("act", "Acts done outside Accord and recorded in a case: a call, a notice, a form."),
            ("cover", "Absence and cover: who stands in for a person who is away."),
            ("deadletters", "Submissions that could not be read (coordinator)."),
        )
    }
    groups["concern"].command("report", help="Report a concern; it does not replace the call.")(report)
    groups["referral"].command("request", help="Refer the youth of a case to another agency.")(request)
    groups["referral"].command("list", help="Referrals asked of your agency, or by it.")(listing)
    for kind in DUE_IN:
        shows = groups[kind].command("duties", help=f"What is due in a {kind}; the read is recorded.")
        shows(_duties(kind))
        below = typer.Typer(help="What is said of a duty: waived, tolled, not done.", no_args_is_help=True)
        for command, path, _, needs, text in ON_DUTIES:
            below.command(command, help=text)(_changes(kind, path, needs))
        groups[kind].add_typer(below, name="duty")
    groups["cover"].command("list", help="Who covers for a person, and for whom they do.")(covers)
    groups["deadletters"].command("show", help="Show one; the read is recorded.")(deadletter)
    for name, commands in COMMANDS.items():
        if name not in ABOUT:
            shows = groups[name].command("show", help=f"One {name}, as you may see it; the read is recorded.")
            shows(_shows(name))
        for command, path, _, needs, text in commands:
            groups[name].command(command, help=text)(_changes(name, path, needs))
    for name, group in groups.items():
        app.add_typer(group, name=name)


def report(
    body: Body = None, field: Set = None, key: Key = None, person: As = None, purpose: For = None,
    data: Data = None, as_json: Json = False,
) -> None:  # fmt: skip
    """POST /v1/concerns."""
    _post("/v1/concerns", body, field, key, None, person, purpose or "report", data, as_json)


def request(
    case: Thing, body: Body = None, field: Set = None, key: Key = None, person: As = None, purpose: For = None,
    data: Data = None, as_json: Json = False,
) -> None:  # fmt: skip
    """POST /v1/cases/{case}/referrals."""
    _post(f"/v1/cases/{case}/referrals", body, field, key, None, person, purpose, data, as_json)


def listing(
    queue: Annotated[str, typer.Option(help="inbound (asked of you) or outbound (asked by you).")] = "inbound",
    status: Annotated[str | None, typer.Option(help="One of the states: requested, accepted, …")] = None,
    cursor: Annotated[str | None, typer.Option(help="Go on behind an earlier page.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    person: As = None, purpose: For = None, data: Data = None, as_json: Json = False,
) -> None:  # fmt: skip
    """GET /v1/referrals."""
    from shared.cli.client import connect

    asked = {"queue": queue, "status": status, "cursor": cursor, "limit": limit}
    with connect("referrals", person=person, data=data, purpose=purpose) as client:
        page = client.get("/v1/referrals", asked).body
    if as_json:
        emit_json(page)
        return
    columns = ("id", "status", "service", "sender", "recipient", "urgency", "respond_by")
    emit_table(columns, [[item.get(name) for name in columns] for item in page["items"]])
    if not page["items"]:
        say(f"No {queue} referrals{f' that are {status}' if status else ''}.")


def _duties(kind: str) -> Any:
    def duties(
        thing: Thing, person: As = None, purpose: For = None, data: Data = None, as_json: Json = False
    ) -> None:
        from shared.cli.client import connect

        with connect("referrals", person=person, data=data, purpose=purpose) as client:
            found = client.get(f"{home_of(kind, thing)}/duties").body
        if as_json:
            emit_json(found)
            return
        columns = ("duty", "state", "due_at", "owed_by", "met_at", "clause", "says")
        emit_table(columns, [[item.get(name) for name in columns] for item in found["items"]])
        for item in found["items"]:
            for one in item["said"]:
                wrong = f", entered in error: {one['entered_in_error']}" if one["entered_in_error"] else ""
                on = f" on {one['authority']}" if one["authority"] else ""
                say(f"{item['duty']}: {one['said']} by {one['agency']}{on}, entry {one['entry']}{wrong}")
        if not found["items"]:
            say(f"Nothing is due in this {kind} that you can see.")

    return duties


def covers(
    person_id: Thing, person: As = None, purpose: For = None, data: Data = None, as_json: Json = False
) -> None:
    """GET /v1/people/{person}/covers."""
    from shared.cli.client import connect

    with connect("referrals", person=person, data=data, purpose=purpose) as client:
        page = client.get(f"/v1/people/{person_id}/covers").body
    if as_json:
        emit_json(page)
        return
    columns = ("cover", "person", "covering", "begins", "until", "in_force")
    emit_table(columns, [[item[name] for name in columns] for item in page["items"]])
    if not page["items"]:
        say("No covers now or to come.")


def deadletter(letter: Thing, person: As = None, purpose: For = None, data: Data = None) -> None:
    """GET /v1/deadletters/{id}."""
    from shared.cli.client import connect

    with connect("referrals", person=person, data=data, purpose=purpose) as client:
        emit_json(client.get(f"/v1/deadletters/{letter}").body)


def _shows(kind: str) -> Any:
    def show(
        thing: Thing, person: As = None, purpose: For = None, data: Data = None, as_json: Json = False
    ) -> None:
        from shared.cli.client import connect

        with connect("referrals", person=person, data=data, purpose=purpose) as client:
            shown = client.get(f"/v1/{kind}s/{thing}").body
        _print(shown, as_json)

    return show


def home_of(group: str, thing: str) -> str:
    """The address of the thing that a group's commands are about."""
    kind = ABOUT.get(group, group)
    return f"/v1/{PLURALS.get(kind, kind + 's')}/{thing}"


def _changes(group: str, path: str, needs: bool) -> Any:
    def change(
        thing: Thing, body: Body = None, field: Set = None, if_match: IfMatch = None, key: Key = None,
        person: As = None, purpose: For = None, data: Data = None, as_json: Json = False,
    ) -> None:  # fmt: skip
        home = home_of(group, thing)
        based_on = (home, if_match) if needs else None
        _post(f"{home}/{path}", body, field, key, based_on, person, purpose, data, as_json)

    return change


def _post(
    path: str,
    body: Path | None,
    fields: list[str] | None,
    key: str | None,
    based_on: tuple[str, str | None] | None,
    person: str | None,
    purpose: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    from shared.cli.client import connect

    document = read_body(body, fields)
    with connect("referrals", person=person, data=data, purpose=purpose) as client:
        tag = None
        if based_on is not None:
            tag = based_on[1] or client.get(based_on[0]).etag
        answer = client.post(path, document, idempotency_key=key, if_match=tag)
    _print(answer.body, as_json)


def read_body(body: Path | None, fields: list[str] | None) -> dict[str, Any]:
    """The body from a file or standard input, with coded fields set over it. Raises Usage."""
    document: Any = {}
    if body is not None:
        try:
            document = json.loads(sys.stdin.read() if str(body) == "-" else body.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise Usage("The body cannot be read as JSON.", "See `docs/openapi` for its fields.") from None
    if not isinstance(document, dict):
        raise Usage("The body is no JSON object.")
    for pair in fields or []:
        name, sign, value = pair.partition("=")
        if not sign:
            raise Usage("--set needs FIELD=VALUE.")
        document[name] = int(value) if value.isdecimal() else value.split(",") if "," in value else value
    return document


def _print(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit_json(document)
        return
    plain = {n: v for n, v in document.items() if n != "gaps" and (not isinstance(v, dict) or n == "classes")}
    emit_fields({n: json.dumps(v) if isinstance(v, dict | list) else v for n, v in plain.items() if v != []})
    for gap in document.get("gaps", ()):
        say(f"{gap['flag']} (MOU clause {gap['clause']}): {gap['sentence']} {gap['remedy']}")
    for cls, shown in document.get("opened", {}).items():
        say(f"\n{cls} (clause {shown['clause']}: {shown['basis']})")
        emit_json(shown["facts"])
