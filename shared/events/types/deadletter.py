"""A record that can never work: where it lies and why. Its bytes are sealed in the service's store, 30 days."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.events.data import Data, Id, Word
from shared.events.types.submission import TopicName


class DeadletterRecorded(Data):
    """A record could not be used: topic, partition, offset, reason, size and digest; never its bytes."""

    TYPE: ClassVar[str] = "accord.deadletter.recorded.v1"
    deadletter: Id
    topic: TopicName
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    reason: Word
    size: int = Field(ge=0)
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
