"""What a decision gives: facts to be recorded, each with its clause and what of it must be sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.events import Data
from shared.events.names import SealedClass

Clear = Mapping[SealedClass, Mapping[str, Any]]


@dataclass(frozen=True)
class Fact:
    """One event to be. `seal` holds identifying facts by class, in clear until the application seals them."""

    data: Data
    clause: str
    time: datetime
    stream: str
    subject: str
    youth: str | None = None
    matter: str = "none"
    seal: Clear = field(default_factory=dict)
