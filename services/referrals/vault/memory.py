"""A vault in memory, for tests and for what is only looked at: the same contract, nothing durable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock
from typing import Any
from uuid import UUID

from services.referrals.vault import making
from services.referrals.vault.addresses import MemoryAddresses
from services.referrals.vault.drafts import KEPT, draft_id
from services.referrals.vault.port import DeadLetter, Forgotten, OpenedDeadLetter, ToOpen, ToSeal, Which
from shared.errors import TryLater
from shared.events.names import SealedClass
from shared.events.sealing import CannotOpen, county_key_id, open_for_county
from shared.store.store import system_clock


class MemoryVault:
    """Keeps `VaultPort`. Set `away` to make every call raise TryLater."""

    def __init__(self, now: Callable[[], datetime] = system_clock) -> None:
        self.away = False
        self._now = now
        self._lock = RLock()
        self._items: dict[UUID, ToSeal] = {}
        self._held: dict[UUID, bytes | Forgotten] = {}
        self._county: dict[str, making.CountyKey] = {}
        self._retired: dict[str, datetime] = {}
        self._drafts: dict[UUID, tuple[bytes, datetime]] = {}
        self._letters: dict[UUID, tuple[DeadLetter, bytes]] = {}
        self.addresses = MemoryAddresses(now, self._answering)

    def seal_all(self, items: Sequence[ToSeal]) -> list[str]:
        """`VaultPort.seal_all`."""
        made = [making.make(item) for item in items]
        with self._answering():
            for one, item in zip(made, items, strict=True):
                self._items[one.kid], self._held[one.kid] = item, one.data_key
        return [one.sealed for one in made]

    def open(
        self, sealed: str, subject: UUID | str, event_id: UUID | str, cls: SealedClass
    ) -> dict[str, Any] | Forgotten:
        """`VaultPort.open`."""
        opened = self.open_many([ToOpen(sealed, subject, event_id, cls)])[0]
        if isinstance(opened, CannotOpen):
            raise opened
        return opened

    def open_many(self, parts: Sequence[ToOpen]) -> list[dict[str, Any] | Forgotten | CannotOpen]:
        """`VaultPort.open_many`."""
        kids = [making.kid_of(part) for part in parts]
        with self._answering():
            return [
                kid if isinstance(kid, CannotOpen) else making.open_with(self._held.get(kid), part)
                for kid, part in zip(kids, parts, strict=True)
            ]

    def keys(self, which: Which) -> list[UUID]:
        """`VaultPort.keys`."""
        with self._answering():
            return sorted(kid for kid, item in self._items.items() if _meets(which, kid, item))

    def forget(self, which: Which, by_event: UUID) -> list[UUID]:
        """`VaultPort.forget`."""
        with self._answering():
            kids = self.keys(which)
            self.apply_destructions(kids, by_event, self._now())
            return kids

    def apply_destructions(self, kids: Sequence[UUID], by_event: UUID, at: datetime) -> int:
        """`VaultPort.apply_destructions`."""
        with self._answering():
            there = [kid for kid in kids if self._items.pop(kid, None)]
            for kid in kids:
                if not isinstance(self._held.get(kid), Forgotten):
                    self._held[kid] = Forgotten(kid, at)
            return len(there)

    def regroup(self, youth_from: UUID, youth_to: UUID, matter: str | None = None) -> int:
        """`VaultPort.regroup`."""
        with self._answering():
            moved = [kid for kid, item in self._items.items() if item.youth == youth_from]
            for kid in moved:
                item = self._items[kid]
                self._items[kid] = replace(item, youth=youth_to, matter=matter or item.matter)
            return len(moved)

    def county_jwks(self) -> dict[str, Any]:
        """`VaultPort.county_jwks`."""
        with self._answering():
            current = [key for kid, key in self._county.items() if kid not in self._retired]
            return {"keys": [current[0].public]} if current else self.rotate()

    def open_submission(self, sealed: str, submission: UUID | str, cls: SealedClass) -> dict[str, Any]:
        """`VaultPort.open_submission`."""
        kid = county_key_id(sealed)
        with self._answering():
            key = self._county.get(kid)
        if key is None:
            raise CannotOpen("unknown-key")
        return open_for_county(key.private, sealed, submission, cls)

    def rotate(self) -> dict[str, Any]:
        """`VaultPort.rotate`."""
        with self._answering():
            for kid in self._county:
                self._retired.setdefault(kid, self._now())
            key = making.make_county_key()
            self._county[str(key.kid)] = key
            return {"keys": [key.public]}

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
        """`VaultPort.keep_deadletter`."""
        new = making.describe(topic, partition, offset, reason, value, self._now())
        with self._answering():
            for letter, _ in self._letters.values():
                if (letter.topic, letter.partition, letter.offset) == (topic, partition, offset):
                    return letter
            self._letters[new.id] = (new, making.pack(key, value, headers))
        return new

    def show_deadletter(self, letter: UUID) -> OpenedDeadLetter | None:
        """`VaultPort.show_deadletter`."""
        with self._answering():
            kept = self._letters.get(letter)
        if kept is None or kept[0].expires_at <= self._now():
            return None
        return OpenedDeadLetter(kept[0], *making.unpack(kept[1]))

    def keep_draft(self, person: UUID, place: str, text: bytes) -> None:
        """`VaultPort.keep_draft`."""
        with self._answering():
            self._drafts[draft_id(person, place)] = (text, self._now() + KEPT)

    def draft(self, person: UUID, place: str) -> bytes | None:
        """`VaultPort.draft`."""
        with self._answering():
            text, until = self._drafts.get(draft_id(person, place), (None, None))
        return text if until is not None and until > self._now() else None

    def drop_draft(self, person: UUID, place: str) -> None:
        """`VaultPort.drop_draft`."""
        with self._answering():
            self._drafts.pop(draft_id(person, place), None)

    def purge(self, now: datetime) -> int:
        """`VaultPort.purge`."""
        with self._answering():
            over = [i for i, (letter, _) in self._letters.items() if letter.expires_at <= now]
            typed = [i for i, (_, until) in self._drafts.items() if until <= now]
            old = [kid for kid, at in self._retired.items() if at < now - making.RETIRED_KEPT]
            for i in over:
                del self._letters[i]
            for i in typed:
                del self._drafts[i]
            for kid in old:
                del self._county[kid], self._retired[kid]
            return len(over) + len(typed) + len(old) + self.addresses.purge(now)

    def ping(self) -> None:
        """`VaultPort.ping`."""
        self._answering()

    def close(self) -> None:
        """`VaultPort.close`."""

    def _answering(self) -> RLock:
        if self.away:
            raise TryLater("the vault's database does not answer")
        return self._lock


def _meets(which: Which, kid: UUID, item: ToSeal) -> bool:
    asked = (which.kid, which.youth, which.cls, which.matter, which.event_id)
    is_now = (kid, item.youth, item.cls, item.matter, item.event_id)
    return all(want is None or want == have for want, have in zip(asked, is_now, strict=True))
