"""Who covers for whom at an agency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.referrals.application import repository as repo
from services.referrals.application.handle import not_found
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, may_know
from services.referrals.domain.covers import Cover, covers_of
from shared.events import read
from shared.events.names import EndOfCover
from shared.mou.authority import may
from shared.mou.facts import CallerFacts
from shared.store.store import Store

_EVENTS = """
SELECT state FROM stored_events WHERE topic IN ('accord.cover.arranged.v1', 'accord.cover.ended.v1')
AND convert_from(state, 'UTF8')::jsonb -> 'data' ->> 'agency' = %s ORDER BY originator_id, originator_version
"""


@dataclass(frozen=True)
class Covering:
    """Thread-safe. Every method blocks on the database and raises TryLater when it is away."""

    store: Store
    shelf: repo.MouShelf
    now: Callable[[], datetime]

    def at(self, agency: str) -> list[Cover]:
        """The agency's covers that are in force or to come, in the order in which they begin."""
        found = [cover for cover in self._all(agency) if not cover.over(self.now())]
        return sorted(found, key=lambda cover: (cover.begins, cover.id))

    def of(self, person: str, agency: str) -> list[Cover]:
        """Those of them in which somebody stands in for the person, or the person for somebody."""
        return [cover for cover in self.at(agency) if person in (cover.person, cover.covering)]

    def began(self, cover: str, agency: str) -> bool:
        """Whether the agency has this cover and its time has come, also if it is over by now."""
        return any(one.id == cover and one.begins <= self.now() for one in self._all(agency))

    def left(self, person: str, agency: str, since: datetime) -> list[Cover]:
        """Covers of the person's that ended after `since` because the person left."""
        return [
            cover
            for cover in self._all(agency)
            if cover.covering == person
            and cover.reason == EndOfCover.COVERING_PERSON_LEFT
            and cover.ended is not None
            and cover.ended > since
        ]

    def shown(self, person: str, caller: CallerFacts) -> list[Cover]:
        """As `of`, to the person themself or to who may end their covers.

        Raises Refusal: `not-found` for somebody of another agency, else as the MOU says.
        """
        with self.store.transaction() as connection:
            mou = self.shelf.in_force(connection, self.now())
            known = repo.person(connection, person, caller.agency, person) if repo.as_uuid(person) else None
        if known is None or not may_know(Viewer(caller, mou), "person", Things(person=known)):
            raise not_found()
        if caller.person != person:
            if mou is None:
                raise not_found()
            may(caller, "end-cover", known.facts(caller.agency), mou).require()
        return self.of(person, caller.agency)

    def _all(self, agency: str) -> list[Cover]:
        with self.store.connection() as connection:
            rows = connection.execute(_EVENTS, [agency]).fetchall()
        return covers_of(read(bytes(row["state"])) for row in rows)
