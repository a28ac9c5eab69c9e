"""What somebody brings along to check a bundle by: a key, checkpoints kept elsewhere, roots. Trust is theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from . import base64s
from .bag import Problem
from .checkpoint import Checkpoint
from .errors import NotProven
from .growth import Growth
from .hashing import HASH_BYTES
from .index import Index
from .keys import VerifierKey
from .note import open_note


@dataclass(frozen=True)
class Outside:
    """What was got by another way than the bundle. Nothing of it is needed; without it, less is proven."""

    key: VerifierKey | None = None
    checkpoints: Sequence[str] = ()
    """Signed notes."""
    roots: Sequence[tuple[str, bytes]] = ()
    """(topic/partition, root) at the size of the bundle's checkpoint."""


@dataclass
class Compared:
    """How many of them are about logs of the bundle, and said the same."""

    same: int = 0
    elsewhere: list[str] = field(default_factory=list)


def read_root(text: str) -> tuple[str, bytes]:
    """`topic/partition=root`, the root in base64 or hex. Raises NotProven."""
    log, equals, root = text.partition("=")
    try:
        found = bytes.fromhex(root) if len(root) == 2 * HASH_BYTES else base64s.decoded(root)
    except ValueError as error:
        raise NotProven("the root is neither base64 nor hex") from error
    if not equals or log.count("/") != 1 or len(found) != HASH_BYTES:
        raise NotProven("a root is given as topic/partition=root")
    return log, found


def read_kept(data: bytes) -> list[str]:
    """The signed notes in a file: one note, or what `accord audit checkpoint --json` printed. Raises NotProven."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotProven("the file holds no checkpoint") from error
    try:
        notes = [one["note"] for one in json.loads(text)["checkpoints"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        notes = [text]
    if not notes or not all(isinstance(one, str) for one in notes):
        raise NotProven("the file holds no checkpoint")
    return notes


def outside_problems(
    index: Index, outside: Outside, keys: Sequence[VerifierKey], growth: Growth, compared: Compared
) -> Iterator[Problem]:
    """Where the bundle says something else than what was brought along. Counts in `compared` what was the same."""
    for note in outside.checkpoints:
        try:
            told = Checkpoint.parse(open_note(note, keys).text)
        except NotProven as error:
            yield Problem("--checkpoint", f"what you kept cannot be compared: {error}")
            continue
        yield from _against(index, told, keys, growth, compared)
    for log, root in outside.roots:
        if log not in index.logs:
            compared.elsewhere.append(log)
        elif index.logs[log].root != root:
            text = f"has another root for {log} than you gave: it is another log, or its past was changed"
            yield Problem(index.logs[log].checkpoint, text)
        else:
            compared.same += 1


def _against(
    index: Index, told: Checkpoint, keys: Sequence[VerifierKey], growth: Growth, compared: Compared
) -> Iterator[Problem]:
    names = {f"{key.name}/{log}": log for key in keys for log in index.logs}
    if told.origin not in names:
        compared.elsewhere.append(told.origin.split("/", 2)[-1])
        return
    log = index.logs[names[told.origin]]
    here = log.root if told.size == log.size else growth.get((log.name, told.size))
    if here is None:
        compared.elsewhere.append(f"{log.name} at {told.size} entries; here it has {log.size}")
    elif told.root != here:
        text = f"does not go with what you kept: another root for the first {told.size} entries of {log.name}"
        yield Problem(log.checkpoint, f"{text}; the log's past was changed")
    else:
        compared.same += 1
