"""Roles and agencies in the words of people."""

from __future__ import annotations

from collections.abc import Iterable

from services.referrals.pages.wording import ROLES as AT_WORK
from shared.events.names import Role
from shared.mou.document import Mou
from shared.mou.parties import party_of
from shared.web.site.words import N_

ROLES: dict[str, str] = AT_WORK | {
    Role.PRIVACY_OFFICER: N_("Privacy officer"),
    Role.AUDITOR: N_("Auditor"),
    Role.OPERATOR: N_("Operator"),
    Role.ADVISORY_BOARD: N_("Advisory board"),
    Role.AGENCY_ADMIN: N_("Administrator of the agency"),
}


def role_labels(roles: Iterable[str]) -> list[tuple[str, str]]:
    """Code and label of each, in the order of the table. Systems sign in elsewhere."""
    held = frozenset(roles)
    return [(str(role), label) for role, label in ROLES.items() if role in held]


def agency_name(agency: str, mou: Mou | None) -> str:
    """What the MOU calls the agency."""
    party = party_of(mou, agency) if mou else None
    return party.name if party else agency
