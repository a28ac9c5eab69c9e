"""What is asked of the Merkle logs: checkpoints, proofs, verification. Thread-safe. Blocks; raises TryLater."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from services.audit.domain.proof.leaf import leaf
from services.audit.domain.tiles import Range, consistency_path, inclusion_path
from services.audit.merkle import checkpoints
from services.audit.merkle.checkpoints import Signed
from services.audit.merkle.refused import keep_refusal
from services.audit.merkle.signing import SigningKey
from services.audit.merkle.trees import Place, read_roots
from services.audit.merkle.verifying import CHUNK, Step, verify_step
from services.audit.standing import WITH_EFFECT
from shared.errors import Disagreement
from shared.store.store import Store

#: Entries of one step of verification: some seconds.
STEP = 24 * CHUNK
#: Proofs that are read in one round trip.
AT_ONCE = 500
SIZES = """
SELECT t.own, s.size, s.note
FROM (SELECT (SELECT size FROM trees WHERE topic = %s AND partition = %s) AS own) t
LEFT JOIN LATERAL (
    SELECT size, note FROM checkpoints WHERE topic = %s AND partition = %s
        AND (size = %s::bigint OR %s::bigint IS NULL) ORDER BY size DESC LIMIT 1
) s ON true
"""

ROWS = (
    "SELECT sequence, key, headers, value FROM ledger WHERE topic = %s AND partition = %s"
    " AND sequence = ANY(%s) AND standing = ANY(%s)"
)


class NotThere(Exception):
    """There is no such log, or it has no entry or size like that."""


@dataclass(frozen=True)
class Proven:
    """Hashes that prove something of a log at `size`. `part` is the leaf's hash, or the older root."""

    size: int
    root: bytes
    part: bytes
    proof: list[bytes]
    note: str | None


@dataclass(frozen=True)
class Proofs:
    """Answers out of the stored trees. `read_key` gives the signing key or raises Disagreement.

    A proof needs no snapshot: a tree only grows, so a tile that is read later begins with the same hashes.
    """

    store: Store
    read_key: Callable[[], SigningKey]

    @contextmanager
    def _snapshot(self, *, pipelined: bool = True) -> Iterator[Any]:
        with self.store.transaction(pipelined=pipelined) as c:
            c.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield c

    def newest(self) -> list[Signed]:
        """The newest checkpoint of each log that was signed."""
        with self._snapshot() as c:
            found = [checkpoints.last(c, place) for place in checkpoints.places(c)]
        return [one for one in found if one is not None]

    def checkpoint(self, place: Place, size: int | None) -> Signed:
        """The newest checkpoint of a log, or the one of `size`. Raises NotThere."""
        with self._snapshot() as c:
            found = checkpoints.last(c, place) if size is None else checkpoints.at(c, place, size)
        if found is None:
            raise NotThere
        return found

    def sign_all(self) -> tuple[list[Signed], list[tuple[Place, Disagreement]]]:
        """Sign each log as it is now; and those that were refused, each of which is a finding.

        Raises Disagreement if there is no key.
        """
        with self._snapshot() as c:
            places = checkpoints.places(c)
        return self.sign_these(places)

    def sign_these(self, places: Iterable[Place]) -> tuple[list[Signed], list[tuple[Place, Disagreement]]]:
        """The same for some of the logs."""
        key = self.read_key()
        signed, refused = [], []
        for place in places:
            try:
                with self.store.transaction() as c:
                    one = checkpoints.sign(c, place, key)
                signed += [one] if one else []
            except Disagreement as found:
                with self.store.transaction() as c:
                    keep_refusal(c, place, found)
                refused.append((place, found))
        return signed, refused

    def inclusion(self, place: Place, sequence: int, size: int | None) -> Proven:
        """That the record of `sequence` is in the log. Raises NotThere, Disagreement."""
        with self.store.connection() as c:
            at, note = _size(c, place, size)
            if not sequence < at:
                raise NotThere
            return _proven(c, place, at, note, (sequence, sequence + 1), inclusion_path(sequence, at))

    def signed_sizes(self, place: Place, most: int) -> list[int]:
        """The sizes at which a log was signed, the newest `most` of them."""
        with self._snapshot() as c:
            rows = c.execute(
                "SELECT size FROM checkpoints WHERE topic = %s AND partition = %s ORDER BY size DESC LIMIT %s",
                [*place, most],
            ).fetchall()
        return [row["size"] for row in rows]

    def inclusions(self, place: Place, sequences: Sequence[int], size: int) -> dict[int, list[bytes]]:
        """The proofs of many records of a log at `size`, by sequence; none for one that lies beyond it.

        Raises Disagreement if the stored tree lacks hashes.
        """
        found: dict[int, list[bytes]] = {}
        with self._snapshot() as c:
            for at in range(0, len(sequences), AT_ONCE):
                some = [n for n in sequences[at : at + AT_ONCE] if n < size]
                paths = [inclusion_path(n, size) for n in some]
                hashes = iter(read_roots(c, place, [part for path in paths for part in path]))
                found |= {n: [next(hashes) for _ in path] for n, path in zip(some, paths, strict=True)}
        return found

    def leaves(self, place: Place, sequences: Sequence[int]) -> dict[int, bytes]:
        """The ledger's records of these sequences, as they are hashed; none for one that the ledger lacks."""
        effect = [str(one) for one in WITH_EFFECT]
        with self.store.transaction() as c:
            rows: list[Any] = c.execute(ROWS, [*place, list(sequences), effect]).fetchall()
        return {row["sequence"]: leaf(row["key"], row["headers"], row["value"]) for row in rows}

    def consistency(self, place: Place, old: int, size: int | None) -> Proven:
        """That the log of `size` begins with that of `old`. Raises NotThere, Disagreement."""
        with self.store.connection() as c:
            at, note = _size(c, place, size)
            if not 0 < old <= at:
                raise NotThere
            return _proven(c, place, at, note, (0, old), consistency_path(old, at))

    def verify(self, begin: tuple[Place, int] | None) -> tuple[Place | None, Step, tuple[Place, int] | None]:
        """One step from `begin` on: the log, what was found, where the next step begins.

        Raises NotThere, Disagreement without a key.
        """
        key = self.read_key()
        with self._snapshot(pipelined=False) as c:  # rows are read by COPY
            places = checkpoints.places(c)
            if begin is None and not places:
                return None, Step(0, 0, 0, 0, (), None), None
            place, first = begin or (places[0], 0)
            if place not in places or first % CHUNK:
                raise NotThere
            step = verify_step(c, place, key, first, STEP)
        if step.following is not None:
            return place, step, (place, step.following)
        later = places[places.index(place) + 1 :]
        return place, step, (later[0], 0) if later else None


def _size(c: Any, place: Place, size: int | None) -> tuple[int, str | None]:
    """The size asked for, or the newest that was signed, or the tree's own; and its note. One round trip."""
    row = c.execute(SIZES, [*place, *place, size, size]).fetchone()
    own, signed = row["own"] or 0, row["size"]
    if size is None:
        size = min(signed, own) if signed is not None else own
    if not 0 < size <= own:
        raise NotThere
    return size, row["note"] if signed == size else None


def _proven(c: Any, place: Place, size: int, note: str | None, part: Range, path: list[Range]) -> Proven:
    root, own, *proof = read_roots(c, place, [(0, size), part, *path])
    return Proven(size, root, own, proof, note)
