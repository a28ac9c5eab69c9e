"""`accord submit|receipts`: the Kafka door, as an agency's own system uses it.

The agency's Kafka login comes from ACCORD_KAFKA_USERNAME and ACCORD_KAFKA_PASSWORD, or, on the local platform,
from its data directory. Facts in clear are sealed to the county's key here, before anything is sent.
"""

from __future__ import annotations

import difflib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

import typer

from services.referrals.cli.things import Body, Set, read_body
from shared.cli.failures import Unreachable, Usage
from shared.cli.options import Data, Json, Jsonl
from shared.cli.output import emit_fields, emit_json, emit_line, say
from shared.cli.places import data_directory
from shared.errors import TryLater, Undeliverable
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.events.names import SealedClass

Agency = Annotated[str, typer.Option("--agency", metavar="AGENCY", help="Whose system this is.")]


def register(app: typer.Typer) -> None:
    """Adds the two commands."""
    app.command("submit", help="Publish a submission as an agency's system, and wait for its receipt.")(
        submit
    )
    app.command("receipts", help="The receipts of an agency's submissions.")(receipts)


def submit(
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="report-concern, accept-referral, …")],
    agency: Agency,
    body: Body = None,
    field: Set = None,
    about: Annotated[
        str | None, typer.Option("--about", metavar="ID", help="The concern, case or referral.")
    ] = None,
    based_on: Annotated[str | None, typer.Option("--based-on", metavar="ETAG")] = None,
    submission: Annotated[
        UUID | None, typer.Option("--id", help="The submission's id; repeat one safely.")
    ] = None,
    raw: Annotated[Path | None, typer.Option("--raw", help="Send this file's bytes as they are.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the receipt; 0 does not wait.")] = 30.0,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Publish to accord.submissions.AGENCY; facts under `clear` are sealed to the county's key first."""
    from shared.bus.clients import Publisher
    from shared.events.names import receipts_topic, submissions_topic

    settings = agency_settings(agency, data)
    number = submission or uuid4()
    value = (
        raw.read_bytes()
        if raw
        else _event(command, agency, number, read_body(body, field), about, based_on, data)
    )
    reader = _Reader(settings, receipts_topic(agency)) if wait > 0 else None
    publisher = Publisher(settings)
    try:
        offset = publisher.publish(submissions_topic(agency), str(number).encode(), value)
    except TryLater as error:
        raise Unreachable(
            "Kafka does not take the submission.", "`accord doctor` says what is wrong."
        ) from error
    finally:
        publisher.close()
    say(f"Submitted {number} to {submissions_topic(agency)} at offset {offset}.")
    if reader is None:
        return
    for receipt in reader.until(time.monotonic() + wait):
        if receipt["data"]["submission"] == str(number):
            emit_json(receipt["data"]) if as_json else emit_fields(receipt["data"])
            return
    raise Unreachable(
        "No receipt came in time.", f"It is kept: look later with `accord receipts --agency {agency}`."
    )


def receipts(
    agency: Agency,
    submission: Annotated[
        str | None, typer.Option("--submission", metavar="ID", help="Only of this one.")
    ] = None,
    data: Data = None,
    as_jsonl: Jsonl = False,
) -> None:
    """Read accord.receipts.AGENCY from its beginning to its end."""
    from shared.events.names import receipts_topic

    settings = agency_settings(agency, data)
    found = 0
    for receipt in _Reader(settings, receipts_topic(agency), beginning=True).to_the_end():
        facts = receipt["data"]
        if submission and facts["submission"] != submission:
            continue
        found += 1
        if as_jsonl:
            emit_line(facts)
        else:
            emit_fields(facts)
            say("")
    if not found:
        say("No receipts.")


def agency_settings(agency: str, data: Path | None) -> Settings:
    """Kafka's address and this agency's own login. Raises Usage if they are not known."""
    from shared.bus.logins import kafka_login

    return kafka_login([agency], data)


