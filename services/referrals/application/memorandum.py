"""What is asked about the memorandum: its versions, what is proposed, who said what of it, who has signed.

It is no case data: whoever works under the memorandum may read all of it, and no read of it is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.referrals.application import repository as repo
from services.referrals.application.handle import not_found
from services.referrals.application.questions import Questions
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer
from services.referrals.domain.adopting import still_to_sign
from services.referrals.domain.deciding import permitted
from services.referrals.domain.proposals import Proposal, spoken
from services.referrals.domain.versions import Memorandum, Standing, Version, standing
from services.referrals.vault.port import ToOpen
from shared.errors import Refusal
from shared.events.names import SealedClass
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.terms import Signer


@dataclass(frozen=True)
class Known:
    """The versions there have been, which of them is in force now, and what is proposed."""

    memorandum: Memorandum
    in_force: str | None
    now: datetime

    def standing(self, version: Version) -> Standing:
        """Whether it is in force."""
        return standing(version, self.in_force, self.now)

    def overtaken(self, proposal: Proposal) -> bool:
        """Whether another version came into force since the proposal was begun: it cannot be adopted."""
        return proposal.open and proposal.based_on != self.in_force


@dataclass(frozen=True)
class Proposed:
    """A proposal as people read it.

    `base` is the version it was begun from. `words`: what was said, by event, less what was forgotten.
    """

    proposal: Proposal
    document: Mou
    base: Mou | None
    words: Mapping[str, str]
    missing: tuple[Signer, ...]
    known: Known
    etag: str

    @property
    def waiting(self) -> int:
        """How many comments have to be answered before it can be adopted, those on an earlier text of it too."""
        return len(self.known.memorandum.unanswered(self.proposal.based_on))


@dataclass(frozen=True)
class Memoranda:
    """Thread-safe. Every method blocks on the database, `proposal` on the vault, and raises TryLater."""

    questions: Questions

    def known(self) -> Known:
        """The versions, and what is proposed."""
        with self.questions.store.transaction() as connection:
            return self._known(connection)

    def version(self, version: str) -> tuple[Version, Standing, Mou]:
        """A version that was adopted, and its document. Raises Refusal `not-found`."""
        with self.questions.store.transaction() as connection:
            known = self._known(connection)
            found = next((one for one in known.memorandum.versions if one.version == version), None)
            document = self.questions.shelf.version(connection, version) if found else None
        if found is None or document is None:
            raise not_found()
        return found, known.standing(found), document

    def proposal(self, proposal: str, caller: CallerFacts) -> Proposed:
        """A proposed version with its comments and signatures. Raises Refusal `not-found`."""
        shelf, now = self.questions.shelf, self.questions.now()
        with self.questions.store.transaction() as connection:
            things = repo.load(connection, "proposal", proposal) if repo.as_uuid(proposal) else Things()
            found = things.proposal
            known, mou = self._known(connection), shelf.in_force(connection, now)
            base = shelf.version(connection, found.based_on) if found and found.based_on else None
        if found is None:
            raise not_found()
        document = shelf.proposed(found)
        return Proposed(
            found,
            document,
            base,
            self._words(found),
            tuple(still_to_sign(found, document)) if found.open else (),
            known,
            Viewer(caller, mou).etag("proposal", things, self.questions.secret),
        )

    def proposed(self, proposal: str) -> Proposal | None:
        """A proposal without what was said of it."""
        with self.questions.store.transaction() as connection:
            return repo.load(connection, "proposal", proposal).proposal

    def rights(self, caller: CallerFacts) -> frozenset[str]:
        """What the caller may do about versions; `comment-for-others` is to enter what came on paper."""
        with self.questions.store.transaction() as connection:
            mou = self.questions.shelf.in_force(connection, self.questions.now())
        own, other = ThingFacts("mou", owner=caller.agency), ThingFacts("mou")
        asked = {
            "comment-mou": ("comment-mou", own),
            "comment-for-others": ("comment-mou", other),
            **{act: (act, other) for act in ("propose-mou", "answer-mou-comment", "sign-mou", "adopt-mou")},
        }
        return frozenset(name for name, (act, thing) in asked.items() if _may(caller, mou, act, thing))

    def _known(self, connection: repo.Connection) -> Known:
        now = self.questions.now()
        in_force = self.questions.shelf.in_force(connection, now)
        return Known(repo.memorandum(connection), in_force.version if in_force else None, now)

    def _words(self, proposal: Proposal) -> dict[str, str]:
        facts = list(spoken(proposal))
        wanted = [ToOpen(fact.jwe, fact.subject, fact.event, SealedClass.NARRATIVE) for fact in facts]
        found: list[Any] = self.questions.vault.open_many(wanted) if wanted else []
        return {
            fact.event: str(said.get("text", ""))
            for fact, said in zip(facts, found, strict=True)
            if isinstance(said, dict)
        }


def _may(caller: CallerFacts, mou: Mou | None, act: str, thing: ThingFacts) -> bool:
    try:
        permitted(caller, mou, act, thing)
    except Refusal:
        return False
    return True
