"""Lists for people: concerns, calls and cases of an agency. Nothing is opened, so no read is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.referrals.application.questions import Questions
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, may_know, may_read
from services.referrals.domain.parts import Concern, Matter, Referral
from shared.mou.authority import sees
from shared.mou.facts import CallerFacts, ThingFacts

#: Where a page of a list ended: the moment it is sorted by, as it stands in the part, and the id.
Place = tuple[str, str]


@dataclass(frozen=True)
class Listed:
    """A page of a list: what the viewer may know of, and where the next page begins, if there is more."""

    items: list[dict[str, Any]]
    following: Place | None = None


@dataclass(frozen=True)
class ListOf:
    """How a list is read. `sorted_by` is a field of the part's state, or the path to one, with commas."""

    kind: str
    where: str
    sorted_by: str
    newest_first: bool = False

    @property
    def query(self) -> str:
        """The list's page after a place. None of its words come from outside."""
        way, then = ("DESC", "<") if self.newest_first else ("ASC", ">")
        by = f"state#>>'{{{self.sorted_by}}}'" if "," in self.sorted_by else f"state->>'{self.sorted_by}'"
        return (
            f"SELECT state, {by} AS at, id::text AS place FROM parts WHERE {self.where}"  # noqa: S608 - of this module
            f" AND (%(at)s::text IS NULL OR ({by}, id) {then} (%(at)s, %(id)s::uuid))"
            f" ORDER BY {by} {way}, id {way} LIMIT %(limit)s"
        )


_OWN = "kind = 'concern' AND state->>'reported_by' = %(agency)s"
LISTS: Mapping[str, ListOf] = {
    "waiting": ListOf("concern", "kind = 'concern' AND state->>'status' = 'waiting'", "reported_at"),
    "reported": ListOf("concern", _OWN, "reported_at", newest_first=True),
    "not-called": ListOf("concern", f"{_OWN} AND state->>'called_at' IS NULL", "reported_at"),
    "called": ListOf(
        "concern", f"{_OWN} AND state->>'called_at' IS NOT NULL", "called_at", newest_first=True
    ),
    "cases": ListOf(
        "case", "kind = 'matter' AND state->'agencies' ? %(agency)s", "opened_at", newest_first=True
    ),
    "outside": ListOf(
        "referral",
        "kind = 'referral' AND sender = %(agency)s AND status = 'requested' AND state->>'outside' IS NOT NULL",
        "requested_at",
    ),
    "telephoned": ListOf(
        "referral",
        "kind = 'referral' AND (sender = %(agency)s OR recipient = %(agency)s)"
        " AND state#>>'{calls,-1,called_at}' IS NOT NULL",
        "calls,-1,called_at",
        newest_first=True,
    ),
}
_PARTS: Mapping[str, Callable[[Any], Things]] = {
    "concern": lambda state: Things(concern=Concern.model_validate(state)),
    "case": lambda state: Things(matters=(Matter.model_validate(state),)),
}


@dataclass(frozen=True)
class Lists:
    """Reads lists. Thread-safe. Blocks on the database; raises TryLater when it is away."""

    questions: Questions

    def viewer(self, caller: CallerFacts) -> Viewer:
        """The caller, under the MOU in force."""
        questions = self.questions
        with questions.store.transaction() as connection:
            return Viewer(caller, questions.shelf.in_force(connection, questions.now()))

    def page(self, name: str, viewer: Viewer, after: Place | None, limit: int) -> Listed:
        """A page of a list of `LISTS`. Raises Refusal if the viewer may know of these things but not read them."""
        wanted = LISTS[name]
        at, id = after or (None, None)
        given = {"agency": viewer.caller.agency, "at": at, "id": id, "limit": limit + 1}
        with self.questions.store.transaction() as connection:
            rows = connection.execute(wanted.query, given).fetchall()
            things = [self._things(connection, wanted.kind, row["state"]) for row in rows[:limit]]
        items = [shown for one in things if (shown := shown_of(viewer, wanted.kind, one))]
        last = rows[limit - 1] if len(rows) > limit else None
        return Listed(items, (last["at"], last["place"]) if last else None)

    def _things(self, connection: Any, kind: str, state: Any) -> Things:
        if kind != "referral":
            return _PARTS[kind](state)
        referral = Referral.model_validate(state)
        row = connection.execute("SELECT state FROM parts WHERE id = %s", [referral.stream]).fetchone()
        return Things(referral=referral, matters=(Matter.model_validate(row["state"]),))

    def referrals(self, case: str, viewer: Viewer) -> list[dict[str, Any]]:
        """The referrals of a case that the viewer may know of, oldest first."""
        with self.questions.store.transaction() as connection:
            rows = connection.execute(
                "SELECT r.state AS referral, m.state AS matter FROM parts m JOIN parts r ON r.stream = m.id"
                " WHERE m.subject = %s AND m.kind = 'matter' AND r.kind = 'referral' ORDER BY r.listed",
                [case],
            ).fetchall()
        parts = [(Referral.model_validate(r["referral"]), Matter.model_validate(r["matter"])) for r in rows]
        things = [Things(referral=referral, matters=(matter,)) for referral, matter in parts]
        return [shown for one in things if (shown := shown_of(viewer, "referral", one))]


def hears_of_all(viewer: Viewer) -> bool:
    """Whether the viewer may know of a concern whoever reported it, as the lead agency's people may."""
    return viewer.mou is not None and sees(viewer.caller, ThingFacts("concern"), viewer.mou)


def shown_of(viewer: Viewer, kind: str, things: Things) -> dict[str, Any] | None:
    """A thing as a list has it; None if it is not the viewer's to know. Raises Refusal if they may not read it."""
    if not may_know(viewer, kind, things):
        return None
    forbidden = may_read(viewer, kind, things)
    if forbidden is not None:
        forbidden.require()
    return viewer.view(kind, things)
