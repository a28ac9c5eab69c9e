"""What is due, asked by who may know of the case or the concern."""

from __future__ import annotations

from dataclasses import dataclass

from services.referrals.application import repository as repo
from services.referrals.application.questions import Questions
from services.referrals.application.standing import Standing, standing
from services.referrals.application.views import Viewer
from shared.mou.facts import CallerFacts


@dataclass(frozen=True)
class Owing:
    """Answers what is due. Thread-safe. Blocks on the database; raises TryLater when it is away."""

    questions: Questions

    def in_case(self, case: str, caller: CallerFacts) -> Standing:
        """What is due in a case and on its concerns; nothing if it is not theirs to know.

        It is no read: whoever shows it has read the case.
        """
        return self._of("case", case, caller)

    def on_concern(self, concern: str, caller: CallerFacts) -> Standing:
        """What is due on a concern alone, whether or not it belongs to a case."""
        return self._of("concern", concern, caller)

    def _of(self, kind: str, thing: str, caller: CallerFacts) -> Standing:
        with self.questions.store.transaction() as connection:
            now, shelf = self.questions.now(), self.questions.shelf
            viewer = Viewer(caller, shelf.in_force(connection, now))
            return standing(connection, shelf, viewer, repo.load(connection, kind, thing), now)
