"""Evidence bundles of an invented county, made without a database: the same code, over logs kept in memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.domain import tiles
from services.audit.domain.entry import Axis, Cut, Entry, in_order
from services.audit.domain.line import Line
from services.audit.domain.proof import Checkpoint, SignedNote, VerifierKey, leaf, leaf_hash
from services.audit.domain.proof.leaf import framed_headers
from services.audit.domain.proof.note import Signature
from services.audit.evidence.composing import story_of
from services.audit.evidence.story import Asked
from services.audit.evidence.writing import Grown, Material, Root, write_bundle
from services.audit.questions import Replay
from services.audit.reading import adopted_by
from services.audit.views import View
from shared.events.names import MOU_TOPIC, Agency
from tests.unit.audit.county import County
from tests.unit.audit.independent_knowing import rows_of
from tests.unit.audit.made import Case

NAME = "example.invalid/audit"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey(NAME, PRIVATE.public_key().public_bytes_raw())
MADE = datetime(2026, 4, 1, 17, tzinfo=UTC)


def sign(text: str, private: Ed25519PrivateKey = PRIVATE, key: VerifierKey = KEY) -> str:
    """A signed note of the text."""
    return str(SignedNote(text, (Signature(key.name, key.id, private.sign(text.encode())),)))


@dataclass
class Logs:
    """Every record of a county, in trees; each log signed as it is now."""

    made: County

    @cached_property
    def leaves(self) -> dict[tuple[str, int, int], bytes]:
        found = {}
        for m in self.made.log.made:
            place = (m.topic, m.partition, m.sequence)
            found[place] = leaf(m.key, framed_headers(m.headers), m.value)
        return found

    @cached_property
    def trees(self) -> dict[tuple[str, int], Any]:
        hashes: dict[tuple[str, int], list[bytes]] = defaultdict(list)
        for topic, partition, sequence in sorted(self.leaves):
            hashes[topic, partition].append(leaf_hash(self.leaves[topic, partition, sequence]))
        return {log: (len(all_), tiles.Growth(0, {}).append(all_)) for log, all_ in hashes.items()}

    @cached_property
    def roots(self) -> dict[tuple[str, int], Root]:
        found = {}
        for (topic, partition), (size, tree) in self.trees.items():
            root = tiles.roots([(0, size)], tree)[0]
            note = sign(str(Checkpoint(f"{NAME}/{topic}/{partition}", size, root)))
            found[topic, partition] = Root(size, root, note)
        return found

    def grown(self, log: tuple[str, int]) -> dict[int, Grown]:
        """That the log begins with its first half."""
        size, tree = self.trees[log]
        old = size // 2
        root, *proof = tiles.roots([(0, old), *tiles.consistency_path(old, size)], tree) if old else [b""]
        return {old: Grown(root, proof)} if old else {}

    def proof(self, place: tuple[str, int, int]) -> list[bytes]:
        size, tree = self.trees[place[:2]]
        return tiles.roots(tiles.inclusion_path(place[2], size), tree)


def entries_of(made: County, case: Case, until: datetime) -> list[Entry]:
    """The case's events up to then, found apart from the service's own way."""
    ids = {
        row[0]["id"] for row in rows_of(case.case, [(m.topic, m.sequence, m.value) for m in made.log.made])
    }
    return [e for e in in_order(made.log.entries()) if e.event.envelope.id in ids and e.recorded <= until]


def material_of(
    made: County, case: Case, until: datetime | None = None, known_to: Agency | None = None
) -> Material:
    """What the bundle of a case is made of."""
    until = until or made.log.now
    logs, entries = Logs(made), entries_of(made, case, until)
    adoptions = [e for e in made.log.entries() if e.topic == MOU_TOPIC]
    adopted = [adopted_by(entry) for entry in adoptions]
    replay = Replay(
        case=case.case,
        cut=Cut(Axis.RECORDED, until),
        entries=entries,
        complete_until=until,
        mouversion=next(
            (a.version for a in reversed(adopted) if max(a.recorded, a.effective) <= until), None
        ),
        adopted=adopted,
        gaps=[],
        positions=[],
        statement=f"{len(entries)} events",
        line=Line(case.case),
    )
    asked = Asked("county", "audit", MADE, known_to)
    story = story_of(View(replay, known_to), adoptions, {}, asked, str(KEY))
    return material(logs, story)


def material(logs: Logs, story: Any) -> Material:
    """The same, of a story."""
    places = [(p.entry.topic, p.entry.partition, p.entry.sequence) for p in (*story.pieces, *story.mous)]
    proofs = {place: logs.proof(place) for place in places}
    leaves = {place: logs.leaves[place] for place in places}
    return Material(story, leaves, proofs, logs.roots, {log: logs.grown(log) for log in logs.roots})


def bundle(
    made: County, case: Case, until: datetime | None = None, known_to: Agency | None = None
) -> dict[str, bytes]:
    """The files of the bundle of a case."""
    return write_bundle(material_of(made, case, until, known_to), NAME, sign)
