"""From YAML text, or from an adopted event, to a checked document. No I/O but the time-zone table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from shared.events.envelope import encode
from shared.mou.check import check
from shared.mou.document import Mou
from shared.mou.findings import Finding, InvalidMou

#: Largest YAML text that is read, in characters.
MAX_TEXT = 262_144
#: Largest document, in bytes of JSON: it is adopted in one event of at most 65,535 bytes.
MAX_DOCUMENT = 60_000


class _Loader(yaml.SafeLoader):
    """Plain YAML: no aliases, no repeated keys; `4.10` stays text, and only true and false are booleans."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not read", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key is not text", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem="a key stands twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^(0|[1-9][0-9]*)$"), list("0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(null|~|)$"), ["n", "~", ""])


def validate(text: str) -> list[Finding]:
    """Everything that is wrong with a YAML document; empty if it can be adopted. Raises nothing."""
    return _parse(text)[1]


def load(text: str) -> Mou:
    """The document in a YAML text. Raises InvalidMou with every finding."""
    return _or_raise(*_parse(text))


def validate_document(document: object) -> list[Finding]:
    """As `validate`, for a document that is already JSON, e.g. in the body of a command."""
    return _build(document)[1]


def load_document(document: object) -> Mou:
    """As `load`, for a document that is already JSON. Raises InvalidMou."""
    return _or_raise(*_build(document))


def from_adopted(data: Mapping[str, Any]) -> Mou:
    """The document in the `data` of an `accord.mou.adopted.v1`. Raises InvalidMou.

    A document that this version cannot read is not used in part; the reader waits for a newer version.
    """
    return load_document(data.get("document"))


def document_of(mou: Mou) -> dict[str, Any]:
    """The document as plain JSON values, as an event holds it; `load_document` gives the same Mou back."""
    return mou.model_dump(mode="json", exclude_none=True)


def digest_of(mou: Mou) -> str:
    """The document's own digest, `sha256:` and 64 hex digits; not that of the signed PDF."""
    return f"sha256:{hashlib.sha256(encode(document_of(mou))).hexdigest()}"


def mou_schema() -> dict[str, Any]:
    """The JSON Schema of the document, for docs/schemas/mou.schema.json."""
    schema = Mou.model_json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "/schemas/mou.schema.json"}
    return {**head, **schema, "title": "Accord MOU document"}


def _or_raise(mou: Mou | None, findings: list[Finding]) -> Mou:
    if mou is None or findings:
        raise InvalidMou(findings)
    return mou


def _parse(text: str) -> tuple[Mou | None, list[Finding]]:
    if len(text) > MAX_TEXT:
        return None, [Finding("", "is too large to read", "Shorten it.")]
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        return None, [_unreadable(error.problem or "is not YAML", error.problem_mark)]
    except (yaml.YAMLError, ValueError, RecursionError):
        return None, [_unreadable("is not YAML", None)]
    return _build(document)


def _unreadable(problem: str, mark: yaml.Mark | None) -> Finding:
    known = problem in ("aliases are not read", "a key is not text", "a key stands twice")
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return Finding("", f"{problem if known else 'is not YAML'}{where}", "Correct the text there.")


def _build(document: object) -> tuple[Mou | None, list[Finding]]:
    try:
        mou = Mou.model_validate(document)
    except ValidationError as error:
        return None, [_finding(each) for each in error.errors(include_url=False, include_input=False)]
    findings = check(mou)
    if len(encode(document_of(mou))) > MAX_DOCUMENT:
        findings.append(Finding("", "is too large for one event", "Shorten the sentences."))
    return mou, findings


def _finding(error: Any) -> Finding:
    path = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error["loc"])
    problem, remedy = _PROBLEMS.get(error["type"], ("is not in the form it must have", ""))
    if expected := (error.get("ctx") or {}).get("expected"):
        remedy = f"Write one of: {expected}."
    elif pattern := (error.get("ctx") or {}).get("pattern"):
        remedy = f"It must match {pattern}."
    return Finding(path, problem, remedy or "See docs/mou.md and the JSON Schema.")


#: Pydantic's error type -> what to say; its own texts may repeat what was written.
_PROBLEMS: dict[str, tuple[str, str]] = {
    "missing": ("is missing", "Add it."),
    "extra_forbidden": ("is not known", "Check the spelling, or remove it."),
    "enum": ("is none of the known codes", ""),
    "literal_error": ("is none of the known words", ""),
    "string_type": ("is not text", "Write it as text."),
    "string_too_long": ("is too long", "Shorten it."),
    "string_too_short": ("is too short", "Say more."),
    "string_pattern_mismatch": ("is not written as it must be", ""),
    "too_short": ("is empty", "Add at least one."),
    "greater_than_equal": ("is too small", "See the JSON Schema for the limits."),
    "less_than_equal": ("is too large", "See the JSON Schema for the limits."),
    "uuid_parsing": ("is no UUID", "Write it as 8-4-4-4-12 hexadecimal digits."),
    "model_type": ("is not a table of fields", "Write `name: value` lines."),
    "tuple_type": ("is not a list", "Write `[a, b]` or lines that start with `-`."),
    "bool_parsing": ("is neither true nor false", "Write true or false."),
    "bool_type": ("is neither true nor false", "Write true or false."),
}
