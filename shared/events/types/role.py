"""Roles: what a person does for an agency. The person's id is random; no name is here."""

from __future__ import annotations

from typing import ClassVar

from shared.events.data import AgencyCode, Data, Id, RoleCode, Word


class RoleAssigned(Data):
    """A person holds a role at an agency from now on."""

    TYPE: ClassVar[str] = "accord.role.assigned.v1"
    person: Id
    agency: AgencyCode
    role: RoleCode


class RoleEnded(Data):
    """A person holds a role at an agency no longer."""

    TYPE: ClassVar[str] = "accord.role.ended.v1"
    person: Id
    agency: AgencyCode
    role: RoleCode
    reason: Word
