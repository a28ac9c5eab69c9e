"""Keys are grouped by youth and matter, so that they can be forgotten together. A concern has a youth of its own;
once it belongs to a case, its keys belong to the case's youth and matter."""

from __future__ import annotations

from uuid import UUID

from services.referrals.domain.parts import Concern, Matter
from services.referrals.vault.port import VaultPort, Which
from shared.events.names import Matter as Name


def group_with_case(vault: VaultPort, concern: Concern, matter: Matter) -> int:
    """Group the concern's keys with those of its case; how many moved. Idempotent. Blocks on the vault.

    Where the case was opened with the concern both have one youth: then the keys get their matter as long as
    nothing was sealed for another. Raises TryLater.
    """
    youth, own = UUID(matter.youth), UUID(concern.youth)
    if own != youth:
        return vault.regroup(own, youth, matter.matter)
    loose = vault.keys(Which(youth=youth, matter=Name.NONE))
    if not loose or matter.matter == Name.NONE or loose != vault.keys(Which(youth=youth)):
        return 0
    return vault.regroup(youth, youth, matter.matter)
