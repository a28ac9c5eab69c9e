"""The people of an agency: those who hold a role there, and those who were invited."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.referrals.domain.sessions import roles_of
from services.referrals.people.accounts import Account
from services.referrals.people.desk import People
from services.referrals.people.labels import role_labels
from shared.events import Recorded, read
from shared.events.names import Role
from shared.events.types.role import RoleAssigned, RoleEnded
from shared.mou.document import Mou
from shared.web.site.codes import code_of

#: How somebody stands: invited, invited and the link is over, signs in here, signs in with the agency's provider.
State = Literal["invited", "link-over", "own", "provider"]

_ROLE_EVENTS = """
SELECT state FROM stored_events WHERE topic IN ('accord.role.assigned.v1', 'accord.role.ended.v1')
AND convert_from(state, 'UTF8')::jsonb -> 'data' ->> 'agency' = %s ORDER BY originator_id, originator_version
"""


@dataclass(frozen=True)
class Entry:
    """One person. `address` is empty where they have none here, or where it is covered; `waits`: a letter to them
    has not gone out yet."""

    person: str
    code: str
    roles: list[tuple[str, str]]
    state: State
    address: str = ""
    account: Account | None = None
    waits: bool = False

    @property
    def shown(self) -> str:
        """What the person is called here."""
        return self.address or self.code


@dataclass(frozen=True)
class Directory:
    """Blocks on the databases; raises TryLater when one is away."""

    people: People

    def of(self, agency: str, *, covered: bool = False) -> list[Entry]:
        """Everybody of the agency, whoever was invited last at the end. `covered`: no address is opened."""
        people = self.people
        accounts = {account.person: account for account in people.accounts.of_agency(agency)}
        held = self._held(agency)
        persons = [*accounts, *sorted(held.keys() - accounts.keys())]
        ids = [UUID(person) for person in accounts]
        addresses = {} if covered else people.accounts.book.of(ids)
        waiting = people.letters.waiting(ids)
        now = people.accounts.now()
        return [
            Entry(
                person,
                code_of("person", person),
                role_labels(held.get(person, frozenset())),
                _state(accounts.get(person), now),
                addresses.get(UUID(person), ""),
                accounts.get(person),
                person in waiting,
            )
            for person in persons
        ]

    def one(self, agency: str, person: str, *, covered: bool = False) -> Entry | None:
        """One person of the agency."""
        return next((entry for entry in self.of(agency, covered=covered) if entry.person == person), None)

    def _held(self, agency: str) -> dict[str, frozenset[str]]:
        store = self.people.desk.sessions.store
        with store.connection() as connection:
            rows = connection.execute(_ROLE_EVENTS, [agency]).fetchall()
        by_person: dict[str, list[Recorded]] = defaultdict(list)
        for event in (read(bytes(row["state"])) for row in rows):
            if isinstance(event.data, RoleAssigned | RoleEnded):
                by_person[event.data.person].append(event)
        held = {person: roles_of(events, agency).held for person, events in by_person.items()}
        return {person: roles for person, roles in held.items() if roles - {Role.SYSTEM}}


def open_roles(agency: str, held: frozenset[str], mou: Mou | None) -> list[tuple[str, str]]:
    """The roles that somebody of the agency can be given, beside those held."""
    party = next((party for party in mou.parties if party.agency == agency), None) if mou else None
    return role_labels({str(role) for role in party.roles} - held) if party else []


def _state(account: Account | None, now: datetime) -> State:
    if account is None:
        return "provider"
    if account.accepted:
        return "own"
    over = account.link_until is None or account.link_until <= now
    return "link-over" if over else "invited"
