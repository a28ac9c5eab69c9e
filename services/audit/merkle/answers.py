"""The answers about proof. Hashes, roots and proofs are base64 of 32 bytes; docs/proof.md says what they mean."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from shared.events.moments import Moment


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class CheckpointView(_Answer):
    """A signed checkpoint of one log. `note` is what a verifier opens; the rest says the same, unsigned."""

    topic: str
    partition: int
    size: int
    root: str
    note: str
    signed: Moment


class Refused(_Answer):
    """A log that was not signed, since it is not what was signed of it before."""

    topic: str
    partition: int
    kind: str
    detail: str


class CheckpointsAnswer(_Answer):
    """The newest checkpoint of each log, and the public key. Get the key by another way too, and compare."""

    key: str
    checkpoints: list[CheckpointView]
    refused: list[Refused] = []


class InclusionAnswer(_Answer):
    """That the record of this sequence is in the log at this size."""

    topic: str
    partition: int
    sequence: int
    size: int
    leaf_hash: str
    proof: list[str]
    root: str
    note: str | None
    """The checkpoint of this size, if one was signed."""


class ConsistencyAnswer(_Answer):
    """That the log of the larger size begins with all of the smaller one."""

    topic: str
    partition: int
    old_size: int
    old_root: str
    size: int
    root: str
    proof: list[str]
    note: str | None


class Place(BaseModel):
    """Where to begin: a log and a sequence in it. Give back the one of the last answer to go on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str = Field(max_length=249)
    partition: int = Field(ge=0, lt=2**31)
    sequence: int = Field(0, ge=0, lt=2**63)


class VerifyRequest(BaseModel):
    """What to verify: without `begin`, from the first log on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    begin: Place | None = None


class ProblemView(_Answer):
    """Something that does not fit, and the first entry that it concerns."""

    kind: str
    topic: str
    partition: int
    sequence: int | None
    offset: int | None
    detail: str


class VerifyAnswer(_Answer):
    """One step. `verified` entries of one log; `next` is what to send as `begin`, null at the end."""

    topic: str | None
    partition: int | None
    verified: int
    size: int
    signed: int
    checkpoints: int
    problems: list[ProblemView]
    next: Place | None
