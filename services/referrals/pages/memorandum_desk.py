"""What the pages of drafts of a memorandum share: who may see them, and a draft as it is found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from services.referrals.application.mou_drafts import Draft, MouDrafts
from services.referrals.pages.wording import Wording
from services.referrals.pages.work import Work
from shared.mou.authority import may
from shared.mou.document import Mou
from shared.mou.editing.answering import Answered, opened
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.vocabulary import Act
from shared.web.problems import Problem
from shared.web.site.visitor import Visitor

DRAFTS = "/memorandum/drafts"
#: Whoever may do one of these may write drafts. Documents from before there were proposals know the second only.
BRING_IN = (Act.PROPOSE_MOU, Act.ADOPT_MOU)


@lru_cache(maxsize=16)
def opened_once(text: str) -> Answered:
    """The document in a text, read once for as long as somebody works on it. Raises InvalidMou."""
    return opened(text)


def may_draft(visitor: Visitor, mou: Mou | None) -> bool:
    """Whether the memorandum in force lets the visitor bring in a version."""
    caller, thing = CallerFacts.of(visitor.caller), ThingFacts("mou")
    return mou is not None and any(may(caller, act, thing, mou).allowed for act in BRING_IN)


@dataclass(frozen=True)
class DraftDesk:
    """The drafts, for whom they are for. Methods block on the database."""

    work: Work
    drafts: MouDrafts

    def require(self, visitor: Visitor) -> None:
        """Raise Problem 404 for everybody else: nobody is told of these pages but who may bring in a version."""
        if not may_draft(visitor, self.work.doors.referrals.questions.in_force()):
            raise Problem("not-found")

    def draft(self, visitor: Visitor, draft: UUID) -> Draft:
        """A draft of the visitor's agency. Raises Problem 404."""
        self.require(visitor)
        found = self.drafts.show(visitor.caller.agency, str(draft))
        if found is None:
            raise Problem("not-found")
        return found

    def wording(self, visitor: Visitor) -> Wording:
        """The visitor's words. What a draft says of its own stays in its own."""
        return Wording(visitor.language, None)
