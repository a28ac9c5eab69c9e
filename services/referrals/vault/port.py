"""What referrals asks of its vault. Two implementations keep it: `Vault` (PostgreSQL) and `MemoryVault`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from services.referrals.vault.addresses import AddressBook
from shared.events.names import SealedClass
from shared.events.sealing import CannotOpen


@dataclass(frozen=True)
class ToSeal:
    """Facts of one class of one event.

    `youth` and `matter` group keys, so that they can be forgotten together;
    `subject` is the event's subject: the case, or the concern until it belongs to one.
    """

    youth: UUID
    matter: str
    subject: UUID
    event_id: UUID
    cls: SealedClass
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class ToOpen:
    """A sealed part as it stands in an event, and where it stands."""

    sealed: str
    subject: UUID | str
    event_id: UUID | str
    cls: SealedClass


@dataclass(frozen=True)
class Which:
    """Which keys: those that meet all of what is given. Raises ValueError unless a kid, event or youth is."""

    kid: UUID | None = None
    youth: UUID | None = None
    cls: SealedClass | None = None
    matter: str | None = None
    event_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.kid is None and self.youth is None and self.event_id is None:
            raise ValueError(
                "name a key, an event or a youth: keys of a whole county are not forgotten at once"
            )


@dataclass(frozen=True)
class Forgotten:
    """The fact's key was destroyed at `at`: nobody can open it again."""

    kid: UUID
    at: datetime


@dataclass(frozen=True)
class DeadLetter:
    """A record that could not be read, kept sealed for 30 days. `size` and `sha256` are of its value."""

    id: UUID
    topic: str
    partition: int
    offset: int
    reason: str
    size: int
    sha256: str
    expires_at: datetime


@dataclass(frozen=True)
class OpenedDeadLetter:
    """A dead letter with the record's own bytes. What is in it may identify a child."""

    letter: DeadLetter
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class VaultPort(Protocol):
    """Holds every key, and so decides what can be opened. Thread-safe.

    Every method but `close` may block on the database (up to 15 s) and raises TryLater when it is away.
    """

    @property
    def addresses(self) -> AddressBook:
        """E-mail addresses of people who have no provider, and letters to them."""

    def seal_all(self, items: Sequence[ToSeal]) -> list[str]:
        """Seal each under a new key; the keys are durable when this returns. In the order given.

        All or none. Raises Undeliverable("too-large") before anything is stored.
        """

    def open(
        self, sealed: str, subject: UUID | str, event_id: UUID | str, cls: SealedClass
    ) -> dict[str, Any] | Forgotten:
        """The facts, or that they were forgotten. Raises CannotOpen (also where the key is not known)."""

    def open_many(self, parts: Sequence[ToOpen]) -> list[dict[str, Any] | Forgotten | CannotOpen]:
        """Many at once, in the order given. One that does not open stands there as its CannotOpen."""

    def keys(self, which: Which) -> list[UUID]:
        """The ids of the keys that `forget` would destroy, sorted."""

    def forget(self, which: Which, by_event: UUID) -> list[UUID]:
        """Destroy keys and record it; their ids, sorted.

        `by_event` is the event that states the destruction. Append it first, naming `keys(which)`, so that
        a restore can be followed by `apply_destructions`.
        """

    def apply_destructions(self, kids: Sequence[UUID], by_event: UUID, at: datetime) -> int:
        """Destroy the keys that an event recorded at `at` names, after a restore; how many were still there.

        Idempotent: run it for every destruction event.
        """

    def regroup(self, youth_from: UUID, youth_to: UUID, matter: str | None = None) -> int:
        """Group the keys of one youth under another (and into `matter`, if given); how many.

        For a concern that is attached to a case. What is sealed stays as it is.
        """

    def county_jwks(self) -> dict[str, Any]:
        """The public submission key as a JWK set; it is made on first use. Never holds anything private."""

    def open_submission(self, sealed: str, submission: UUID | str, cls: SealedClass) -> dict[str, Any]:
        """The facts that an agency sealed to one of the county's keys. Raises CannotOpen."""

    def rotate(self) -> dict[str, Any]:
        """Make a new submission key; the former opens until `purge` removes it, 35 days later."""

    def keep_deadletter(
        self,
        *,
        topic: str,
        partition: int,
        offset: int,
        reason: str,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> DeadLetter:
        """Keep a record sealed for 30 days. Called again for the same record, it gives the first one."""

    def show_deadletter(self, letter: UUID) -> OpenedDeadLetter | None:
        """The record's bytes, or None if there is none or its time is over."""

    def keep_draft(self, person: UUID, place: str, text: bytes) -> None:
        """Keep what a person typed at a place (a page's path) for 24 hours, instead of what was kept before."""

    def draft(self, person: UUID, place: str) -> bytes | None:
        """What was kept, or None if nothing is or its time is over."""

    def drop_draft(self, person: UUID, place: str) -> None:
        """Forget it: it was sent, or is not wanted."""

    def purge(self, now: datetime) -> int:
        """Remove dead letters, drafts and letters past their time and long retired submission keys; how many."""

    def ping(self) -> None:
        """Raises TryLater unless the vault answers."""

    def close(self) -> None:
        """Let go of the connections. Nothing may be called afterwards."""
