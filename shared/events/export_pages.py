"""The pages of the event types, as Markdown: one for each, and the list of all."""

from __future__ import annotations

import json
from typing import Any

from shared.events.catalogue import CATALOGUE, Entry
from shared.events.examples import EXAMPLES
from shared.events.export_schemas import ATTRIBUTES, one_paragraph, schema_of
from shared.events.registry import TYPES

_RULES = (
    "An event is a CloudEvent (1.0, structured mode, JSON), one in each Kafka record, at most 65,535 bytes. Its"
    " bytes are fixed when it is appended: stored so, published so, hashed so. Times are UTC with six digits"
    " of a second and `Z`. There are no floats. A published version changes only by an optional field; a reader"
    " ignores fields that it does not know, keeps codes that it does not know as text, and keeps events of"
    " types that it does not know as unhandled."
)


def catalogue_page() -> str:
    """The list of all types, with the rules and the attributes that all have in common."""
    rows = "".join(
        f"| [{name}]({name}.md) | {meaning(name)} | {_topics(CATALOGUE[name])} |\n" for name in TYPES
    )
    attributes = "".join(f"| `{name}` | {text} |\n" for name, text in ATTRIBUTES.items())
    return (
        "# Events\n\n"
        "Every event type of Accord. This folder is made from the code by `accord events export`; the"
        " schemas are in [docs/schemas](../schemas), the topics in [docs/asyncapi.json](../asyncapi.json).\n\n"
        f"{_RULES}\n\n## Types\n\n| type | meaning | topic |\n|--|--|--|\n{rows}\n"
        f"## Attributes of every event\n\n| attribute | meaning |\n|--|--|\n{attributes}"
        "| `data` | The facts of the type. Identifying facts stand under `sealed` only, by class. |\n\n"
        "Kafka headers, set by the relay: `content-type`, and `sequence` (20 digits, dense from 0 in each"
        " partition).\n"
    )


def event_page(name: str) -> str:
    """The page of one type."""
    entry = CATALOGUE[name]
    facts = schema_of(name)["properties"]["data"]
    needed = set(facts.get("required", []))
    rows = "".join(
        f"| `{field}` | {_kind(schema)} | {'yes' if field in needed else 'no'} |\n"
        for field, schema in facts["properties"].items()
    )
    example = json.dumps(json.loads(EXAMPLES[name].value()), indent=2)
    return (
        f"# {name}\n\n{meaning(name)}\n\n"
        f"- **Topic**: {_topics(entry)}\n- **Comes about by**: {entry.door}\n"
        f"- **Written by**: {_writers(entry)}\n- **Notifications**: {_told(entry)}\n"
        f"- **Audit**: {_audited(entry)}\n- **Schema**: [{name}.json](../schemas/{name}.json)\n\n"
        f"## Facts\n\n| field | what it holds | always there |\n|--|--|--|\n{rows}\n"
        f"## Example\n\nInvented. The attributes are explained in the [list of types](README.md).\n\n"
        f"```json\n{example}\n```\n"
    )


def meaning(name: str) -> str:
    """What the type says, on one line: its docstring."""
    return one_paragraph(TYPES[name].__doc__)


def _topics(entry: Entry) -> str:
    return ", ".join(f"`{topic}`" for topic in entry.topics)


def _writers(entry: Entry) -> str:
    if not entry.kept or entry.topics[0] == "accord.mou.events":
        return "referrals"
    return ", ".join(topic.split(".")[1] for topic in entry.topics)


def _told(entry: Entry) -> str:
    if entry.told:
        return "tells whom the MOU's routing names"
    return "tells nobody, on purpose (see `SILENT` in `shared/mou/routing.py`)"


def _audited(entry: Entry) -> str:
    return "keeps it in the ledger, byte for byte" if entry.kept else "does not keep it: not a kept topic"


def _kind(schema: dict[str, Any]) -> str:
    """A field's type in words."""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " ".join(f"`{code}`" for code in schema["enum"])
    if schema.get("type") == "array":
        return f"list of: {_kind(schema['items'])}"
    if "propertyNames" in schema:
        return "sealed parts by class (JWE)"
    return _simple(schema)


def _simple(schema: dict[str, Any]) -> str:
    pattern = str(schema.get("pattern", ""))
    if schema.get("format") == "date-time":
        return "time"
    if "[0-9a-fA-F]{12}" in pattern:
        return "id"
    if schema.get("type") == "string" and schema.get("maxLength") == 200:
        return "a code of a newer version"
    if pattern.startswith("^[A-Za-z0-9]["):
        return "code word"
    if pattern:
        return "text of the form `" + pattern.replace("|", "\\|") + "`"
    bounds = [str(schema[k]) for k in ("minimum", "maximum") if k in schema]
    words = {"integer": "whole number", "string": "text", "object": "object", "boolean": "yes or no"}
    return words.get(str(schema.get("type")), "value") + (f" ({' to '.join(bounds)})" if bounds else "")
