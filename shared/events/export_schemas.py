"""JSON Schemas (2020-12) of the events, made from the models.

They say what a reader may rely on. Reading is open, so they allow further fields and unknown codes; the codes
known to this version are listed first in each `anyOf`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.events.envelope import Envelope, dataschema
from shared.events.moments import PATTERN
from shared.events.registry import TYPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: What the attributes of the envelope mean (DESIGN 3). `data` and the fixed ones are added by type.
ATTRIBUTES: Mapping[str, str] = {
    "id": "A random id of this event. Every consumer deduplicates by it.",
    "source": "/agencies/<agency> for what an agency stated, /services/<name> for what a service concluded.",
    "subject": "The case, or the concern until it belongs to a case. Opaque and random.",
    "partitionkey": "The same as the subject; the key of the Kafka record.",
    "time": "When it happened in the world, as stated.",
    "recordedtime": "When Accord recorded it: later than its cause's and than the last of its store.",
    "stream": "The stream that the event belongs to.",
    "streamversion": "Its place in its stream, dense from 1: an event left out is visible.",
    "commandid": "The idempotency key or submission id of the command that led to it.",
    "correlationid": "The same for everything that one first statement led to.",
    "causationid": "The id of the event that led to this one, if one did.",
    "traceparent": "W3C trace context, if there was one.",
    "actor": "Who did it: a random id, never a name.",
    "agency": "For which agency.",
    "purpose": "Why: the purpose that was stated.",
    "mouversion": "The version of the MOU under which it was judged.",
    "clause": "The clause of the MOU under which it was judged.",
}


def schema_of(type_name: str) -> dict[str, Any]:
    """The JSON Schema of the whole CloudEvent of this type. Raises KeyError for a type that is not ours."""
    kind = TYPES[type_name]
    facts = _plain(kind.model_json_schema())
    envelope = _plain(Envelope.model_json_schema())
    properties: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "type": {"const": type_name},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"const": dataschema(type_name)},
    }
    for name, meaning in ATTRIBUTES.items():
        properties[name] = {**envelope["properties"][name], "description": meaning}
    properties["streamversion"]["pattern"] = "^[1-9][0-9]*$"
    properties["source"]["pattern"] = "^/(agencies|services)/[a-z-]+$"
    return {
        "$schema": DIALECT,
        "$id": dataschema(type_name),
        "title": type_name,
        "description": one_paragraph(kind.__doc__),
        "type": "object",
        "required": envelope["required"],
        "properties": {**properties, "data": facts},
    }


def one_paragraph(text: str | None) -> str:
    """A docstring on one line."""
    return " ".join((text or "").split())


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without `$defs` (none is recursive), titles and closed objects, with the one time format."""
    definitions = schema.pop("$defs", {})
    result: dict[str, Any] = _walk(schema, definitions)
    return result


def _walk(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_walk(one, definitions) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[str(node["$ref"]).rpartition("/")[2]]
        return _walk({**target, **{k: v for k, v in node.items() if k != "$ref"}}, definitions)
    kept = {k: v for k, v in node.items() if not _dropped(k, v)}
    if kept.get("format") == "date-time":
        kept["pattern"] = PATTERN
    if "propertyNames" in kept:
        kept["propertyNames"] = {"anyOf": [kept["propertyNames"], {"type": "string", "maxLength": 200}]}
    if "properties" in kept:
        fields = {k: _absent(_walk(v, definitions)) for k, v in kept.pop("properties").items()}
        return {**_walk(kept, definitions), "properties": fields}
    if isinstance(kept.get("anyOf"), list):
        kept["anyOf"] = [one for one in kept["anyOf"] if one != {"type": "null"}]
    return {k: _walk(v, definitions) for k, v in kept.items()}


def _dropped(key: str, value: Any) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "additionalProperties" and value is False)


def _absent(field: dict[str, Any]) -> dict[str, Any]:
    """An absent field is left out when written, never null: no null default, no choice of one."""
    kept = {k: v for k, v in field.items() if not (k == "default" and v is None)}
    choices = kept.get("anyOf")
    if isinstance(choices, list) and len(choices) == 1:
        kept.pop("anyOf")
        return {**choices[0], **kept}
    return kept
