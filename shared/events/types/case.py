"""A case: what the agencies do together for one youth. One stream for each matter."""

from __future__ import annotations

from typing import ClassVar

from shared.events.data import AgencyCode, Data, Id, MatterCode, RoleCode, Word


class CaseOpened(Data):
    """The county opened a case, or a further matter of it, and which agency leads. WIC 16524.8."""

    TYPE: ClassVar[str] = "accord.case.opened.v1"
    case: Id
    case_stream: Id
    matter: MatterCode
    youth: Id
    lead: AgencyCode
    concern: Id | None = None


class AgencyJoined(Data):
    """An agency takes part in the case from now on. MOU, parties; WIC 18961.7."""

    TYPE: ClassVar[str] = "accord.agency.joined.v1"
    case: Id
    agency: AgencyCode
    relation: Word


class AgencyLeft(Data):
    """An agency takes part in the case no longer. What it knew, it knew."""

    TYPE: ClassVar[str] = "accord.agency.left.v1"
    case: Id
    agency: AgencyCode
    reason: Word


class WorkerAssigned(Data):
    """An agency named the person who works on the case."""

    TYPE: ClassVar[str] = "accord.worker.assigned.v1"
    case: Id
    agency: AgencyCode
    worker: Id
    role: RoleCode
