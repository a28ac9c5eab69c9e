"""Which duties fall to people of a role. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from shared.events.names import Role
from shared.mou.document import Mou, Party
from shared.mou.duties.rules import DutyRule, Holder, Mode
from shared.mou.parties import party_of
from shared.mou.vocabulary import QueueRole, Target


def owed_by(mou: Mou, role: Role) -> tuple[DutyRule, ...]:
    """The duties that fall to people of this role, in the document's order; none that is off."""
    return tuple(
        duty
        for duty in mou.duties
        if duty.mode is not Mode.OFF and duty.owed_by is not None and falls_to(mou, duty.owed_by, role)
    )


def falls_to(mou: Mou, holder: Holder, role: Role) -> bool:
    """Whether a holder may be people of this role, in whichever agency."""
    return any(_owes(party, holder, role) for party in _could_be(mou, holder) if role in party.roles)


def _could_be(mou: Mou, holder: Holder) -> Iterable[Party]:
    """The parties that a holder may be: of a relation to a case, every one that can stand in it."""
    named = party_of(mou, holder.agency)
    if named is not None:
        return [named]
    return [party for party in mou.parties if party.lead] if holder.agency == Target.LEAD else mou.parties


def _owes(party: Party, holder: Holder, role: Role) -> bool:
    match holder.role:
        case None:
            return True
        case QueueRole.INBOUND:
            return party.inbound == role
        case QueueRole.OUTBOUND:
            return party.outbound == role
        case named:
            return str(named) == role
