"""Whether a case's events are what was signed: each record hashed anew and proven to be in its signed log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from services.audit.domain.entry import Entry
from services.audit.domain.proof import Checkpoint, NotProven, leaf_hash, signed_checkpoint, verify_inclusion
from services.audit.merkle.asking import NotThere, Proofs
from services.audit.merkle.trees import Place

#: Why an entry is bad.
LACKING = "The ledger lacks its record."
ANOTHER = "The ledger holds other bytes than those shown."


@dataclass(frozen=True)
class Unproven:
    """An event whose record does not fit, and why."""

    entry: Entry
    why: str


@dataclass(frozen=True)
class Checked:
    """What the check of a case found. `proven` events are in logs as signed; `waiting` came after the last
    signature. `bad` are in the order in which they were recorded."""

    proven: int
    waiting: int
    logs: int
    bad: tuple[Unproven, ...]


def check(proofs: Proofs, entries: Sequence[Entry]) -> Checked:
    """Check the events of a case. Blocks on the database; raises TryLater, and Disagreement without a key."""
    logs: dict[Place, list[Entry]] = defaultdict(list)
    for entry in entries:
        logs[entry.topic, entry.partition].append(entry)
    proven = waiting = 0
    bad: list[Unproven] = []
    for place, found in logs.items():
        try:
            signed = _signed(proofs, place)
        except NotThere:
            waiting += len(found)
            continue
        except NotProven as error:
            bad += [Unproven(entry, f"Its log's checkpoint: {error}.") for entry in found]
            continue
        known = [entry for entry in found if entry.sequence < signed.size]
        wrong = _wrong(proofs, place, signed, known)
        waiting += len(found) - len(known)
        proven += len(known) - len(wrong)
        bad += wrong
    return Checked(proven, waiting, len(logs), tuple(sorted(bad, key=lambda one: one.entry.place())))


def _signed(proofs: Proofs, place: Place) -> Checkpoint:
    """The log's newest checkpoint, its signature verified. Raises NotThere, NotProven."""
    key = proofs.read_key()
    return signed_checkpoint(proofs.checkpoint(place, None).note, key.origin(*place), key.trusted)


def _wrong(proofs: Proofs, place: Place, signed: Checkpoint, entries: Sequence[Entry]) -> list[Unproven]:
    sequences = [entry.sequence for entry in entries]
    leaves = proofs.leaves(place, sequences)
    paths = proofs.inclusions(place, sequences, signed.size)
    wrong = []
    for entry in entries:
        leaf = leaves.get(entry.sequence)
        why = LACKING if leaf is None else ANOTHER if not leaf.endswith(entry.event.value) else ""
        if leaf is not None and not why:
            try:
                path = paths[entry.sequence]
                verify_inclusion(entry.sequence, signed.size, leaf_hash(leaf), path, signed.root)
            except NotProven as error:
                why = f"{str(error).capitalize()}."
        if why:
            wrong.append(Unproven(entry, why))
    return wrong
