"""The index of an evidence bundle: every record of the case, how much of it is given, and where it stands.

It is signed by itself as well, since the page carries it. Read strictly: whatever is not as it must be is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from . import base64s
from .bag import is_safe, text_of
from .errors import NotProven
from .hashing import HASH_BYTES
from .proofs import LARGEST

FORMAT = "accord-evidence/1"
INDEX, NOTE, PROOFS = "data/index.json", "data/index.note", "data/proofs.json"
HISTORY, STATE, REPORT = "data/history.json", "data/state.json", "data/report.html"
CONSISTENCY = "data/consistency.json"
RECORDS, CHECKPOINTS, MOU = "data/records/", "data/checkpoints/", "data/mou/"

RAW, EXTRACT, WITHHELD = "raw", "extract", "withheld"
#: A stream is the case's own, the MOU's, or one in which other things are told as well.
OWN, OF_MOU, SHARED = "case", "mou", "shared"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Log:
    """One log at the size of its checkpoint."""

    name: str
    size: int
    root: bytes

    @property
    def checkpoint(self) -> str:
        """The file of its checkpoint."""
        return f"{CHECKPOINTS}{self.name.replace('/', '-')}.note"


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: its last version within the bundle's cut; `id` only if a record that is given whole names it."""

    label: str
    kind: str
    last: int
    id: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its place, its leaf's hash, and how much of it is given."""

    log: str
    sequence: int
    leaf: bytes
    stream: str
    version: int
    given: str
    event: str | None
    file: str | None
    reason: str | None
    clause: str | None

    @property
    def place(self) -> str:
        """How it is named in words."""
        return f"{self.log}, sequence {self.sequence}"


@dataclass(frozen=True, slots=True)
class Index:
    """The whole of it. `document` is what it was read from."""

    document: Mapping[str, Any]
    logs: Mapping[str, Log]
    streams: Mapping[str, Stream]
    rows: tuple[Row, ...]
    report: str

    @property
    def case(self) -> str:
        """The case's id."""
        return str(self.document["case"])

    def given(self, how: str, kind: str = "") -> list[Row]:
        """The rows of which so much is given; of streams of one kind, if it is named."""
        return [r for r in self.rows if r.given == how and kind in ("", self.streams[r.stream].kind)]

    @classmethod
    def parse(cls, data: bytes) -> Index:
        """Raises NotProven for whatever is not an index of this format."""
        document = read_json(data)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise NotProven("it is not an index of a format that this verifier knows")
        logs = _table(document, "logs", _log)
        streams = _table(document, "streams", _stream)
        rows = tuple(_row(one, logs, streams) for one in _get(document, "records", list))
        if len({(row.log, row.sequence) for row in rows}) != len(rows):
            raise NotProven("it names a record twice")
        _get(document, "case", str)
        return cls(document, logs, streams, rows, _get(document, "report", str))


def read_json(data: bytes) -> Any:
    """A JSON document in UTF-8 that names no member twice. Raises NotProven."""
    try:
        return json.loads(text_of(data), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise NotProven("it is not JSON") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise NotProven("it says one thing twice")
    return dict(pairs)


def hash_of(text: Any) -> bytes:
    """32 bytes in base64. Raises NotProven."""
    found = base64s.decoded(text) if isinstance(text, str) else b""
    if len(found) != HASH_BYTES:
        raise NotProven("a hash in it has not 32 bytes")
    return found


def _get(document: Any, name: str, kind: type[T]) -> T:
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise NotProven(f"its member {name} is not as it must be")
    return value


def _text(document: Any, name: str) -> str | None:
    absent = isinstance(document, dict) and document.get(name) is None
    return None if absent else _get(document, name, str)


def _number(document: Any, name: str) -> int:
    value = _get(document, name, int)
    if not 0 <= value <= LARGEST:
        raise NotProven(f"its member {name} is not as it must be")
    return value


def _table(document: Any, name: str, read: Callable[[str, Any], T]) -> dict[str, T]:
    return {key: read(key, value) for key, value in _get(document, name, dict).items()}


def _log(name: str, said: Any) -> Log:
    log = Log(name, _number(said, "size"), hash_of(_get(said, "root", str)))
    if not is_safe(log.checkpoint) or name.count("/") != 1:
        raise NotProven("it names a log by what is no name of one")
    return log


def _stream(label: str, said: Any) -> Stream:
    kind = _get(said, "kind", str)
    if kind not in (OWN, OF_MOU, SHARED):
        raise NotProven("it has a stream of a kind that this verifier does not know")
    return Stream(label, kind, _number(said, "last"), _text(said, "id"))


def _row(said: Any, logs: Mapping[str, Log], streams: Mapping[str, Stream]) -> Row:
    texts = {name: _text(said, name) for name in ("event", "file", "reason", "clause")}
    log, stream, given = (_get(said, name, str) for name in ("log", "stream", "given"))
    row = Row(
        log=log,
        sequence=_number(said, "sequence"),
        leaf=hash_of(_get(said, "leaf", str)),
        stream=stream,
        version=_number(said, "version"),
        given=given,
        **texts,
    )
    if log not in logs or stream not in streams:
        raise NotProven("it names a log or a stream that it does not list")
    needed = {RAW: (row.event, row.file), EXTRACT: (row.event, row.reason), WITHHELD: (row.reason,)}
    if given not in needed or not all(needed[given]) or (given != RAW and row.file):
        raise NotProven("a record in it is neither given, nor withheld with a reason")
    return row
