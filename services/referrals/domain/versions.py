"""The versions of the MOU there have been, in the order of their adoption, and what is proposed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.referrals.domain.proposals import Comment, Proposal
from shared.events import Recorded
from shared.events.types.mou import MouAdopted, MouSuperseded


class Standing(StrEnum):
    """Whether a version is in force."""

    IN_FORCE = "in-force"
    TO_COME = "to-come"
    EARLIER = "earlier"


@dataclass(frozen=True)
class Version:
    """A version that was adopted. `superseded_by` takes its place from `until` on."""

    version: str
    mou: str
    effective: datetime
    adopted: datetime
    signed_by: tuple[str, ...]
    pdf_digest: str | None = None
    board_item: str | None = None
    proposal: str | None = None
    superseded_by: str | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Memorandum:
    """What a decision about a version looks at. `lengths`: how many events stand in the stream of each MOU."""

    versions: tuple[Version, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    lengths: Mapping[str, int] = field(default_factory=dict)

    def knows(self, version: str) -> bool:
        """Whether this version was adopted before."""
        return any(one.version == version for one in self.versions)

    def proposed(self, version: str) -> Proposal | None:
        """The open proposal of this version, if there is one."""
        return next((p for p in self.proposals if p.open and p.proposes == version), None)

    def unanswered(self, based_on: str | None) -> list[tuple[Proposal, Comment]]:
        """The comments that wait for an answer, on any open proposal that was begun from this version.

        A text that was changed after a comment is proposed anew: the comment is answered all the same.
        """
        begun = [p for p in self.proposals if p.open and p.based_on == based_on]
        return [(p, comment) for p in begun for comment in p.unanswered]


def versions_of(events: Iterable[Recorded]) -> tuple[Version, ...]:
    """The versions that these events speak of, in the order of their adoption."""
    found: dict[str, Version] = {}
    for event in events:
        data = event.data
        if isinstance(data, MouAdopted):
            facts = data.model_dump(
                include={"version", "mou", "effective", "pdf_digest", "board_item", "proposal"}
            )
            signed = tuple(str(agency) for agency in data.signed_by)
            one = Version(adopted=event.envelope.recordedtime, signed_by=signed, **facts)
            found.setdefault(data.version, one)
        elif isinstance(data, MouSuperseded) and data.version in found:
            found[data.version] = replace(
                found[data.version], superseded_by=data.by_version, until=data.since
            )
    return tuple(found.values())


def standing(version: Version, in_force: str | None, now: datetime) -> Standing:
    """Whether a version is in force, where `in_force` is the one that is."""
    if version.version == in_force:
        return Standing.IN_FORCE
    replaced = version.until is not None and version.until <= version.effective
    return Standing.TO_COME if version.effective > now and not replaced else Standing.EARLIER
