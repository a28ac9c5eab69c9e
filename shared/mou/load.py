"""From YAML text, or from an adopted event, to a checked document. No I/O but tables of this package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from shared.events.envelope import encode
from shared.mou.checking import check
from shared.mou.document import Mou
from shared.mou.findings import Finding, InvalidMou
from shared.mou.packing import Unpackable, fits, is_packed, pack, unpack
from shared.mou.problems import findings_of, shown
from shared.mou.reading import Places, Unreadable, read

#: Largest document that is not packed, in bytes of JSON: one event holds at most 65,535.
MAX_DOCUMENT = 60_000


def validate(text: str) -> list[Finding]:
    """Everything that is wrong with a YAML document; empty if it can be adopted. Raises nothing."""
    return _parse(text)[1]


def examine(text: str) -> tuple[Mou | None, list[Finding]]:
    """The document, if it can be read at all, and everything that is wrong with it. Raises nothing."""
    return _parse(text)


def load(text: str) -> Mou:
    """The document in a YAML text. Raises InvalidMou with every finding."""
    return _or_raise(*_parse(text))


def validate_document(document: object) -> list[Finding]:
    """As `validate`, for a document that is already JSON or a packed text, e.g. in the body of a command."""
    return _open(document)[1]


def load_document(document: object) -> Mou:
    """As `load`, for a document that is already JSON or a packed text. Raises InvalidMou."""
    return _or_raise(*_open(document))


def load_for_adoption(document: dict[str, Any]) -> Mou:
    """As `load_document`, if one event can hold it as it is. Raises InvalidMou."""
    if not is_packed(document) and len(encode(document)) > MAX_DOCUMENT:
        raise InvalidMou(
            [Finding("", "is too large for one event", "Send it packed, as accord mou adopt does.")]
        )
    return load_document(document)


def adoptable(text: str) -> dict[str, Any]:
    """The document as `accord mou adopt` sends it and the event keeps it: the text itself, packed.

    Raises InvalidMou; comments are kept, and `load_document` reads it.
    """
    load(text)
    return pack(text)


def packed_document(mou: Mou) -> dict[str, Any]:
    """As `adoptable`, for a document that has no text of its own: its plain values are the text."""
    return pack(json.dumps(document_of(mou), ensure_ascii=False))


def plain_document(document: dict[str, Any]) -> dict[str, Any]:
    """The plain JSON values of an event's `document`, opened if it is packed. Raises InvalidMou."""
    return document_of(load_document(document)) if is_packed(document) else document


def from_adopted(data: Mapping[str, Any]) -> Mou:
    """The document in the `data` of an `accord.mou.adopted.v1`. Raises InvalidMou.

    A document that this version cannot read is not used in part; the reader waits for a newer version.
    """
    return load_document(data.get("document"))


def document_of(mou: Mou) -> dict[str, Any]:
    """The document as plain JSON values; `load_document` gives the same Mou back."""
    return mou.model_dump(mode="json", exclude_none=True)


def digest_of(mou: Mou) -> str:
    """The document's own digest, `sha256:` and 64 hex digits; not that of the signed PDF."""
    return f"sha256:{hashlib.sha256(encode(document_of(mou))).hexdigest()}"


def digest_of_event(document: dict[str, Any], mou: Mou) -> str:
    """The digest of an event's `document`, which was read as `mou`: of its text; of its values if it has none."""
    return str(document["digest"]) if is_packed(document) else digest_of(mou)


def mou_schema() -> dict[str, Any]:
    """The JSON Schema of the document, for docs/schemas/mou.schema.json."""
    schema = Mou.model_json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "/schemas/mou.schema.json"}
    return {**head, **schema, "title": "Accord MOU document"}


def _or_raise(mou: Mou | None, findings: list[Finding]) -> Mou:
    if mou is None or findings:
        raise InvalidMou(findings)
    return mou


def _open(document: object) -> tuple[Mou | None, list[Finding]]:
    if is_packed(document):
        try:
            return _parse(unpack(document))
        except Unpackable as error:
            return None, [Finding("", str(error), "Send what `accord mou adopt` sends.")]
    mou, findings = _build(document)
    return mou, [shown(finding) for finding in findings]


def _parse(text: str) -> tuple[Mou | None, list[Finding]]:
    try:
        document, places = read(text)
    except Unreadable as error:
        return None, [Finding("", error.problem, error.remedy, error.place.line, error.place.column)]
    mou, findings = _build(document)
    if mou is not None and not fits(text):
        findings.append(Finding("", "is too large for one event", "Shorten sentences and comments."))
    return mou, sorted((shown(_placed(finding, places)) for finding in findings), key=_order)


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
    return mou, check(mou)
