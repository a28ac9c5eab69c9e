"""How long a session on the pages goes on, and which roles a sign-in gives and ends. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.events import Recorded
from shared.events.types.role import RoleAssigned, RoleEnded

ABSOLUTE = timedelta(hours=12)
"""No session lasts longer, whatever its person does."""
#: Why the provider's word ended a role: the person's token no longer names it.
NOT_NAMED = "not-named-at-sign-in"


@dataclass(frozen=True)
class Session:
    """A session as it is kept. `seen` is when its person last did something."""

    id: str
    person: str
    agency: str
    roles: frozenset[str]
    began: datetime
    seen: datetime
    language: str
    privacy: bool
    ended: datetime | None = None
    reason: str | None = None

    def locks(self, idle: timedelta) -> datetime:
        """When it ends if its person does nothing more."""
        return min(self.seen + idle, self.began + ABSOLUTE)


@dataclass(frozen=True)
class Over:
    """A session is over: since when and why."""

    at: datetime
    reason: str


def over(session: Session, now: datetime, idle: timedelta, held: frozenset[str]) -> Over | None:
    """Whether it is over. `held` are the roles that its person holds at its agency now."""
    if now >= session.locks(idle):
        absolute = session.began + ABSOLUTE <= session.seen + idle
        return Over(session.locks(idle), "absolute" if absolute else "idle")
    return None if session.roles <= held else Over(now, "roles-ended")


@dataclass(frozen=True)
class Roles:
    """The roles of one person at one agency: held, and taken away by the agency's administrator."""

    held: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()

    def with_token(self, named: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """What a sign-in gives and what it ends, when the token names these roles.

        The provider's word does not bring back what the agency's administrator took away: that takes the
        administrator's own.
        """
        return named - self.held - self.withdrawn, self.held - named


def ended_since(events: Iterable[Recorded], agency: str, moment: datetime, reason: str) -> frozenset[str]:
    """The roles at `agency` that ended after `moment` for this reason, and are not held again."""
    ended: set[str] = set()
    for event in events:
        data = event.data
        if not isinstance(data, RoleAssigned | RoleEnded) or data.agency != agency:
            continue
        if isinstance(data, RoleAssigned):
            ended.discard(str(data.role))
        elif data.reason == reason and event.envelope.recordedtime > moment:
            ended.add(str(data.role))
    return frozenset(ended)


def roles_of(events: Iterable[Recorded], agency: str) -> Roles:
    """The roles at `agency` after these events of one person's stream."""
    held: set[str] = set()
    withdrawn: set[str] = set()
    for event in events:
        data = event.data
        if not isinstance(data, RoleAssigned | RoleEnded) or data.agency != agency:
            continue
        role = str(data.role)
        if isinstance(data, RoleAssigned):
            held.add(role)
            withdrawn.discard(role)
        else:
            held.discard(role)
            if data.reason != NOT_NAMED:
                withdrawn.add(role)
    return Roles(frozenset(held), frozenset(withdrawn))
