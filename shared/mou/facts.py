"""What the MOU's functions need to know of a caller, a thing and an event. Any service can build these.

Nothing here identifies a person: agencies and roles are codes, persons are random ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol


class CallerLike(Protocol):
    """What `CallerFacts.of` reads; the Caller of shared/web is one."""

    @property
    def person(self) -> str:
        """A random id, never a name."""

    @property
    def agency(self) -> str:
        """Whom the caller acts for."""

    @property
    def roles(self) -> Iterable[str]:
        """The roles of the token."""

    @property
    def purpose(self) -> str:
        """Why, as stated with the request."""

    @property
    def system(self) -> bool:
        """An agency's system, not a person."""


@dataclass(frozen=True, slots=True)
class CallerFacts:
    """Who calls, for which agency, in which roles, why. Only `assigned-worker` and `own-person` need `person`."""

    agency: str
    roles: frozenset[str] = frozenset()
    purpose: str | None = None
    system: bool = False
    person: str | None = None

    @classmethod
    def of(cls, caller: CallerLike) -> CallerFacts:
        """The facts of a caller as the API knows it."""
        roles = frozenset(str(role) for role in caller.roles)
        return cls(str(caller.agency), roles, str(caller.purpose), caller.system, caller.person)

    @property
    def all_roles(self) -> frozenset[str]:
        """The roles held; a system has the role `system`."""
        return self.roles | {"system"} if self.system else self.roles


@dataclass(frozen=True, slots=True)
class ThingFacts:
    """What a caller acts on or reads. Leave out what does not apply.

    `kind`          concern | case | referral | person | mou | deadletter
    `lead`          the case's lead agency; left out, the MOU's lead (a concern has no other)
    `participants`  agencies that take part in the case now, without those that left
    `sender` `recipient`  of the referral; for request-referral: who would be asked
    `reporters`     the agency that reported the concern
    `outside`       the agency outside the network that the referral goes to, by its code in the MOU's list
    `owner`         the agency whose person (assign-role, end-role, assign-worker), whose seat on the team
                    (join-agency, leave-agency) or whose entry (undo, enter-in-error) it is
    `person`        random id of the person whose absence it is (arrange-cover, end-cover)
    `workers`       random ids of the persons assigned to it
    """

    kind: str
    lead: str | None = None
    participants: frozenset[str] = frozenset()
    sender: str | None = None
    recipient: str | None = None
    reporters: frozenset[str] = frozenset()
    owner: str | None = None
    workers: frozenset[str] = frozenset()
    outside: str | None = None
    person: str | None = None


#: What `disclosable` and `sees` look at: a concern, a case or a referral.
CaseFacts = ThingFacts


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What routing needs of an event.

    `type`       the contract's name, e.g. accord.referral.requested.v1
    `thing`      the case, concern or referral that it is about
    `actor`      the agency that did it (the envelope's `agency`)
    `urgency`    of a referral
    `submitter`  the agency whose submission was refused or could not be read
    `worker`     random id of the person assigned, asked by name, or who covers for a colleague
    `flags`      what is unusual about it
    `band`       of a screening
    """

    type: str
    thing: ThingFacts = field(default_factory=lambda: ThingFacts("none"))
    actor: str | None = None
    urgency: str | None = None
    submitter: str | None = None
    worker: str | None = None
    flags: tuple[str, ...] = ()
    band: str | None = None
