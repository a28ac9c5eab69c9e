"""The page of a bundle: that its text is the one the index names, and that it carries what lies beside it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from .bag import KEY, Members, Problem, text_of
from .base64s import decoded
from .errors import NotProven
from .index import INDEX, NOTE, PROOFS, RECORDS, REPORT, Index, read_json

MAIN, MAIN_END = '<main id="report">', "</main>"
DATA, DATA_END = '<script type="application/json" id="evidence">', "</script>"


def page_problems(members: Members, index: Index, bad: frozenset[str]) -> Iterator[Problem]:
    """What of the page is not as the index and the other files say; it is not blamed for files in `bad`."""
    try:
        page = text_of(members.get(REPORT, b""))
        if sha256(_between(page, MAIN, MAIN_END).encode()).hexdigest() != index.report:
            raise NotProven("its text is not the one that the index names")
        carried = read_json(_between(page, DATA, DATA_END).encode())
        if not isinstance(carried, dict) or (not bad and _carried(carried) != _beside(members, index)):
            raise NotProven("what it carries is not what lies beside it")
    except NotProven as error:
        yield Problem(REPORT, f"is not the page of this bundle: {error}")


def _between(page: str, begin: str, end: str) -> str:
    _before, found, rest = page.partition(begin)
    inside, ended, _ = rest.partition(end)
    if not found or not ended or begin in rest:
        raise NotProven("it has not just one text, and one set of what it rests on")
    return inside


def _carried(said: dict[str, Any]) -> dict[str, Any]:
    try:
        return {
            **said,
            "key": said["key"].encode(),
            "index": decoded(said["index"]),
            "note": decoded(said["note"]),
            "checkpoints": {name: decoded(note) for name, note in said["checkpoints"].items()},
            "records": {path: decoded(data) for path, data in said["records"].items()},
        }
    except (KeyError, AttributeError, TypeError) as error:
        raise NotProven("what it carries cannot be read") from error


def _beside(members: Members, index: Index) -> dict[str, Any]:
    return {
        "key": members.get(KEY),
        "index": members.get(INDEX),
        "note": members.get(NOTE),
        "checkpoints": {log.name: members.get(log.checkpoint) for log in index.logs.values()},
        "records": {path: data for path, data in members.items() if path.startswith(RECORDS)},
        "proofs": read_json(members.get(PROOFS, b"")),
    }
