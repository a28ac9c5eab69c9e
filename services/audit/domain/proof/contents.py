"""What an evidence bundle says, against its records: leaves, proofs, checkpoints, streams, the answer's facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from .answer import Opened, answer_problems
from .bag import Members, Problem, text_of
from .checkpoint import Checkpoint
from .errors import NotProven
from .hashing import leaf_hash
from .index import (
    CHECKPOINTS,
    INDEX,
    PROOFS,
    RAW,
    RECORDS,
    SHARED,
    Index,
    Row,
    hash_of,
    read_json,
)
from .keys import VerifierKey
from .leaf import unframed
from .note import signed_checkpoint
from .proofs import verify_inclusion

#: Missing versions that are named.
MOST_NAMED = 20


def content_problems(
    members: Members, index: Index, keys: Sequence[VerifierKey], bad: frozenset[str]
) -> Iterator[Problem]:
    """What does not fit. Files in `bad` were named already and are not looked into again."""
    yield from _checkpoint_problems(members, index, keys, bad)
    opened: list[Opened] = []
    for row in index.given(RAW):
        if row.file not in bad:
            yield from _record_problems(members, index, row, opened)
    yield from _unnamed(members, index)
    if PROOFS not in bad:
        yield from _proof_problems(members, index)
    yield from _stream_problems(index, opened)
    yield from answer_problems(members, index, opened, bad)


def _checkpoint_problems(
    members: Members, index: Index, keys: Sequence[VerifierKey], bad: frozenset[str]
) -> Iterator[Problem]:
    for log in index.logs.values():
        if log.checkpoint in bad:
            continue
        try:
            note = text_of(members.get(log.checkpoint, b""))
            told = _signed(note, log.name, keys) if keys else _unsigned(note)
            if (told.size, told.root) != (log.size, log.root):
                raise NotProven("it has another size or root than the index says")
        except NotProven as error:
            yield Problem(log.checkpoint, f"is not the signed checkpoint of {log.name}: {error}")


def _signed(note: str, log: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    last = NotProven("no key is trusted")
    for key in keys:
        try:
            return signed_checkpoint(note, f"{key.name}/{log}", [key])
        except NotProven as error:
            last = error
    raise last


def _unsigned(note: str) -> Checkpoint:
    return Checkpoint.parse(note.rpartition("\n\n")[0] + "\n")


def _record_problems(members: Members, index: Index, row: Row, opened: list[Opened]) -> Iterator[Problem]:
    file, stream = row.file or "", index.streams[row.stream]
    if not file.startswith(RECORDS) or file not in members:
        yield Problem(file or INDEX, f"is missing: the index gives it for {row.place}")
        return
    if leaf_hash(members[file]) != row.leaf:
        yield Problem(file, f"is not the record at {row.place}: its leaf has another hash")
        return
    try:
        _, headers, value = unframed(members[file])
        event = read_json(value or b"")
        if not isinstance(event, dict):
            raise NotProven("it is no event")
    except NotProven as error:
        yield Problem(file, f"cannot be read: {error}")
        return
    told = (event.get("id"), event.get("stream"), event.get("streamversion"), dict(headers).get("sequence"))
    if told != (row.event, stream.id, str(row.version), b"%020d" % row.sequence):
        yield Problem(file, "says another event, stream, version or sequence than the index")
    opened.append(Opened(row, event))


def _unnamed(members: Members, index: Index) -> Iterator[Problem]:
    files = [row.file for row in index.rows if row.file]
    named = {*files, *(log.checkpoint for log in index.logs.values())}
    for path in sorted(members):
        if path.startswith((RECORDS, CHECKPOINTS)) and path not in named:
            yield Problem(path, "does not belong here: the index does not name it")
    if len(set(files)) != len(files):
        yield Problem(INDEX, "names one file for two records")


def _proof_problems(members: Members, index: Index) -> Iterator[Problem]:
    try:
        proofs = read_json(members.get(PROOFS, b""))
    except NotProven as error:
        yield Problem(PROOFS, f"cannot be read: {error}")
        return
    for row in index.rows:
        log = index.logs[row.log]
        try:
            given = proofs.get(row.log, {}).get(str(row.sequence)) if isinstance(proofs, dict) else None
            if not isinstance(given, list):
                raise NotProven("there is no proof for it")
            verify_inclusion(row.sequence, log.size, row.leaf, [hash_of(one) for one in given], log.root)
        except (NotProven, AttributeError) as error:
            yield Problem(PROOFS, f"does not prove that the record at {row.place} is in the log: {error}")


def _stream_problems(index: Index, opened: Sequence[Opened]) -> Iterator[Problem]:
    """That each stream is dense from its first event to its last: whatever was left out shows here."""
    held: dict[str, list[int]] = defaultdict(list)
    for row in index.rows:
        held[row.stream].append(row.version)
    for stream in index.streams.values():
        versions = held[stream.label]
        name = f"stream {stream.label}" + (f" ({stream.id})" if stream.id else "")
        if len(set(versions)) != len(versions):
            yield Problem(INDEX, f"has a version of {name} twice")
        missing = [] if stream.kind == SHARED else _missing(set(versions), stream.last)
        if missing:
            text = f"{name} lacks version {', '.join(map(str, missing))} of {stream.last}"
            yield Problem(INDEX, f"leaves out an event: {text}")
        if any(not 1 <= version <= stream.last for version in versions):
            yield Problem(INDEX, f"has a version of {name} beyond its last")
    yield from _linked_problems(index, opened)


def _missing(held: set[int], last: int) -> list[int]:
    """The first versions that are not there; `last` may be any number, and is never counted up to."""
    found: list[int] = []
    version = 1
    while version <= last and len(found) < MOST_NAMED:
        if version not in held:
            found.append(version)
        version += 1
    return found


def _linked_problems(index: Index, opened: Sequence[Opened]) -> Iterator[Problem]:
    """A record that says how far a concern went when its case took it in: so far it must be here."""
    lasts = {stream.id: stream.last for stream in index.streams.values() if stream.id}
    hidden = any(stream.id is None for stream in index.streams.values())
    for one in opened:
        data = one.event.get("data")
        concern, version = (
            data.get(n) if isinstance(data, dict) else None for n in ("concern", "concern_version")
        )
        if isinstance(version, int) and lasts.get(str(concern), version if hidden else 0) < version:
            text = f"leaves out an event: {one.row.place} names a concern as of version {version}"
            yield Problem(INDEX, text)
