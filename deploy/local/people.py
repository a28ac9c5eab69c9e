"""Invented people of the fictional Alder County, for the local platform only: handles and random ids."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.events.names import Agency, Role


@dataclass(frozen=True)
class Person:
    """Somebody, or an agency's system, who can sign in on the local platform. `id` is the token's `sub`."""

    handle: str
    id: UUID
    agency: Agency
    roles: frozenset[Role]

    @property
    def role_words(self) -> str:
        """`Social worker`: what they are, as people say it."""
        return ", ".join(in_words(role) for role in sorted(self.roles))

    @property
    def words(self) -> str:
        """`Social worker, Human services`."""
        return f"{self.role_words}, {in_words(self.agency)}"


def in_words(code: str) -> str:
    """A code of a role or an agency, as people say it."""
    return code.replace("-", " ").capitalize()


def _person(handle: str, id: str, *roles: Role) -> Person:
    return Person(handle, UUID(id), Agency(handle.partition("@")[2]), frozenset(roles))


#: Every agency has a person and a system. The ids are fixed so that data kept over a restart stays theirs.
PEOPLE: tuple[Person, ...] = (
    _person("screener@human-services", "8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d11", Role.SCREENER),
    _person("worker@human-services", "c1a7f2d4-93f5-4c0b-8a4e-2f7f4be0a9c2", Role.SOCIAL_WORKER),
    _person("supervisor@human-services", "4f6d1b8e-7a0c-4d39-b5f1-90e2c8a7d613", Role.SUPERVISOR),
    _person("coordinator@human-services", "a93e5c07-1d84-47b6-8c2f-6e0b4d9f7125", Role.COORDINATOR),
    _person("system@human-services", "27d8f0b3-5c6e-4a91-9e7d-b14f83c06a58", Role.SYSTEM),
    _person("officer@probation", "d50c9e81-46b7-4f2a-a3d8-7c1f0e95b264", Role.PROBATION_OFFICER),
    _person("supervisor@probation", "6b2f7a94-e081-4d5c-8f36-c9a04d7e1b83", Role.SUPERVISOR),
    _person("system@probation", "f18a4d26-9b73-4ce0-b7a5-0d6e3f82c941", Role.SYSTEM),
    _person("clinician@behavioral-health", "39c7e0f5-82ad-4b16-9c4f-e5d71a0b8326", Role.CLINICIAN),
    _person("system@behavioral-health", "b04d6f18-c3e9-4725-a68b-17f92e5d0c34", Role.SYSTEM),
    _person("nurse@public-health", "72e5a1c9-0f4b-4d83-8e7a-f6b30c92d517", Role.NURSE),
    _person("system@public-health", "e8f3b750-6d21-4a9c-95c4-3a07d1e8f6b2", Role.SYSTEM),
    _person("officer@juvenile-court", "1c94d8e6-b5f7-4032-ad1e-8f60a7c3b952", Role.PROBATION_OFFICER),
    _person("auditor@juvenile-court", "95b0f37d-2ea8-46c1-b904-d7e81f5c3a60", Role.AUDITOR),
    _person("system@juvenile-court", "5ae7c214-f98d-4b60-8d53-096be4a1f7c8", Role.SYSTEM),
    _person("liaison@office-of-education", "cd16f9a8-703e-45b2-9fe7-4b8a2d05c6e3", Role.EDUCATION_LIAISON),
    _person("system@office-of-education", "08f5b2e7-d14a-4c96-a7b3-e2c6915d7f04", Role.SYSTEM),
    _person("deputy@sheriff", "b7e31d05-4a8f-4f62-8b9c-50d7f2a6e1c9", Role.DEPUTY),
    _person("system@sheriff", "64a0c8f2-e7b5-4d19-93af-1e8d7c5b0f26", Role.SYSTEM),
    _person("intake@medical-hub", "fa29d7e4-15c0-4b8e-a60d-93b7e8f4c251", Role.NURSE),
    _person("clinician@medical-hub", "2d83e6b1-f097-4a5c-8e14-b6c50a9d7f38", Role.CLINICIAN),
    _person("system@medical-hub", "8b5f0c97-a2d6-4e31-b8c7-d4e90f16a735", Role.SYSTEM),
    _person("advocate@advocacy", "30d9f6a5-7ce1-4b84-9d2b-a8f705e3c619", Role.ADVOCATE),
    _person("supervisor@advocacy", "e46b8d13-09fa-4c75-86e2-5f3c1b7d0a98", Role.SUPERVISOR),
    _person("system@advocacy", "97c2a5f0-b8e4-4d36-a1f9-6d07e5c8b142", Role.SYSTEM),
    _person("advocate@shelter", "0be7d4c6-5f19-4a82-bd60-f8a3729e1c57", Role.ADVOCATE),
    _person("system@shelter", "c6f80b3e-d275-4917-8ca4-02b9e6d5f7a1", Role.SYSTEM),
    _person("coordinator@county", "5d17e9b8-8ac3-4f60-95d2-e7b04c6f1a39", Role.COORDINATOR),
    _person("auditor@county", "a2c4f6d0-3b9e-4857-ae1c-78d5b0f9e364", Role.AUDITOR),
    _person("privacy@county", "7f3e0a9d-c6b2-4d15-8f78-1b4ce6a5d092", Role.PRIVACY_OFFICER),
    _person("operator@county", "d81b5c7e-f4a0-4692-b3e9-c05f7d2a8e46", Role.OPERATOR),
    _person("admin@county", "49a6e2f8-0d7c-4b53-9b01-f3e8d6c7a5b4", Role.AGENCY_ADMIN),
    _person("board@county", "bc05d9a7-6e48-4f21-8a3d-9f7e12c4b608", Role.ADVISORY_BOARD),
    _person("system@county", "13fe8c6b-a97d-4c04-b2e5-7da0f9b3c8e2", Role.SYSTEM),
)

BY_HANDLE = {person.handle: person for person in PEOPLE}
