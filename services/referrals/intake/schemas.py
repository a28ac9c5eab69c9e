"""JSON Schemas of what an agency's system may submit on Kafka, one for each command, for `accord events export`.

They are what a good submission looks like. A concern that fits less well is taken all the same, and flagged.
"""

from __future__ import annotations

from typing import Any

from services.referrals.application.table import COMMANDS, Spec
from services.referrals.intake.parsing import NOT_OVER_KAFKA
from shared.events.export import pretty
from shared.events.export_schemas import DIALECT, one_paragraph
from shared.events.names import Agency, Purpose

_UUID = {"type": "string", "format": "uuid"}


def schema_of(command: str) -> dict[str, Any]:
    """The schema of the whole CloudEvent. Raises KeyError for a command that is not known."""
    spec = COMMANDS[command]
    name = f"accord.submission.{command}.v1"
    body = spec.body.model_json_schema()
    definitions = body.pop("$defs", {})
    body["properties"].pop("clear", None)  # over HTTPS only: on Kafka identifying facts are sealed
    return {
        "$schema": DIALECT,
        "$id": f"/schemas/{name}.json",
        "title": name,
        "description": one_paragraph(spec.body.__doc__),
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data", *_more(spec)],
        "properties": {**_attributes(name, spec), "data": body},
        "$defs": {key: value for key, value in definitions.items() if f"#/$defs/{key}" in repr(body)},
    }


def exports() -> dict[str, str]:
    """Path from the repository's root -> text."""
    commands = [command for command in COMMANDS if command not in NOT_OVER_KAFKA]
    return {f"docs/schemas/accord.submission.{one}.v1.json": pretty(schema_of(one)) for one in commands}


def _more(spec: Spec) -> list[str]:
    return (["subject"] if spec.thing else []) + (["basedon"] if spec.needs_based_on else [])


def _attributes(name: str, spec: Spec) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": {**_UUID, "description": "The submission's id; also the record's key."},
        "source": {"enum": [f"/agencies/{agency}" for agency in Agency]},
        "type": {"const": name},
        "time": {"type": "string", "format": "date-time", "description": "When it happened in the world."},
        "purpose": {"enum": [str(purpose) for purpose in Purpose]},
        "correlationid": _UUID,
        "traceparent": {"type": "string"},
    }
    if spec.thing:
        attributes["subject"] = {**_UUID, "description": f"The {spec.thing} that it concerns."}
    if spec.needs_based_on:
        attributes["basedon"] = {"type": "string", "description": "The ETag of what it is based on."}
    return attributes
