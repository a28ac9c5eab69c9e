"""`accord feed list|duties|follow|ack|rebuild`: the feed on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import typer

from services.notifications.rebuild_cli import rebuild
from shared.cli.options import As, Data, Json, Jsonl
from shared.cli.output import emit_fields, emit_json, emit_line, emit_table

COLUMNS = ("tier", "recorded", "what", "about", "for", "acknowledged", "item")
DUTIES = ("due", "state", "what", "clause", "about", "for")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    feed = typer.Typer(no_args_is_help=True, help="What needs you: your items and those of your queues.")
    feed.command("list", help="Show items, newest first.")(list_items)
    feed.command("follow", help="Show items and acknowledgements as they come, until Ctrl-C.")(follow)
    feed.command("ack", help="Say that you have an item in hand.")(acknowledge)
    feed.command("duties", help="Show what the queues of your roles have to do, soonest due first.")(duties)
    feed.command("rebuild", help="Read the feed again from Kafka, beside the live one; compare, and switch.")(
        rebuild
    )
    app.add_typer(feed, name="feed")


def list_items(
    unread: Annotated[bool, typer.Option("--unread", help="Only what you have not read.")] = False,
    open: Annotated[
        bool, typer.Option("--open", help="Only what nobody has acknowledged and nothing has settled.")
    ] = False,
    tier: Annotated[str | None, typer.Option(help="act-now, act-soon or information.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    person: As = None,
    data: Data = None,
    as_json: Json = False,
    as_jsonl: Jsonl = False,
) -> None:
    """The caller's items: a table, one document, or a line for each."""
    from itertools import islice

    from shared.cli.client import connect

    wanted = {"unread": unread or None, "open": open or None, "tier": tier, "limit": min(limit, 200)}
    with connect("notifications", person=person, data=data) as client:
        items = list(islice(client.pages("/v1/feed", wanted), limit))
    if as_json:
        emit_json({"items": items})
    elif as_jsonl:
        for item in items:
            emit_line(item)
    else:
        emit_table(COLUMNS, [_row(item) for item in items])


def duties(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    person: As = None,
    data: Data = None,
    as_json: Json = False,
    as_jsonl: Jsonl = False,
) -> None:
    """What is due next: a table, one document, or a line for each."""
    from itertools import islice

    from shared.cli.client import connect

    with connect("notifications", person=person, data=data) as client:
        found = list(islice(client.pages("/v1/feed/duties", {"limit": min(limit, 200)}, "duties"), limit))
    if as_json:
        emit_json({"duties": found})
    elif as_jsonl:
        for one in found:
            emit_line(one)
    else:
        emit_table(DUTIES, [_duty(one) for one in found])


def follow(
    after: Annotated[
        str | None, typer.Option(metavar="ID", help="Go on behind this id; without it, from now on.")
    ] = None,
    person: As = None,
    data: Data = None,
    as_jsonl: Jsonl = False,
) -> None:
    """Changes as they come; after a cut it goes on where it was."""
    import sys

    from shared.cli.client import connect

    with connect("notifications", person=person, data=data) as client:
        for event in client.stream("/v1/feed/stream", last_event_id=after):
            if as_jsonl:
                emit_line({"id": event.id, "event": event.event, "data": event.data})
            elif event.event == "reset":
                sys.stdout.write("the feed was restored; see `accord feed list`\n")
            else:
                sys.stdout.write("\t".join([event.event, *map(str, _row(event.data))]) + "\n")
            sys.stdout.flush()


def acknowledge(
    item: Annotated[UUID, typer.Argument(help="The item's id, as `accord feed list` shows it.")],
    person: As = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Acknowledge an item; if somebody did before, it says who (a random id) and when."""
    from shared.cli.client import connect

    with connect("notifications", person=person, data=data) as client:
        body = client.post(f"/v1/feed/items/{item}/acknowledge").body
    if as_json:
        emit_json(body)
    else:
        emit_fields(
            {
                "item": body["id"],
                "acknowledged by": body["acknowledged"]["by"],
                "at": body["acknowledged"]["at"],
            }
        )


def _row(item: Mapping[str, Any]) -> tuple[Any, ...]:
    about = item["about"]
    return (
        item["tier"],
        item["recordedtime"],
        item["reason"],
        f"{about['kind']} {about['id']}" if about else None,
        f"{item['recipient']} (you cover)" if item.get("cover") else item["recipient"],
        item["acknowledged"]["by"] if item["acknowledged"] else None,
        item["id"],
    )


def _duty(one: Mapping[str, Any]) -> tuple[Any, ...]:
    about = f"{one['about']['kind']} {one['about']['id']}"
    return one["due_at"], one["state"], one["says"], one["clause"], about, one["recipient"]
