"""Roles that people hold."""

from __future__ import annotations

from uuid import UUID, uuid5

from services.referrals.domain.codes import require_listed
from services.referrals.domain.commands import AssignRole, EndRole
from services.referrals.domain.deciding import At, happened, in_force, permit
from services.referrals.domain.facts import Fact
from shared.errors import Refusal
from shared.events.types.role import RoleAssigned, RoleEnded
from shared.mou.document import Mou
from shared.mou.facts import ThingFacts
from shared.mou.parties import party_of
from shared.mou.vocabulary import CodeList

#: Roles of one person live in a stream of their own, found from the person's random id.
ROLES = UUID("6b1f6c0a-0f0e-4a53-9b0b-6f5c0f5d1c11")


def roles_stream(person: str) -> str:
    """The stream of a person's roles."""
    return str(uuid5(ROLES, person))


def roles_at(agency: str, mou: Mou) -> tuple[str, ...]:
    """The roles that the MOU gives to people and systems of an agency; none if it is no party."""
    party = party_of(mou, agency)
    return tuple(map(str, party.roles)) if party else ()


def assign_role(command: AssignRole, at: At) -> list[Fact]:
    """A person of the agency holds a role from now on. Raises Refusal."""
    clause = permit(at, "assign-role", ThingFacts("person", owner=command.agency)).clause
    if command.role not in roles_at(command.agency, in_force(at, clause)):
        detail = "The MOU does not give this role to people of the agency."
        remedy = "Choose one that it lists for the agency: GET /v1/mou, or accord mou show FILE."
        raise Refusal(clause, "unknown-code", detail, remedy, "/role")
    data = RoleAssigned(person=command.person, agency=command.agency, role=command.role)
    return [_of_person(data, command.person, clause, at, command)]


def end_role(command: EndRole, at: At) -> list[Fact]:
    """A person of the agency holds a role no longer. Raises Refusal."""
    clause = permit(at, "end-role", ThingFacts("person", owner=command.agency)).clause
    reason = require_listed(CodeList.END_ROLE_REASON, command.reason, at.mou, clause, "/reason")
    data = RoleEnded(person=command.person, agency=command.agency, role=command.role, reason=reason)
    return [_of_person(data, command.person, clause, at, command)]


def _of_person(
    data: RoleAssigned | RoleEnded, person: str, clause: str, at: At, command: AssignRole | EndRole
) -> Fact:
    time = happened(command.time, at, clause)
    return Fact(data, clause, time, stream=roles_stream(person), subject=person)
