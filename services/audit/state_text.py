"""The state of a case as JSON text, from the parts that its line keeps: each part is written out once."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from services.audit import answers
from services.audit.domain.fold import happening
from services.audit.domain.line import OF_THE_CASE, Line, Version
from services.audit.domain.state import CaseState, Happening, Notice, Unhandled
from services.audit.domain.things import SECTIONS

#: The kinds of thing that a state holds -> how each is written.
_WRITERS: dict[type, TypeAdapter[Any]] = {}
_ANY: TypeAdapter[Any] = TypeAdapter(Any)


def _written(thing: Any) -> bytes:
    kind = type(thing)
    if kind not in _WRITERS:
        _WRITERS[kind] = TypeAdapter(kind)
    return _WRITERS[kind].dump_json(thing)


def _listed(things: list[bytes]) -> bytes:
    return b"[" + b",".join(things) + b"]"


def _once(version: Version) -> bytes:
    if version.text is None:
        version.text = _written(version.thing)
    return version.text


def state_text(line: Line, count: int) -> bytes:
    """What `answers.case_view` of the case after the first `count` events is, as JSON. Tested to be the same."""
    empty = CaseState(line.case)
    rest = line.value(line.rest, count) or tuple(getattr(empty, name) for name in OF_THE_CASE)
    last: Happening | None = happening(line.entries[count - 1]) if count else None
    told: tuple[Notice, ...] = line.value(line.told, count) or ()
    unread: tuple[Unhandled, ...] = line.value(line.unread, count) or ()
    parts = {name: _ANY.dump_json(value) for name, value in zip(OF_THE_CASE, rest, strict=True)}
    parts |= {section: _listed([_once(v) for v in line.at(count, section)]) for section in SECTIONS}
    parts["notices"] = _listed([_written(notice) for notice in told])
    parts["unhandled"] = _listed([_written(one) for one in unread])
    parts["last"] = _written(last) if last is not None else b"null"
    members = (f'"{name}":'.encode() + parts[name] for name in answers.CaseView.model_fields)
    return b"{" + b",".join(members) + b"}"


def answer_text(reach: dict[str, Any], line: Line, count: int) -> bytes:
    """A StateAnswer as JSON: what it covers, and the state."""
    head = answers.Reach.model_validate(reach).model_dump_json().encode()
    return head[:-1] + b',"state":' + state_text(line, count) + b"}"
