"""Checkpoints that somebody kept elsewhere, against what the ledger says now. The service is not trusted here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.audit.domain.proof import (
    Checkpoint,
    NotProven,
    VerifierKey,
    open_note,
    signed_checkpoint,
    verify_consistency,
)
from services.audit.domain.proof.base64s import decoded
from shared.cli.failures import ApiProblem, Usage


@dataclass(frozen=True)
class KeptCheckpoint:
    """What was kept, its signature verified, and the key that it verified with."""

    checkpoint: Checkpoint
    key: VerifierKey

    @property
    def place(self) -> tuple[str, int]:
        """Topic and partition, as the checkpoint's origin names them."""
        _, topic, partition = self.checkpoint.origin.rsplit("/", 2)
        return topic, int(partition)


def read_kept(path: Path, key: str | None) -> list[KeptCheckpoint]:
    """The checkpoints in a file. Raises Usage if it holds none that the key, or its own, verifies."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise Usage(f"{path.name} cannot be read.") from error
    try:
        document = json.loads(text)
        notes, own = [one["note"] for one in document["checkpoints"]], document["key"]
    except (ValueError, KeyError, TypeError):
        notes, own = [text], None
    if not (trusted := key or own):
        raise Usage(f"{path.name} is a signed note: say with --key whose signature counts.")
    try:
        verifier = VerifierKey.parse(trusted)
        return [_kept(note, verifier) for note in notes]
    except (NotProven, AttributeError) as error:
        raise Usage(f"{path.name} holds no checkpoint that counts: {error}.") from error


def _kept(note: str, key: VerifierKey) -> KeptCheckpoint:
    found = KeptCheckpoint(Checkpoint.parse(open_note(note, [key]).text), key)
    try:
        topic, partition = found.place
    except ValueError as error:
        raise NotProven("its origin names no topic and partition") from error
    if found.checkpoint.origin != f"{key.name}/{topic}/{partition}":
        raise NotProven("its origin is not one that this key signs for")
    return found


def against(client: Any, kept: KeptCheckpoint, signed: int) -> Iterator[dict[str, Any]]:
    """What speaks against the kept checkpoint: none if the log has only grown since. Asks for the proof.

    `signed` is the size that verification found signed of the log: the proof must reach it, so that what was
    verified is the log that grew, and not one that was put beside it.
    """
    topic, partition = kept.place
    told = kept.checkpoint
    try:
        path = f"/v1/ledger/{topic}/{partition}/consistency"
        answer = client.get(path, {"old_size": told.size}).body if told.size else None
        if answer is not None:
            _verify(answer, kept)
            if answer["size"] < signed:
                raise NotProven(f"the proof ends at {answer['size']} entries, and {signed} are signed")
    except ApiProblem as problem:
        if problem.status != 404:
            raise
        yield _problem(
            kept, "kept-is-larger", f"{told.size} entries were signed; the ledger has not that many."
        )
    except (NotProven, KeyError, TypeError) as error:
        yield _problem(
            kept, "kept-differs", f"The log does not begin with the {told.size} entries signed: {error}."
        )


def _verify(answer: Mapping[str, Any], kept: KeptCheckpoint) -> None:
    told, proof = kept.checkpoint, [decoded(one) for one in answer["proof"]]
    root = decoded(answer["root"])
    if answer["note"] is not None:
        now = signed_checkpoint(answer["note"], told.origin, [kept.key])
        if (now.size, now.root) != (answer["size"], root):
            raise NotProven("the newest checkpoint says something else than the proof")
    verify_consistency(told.size, told.root, answer["size"], root, proof)


def _problem(kept: KeptCheckpoint, kind: str, detail: str) -> dict[str, Any]:
    topic, partition = kept.place
    where = {"topic": topic, "partition": partition, "sequence": None, "offset": None}
    return {"kind": kind, **where, "detail": detail}


def open_all(answer: Mapping[str, Any], key: str | None) -> list[str]:
    """Which of the checkpoints in an answer do not verify, and why."""
    try:
        verifier = VerifierKey.parse(key or answer["key"])
    except NotProven as error:
        raise Usage(f"The key is none: {error}.") from error
    wrong = []
    for one in answer["checkpoints"]:
        origin = f"{verifier.name}/{one['topic']}/{one['partition']}"
        try:
            told = signed_checkpoint(one["note"], origin, [verifier])
            if (told.size, told.root) != (one["size"], decoded(one["root"])):
                raise NotProven("it says something else than its note")
        except NotProven as error:
            wrong.append(f"{one['topic']}/{one['partition']}: {error}")
    return wrong
