"""From YAML text, or from an adopted event, to a checked document. No I/O but the time-zone table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from shared.events.envelope import encode
from shared.mou.check import check
from shared.mou.document import Mou
from shared.mou.findings import Finding, InvalidMou
from shared.mou.problems import findings_of
from shared.mou.reading import Places, Unreadable, read

#: Largest document, in bytes of JSON: it is adopted in one event of at most 65,535 bytes.
MAX_DOCUMENT = 60_000


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
    try:
        document, places = read(text)
    except Unreadable as error:
        return None, [Finding("", error.problem, error.remedy, error.place.line, error.place.column)]
    mou, findings = _build(document)
    return mou, sorted((_placed(finding, places) for finding in findings), key=_order)


def _placed(finding: Finding, places: Places) -> Finding:
    place = places.of(finding.path, key=finding.problem == "is not known")
    return replace(finding, line=place.line, column=place.column) if place else finding


def _order(finding: Finding) -> tuple[int, int]:
    return finding.line or 0, finding.column or 0


def _build(document: object) -> tuple[Mou | None, list[Finding]]:
    try:
        mou = Mou.model_validate(document)
    except ValidationError as error:
        return None, findings_of(error.errors(include_url=False), document)
    findings = check(mou)
    if len(encode(document_of(mou))) > MAX_DOCUMENT:
        findings.append(Finding("", "is too large for one event", "Shorten the sentences."))
    return mou, findings
