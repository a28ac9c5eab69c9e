"""How the examples are invented: ids, sealed parts and envelopes that nobody can mistake for real ones."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.events import names
from shared.events.data import Data
from shared.events.envelope import Draft
from shared.events.names import Agency, SealedClass


def invented_id(word: str, number: int = 1) -> str:
    """An id that spells what it stands for."""
    return f"{word:0<8}-0000-4000-8000-{number:012}"


SUBMISSION = invented_id("50b31")
T0 = datetime(2030, 3, 4, 22, 15, 0, tzinfo=UTC)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def invented_jwe(kind: SealedClass) -> str:
    """A JWE compact text of the right form that nobody sealed and nobody can open."""
    header = {"alg": "dir", "enc": "A256GCM", "kid": invented_id("4e1"), "class": str(kind), "invented": True}
    ciphertext = b"invented, sealed by nobody".ljust(64, b".")
    protected = _b64(json.dumps(header, separators=(",", ":")).encode())
    return f"{protected}..{_b64(bytes(12))}.{_b64(ciphertext)}.{_b64(bytes(16))}"


def sealed_parts(*kinds: SealedClass) -> dict[SealedClass, str]:
    """The `sealed` member of an invented event."""
    return {kind: invented_jwe(kind) for kind in kinds}


@dataclass(frozen=True)
class Example:
    """The facts of one invented event, and what its envelope says."""

    data: Data
    agency: Agency
    actor: str
    subject: str
    stream: str
    version: int
    clause: str
    service: str | None = None
    topic: str = names.events_topic("referrals")
    purpose: str = "coordinate"
    place: int = 0

    def draft(self) -> Draft:
        """The event before the append. The same each time."""
        return Draft(
            id=UUID(invented_id("e4e47", self.place + 1)),
            topic=self.topic,
            source=f"/services/{self.service}" if self.service else f"/agencies/{self.agency}",
            subject=UUID(self.subject),
            time=T0 + timedelta(minutes=self.place),
            stream=UUID(self.stream),
            commandid=invented_id("c033a4d", self.place + 1),
            correlationid=SUBMISSION,
            causationid=invented_id("e4e47", self.place) if self.place else None,
            actor=self.actor,
            agency=self.agency,
            purpose=self.purpose,
            mouversion="alder-2030-1",
            clause=self.clause,
            data=self.data,
        )

    def value(self) -> bytes:
        """The bytes of the recorded event."""
        draft = self.draft()
        return draft.seal_bytes(draft.time + timedelta(milliseconds=20), self.version)
