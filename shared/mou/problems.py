"""From what the models refuse to findings that a person can act on. Never repeats what was written."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from shared.mou.document import Mou
from shared.mou.findings import Finding
from shared.mou.reading import pointer


def findings_of(errors: Iterable[Any], document: object) -> list[Finding]:
    """One finding for each place, in order, of the errors of pydantic."""
    found: dict[str, Finding] = {}
    for error in errors:
        finding = _finding(error, document)
        # A value that may be one of several kinds has an error for each; the first says enough.
        found.setdefault(finding.path, finding)
    return list(found.values())


def shown(finding: Finding) -> Finding:
    """The finding without names that no document has: what was written in a wrong place may be anything."""
    parts = finding.path.split("/")
    return replace(finding, path="/".join(part if _NAME.match(part) else "…" for part in parts))


_NAME = re.compile(r"^[A-Za-z0-9_.~-]{0,64}$")


def _finding(error: Any, document: object) -> Finding:
    kind, told = error["type"], error.get("ctx") or {}
    problem, remedy = _PROBLEMS.get(kind, ("is not in the form it must have", ""))
    path = _path(error["loc"], document, kind == "missing")
    if kind == "extra_forbidden":
        remedy = _meant(str(error["loc"][-1]), _names(error["loc"][:-1])) or remedy
    elif kind in ("enum", "literal_error"):
        near = _meant(
            str(error.get("input")), told["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        )
        remedy = f"Write one of: {told['expected']}.{' ' + near if near else ''}"
    elif pattern := told.get("pattern"):
        remedy = f"It must match {pattern}."
    elif kind == "value_error":
        problem = str(told["error"])  # a sentence of our own models
    return Finding(path, problem, remedy or "See docs/mou.md and the JSON Schema.")


def _path(location: tuple[str | int, ...], document: object, missing: bool) -> str:
    """The pointer to what is wrong: without what pydantic adds to tell the kinds of a value apart."""
    path, value = "", document
    for index, part in enumerate(location):
        if isinstance(value, Mapping | list) and _has(value, part):
            path, value = pointer(path, part), value[part]  # type: ignore[index]
        elif missing and index == len(location) - 1:
            return pointer(path, part)
    return path


def _has(value: Mapping[str, Any] | list[Any], part: str | int) -> bool:
    return part in value if isinstance(value, Mapping) else isinstance(part, int) and part < len(value)


def _meant(written: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(written, list(known), n=1, cutoff=0.6)
    return f"Did you mean `{near[0]}`?" if near else ""


@cache
def _schema() -> dict[str, Any]:
    return Mou.model_json_schema()


def _names(location: tuple[str | int, ...]) -> list[str]:
    """The fields that the table at `location` may have."""
    places = [_schema()]
    for part in location:
        places = [inner for place in places for inner in _inside(_resolved(place), part)] or places
    return [name for place in places for one in _resolved(place) for name in one.get("properties", {})]


def _resolved(place: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in place:
        return _resolved(_schema()["$defs"][place["$ref"].rpartition("/")[2]])
    if "anyOf" in place:
        return [one for each in place["anyOf"] for one in _resolved(each)]
    return [place]


def _inside(places: list[dict[str, Any]], part: str | int) -> list[dict[str, Any]]:
    found = []
    for place in places:
        if isinstance(part, int):
            found.append(place.get("items"))
        else:
            found.append(place.get("properties", {}).get(part) or place.get("additionalProperties"))
    return [one for one in found if isinstance(one, dict)]


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
    "int_parsing": ("is not a whole number", "Write digits only."),
    "int_type": ("is not a whole number", "Write digits only."),
    "date_from_datetime_parsing": ("is not a date", "Write it as 2026-01-31."),
    "date_parsing": ("is not a date", "Write it as 2026-01-31."),
    "date_type": ("is not a date", "Write it as 2026-01-31."),
    "uuid_parsing": ("is no UUID", "Write it as 8-4-4-4-12 hexadecimal digits."),
    "model_type": ("is not a table of fields", "Write `name: value` lines."),
    "dict_type": ("is not a table of fields", "Write `name: value` lines."),
    "tuple_type": ("is not a list", "Write `[a, b]` or lines that start with `-`."),
    "bool_parsing": ("is neither true nor false", "Write true or false."),
    "bool_type": ("is neither true nor false", "Write true or false."),
}
