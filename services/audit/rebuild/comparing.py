"""Live ledger and rebuilt ledger against each other, and the rebuilt one against every root that was signed.

Rows are compared by digests over thousands of them at a time, which PostgreSQL makes; where two differ, row by row.
Both connections see one snapshot. What the new one has beyond the live one is not compared: it is new.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from psycopg.rows import tuple_row

from services.audit.domain.proof import NotProven
from services.audit.merkle import checkpoints
from services.audit.merkle.kept import KeptCheckpoint
from services.audit.merkle.signing import SigningKey
from services.audit.merkle.trees import Place, read_roots, size_of
from services.audit.merkle.verifying import verify_tree
from services.audit.standing import Standing
from shared.bus.rebuild_parts import Compared, Difference
from shared.errors import Disagreement
from shared.store.generations import DIGEST, ROW_HASH, together

#: Rows of one digest.
CHUNK = 20_000
_OF = 'FROM ledger o WHERE topic = %s AND partition = %s AND generation = 0 AND "offset" >= %s AND "offset" < %s'
EACH = f'SELECT "offset", sequence, {ROW_HASH} {_OF}'
# OFFSET 0: hashed before it is sorted, since whole rows would be sorted on the disk.
_DIGEST = DIGEST.format(order='"offset"')
CHUNKS = f'SELECT "offset" / {CHUNK}, {_DIGEST}, count(*) FROM ({EACH} OFFSET 0) each GROUP BY 1'  # noqa: S608
#: Findings that a log always makes again. `event-id-again` hangs on which partition was read first.
MADE_AGAIN = [str(one) for one in Standing if one is not Standing.FIRST] + ["unreadable"]

Chunk = tuple[bytes, int]
"""A digest, and of how many rows it is."""
Row = tuple[Any, ...]


class Comparison:
    """Compares. `read_key` gives the signing key, for its public keys; asked for only if something was signed."""

    def __init__(self, read_key: Callable[[], SigningKey], kept: Collection[KeptCheckpoint] = ()) -> None:
        self._read_key, self._kept = read_key, kept

    def compare(self, live: Any, new: Any) -> Compared:
        """What both have, by digest, and the first difference of each. Blocks; reads all of both, side by side.

        Raises Disagreement if something was signed and the key file does not hold a key.
        """
        found = Compared()
        at, now = _positions(live), _positions(new)
        _ledger(live, new, at, now, found)
        _trees(live, new, at, found)
        _findings(live, new, at, found)
        _rest(live, new, at, now, found)
        self._roots(new, found)
        return found

    def _roots(self, new: Any, found: Compared) -> None:
        places = checkpoints.places(new)
        signed = new.execute("SELECT count(*) AS n FROM checkpoints").fetchone()["n"]
        if signed:
            key = self._read_key()
            for place in places:
                count, problems = verify_tree(new, place, key)
                found.roots += count
                found.differences += [
                    Difference("checkpoints", 1, p.detail, *place, p.offset, lost=True) for p in problems
                ]
        for one in self._kept:
            found.roots += 1
            problem = _kept(new, one)
            if problem:
                found.differences.append(Difference("checkpoints", 1, problem, *one.place, lost=True))


def _kept(new: Any, one: KeptCheckpoint) -> str | None:
    """What speaks against a checkpoint that was kept elsewhere."""
    told = one.checkpoint
    if told.size > size_of(new, one.place):
        return f"{told.size} entries were signed, as the checkpoint kept elsewhere says; Kafka has not that many."
    try:
        root = read_roots(new, one.place, [(0, told.size)])[0] if told.size else told.root
    except (Disagreement, NotProven):
        return "The rebuilt tree lacks hashes."
    differs = f"The root that the checkpoint kept elsewhere has for {told.size} entries is not reproduced."
    return None if root == told.root else differs


def _positions(c: Any) -> dict[Place, Row]:
    with c.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(
            'SELECT topic, partition, "offset", sequence FROM positions ORDER BY topic, partition'
        ).fetchall()
    return {(topic, partition): (offset, sequence) for topic, partition, offset, sequence in rows}


def _ledger(live: Any, new: Any, at: Mapping[Place, Row], now: Mapping[Place, Row], found: Compared) -> None:
    digests: tuple[list[bytes], list[bytes]] = ([], [])
    held = 0
    with ThreadPoolExecutor(1) as beside:
        for place in sorted(at.keys() | now.keys()):
            upto = min(at.get(place, (-1,))[0], now.get(place, (-1,))[0])
            other = beside.submit(_chunks, new, place, upto)
            mine, theirs = _chunks(live, place, upto), other.result()
            digests[0].extend(digest for digest, _ in mine)
            digests[1].extend(digest for digest, _ in theirs)
            held += sum(count for _, count in mine)
            found.differences += _rows(live, new, place, mine, theirs, upto)
    found.digests["ledger"] = together(digests[0]), together(digests[1])
    beside_it = live.execute("SELECT count(*) AS n FROM ledger").fetchone()["n"] - held
    if beside_it:
        detail = (
            "The live ledger holds them where its positions have none, or from a log that was there before."
        )
        found.differences.append(Difference("ledger", beside_it, detail))


def _chunks(c: Any, place: Place, upto: int) -> list[Chunk]:
    """The digests of a partition's rows up to this offset. They follow the offsets, not what is there."""
    with c.cursor(row_factory=tuple_row) as cursor:
        found = {
            n: (bytes(digest), count)
            for n, digest, count in cursor.execute(CHUNKS, [*place, 0, upto + 1]).fetchall()
        }
    return [found.get(n, (b"", 0)) for n in range(upto // CHUNK + 1)]


def _rows(
    live: Any, new: Any, place: Place, mine: Sequence[Chunk], theirs: Sequence[Chunk], upto: int
) -> list[Difference]:
    """How many rows differ, and the first one by its offset."""
    differing: list[tuple[int, int | None, str]] = []
    for n, ((digest, _), (other, _)) in enumerate(zip(mine, theirs, strict=True)):
        if digest != other:
            span = [*place, n * CHUNK, min((n + 1) * CHUNK, upto + 1)]
            differing += _each(_told(live, span), _told(new, span))
    if not differing:
        return []
    offset, sequence, what = differing[0]
    detail = f"The first: sequence {sequence} at offset {offset} {what}."
    return [Difference("ledger", len(differing), detail, *place, offset)]


def _told(c: Any, span: Sequence[Any]) -> dict[int, Row]:
    with c.cursor(row_factory=tuple_row) as cursor:
        return {offset: (sequence, digest) for offset, sequence, digest in cursor.execute(EACH, span)}


def _each(live: Mapping[int, Row], new: Mapping[int, Row]) -> Iterator[tuple[int, int | None, str]]:
    for offset in sorted(live.keys() | new.keys()):
        one, other = live.get(offset), new.get(offset)
        if one is None and other is not None:
            yield offset, other[0], "is missing from the live ledger"
        elif other is None and one is not None:
            yield offset, one[0], "is in the live ledger and not in Kafka"
        elif one is not None and other is not None and one != other:
            yield offset, other[0], "is not in the live ledger what it is in Kafka"


def _trees(live: Any, new: Any, at: Mapping[Place, Row], found: Compared) -> None:
    """Each tree's root, at the size that the live one has; and every hash that is stored of it."""
    roots: tuple[list[bytes], list[bytes]] = ([], [])
    for place in sorted(at):
        size, other = size_of(live, place), size_of(new, place)
        if other < size:
            detail = f"The live tree has {size} entries, Kafka's {other}."
            found.differences.append(Difference("trees", size - other, detail, *place, lost=True))
        pair = _root(live, place, size), _root(new, place, min(size, other))
        roots[0].append(pair[0])
        roots[1].append(pair[1])
        if pair[0] != pair[1]:
            detail = f"The root of the first {size} entries is not the same."
            found.differences.append(Difference("trees", 1, detail, *place))
    found.digests["trees"] = together(roots[0]), together(roots[1])
    rows = new.execute(
        "SELECT topic, partition, count(*) AS n, min(level) AS level, min(index) AS index FROM public.tiles a"
        " LEFT JOIN tiles b USING (topic, partition, level, index)"
        " WHERE b.hashes IS NULL OR substr(b.hashes, 1, length(a.hashes)) <> a.hashes GROUP BY topic, partition"
    ).fetchall()
    for row in rows:
        detail = f"Stored hashes of the live tree, the first at level {row['level']}, index {row['index']}."
        found.differences.append(Difference("tiles", row["n"], detail, row["topic"], row["partition"]))


def _root(c: Any, place: Place, size: int) -> bytes:
    """The root over the first entries; nothing if the stored tree lacks hashes, which is a difference then."""
    try:
        return size.to_bytes(8, "big") + (read_roots(c, place, [(0, size)])[0] if size else b"")
    except Disagreement:
        return b""


def _findings(live: Any, new: Any, at: Mapping[Place, Row], found: Compared) -> None:
    """Those that the log always makes again, as far as the live ledger reaches."""
    mine, theirs = _made_again(live, at), _made_again(new, at)
    digests = [together(repr(row).encode() for row in rows) for rows in (mine, theirs)]
    found.digests["findings"] = digests[0], digests[1]
    differing = sorted(set(mine) ^ set(theirs))
    if differing:
        topic, partition, offset, kind, *_ = differing[0]
        whose = "Kafka's alone" if differing[0] in theirs else "live's alone"
        detail = f"The first, {whose}: {kind} at offset {offset}."
        found.differences.append(Difference("findings", len(differing), detail, topic, partition, offset))


def _made_again(c: Any, at: Mapping[Place, Row]) -> list[Row]:
    with c.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(
            'SELECT topic, partition, "offset", kind, generation, coalesce(sequence, -1), detail FROM findings'
            ' WHERE kind = ANY(%s) ORDER BY topic, partition, "offset", kind, generation',
            [MADE_AGAIN],
        ).fetchall()
    return [row for row in rows if row[2] <= at.get((row[0], row[1]), (-1,))[0]]


def _rest(live: Any, new: Any, at: Mapping[Place, Row], now: Mapping[Place, Row], found: Compared) -> None:
    """Positions and holes, where both stand at one place; and whether a log was there before."""
    level = [place for place in at if place in now and at[place][0] == now[place][0]]
    wrong = [place for place in level if at[place] != now[place]]
    for place in wrong:
        detail = f"The last sequence is {at[place][1]} in the live ledger, {now[place][1]} in Kafka."
        found.differences.append(Difference("positions", 1, detail, *place))
    query = "SELECT topic, partition, first, last FROM holes"
    holes = [{tuple(row.values()) for row in c.execute(query).fetchall()} for c in (live, new)]
    for place in level:
        mine, theirs = ({hole for hole in one if hole[:2] == place} for one in holes)
        if mine != theirs:
            detail = f"Live misses {len(mine)} ranges of sequences, Kafka {len(theirs)}."
            found.differences.append(Difference("holes", len(mine ^ theirs), detail, *place))
    for row in live.execute("SELECT topic, partition, generation FROM generations WHERE generation > 0"):
        detail = f"Its log was made again {row['generation']} times since the ledger began."
        found.differences.append(Difference("generations", 1, detail, row["topic"], row["partition"]))
