"""What is wrong with a request's fields, said without repeating any of it.

A JSON pointer keeps only names that the contract itself knows: a member's name is submitted text, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from fastapi import FastAPI
from pydantic_core import core_schema

#: pydantic's own error types; their texts may quote the input, so each has a sentence of ours.
_BUILT_IN = frozenset(get_args(core_schema.ErrorType))

#: type -> sentence; `{…}` are limits and choices of the contract, never the input.
SENTENCES: Mapping[str, str] = {
    "missing": "is required",
    "extra_forbidden": "has a member that is not known here",
    "frozen_field": "cannot be set",
    "string_type": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "does not have the form it must have",
    "string_unicode": "must be text that UTF-8 can carry",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_invalid": "must name one of the known kinds",
    "union_tag_not_found": "must say which kind it is",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "uuid_version": "must be a UUID of version {expected_version}",
    "datetime_type": "must be a date and time",
    "datetime_parsing": "must be a date and time such as 2026-03-03T14:15:00-08:00",
    "datetime_from_date_parsing": "must be a date and time such as 2026-03-03T14:15:00-08:00",
    "datetime_object_invalid": "must be a date and time such as 2026-03-03T14:15:00-08:00",
    "timezone_aware": "must carry its offset from UTC, such as -08:00",
    "date_type": "must be a date",
    "date_parsing": "must be a date such as 2026-03-03",
    "date_from_datetime_parsing": "must be a date such as 2026-03-03",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "too_short": "must have at least {min_length} members",
    "too_long": "must have at most {max_length} members",
}

_PLACES = {"query": "parameter", "header": "header", "cookie": "parameter"}


def sentence(error: Mapping[str, Any]) -> str:
    """What is wrong, in our words. A validator of ours speaks through PydanticCustomError without context."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    template = SENTENCES.get(kind)
    if template is not None:
        try:
            return template.format(**context)
        except (KeyError, IndexError):
            return "is not valid"
    if kind not in _BUILT_IN and not context:
        return str(error["msg"])
    return "is not valid"


def pointer(location: Sequence[str | int], known: frozenset[str]) -> str:
    """A JSON pointer (RFC 6901) of the contract's own names; any other name becomes `*`."""
    steps = (
        str(step) if isinstance(step, int) else (_escaped(step) if step in known else "*")
        for step in location
    )
    return "".join(f"/{step}" for step in steps)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def problem_of(errors: Sequence[Any], known: frozenset[str]) -> tuple[str, str, list[dict[str, str]] | None]:
    """Slug, detail and `errors` for what FastAPI found wrong with a request."""
    if any(error["loc"][0] == "path" for error in errors):
        return "not-found", "", None
    if any(_unreadable(error) for error in errors):
        return "unreadable", "", None
    named = [_named(error, known) for error in errors]
    count = f"{len(named)} field is" if len(named) == 1 else f"{len(named)} fields are"
    return "invalid-field", f"{count} not as it must be.".replace("are not as it", "are not as they"), named


def _unreadable(error: Mapping[str, Any]) -> bool:
    """The body as a whole: no JSON, absent, or no object."""
    whole = tuple(error["loc"]) == ("body",)
    return error["type"] == "json_invalid" or (
        whole and error["type"] in {"missing", "model_attributes_type"}
    )


def _named(error: Mapping[str, Any], known: frozenset[str]) -> dict[str, str]:
    place, *rest = error["loc"]
    if error["type"] == "extra_forbidden":  # its last step is a name the caller made up
        rest = rest[:-1]
    if place in _PLACES:
        name = str(rest[0]) if rest and rest[0] in known else "*"
        return {_PLACES[place]: name, "detail": sentence(error)}
    return {"pointer": pointer(rest, known), "detail": sentence(error)}


def errors_of(errors: Sequence[Any], schema: Mapping[str, Any]) -> list[dict[str, str]]:
    """For a body that a handler validates itself: `errors_of(exc.errors(), Model.model_json_schema())`."""
    known = frozenset(_names(schema))
    return [_named({**error, "loc": ("body", *error["loc"])}, known) for error in errors]


def known_names(app: FastAPI) -> frozenset[str]:
    """Every member and parameter name in the app's own contract; worked out once per app."""
    if not hasattr(app.state, "known_names"):
        app.state.known_names = frozenset(_names(app.openapi()))
    known: frozenset[str] = app.state.known_names
    return known


def _names(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            yield from (str(name) for name in properties)
        if "in" in schema and isinstance(schema.get("name"), str):
            yield str(schema["name"])
        for value in schema.values():
            yield from _names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _names(value)
