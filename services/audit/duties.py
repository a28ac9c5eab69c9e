"""The duties of one view of a case, beside what notifications recorded of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from services.audit.domain.duties import Documents, Owed, happenings, owed
from services.audit.domain.duties_compared import Compare, Compared, Verdict
from services.audit.domain.duties_said import said, words_of
from services.audit.reading import parsed
from services.audit.views import View
from shared.mou import Mou
from shared.mou.duties.states import Duty


@dataclass(frozen=True)
class Duties:
    """What was to be done in a case, as a view tells it. `whole` is all of the case, out of the same ledger."""

    view: View
    whole: View

    @cached_property
    def documents(self) -> Documents | None:
        """Every version of the memorandum that can be read; None if there is none."""
        read = [(one, mou) for one in self.whole.replay.adopted if (mou := parsed(one)) is not None]
        if not read:
            return None
        return Documents({one.version: mou for one, mou in read}, read[0][1], read[0][0].recorded)

    @cached_property
    def owed(self) -> Owed:
        """All that was ever owed in the case, by all that is recorded now."""
        replay = self.whole.replay
        return owed(happenings(replay.case, replay.entries), self.documents)

    @cached_property
    def compared(self) -> Sequence[Compared]:
        """Each duty of the view. An agency is shown those of which it could have known what opened them."""
        replay, knowledge = self.view.replay, self.view.knowledge
        if replay.as_of is None:
            return []
        words = said(words_of(self.whole.replay.entries))
        found = Compare(self.owed, words, replay.as_of, replay.complete_until).all()
        return [one for one in found if knowledge is None or one.opening in knowledge.events]

    @property
    def gaps(self) -> list[str]:
        """What is missing for working them out."""
        return [
            f"Version {version} of the memorandum is not in the ledger or cannot be read: what was recorded under"
            " it is counted under the first one."
            for version in sorted(self.owed.unknown)
        ]

    def mou_of(self, duty: Duty) -> Mou:
        """The document that a duty comes from."""
        assert self.documents is not None, "without a document there is no duty"
        return self.documents.of(duty.mouversion)

    def count(self, verdict: Verdict) -> int:
        """How many of them came to this."""
        return sum(1 for one in self.compared if one.verdict is verdict)
