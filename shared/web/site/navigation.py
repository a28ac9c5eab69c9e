"""Where a visitor can go from every page. A page stands here once it is there."""

from __future__ import annotations

from dataclasses import dataclass

from shared.web.site.visitor import Visitor
from shared.web.site.words import N_


@dataclass(frozen=True)
class Way:
    """A link of the navigation. `badge`: the number of unread items is shown beside it."""

    path: str
    label: str
    badge: bool = False


WAYS = (Way("/inbox", N_("Inbox"), badge=True),)


def ways(visitor: Visitor | None) -> tuple[Way, ...]:
    """The links for this visitor; none before they have signed in."""
    return WAYS if visitor else ()
