"""Evidence bundles made on demand out of the ledger; who was handed one, and who opened one, is recorded first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.audit.access import NO_MOU, keep, may_read_history, record
from services.audit.domain.entry import Cut, Entry
from services.audit.domain.evidence import lacking
from services.audit.domain.proof.bag import digest_of
from services.audit.domain.proof.index import EXTRACT, RAW, WITHHELD
from services.audit.evidence.composing import story_of
from services.audit.evidence.story import Asked, Story
from services.audit.evidence.writing import Grown, Material, Place, Root, write_bundle
from services.audit.evidence.zipping import zipped
from services.audit.merkle.asking import Proofs
from services.audit.questions import NotYours, Questions
from services.audit.reading import in_force, parsed
from services.audit.views import look
from shared.errors import Disagreement
from shared.events.names import Agency, EvidenceReason
from shared.events.types.evidence import EvidenceMade, EvidenceOpened
from shared.mou import CallerFacts
from shared.web.callers import Caller
from shared.web.problems import Problem

#: A bundle of more would not be readable; some hundred megabytes.
MOST_RECORDS = 12_000
#: Earlier checkpoints of each log that a bundle can be compared with, the newest.
MOST_EARLIER = 30
GONE = "The ledger lacks a record that it had a moment ago."
REMEDY = "See `accord audit verify`."


@dataclass(frozen=True)
class Bundle:
    """A bundle as it is handed out: the zip, and what names it (SHA-256 of its tag manifest)."""

    zip: bytes
    digest: str


@dataclass(frozen=True)
class Evidence:
    """Makes bundles. Thread-safe. Blocks on the database; raises TryLater, Disagreement."""

    questions: Questions
    proofs: Proofs

    def make(
        self,
        case: str,
        caller: Caller,
        correlation: str,
        cut: Cut,
        known_to: Agency | None,
        since: Sequence[tuple[tuple[str, int], int]] = (),
        reason: EvidenceReason | None = None,
    ) -> Bundle:
        """The bundle of a case at a point. That it was made, and why, is recorded before it is handed out.

        `since` are sizes of logs that somebody kept a checkpoint of.
        Raises Problem 404, 413, 422, 503, as any question about the case does.
        """
        facts, store = CallerFacts.of(caller), self.questions.store
        (view,) = look(self.questions, case, caller, correlation, [(cut, known_to)])
        if len(view.replay.entries) > MOST_RECORDS:
            detail = f"A bundle holds at most {MOST_RECORDS:,} records; ask as of an earlier moment."
            raise Problem("too-large", detail)
        key, now = self.proofs.read_key(), store.now()
        with self.questions.snapshot() as reader:
            adoptions, elsewhere = reader.adoptions(), reader.versions(lacking(view.replay.entries))
            adopted = in_force(reader.mous(), now)
        asked = Asked(facts.agency, facts.purpose or "", now, known_to)
        story = story_of(view, adoptions, elsewhere, asked, str(key.verifier))
        folder = f"accord-evidence-{case}"
        members = write_bundle(self._material(story, since), key.verifier.name, key.sign)
        made = Bundle(zipped(members, folder), digest_of(members))
        version = adopted.version if adopted else NO_MOU
        keep(
            store, facts, case, _made(story, made.digest, reason), mouversion=version, correlation=correlation
        )
        return made

    def opened(self, case: str, caller: Caller, correlation: str, bundle: str, outcome: str) -> None:
        """Record that the caller opened a bundle of the case. Raises NotYours, TryLater."""
        self.questions.require_open()
        facts, store = CallerFacts.of(caller), self.questions.store
        with self.questions.snapshot() as reader:
            adopted = in_force(reader.mous(), store.now())
            known, allowed = reader.known(case), may_read_history(facts, parsed(adopted))
        version = adopted.version if adopted else NO_MOU
        if known and not allowed:
            record(store, facts, case, denied=True, mouversion=version, correlation=correlation)
        if not (known and allowed):
            raise NotYours
        data = EvidenceOpened(about=case, about_kind="case", bundle=bundle, outcome=outcome)
        keep(store, facts, case, data, mouversion=version, correlation=correlation)

    def _material(self, story: Story, since: Sequence[tuple[tuple[str, int], int]]) -> Material:
        logs: dict[tuple[str, int], list[int]] = defaultdict(list)
        for piece in (*story.pieces, *story.mous):
            logs[piece.entry.topic, piece.entry.partition].append(piece.entry.sequence)
        signed, refused = self.proofs.sign_these(sorted(logs))
        if refused:
            raise refused[0][1]
        roots = {one.place: Root(one.size, one.root, one.note) for one in signed}
        leaves: dict[Place, bytes] = {}
        proofs: dict[Place, list[bytes]] = {}
        for (topic, partition), sequences in logs.items():
            if (topic, partition) not in roots:
                raise Disagreement("tree", f"The log {topic}/{partition} has no tree yet.", REMEDY)
            log = (topic, partition)
            found = self.proofs.inclusions(log, sequences, roots[log].size)
            proofs |= {(*log, n): proof for n, proof in found.items()}
            leaves |= {(*log, n): data for n, data in self.proofs.leaves(log, sequences).items()}
        lost = [one for one in _entries(story) if _place(one) not in leaves]
        if lost:
            raise Disagreement("ledger", GONE, REMEDY)
        return Material(story, leaves, proofs, roots, self._growth(roots, since))

    def _growth(
        self, roots: Mapping[tuple[str, int], Root], since: Sequence[tuple[tuple[str, int], int]]
    ) -> dict[tuple[str, int], dict[int, Grown]]:
        """Proofs that each log begins with what it was: at the sizes that were kept, and signed last."""
        grown: dict[tuple[str, int], dict[int, Grown]] = defaultdict(dict)
        earlier = [(log, size) for log in roots for size in self.proofs.signed_sizes(log, MOST_EARLIER)]
        for log, size in dict.fromkeys([*since, *earlier]):
            if log in roots and size < roots[log].size:
                proven = self.proofs.consistency(log, size, roots[log].size)
                grown[log][size] = Grown(proven.part, proven.proof)
        return grown


def _entries(story: Story) -> Iterable[Entry]:
    return (piece.entry for piece in (*story.pieces, *story.mous))


def _place(entry: Entry) -> Place:
    return entry.topic, entry.partition, entry.sequence


def _made(story: Story, bundle: str, reason: EvidenceReason | None) -> EvidenceMade:
    counts = {how: sum(1 for p in story.pieces if p.given == how) for how in (RAW, EXTRACT, WITHHELD)}
    return EvidenceMade.model_validate(
        {
            "about": story.case,
            "about_kind": "case",
            "bundle": bundle,
            "as_of": story.history["as_of"],
            "as_of_event": story.history["as_of_event"],
            "known_to": story.asked.known_to,
            "given": counts[RAW],
            "extracts": counts[EXTRACT],
            "withheld": counts[WITHHELD],
            "reason": reason,
        }
    )
