"""Finding one thing: by its code or id, what its viewer may do with it, and what changed on it lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.referrals.application import repository as repo
from services.referrals.application.questions import Questions
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, facts_of, matters_known, may_know
from services.referrals.domain.evolve import PART_OF, SEEN_BY_SOME
from shared.events import read
from shared.events.types.case import AgencyLeft
from shared.mou.authority import may
from shared.mou.facts import ThingFacts
from shared.web.callers import Caller

#: Where the ids of each kind of thing stand.
_RANGES: Mapping[str, str] = {
    "concern": "SELECT 'concern' AS kind, id FROM parts"
    " WHERE kind = 'concern' AND id BETWEEN %(first)s AND %(last)s",
    "case": "SELECT DISTINCT 'case' AS kind, subject AS id FROM parts"
    " WHERE kind = 'matter' AND subject BETWEEN %(first)s AND %(last)s",
    "referral": "SELECT 'referral' AS kind, id FROM parts"
    " WHERE kind = 'referral' AND id BETWEEN %(first)s AND %(last)s",
}
#: Of so many things with one code the rest is not looked at; two are rare.
MOST = 20
#: How far back changes are looked for.
LATEST = 30


@dataclass(frozen=True)
class Found:
    """A thing that the viewer may know of."""

    kind: str
    id: str


@dataclass(frozen=True)
class Changed:
    """Something that was recorded on a thing: the event's type, by which agency, when."""

    type: str
    agency: str
    recorded: datetime


@dataclass(frozen=True)
class Rights:
    """What a viewer may do and see of a thing, whatever its state and whatever it holds.

    `by_matter` are the acts: by the matter of a case, else under the empty name. `classes` may be opened.
    """

    by_matter: Mapping[str, frozenset[str]]
    classes: frozenset[str]

    @property
    def acts(self) -> frozenset[str]:
        """The acts, in whichever matter."""
        return frozenset(act for acts in self.by_matter.values() for act in acts)


@dataclass(frozen=True)
class Finding:
    """Looks for things. Thread-safe. Blocks on the database; raises TryLater when it is away. Opens nothing."""

    questions: Questions

    def within(self, viewer: Viewer, kinds: Iterable[str], first: UUID, last: UUID) -> list[Found]:
        """What has an id from `first` to `last`, as far as the viewer may know of it."""
        query = " UNION ALL ".join(_RANGES[kind] for kind in kinds)
        given = {"first": first, "last": last, "limit": MOST}
        with self.questions.store.transaction() as connection:
            rows = connection.execute(f"{query} LIMIT %(limit)s", given).fetchall()
            found = [
                (Found(r["kind"], str(r["id"])), repo.load(connection, r["kind"], r["id"])) for r in rows
            ]
        return [one for one, things in found if may_know(viewer, one.kind, things)]

    def knows(self, viewer: Viewer, kind: str, ids: Iterable[str]) -> frozenset[str]:
        """Those of these things that the viewer may know of."""
        with self.questions.store.transaction() as connection:
            found = {id: repo.load(connection, kind, id) for id in ids}
        return frozenset(id for id, things in found.items() if may_know(viewer, kind, things))

    def rights(self, viewer: Viewer, kind: str, id: str, wanted: Iterable[str], owner: str) -> Rights:
        """What the MOU gives the viewer on a thing. `owner` is the agency spoken of, where an act speaks of one."""
        with self.questions.store.transaction() as connection:
            things = repo.load(connection, kind, id)
        facts = facts_of(kind, things)
        names = [m.matter for m in things.matters] if kind == "case" else [""] * len(facts)
        return Rights(
            {name: _allowed(viewer, one, wanted, owner) for name, one in zip(names, facts, strict=True)},
            frozenset(name for one in facts for name in viewer.classes(one)),
        )

    def changes(self, viewer: Viewer, kind: str, id: str, since: datetime | None) -> list[Changed]:
        """What was recorded on a concern or a case after this moment, newest first; without one, the last.

        Of what not everybody sees who may know of the thing, nothing.
        """
        with self.questions.store.transaction() as connection:
            things = repo.load(connection, kind, id)
            rows = connection.execute(
                "SELECT state FROM stored_events WHERE originator_id = ANY(%s::uuid[])"
                " ORDER BY notification_id DESC LIMIT %s",
                [_streams(viewer, kind, things), LATEST],
            ).fetchall()
        part = "matter" if kind == "case" else kind
        recorded = [read(bytes(row["state"])) for row in rows]
        shown = [
            Changed(one.type, one.envelope.agency, one.envelope.recordedtime)
            for one in recorded
            if PART_OF.get(type(one.data), ("",))[0] == part and type(one.data) not in SEEN_BY_SOME
        ]
        return shown[:1] if since is None else [one for one in shown if one.recorded > since]

    def left(self, case: str, caller: Caller) -> bool:
        """Whether the caller themself recorded that their agency left the case."""
        with self.questions.store.transaction() as connection:
            rows = connection.execute(
                "SELECT state FROM stored_events WHERE topic = %s AND originator_id IN"
                " (SELECT stream FROM parts WHERE kind = 'matter' AND subject = %s::uuid)",
                [AgencyLeft.TYPE, case],
            ).fetchall()
        recorded = [read(bytes(row["state"])) for row in rows]
        return any(
            (one.envelope.actor, one.envelope.agency) == (caller.person, caller.agency)
            and vars(one.data)["agency"] == caller.agency
            for one in recorded
        )


def _streams(viewer: Viewer, kind: str, things: Things) -> list[str]:
    """Where the thing's events stand: those of a concern that belongs to a case also in the case's."""
    if kind == "case":
        return [matter.stream for matter in matters_known(viewer, things)]
    return [things.concern.stream] if things.concern else []


def _allowed(viewer: Viewer, facts: ThingFacts, wanted: Iterable[str], owner: str) -> frozenset[str]:
    if viewer.mou is None:
        return frozenset()
    spoken = ThingFacts(
        facts.kind,
        lead=facts.lead,
        participants=facts.participants,
        reporters=facts.reporters,
        workers=facts.workers,
        owner=owner,
    )
    return frozenset(act for act in wanted if may(viewer.caller, act, spoken, viewer.mou).allowed)
