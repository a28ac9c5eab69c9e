"""Where a visitor can go from every page. A page stands here once it is there."""

from __future__ import annotations

from dataclasses import dataclass

from shared.events.names import Role
from shared.web.site.visitor import Visitor
from shared.web.site.words import N_

#: Everybody who has signed in.
ALL = frozenset(Role)


@dataclass(frozen=True)
class Way:
    """A link for those with one of these roles. `badge`: the number of unread items is shown beside it."""

    path: str
    label: str
    roles: frozenset[Role] = ALL
    badge: bool = False


#: Who works with young people, and so has concerns, cases and referrals.
WORKERS = ALL - {
    Role.PRIVACY_OFFICER,
    Role.AUDITOR,
    Role.OPERATOR,
    Role.ADVISORY_BOARD,
    Role.AGENCY_ADMIN,
    Role.SYSTEM,
}
WAYS = (
    Way("/inbox", N_("Inbox"), badge=True),
    Way("/worklist", N_("Worklist"), WORKERS),
    Way("/concerns/new", N_("Report a concern")),
    Way("/concerns", N_("Concerns"), WORKERS),
    Way("/calls", N_("Calls"), WORKERS),
    Way("/cases", N_("Cases"), WORKERS),
    Way("/search", N_("Search"), WORKERS),
    Way("/memorandum", N_("Memorandum")),
    Way("/timeline", N_("Timelines"), frozenset({Role.AUDITOR})),
    Way("/verify", N_("Proof"), frozenset({Role.OPERATOR})),
    Way("/people", N_("People"), frozenset({Role.AGENCY_ADMIN})),
)
#: At the foot of every page, in the same place (WCAG 3.2.6), for everybody.
FOOT = (
    Way("/help", N_("Help")),
    Way("/help/accessibility", N_("Accessibility")),
    Way("/help/privacy", N_("Privacy")),
    Way("/status", N_("What works now")),
)


def ways(visitor: Visitor | None) -> tuple[Way, ...]:
    """The links for this visitor's roles; none before they have signed in."""
    return tuple(way for way in WAYS if visitor and way.roles & visitor.caller.roles)
