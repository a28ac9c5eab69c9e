"""What the answers of notifications have in common: what a thing is about, and whose question it is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.notifications.feed import Viewer
from shared.events.moments import write_moment
from shared.web.callers import Caller

#: Kind of a thing -> where referrals shows it.
PLACES = {
    "concern": "/v1/concerns/{id}",
    "case": "/v1/cases/{id}",
    "referral": "/v1/referrals/{id}",
    "deadletter": "/v1/deadletters/{id}",
}


class About(BaseModel):
    """What an item is about. `id` is random; who it is, referrals shows, as far as the caller may see."""

    kind: str
    id: UUID


def moment_or_none(moment: datetime | None) -> str | None:
    """In the contract's form, if it is known."""
    return write_moment(moment) if moment else None


def viewer_of(caller: Caller) -> Viewer:
    """Whose feed the caller's is."""
    return Viewer.of(caller.person, caller.agency, caller.roles, caller.purpose)
