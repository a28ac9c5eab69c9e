"""What is offered to somebody who looks at a referral or a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime

from services.referrals.application import repository as repo
from services.referrals.application.handle import not_found
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, may_know
from services.referrals.domain.deciding import At, NewIds
from services.referrals.domain.offers import Askable, Offers, askable_in, offers
from shared.errors import Refusal
from shared.mou.facts import CallerFacts
from shared.store.store import Store

#: Nothing new is made by an offer.
_NO_IDS = NewIds(*("" for _ in fields(NewIds)))


@dataclass(frozen=True)
class Asking:
    """What somebody may ask in a case: for which of its matters, and whom."""

    matters: tuple[str, ...]
    askable: Askable


@dataclass(frozen=True)
class Offering:
    """Thread-safe. Every method blocks on the database; raises Refusal `not-found`, TryLater."""

    store: Store
    shelf: repo.MouShelf
    now: Callable[[], datetime]

    def on_referral(self, referral: str, caller: CallerFacts) -> Offers:
        """What the caller may do with the referral now."""
        things, at = self._known("referral", referral, caller)
        assert things.referral is not None, "known"
        return offers(things.referral, things.matters[0], at)

    def on_case(self, case: str, caller: CallerFacts) -> Asking:
        """What the caller may ask in the case: in the matters that their agency takes part in."""
        things, at = self._known("case", case, caller)
        own = [m for m in things.matters if caller.agency in (m.lead, *m.agencies)]
        return Asking(tuple(m.matter for m in own), askable_in(own[0], at) if own else Askable())

    def knows(self, kind: str, thing: str, caller: CallerFacts) -> bool:
        """Whether the caller may know of a concern, case or referral. Raises TryLater alone."""
        try:
            self._known(kind, thing, caller)
        except Refusal:
            return False
        return True

    def _known(self, kind: str, thing: str, caller: CallerFacts) -> tuple[Things, At]:
        now = self.now()
        with self.store.transaction() as connection:
            mou = self.shelf.in_force(connection, now)
            things = repo.load(connection, kind, thing) if repo.as_uuid(thing) else Things()
        if not may_know(Viewer(caller, mou), kind, things):
            raise not_found()
        return things, At(caller, mou, now, _NO_IDS)
