"""`accord token`: a token of the local platform's issuer."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from shared.cli.failures import Usage
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_json, emit_table
from shared.cli.places import address, data_directory, local_token


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("token", help="Print a token for one of the local platform's invented people.")(token)


def token(
    person: As = None,
    data: Data = None,
    people: Annotated[bool, typer.Option("--list", help="List who can sign in.")] = False,
    ttl: Annotated[int, typer.Option(help="Seconds that it is good for.")] = 3_600,
    audience: Annotated[str, typer.Option(help="Whom it is made for.")] = "accord",
    as_json: Json = False,
) -> None:
    """Print a token: `curl -H "Authorization: Bearer $(accord token --as PERSON)" …`."""
    if people:
        _list(as_json)
        return
    if not person:
        raise Usage("--as PERSON is needed.", "`accord token --list` shows who can sign in.")
    text = local_token(person, address("issuer", data_directory(data)), ttl=ttl, audience=audience)
    if as_json:
        emit_json({"access_token": text, "token_type": "Bearer", "expires_in": ttl})
    else:
        sys.stdout.write(f"{text}\n")


def _list(as_json: bool) -> None:
    from deploy.local.people import PEOPLE

    if as_json:
        emit_json([{"person": p.handle, "agency": p.agency, "roles": sorted(p.roles)} for p in PEOPLE])
    else:
        emit_table(["person", "agency", "roles"], [(p.handle, p.agency, sorted(p.roles)) for p in PEOPLE])
