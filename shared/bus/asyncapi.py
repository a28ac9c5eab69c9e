"""The AsyncAPI 3.0 document: every topic with its settings, its writer and readers, and what is on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.bus.topics import Topic, all_topics
from shared.events.catalogue import CATALOGUE, EACH_AGENCY, types_on
from shared.events.envelope import MAX_EVENT_BYTES
from shared.events.examples import EXAMPLES
from shared.events.export import pretty
from shared.events.export_pages import meaning
from shared.events.export_schemas import schema_of
from shared.events.names import Agency
from shared.events.registry import TYPES

PATH = "docs/asyncapi.json"
_CLOUDEVENT = "application/cloudevents+json"

_DESCRIPTION = (
    "What passes between the services of Accord, and between Accord and the agencies' systems. A topic has one"
    " writer. Kept topics are the county's internal record: no agency can read them. Each agency writes its own"
    f" submissions and reads its own receipts and outbox. Values have at most {MAX_EVENT_BYTES} bytes."
)

#: Messages that are no event type of the registry: name -> (title, description, schema of the payload).
_OTHER: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "submission": (
        "A submission of an agency's system",
        "A CloudEvent of type `accord.submission.<command>.v1`, whose data is the body of the same command over"
        " HTTP. Its id is the submission's id, and the record's key. Identifying parts are JWEs to the county's"
        " key (`GET /v1/keys`). Each record gets exactly one receipt. The schema of each command is in"
        " docs/schemas.",
        {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {"type": "string", "format": "uuid"},
                "source": {"type": "string", "pattern": "^/agencies/[a-z-]+$"},
                "type": {"type": "string", "pattern": r"^accord\.submission\.[a-z-]+\.v[0-9]+$"},
                "time": {"type": "string", "format": "date-time"},
                "basedon": {"type": "string", "description": "The ETag of what the command is based on."},
                "data": {"type": "object"},
            },
        },
    ),
    "beat": (
        "A beat",
        "Each second: every event that is not yet published will be recorded later than `before`.",
        {
            "type": "object",
            "required": ["before", "sequences"],
            "properties": {
                "before": {"type": "string", "format": "date-time"},
                "sequences": {
                    "type": "object",
                    "description": "The last sequence by `<topic>/<partition>`.",
                    "additionalProperties": {"type": "integer", "minimum": 0},
                },
            },
        },
    ),
    "outbox": (
        "What an agency may know",
        "An event, filtered by the MOU for this agency. Nothing is written to it yet.",
        {"type": "object"},
    ),
}


def document() -> dict[str, Any]:
    """The whole document. The same each time."""
    topics = {topic.name: topic for topic in all_topics((EACH_AGENCY,))}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Accord",
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": _CLOUDEVENT,
        "servers": {"county": _server()},
        "channels": {_key(name): _channel(topic) for name, topic in topics.items()},
        "operations": {key: value for topic in topics.values() for key, value in _operations(topic).items()},
        "components": {
            "securitySchemes": {
                "scram": {
                    "type": "scramSha256",
                    "description": "A user for each agency's system and each service; ACLs hold for each topic.",
                }
            },
            "schemas": {name: _schema(name) for name in TYPES},
            "messages": {
                **{name: _event(name) for name in TYPES},
                **{name: _other(name) for name in _OTHER},
            },
        },
    }


def exports() -> dict[str, str]:
    """What this package exports."""
    return {PATH: pretty(document())}


def _server() -> dict[str, Any]:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka-secure",
        "description": "The county's Kafka. On a laptop the local platform prints its address.",
        "variables": {"bootstrap": {"default": "localhost:9092", "description": "KAFKA_BOOTSTRAP_SERVERS"}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _key(topic: str) -> str:
    return topic.removesuffix("." + EACH_AGENCY)


def _messages(topic: str) -> tuple[str, ...]:
    if topic.endswith(".beats"):
        return ("beat",)
    for kind, name in {"submissions": "submission", "outbox": "outbox"}.items():
        if topic == f"accord.{kind}.{EACH_AGENCY}":
            return (name,)
    return types_on(topic)


def _channel(topic: Topic) -> dict[str, Any]:
    config: dict[str, Any] = {
        "cleanup.policy": ["delete"],
        "retention.ms": topic.retention_ms,
        "retention.bytes": -1,
        "max.message.bytes": topic.max_message_bytes,
    }
    binding = {"partitions": topic.partitions, "topicConfiguration": config, "bindingVersion": "0.5.0"}
    channel: dict[str, Any] = {
        "address": topic.name,
        "title": _key(topic.name),
        "description": "Kept for ever." if topic.kept else f"Kept {topic.retention_ms // 86_400_000} days.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages(topic.name)},
        "bindings": {"kafka": binding},
        "x-writer": topic.writer,
        "x-readers": sorted(str(reader) for reader in topic.readers),
    }
    if EACH_AGENCY in topic.name:
        enum = [str(agency) for agency in Agency]
        channel["parameters"] = {"agency": {"enum": enum, "description": "The agency's code."}}
    return channel


def _operations(topic: Topic) -> dict[str, Any]:
    """What Accord itself does with the topic: it receives submissions and sends everything else."""
    received = topic.writer == EACH_AGENCY
    key = _key(topic.name)
    reference = f"#/channels/{key}"
    who = "the agency itself" if received else f"the service {topic.writer}"
    operation = {
        "action": "receive" if received else "send",
        "channel": {"$ref": reference},
        "summary": f"Written by {who} only.",
        "messages": [{"$ref": f"{reference}/messages/{name}"} for name in _messages(topic.name)],
    }
    return {("receive." if received else "send.") + key: operation}


def _schema(name: str) -> dict[str, Any]:
    schema = schema_of(name)
    return {key: value for key, value in schema.items() if key not in ("$id", "$schema")}


def _event(name: str) -> dict[str, Any]:
    headers = {"content-type": {"type": "string"}}
    if CATALOGUE[name].kept:
        headers["sequence"] = {
            "type": "string",
            "pattern": "^[0-9]{20}$",
            "description": "Dense from 0 in each partition.",
        }
    return {
        "name": name,
        "title": name,
        "summary": meaning(name),
        "contentType": _CLOUDEVENT,
        "headers": {"type": "object", "properties": headers},
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "correlationId": {"location": "$message.payload#/correlationid"},
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}, "bindingVersion": "0.5.0"}},
        "examples": [{"name": "invented", "payload": json.loads(EXAMPLES[name].value())}],
    }


def _other(name: str) -> dict[str, Any]:
    title, description, payload = _OTHER[name]
    content = "application/json" if name == "beat" else _CLOUDEVENT
    told = {"name": name, "title": title, "description": description}
    return {**told, "contentType": content, "payload": payload}
