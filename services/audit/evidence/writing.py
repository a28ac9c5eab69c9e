"""An evidence bundle put together: every file of it, as bytes. Reads only the verifier's own source files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from services.audit.domain.evidence import Piece
from services.audit.domain.proof.bag import (
    BAGIT,
    DECLARATION,
    INFO,
    KEY,
    MANIFEST,
    SEAL,
    TAGS,
    is_payload,
    is_tag,
    manifest,
    sealed_text,
)
from services.audit.domain.proof.base64s import encoded
from services.audit.domain.proof.hashing import leaf_hash
from services.audit.domain.proof.index import (
    CONSISTENCY,
    EXTRACT,
    FORMAT,
    HISTORY,
    INDEX,
    MOU,
    NOTE,
    PROOFS,
    RAW,
    RECORDS,
    REPORT,
    STATE,
    Index,
)
from services.audit.evidence.page import page
from services.audit.evidence.report import report
from services.audit.evidence.story import Story
from shared.events.moments import write_moment

HERE = Path(__file__).parent
AUDIT = HERE.parent
#: What the verifier is made of, below services/audit; in a bundle below verifier/.
CARRIED = ("__init__.py", "domain/__init__.py", "domain/proof/*.py", "stranger/*.py")

Place = tuple[str, int, int]
"""Topic, partition, sequence."""


@dataclass(frozen=True)
class Root:
    """A log's checkpoint: its size, its root, the signed note."""

    size: int
    root: bytes
    note: str


@dataclass(frozen=True)
class Grown:
    """That a log begins with what it was at an earlier size: the root it had then, and the proof."""

    root: bytes
    proof: list[bytes]


@dataclass(frozen=True)
class Material:
    """What a bundle is made of: the story, and of its records the bytes, their proofs, their logs' checkpoints.

    A record without a proof (its log has a hole before it) is put in without one; verification names it.
    """

    story: Story
    leaves: Mapping[Place, bytes]
    proofs: Mapping[Place, list[bytes]]
    roots: Mapping[tuple[str, int], Root]
    growth: Mapping[tuple[str, int], Mapping[int, Grown]]
    """By log and earlier size."""


def write_bundle(material: Material, name: str, sign: Callable[[str], str]) -> dict[str, bytes]:
    """The files of the bag. `name` is the signing key's; `sign` makes a signed note of a text."""
    story = material.story
    pieces = sorted([*story.pieces, *story.mous], key=place_of)
    files = {
        place_of(piece): f"{RECORDS}{n:06}.record" for n, piece in enumerate(pieces, 1) if piece.given == RAW
    }
    main = report(story)
    members = {
        KEY: f"{story.key}\n".encode(),
        HISTORY: _json(story.history),
        STATE: _json(story.state),
        PROOFS: _json(_proofs(material, pieces)),
        CONSISTENCY: _json(_growth(material, {place_of(piece)[:2] for piece in pieces})),
        INDEX: _json(_index(material, pieces, files, main)),
        **{file: material.leaves[place] for place, file in files.items()},
        **dict(_mou(story)),
    }
    members[NOTE] = sign(sealed_text(name, "index.json", members[INDEX])).encode()
    index = Index.parse(members[INDEX])
    for log in index.logs.values():
        topic, _, partition = log.name.rpartition("/")
        members[log.checkpoint] = material.roots[topic, int(partition)].note.encode()
    members[REPORT] = page(members, index, main)
    return _bagged(members, story, name, sign)


def place_of(piece: Piece) -> Place:
    """Where the record stands."""
    return piece.entry.topic, piece.entry.partition, piece.entry.sequence


def _bagged(
    members: dict[str, bytes], story: Story, name: str, sign: Callable[[str], str]
) -> dict[str, bytes]:
    size = sum(map(len, members.values()))
    info = {
        "Source-Organization": name,
        "External-Identifier": story.case,
        "Bagging-Date": story.asked.made.strftime("%Y-%m-%d"),
        "Payload-Oxum": f"{size}.{len(members)}",
        "Bag-Software-Agent": FORMAT,
    }
    bag = {
        **members,
        **dict(_verifier()),
        BAGIT: DECLARATION,
        INFO: "".join(f"{key}: {value}\n" for key, value in info.items()).encode(),
        "README.txt": (HERE / "README.txt").read_bytes(),
        "verify.py": (HERE / "verify.py.txt").read_bytes(),
    }
    bag[MANIFEST] = manifest(bag, is_payload)
    bag[TAGS] = manifest(bag, is_tag)
    bag[SEAL] = sign(sealed_text(name, TAGS, bag[TAGS])).encode()
    return bag


def _verifier() -> Iterator[tuple[str, bytes]]:
    for pattern in CARRIED:
        for path in sorted(AUDIT.glob(pattern)):
            yield f"verifier/{path.relative_to(AUDIT).as_posix()}", path.read_bytes()


def _index(material: Material, pieces: list[Piece], files: Mapping[Place, str], main: str) -> dict[str, Any]:
    story = material.story
    said = {
        name: story.history[name]
        for name in ("case", "as_of", "as_of_event", "mouversion", "complete_until", "complete", "gaps")
    }
    logs = {place_of(piece)[:2] for piece in pieces}
    roots = {place: material.roots[place] for place in sorted(logs)}
    streams = sorted(story.streams.values(), key=lambda stream: stream.label)
    return {
        "format": FORMAT,
        **said,
        "known_to": story.asked.known_to,
        "taken_by": story.asked.agency,
        "purpose": story.asked.purpose,
        "made": write_moment(story.asked.made),
        "report": sha256(main.encode()).hexdigest(),
        "logs": {f"{t}/{p}": {"size": r.size, "root": encoded(r.root)} for (t, p), r in roots.items()},
        "streams": {s.label: {"kind": s.kind, "last": s.last, "id": s.id} for s in streams},
        "records": [_row(material, piece, files.get(place_of(piece))) for piece in pieces],
    }


def _row(material: Material, piece: Piece, file: str | None) -> dict[str, Any]:
    topic, partition, sequence = place_of(piece)
    envelope = piece.entry.event.envelope
    row: dict[str, Any] = {
        "log": f"{topic}/{partition}",
        "sequence": sequence,
        "leaf": encoded(leaf_hash(material.leaves[topic, partition, sequence])),
        "stream": material.story.streams[envelope.stream].label,
        "version": piece.entry.event.version,
        "given": piece.given,
    }
    if file is not None:
        return {**row, "event": envelope.id, "file": file}
    event = {"event": envelope.id} if piece.given == EXTRACT else {}
    return {**row, **event, "reason": piece.reason, "clause": piece.clause}


def _proofs(material: Material, pieces: list[Piece]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for topic, partition, sequence in map(place_of, pieces):
        proof = material.proofs.get((topic, partition, sequence))
        if proof is not None:
            found.setdefault(f"{topic}/{partition}", {})[str(sequence)] = [encoded(one) for one in proof]
    return found


def _growth(material: Material, logs: set[tuple[str, int]]) -> dict[str, Any]:
    return {
        f"{topic}/{partition}": {
            str(size): {"root": encoded(one.root), "proof": [encoded(part) for part in one.proof]}
            for size, one in sorted(grown.items())
        }
        for (topic, partition), grown in sorted(material.growth.items())
        if (topic, partition) in logs
    }


def _mou(story: Story) -> Iterator[tuple[str, bytes]]:
    for number, adopted in enumerate(story.adopted, 1):
        yield f"{MOU}{number:03}.json", _json(adopted.document)


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode()
