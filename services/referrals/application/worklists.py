"""The worklist of an agency: what was asked of it, and what it asked of others. Nothing is opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.referrals.application.listing import shown_of
from services.referrals.application.questions import Questions
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, may_know
from services.referrals.domain.parts import Matter, Referral, ReferralStatus
from shared.mou.authority import sees
from shared.mou.facts import CallerFacts, ThingFacts

Queue = Literal["inbound", "outbound"]
#: Parts of a queue: what goes on; what an agency could not take or finish, and no other was asked yet; the rest.
Part = Literal["open", "again", "ended"]
#: The agency's side in each queue.
SIDE: Mapping[Queue, str] = {"inbound": "recipient", "outbound": "sender"}
_S = ReferralStatus
OPEN = (_S.REQUESTED, _S.RECEIVED, _S.ACCEPTED, _S.IN_PROGRESS, _S.ON_HOLD)
UNSERVED = (_S.REJECTED, _S.FAILED)
#: Nobody leads it, as far as one may say of a whole queue.
NO_LEAD = "none"

#: (part, status, urgency) -> how many.
Counts = Mapping[tuple[str, str, str], int]


@dataclass(frozen=True)
class Wanted:
    """Which referrals: of one part of a queue; that stand so and are so urgent, if that is said."""

    queue: Queue
    part: Part
    statuses: frozenset[str] = frozenset()
    urgencies: frozenset[str] = frozenset()

    def counted(self, counts: Counts) -> int:
        """How many these are."""
        return sum(n for key, n in counts.items() if self._has(*key))

    def _has(self, part: str, status: str, urgency: str) -> bool:
        stands = not self.statuses or status in self.statuses
        return part == self.part and stands and (not self.urgencies or urgency in self.urgencies)


@dataclass(frozen=True)
class Listed:
    """A page of the list, and the moment that the next one begins after, if there is more."""

    items: list[dict[str, Any]]
    following: datetime | None = None


@dataclass(frozen=True)
class Worklists:
    """Thread-safe. Blocks on the database; raises TryLater when it is away."""

    questions: Questions

    def viewer(self, caller: CallerFacts) -> Viewer:
        """The caller, under the MOU in force."""
        return Viewer(caller, self.questions.in_force())

    def count(self, viewer: Viewer, queue: Queue) -> Counts:
        """How many referrals of the queue the viewer may know of."""
        given = {"agency": viewer.caller.agency}
        with self.questions.store.transaction() as connection:
            if sees_queue(viewer, queue):
                rows = connection.execute(_counts(queue), given).fetchall()
                return {(row["part"], row["status"], row["urgency"]): row["n"] for row in rows}
            found = connection.execute(_all(queue), given).fetchall()
        return Counter(_key(queue, one) for one in map(_things, found) if may_know(viewer, "referral", one))

    def page(self, viewer: Viewer, wanted: Wanted, after: datetime | None, limit: int) -> Listed:
        """Those that are wanted, asked first first, after a moment. Raises Refusal if the viewer may know of them
        but not read them."""
        given = {
            "agency": viewer.caller.agency,
            "part": wanted.part,
            "statuses": sorted(wanted.statuses) or None,
            "urgencies": sorted(wanted.urgencies) or None,
            "after": after,
            "limit": limit + 1,
        }
        with self.questions.store.transaction() as connection:
            rows = connection.execute(page_query(wanted.queue), given).fetchall()
        items = [view for row in rows[:limit] if (view := shown_of(viewer, "referral", _things(row)))]
        return Listed(items, rows[limit - 1]["listed"] if len(rows) > limit else None)


def sees_queue(viewer: Viewer, queue: Queue) -> bool:
    """Whether the viewer may know of every referral of the queue, since it is their agency's, whatever it holds."""
    agency, mou = viewer.caller.agency, viewer.mou
    if mou is None:
        return False
    asks = ThingFacts("referral", lead=NO_LEAD, sender=agency)
    # An agency outside is asked by one that answers for it: such a referral stands in both queues.
    sides = [asks, ThingFacts("referral", lead=NO_LEAD, recipient=agency)] if queue == "inbound" else [asks]
    return all(sees(viewer.caller, side, mou) for side in sides)


def part_of_queue(queue: Queue, referral: Referral) -> Part:
    """Where in the queue it stands. Whom to ask instead is for the agency that asked."""
    if referral.status in OPEN:
        return "open"
    again = queue == "outbound" and referral.status in UNSERVED and not referral.forwarded_to
    return "again" if again else "ended"


def _listed(statuses: tuple[ReferralStatus, ...]) -> str:
    return ", ".join(f"'{status}'" for status in statuses)


def _part(queue: Queue) -> str:
    again = f"WHEN r.status IN ({_listed(UNSERVED)}) AND r.state->'forwarded_to' = '[]' THEN 'again'"
    return (
        f"CASE WHEN r.status IN ({_listed(OPEN)}) THEN 'open'"
        f" {again if queue == 'outbound' else ''} ELSE 'ended' END"
    )


def _of(queue: Queue) -> str:
    return f"r.kind = 'referral' AND r.{SIDE[queue]} = %(agency)s"


def _counts(queue: Queue) -> str:
    return (
        f"SELECT {_part(queue)} AS part, r.status, r.state->>'urgency' AS urgency, count(*) AS n"  # noqa: S608 - of this module
        f" FROM parts r WHERE {_of(queue)} GROUP BY 1, 2, 3"
    )


def _all(queue: Queue) -> str:
    states = (
        "SELECT r.state AS referral, m.state AS matter, r.listed FROM parts r JOIN parts m ON m.id = r.stream"
    )
    return f"{states} WHERE {_of(queue)}"


def page_query(queue: Queue) -> str:
    """A page of a queue. None of its words come from outside."""
    return (
        f"{_all(queue)} AND {_part(queue)} = %(part)s"
        " AND (%(statuses)s::text[] IS NULL OR r.status = ANY(%(statuses)s))"
        " AND (%(urgencies)s::text[] IS NULL OR r.state->>'urgency' = ANY(%(urgencies)s))"
        " AND (%(after)s::timestamptz IS NULL OR r.listed > %(after)s) ORDER BY r.listed LIMIT %(limit)s"
    )


def _things(row: Mapping[str, Any]) -> Things:
    referral, matter = Referral.model_validate(row["referral"]), Matter.model_validate(row["matter"])
    return Things(referral=referral, matters=(matter,))


def _key(queue: Queue, things: Things) -> tuple[str, str, str]:
    assert things.referral is not None, "loaded"
    referral = things.referral
    return part_of_queue(queue, referral), referral.status.value, referral.urgency
