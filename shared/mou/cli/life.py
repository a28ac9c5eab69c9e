"""`accord mou propose|comment|answer|sign|adopt|versions|proposals`: the life of a version. What people write comes
from a file or standard input, never from an argument."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.failures import Usage
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_fields, emit_json, emit_table, emit_text, say
from shared.mou.cli.files import File, digest_said, mou_in, text_in
from shared.mou.load import adoptable

if TYPE_CHECKING:
    from shared.cli.client import Answer

Proposal = Annotated[
    str, typer.Argument(metavar="PROPOSAL", help="The id that `accord mou propose` printed.")
]
Comment = Annotated[str, typer.Argument(metavar="COMMENT", help="The id of the comment.")]
Words = Annotated[
    Path,
    typer.Option(
        "--text", metavar="FILE", help="What is said; `-` reads standard input. Name no young person."
    ),
]
PdfDigest = Annotated[
    str | None, typer.Option("--pdf-digest", metavar="SHA256", help="SHA-256 of the signed PDF.")
]
Board = Annotated[
    str | None,
    typer.Option("--board-item", metavar="DAY/NUMBER", help="The county board's item: 2026-12-08/24."),
]
Version = Annotated[
    str | None, typer.Argument(metavar="VERSION", help="One version, with who signed; left out, all of them.")
]


def register_life(mou: typer.Typer) -> None:
    """Adds the commands."""
    mou.command("propose", help="Put a version before the parties.")(propose)
    mou.command("comment", help="Comment on a proposed version.")(comment)
    mou.command("answer", help="Answer a comment, in plain words.")(answer)
    mou.command("sign", help="Record that an office of a party has signed.")(sign)
    mou.command("adopt", help="Adopt a proposed version, or record one that the parties have signed.")(adopt)
    mou.command("versions", help="The versions of the county's MOU, and which is in force.")(versions)
    mou.command("proposals", help="What is proposed; with an id, its comments and who has still to sign.")(
        proposals
    )


def propose(
    file: File,
    based_on: Annotated[
        str | None,
        typer.Option(
            "--based-on", metavar="VERSION", help="The version it was begun from; else that in force."
        ),
    ] = None,
    person: As = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """POST /v1/mou/proposals. It changes nothing that is in force."""
    mou = mou_in(file)
    body = {"document": adoptable(text_in(file)), "based_on": based_on}
    found = _post("/v1/mou/proposals", body, person, data)
    _tell(found, as_json, f"Proposed: version {mou.version} of {mou.county}. Nothing is changed by it yet.")


def comment(
    proposal: Proposal,
    text: Words,
    clause: Annotated[str | None, typer.Option(metavar="CLAUSE", help="On one clause only.")] = None,
    party: Annotated[
        str | None,
        typer.Option(
            metavar="AGENCY", help="Whose comment it is: an agency, or advisory-board; else your own."
        ),
    ] = None,
    on_paper: Annotated[bool, typer.Option("--paper", help="It came on paper.")] = False,
    person: As = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """POST /v1/mou/proposals/{proposal}/comments."""
    body = {"text": _words(text), "clause": clause, "party": party, "through": "paper" if on_paper else None}
    found = _post(f"/v1/mou/proposals/{proposal}/comments", body, person, data)
    _tell(found, as_json, "Recorded. It is answered before the version is adopted.")


def answer(
    proposal: Proposal,
    about: Comment,
    text: Words,
    person: As = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """POST /v1/mou/proposals/{proposal}/comments/answer."""
    body = {"comment": about, "text": _words(text)}
    found = _post(f"/v1/mou/proposals/{proposal}/comments/answer", body, person, data, _home(proposal))
    _tell(found, as_json, "Answered.")


def sign(
    proposal: Proposal,
    party: Annotated[str, typer.Option(metavar="AGENCY", help="The party that signed.")],
    on: Annotated[str, typer.Option(metavar="DAY", help="The day on which it was signed: 2026-12-01.")],
    county: Annotated[str | None, typer.Option(help="The county, where there are several.")] = None,
    office: Annotated[str | None, typer.Option(help="The office, where several sign for the party.")] = None,
    pdf_digest: PdfDigest = None,
    person: As = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """POST /v1/mou/proposals/{proposal}/signatures."""
    body = {"party": party, "signed_on": on, "county": county, "office": office}
    body["pdf_digest"] = digest_said(pdf_digest)
    found = _post(f"/v1/mou/proposals/{proposal}/signatures", body, person, data)
    _tell(found, as_json, "The signature is recorded.")


def adopt(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="The MOU document, in YAML.")] = None,
    proposal: Annotated[
        str | None, typer.Option("--proposal", metavar="ID", help="Adopt this proposal, and name no file.")
    ] = None,
    signed_by: Annotated[
        list[str] | None,
        typer.Option(
            "--signed-by", metavar="AGENCY", help="With a file: a party that signed; repeat it for each."
        ),
    ] = None,
    pdf_digest: PdfDigest = None,
    board_item: Board = None,
    person: As = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """A proposed version comes into force; or a checked document that was not proposed here is recorded."""
    more = {"pdf_digest": digest_said(pdf_digest), "board_item": board_item}
    if (file is None) == (proposal is None) or (file is None) == bool(signed_by):
        raise Usage(
            "Say what is adopted.",
            "Either --proposal ID, or FILE and --signed-by for each party that signed.",
        )
    if file is None:
        if pdf_digest is None or board_item is None:
            raise Usage("A proposal is adopted with --pdf-digest and --board-item.")
        found = _post(f"{_home(proposal or '')}/adopt", more, person, data, _home(proposal or ""))
        _tell(found, as_json, "Adopted.")
        return
    mou = mou_in(file)
    body = {"document": adoptable(text_in(file)), "signed_by": signed_by, **more}
    _tell(
        _post("/v1/mou/versions", body, person, data),
        as_json,
        f"Adopted: version {mou.version} of {mou.county}.",
    )


def versions(version: Version = None, person: As = None, data: Data = None, as_json: Json = False) -> None:
    """GET /v1/mou/versions, and /v1/mou/versions/{version}."""
    if version is not None:
        found = _get(f"/v1/mou/versions/{version}", person, data)
        shown = found if as_json else {n: v for n, v in found.items() if n != "document" and v is not None}
        _print(shown, as_json)
        return
    columns = ("version", "standing", "effective", "adopted", "until", "superseded_by", "board_item")
    _list(_get("/v1/mou/versions", person, data), columns, as_json, "No version was adopted yet.")


def proposals(
    proposal: Annotated[str | None, typer.Argument(metavar="PROPOSAL")] = None,
    person: As = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """GET /v1/mou/proposals, and /v1/mou/proposals/{proposal}."""
    if proposal is None:
        columns = ("proposal", "version", "based_on", "proposed_at", "adopted_at", "unanswered", "signatures")
        _list(_get("/v1/mou/proposals", person, data), columns, as_json, "Nothing is proposed.")
        return
    found = _get(_home(proposal), person, data)
    if as_json:
        emit_json(found)
        return
    plain = {n: v for n, v in found.items() if not isinstance(v, list | dict) and v is not None}
    emit_fields(plain)
    for one in found["comments"]:
        where = f"clause {one['clause']}" if "clause" in one else "the whole"
        emit_text(["", f"{one['comment']}  {one['party']} on {where} ({one['through']})"])
        emit_text(
            [one.get("text", "These words cannot be opened."), f"  Answer: {one.get('answer', 'none yet')}"]
        )
    emit_text(["", *(f"Signed {one['signed_on']}: {_signer(one)}" for one in found["signatures"])])
    emit_text(f"Has still to sign: {_signer(one)}" for one in found["missing_signatures"])


def _signer(one: dict[str, Any]) -> str:
    return ", ".join(str(one[name]) for name in ("party", "county", "office") if one.get(name))


def _home(proposal: str) -> str:
    return f"/v1/mou/proposals/{proposal}"


def _words(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Usage("The text could not be read.", "Name a file in UTF-8, or `-`.") from error


def _get(path: str, person: str | None, data: Path | None) -> dict[str, Any]:
    from shared.cli.client import connect

    with connect("referrals", person=person, data=data) as client:
        found: dict[str, Any] = client.get(path).body
    return found


def _post(
    path: str, body: dict[str, Any], person: str | None, data: Path | None, based_on: str | None = None
) -> Answer:
    """What is based on something reads it first."""
    from shared.cli.client import connect

    given = {name: part for name, part in body.items() if part is not None}
    with connect("referrals", person=person, data=data) as client:
        if based_on is None:
            return client.post(path, given)
        return client.post(path, given, if_match=client.get(based_on).etag)


def _tell(found: Answer, as_json: bool, said: str) -> None:
    if not as_json:
        say(said)
    _print(found.body if isinstance(found.body, dict) else {}, as_json)


def _print(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit_json(document)
    else:
        emit_fields({name: part for name, part in document.items() if part != []})


def _list(found: dict[str, Any], columns: tuple[str, ...], as_json: bool, none: str) -> None:
    if as_json:
        emit_json(found)
        return
    emit_table(columns, [[item.get(name) for name in columns] for item in found["items"]])
    if not found["items"]:
        say(none)