def _event(
    command: str,
    agency: str,
    number: UUID,
    body: dict[str, Any],
    about: str | None,
    based_on: str | None,
    data: Path | None,
) -> bytes:
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(number),
        "source": f"/agencies/{agency}",
        "type": f"accord.submission.{command}.v1",
        "subject": about,
        "time": datetime.now(UTC).isoformat(),
        "basedon": based_on,
        "datacontenttype": "application/json",
        "data": sealed(body, number, data) if "clear" in body else body,
    }
    return json.dumps({k: v for k, v in attributes.items() if v is not None}).encode()


def sealed(body: dict[str, Any], number: UUID, data: Path | None) -> dict[str, Any]:
    """The body with what stands under `clear` sealed to the county's key, bound to this submission."""
    from shared.cli.client import Client
    from shared.cli.places import address
    from shared.events.sealing import seal_for_county

    parts = facts_by_class(body)
    with Client(address("referrals", data_directory(data)), None) as client:
        key = client.get("/v1/keys").body["keys"][0]
    done: dict[str, Any] = dict(body.get("sealed", {}))
    for cls, facts in parts.items():
        try:
            done[cls] = seal_for_county(key, number, cls, facts)
        except Undeliverable:
            problem = f"What stands under `{cls}` is too long for one submission."
            raise Usage(problem, "Report it over HTTPS: `accord concern report`.") from None
    return {**{k: v for k, v in body.items() if k != "clear"}, "sealed": done}


def facts_by_class(body: dict[str, Any]) -> dict[SealedClass, dict[str, Any]]:
    """What stands under `clear`, all of it. Raises Usage rather than leave anything out; it quotes no value, and
    no name of a class that is none, since that may be anything."""
    from shared.events.names import SealedClass

    clear, known = body["clear"], [str(cls) for cls in SealedClass]
    if not isinstance(clear, dict) or not isinstance(body.get("sealed", {}), dict):
        raise Usage("`clear` and `sealed` are objects by class.", f"The classes are {', '.join(known)}.")
    for name, facts in clear.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.7)
            meant = f"Is `{near[0]}` meant? " if near else ""
            raise Usage(
                "`clear` has a class that is not known, so nothing was sent.",
                f"{meant}The classes are {', '.join(known)}.",
            )
        if not isinstance(facts, dict):
            raise Usage(
                f"`{name}` under `clear` is no object of facts, so nothing was sent.",
                f'Write "{name}": {{"text": "…"}} or other names.',
            )
    return {SealedClass(name): facts for name, facts in clear.items()}


class _Reader:
    """Reads a topic of one partition, by hand; from its end unless told otherwise."""

    def __init__(self, settings: Settings, topic: str, beginning: bool = False) -> None:
        from shared.bus import clients

        try:
            self._consumer = clients.consumer(settings)
            (self._partition,) = clients.partitions_of(self._consumer, [topic])
            self._consumer.assign([self._partition])
            with clients.kafka_away():
                self._end = self._consumer.end_offsets([self._partition])[self._partition]
            if beginning:
                self._consumer.seek_to_beginning(self._partition)
            else:
                self._consumer.seek(self._partition, self._end)
        except TryLater as error:
            raise Unreachable("Kafka does not answer.", "`accord doctor` says what is wrong.") from error

    def until(self, deadline: float) -> Iterator[dict[str, Any]]:
        """Records as they come, until `deadline` (monotonic seconds)."""
        try:
            while time.monotonic() < deadline:
                for records in self._consumer.poll(timeout_ms=200).values():
                    yield from (json.loads(r.value) for r in records)
        finally:
            self._consumer.close()

    def to_the_end(self) -> Iterator[dict[str, Any]]:
        """Records up to where the topic ended when this was made; at most 60 s."""
        deadline = time.monotonic() + 60
        try:
            while self._consumer.position(self._partition) < self._end and time.monotonic() < deadline:
                for records in self._consumer.poll(timeout_ms=500).values():
                    yield from (json.loads(r.value) for r in records)
        finally:
            self._consumer.close()
