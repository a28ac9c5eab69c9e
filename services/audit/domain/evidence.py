"""How much of each record an evidence bundle gives, and why the rest is withheld. Pure.

Everything for the auditor's own view. For an agency's view: what the agency stated itself, whole; what it saw,
as the part that it could see; of everything else not a byte, but the hash of its leaf.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.audit.domain.entry import Entry
from services.audit.domain.knowledge import Knowledge, KnownEvent
from services.audit.domain.proof.index import EXTRACT, OWN, RAW, SHARED, WITHHELD
from services.audit.domain.seeing import INNER
from services.audit.domain.words_life import agency as named
from shared.mou import Mou

#: Why a record is not given whole of which an agency knows something.
INSIDE = (
    "stated it, but the record carries what was added inside as well, such as random ids of other things."
)
OTHERS = (
    "could see it, wholly or in part, but did not state it: the record carries who did it, by which request, and"
    " what is sealed for others."
)
TOLD = "What it could know of it is told in the history; that is an extract, and cannot be proven by itself."
#: Made inside, but the agency's own facts are in it: it wrote them.
_OF_ITS_WRITER = frozenset({"sealed"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One record of the case, and how much of it is given; `reason` and `clause` if it is not all."""

    entry: Entry
    given: str
    reason: str | None = None
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class CaseStream:
    """A stream that tells of the case: under which label, up to which version, with its id if it may be named."""

    label: str
    kind: str
    last: int
    id: str | None


def pieces(entries: Sequence[Entry], knowledge: Knowledge | None, mou: Mou | None) -> list[Piece]:
    """What is given of each record. `knowledge` is the agency's, None for the auditor's view; `mou` is in force."""
    if knowledge is None:
        return [Piece(entry, RAW) for entry in entries]
    return [_piece(entry, knowledge, mou) for entry in entries]


def _piece(entry: Entry, knowledge: Knowledge, mou: Mou | None) -> Piece:
    who, clause = named(knowledge.agency), str(mou.otherwise) if mou else None
    known = knowledge.events.get(entry.event.envelope.id)
    if known is None:
        return Piece(entry, WITHHELD, f"{who} could not have known of it by then.", clause)
    if is_whole(known, knowledge):
        return Piece(entry, RAW)
    why = INSIDE if "stated" in known.how else OTHERS
    return Piece(entry, EXTRACT, f"{who} {why} {TOLD}", clause)


def is_whole(known: KnownEvent, knowledge: Knowledge) -> bool:
    """Whether every byte of the record is the agency's own statement, or follows from what it could know.

    What another agency stated carries who did it, by which request, and what is sealed for others.
    """
    envelope = known.entry.event.envelope
    inner = INNER - _OF_ITS_WRITER
    cause = envelope.causationid
    return (
        "stated" in known.how
        and not inner & envelope.data.keys()
        and (cause is None or cause in knowledge.events)
    )


def streams(
    given: Sequence[Piece], subjects: frozenset[str], elsewhere: Mapping[str, frozenset[int]]
) -> dict[str, CaseStream]:
    """The streams of these records, by id. `elsewhere`: versions of them that the ledger holds for other things.

    A stream is named only where a record that is given whole names it; the labels follow the random ids, not time.
    """
    versions: dict[str, set[int]] = defaultdict(set)
    shared: set[str] = set()
    shown: set[str] = set()
    for piece in given:
        envelope = piece.entry.event.envelope
        versions[envelope.stream].add(piece.entry.event.version)
        if envelope.subject not in subjects:
            shared.add(envelope.stream)
        if piece.given == RAW:
            shown.add(envelope.stream)
    found = {}
    for number, stream in enumerate(sorted(versions), 1):
        missing = set(range(1, max(versions[stream]))) - versions[stream]
        is_shared = stream in shared or bool(missing & elsewhere.get(stream, frozenset()))
        kind = SHARED if is_shared else OWN
        found[stream] = CaseStream(
            f"s{number}", kind, max(versions[stream]), stream if stream in shown else None
        )
    return found


def lacking(entries: Iterable[Entry]) -> list[str]:
    """Streams of which these entries lack a version before their last: the ledger may hold it for another thing."""
    versions: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        versions[entry.event.envelope.stream].add(entry.event.version)
    return sorted(s for s, held in versions.items() if len(held) < max(held))
