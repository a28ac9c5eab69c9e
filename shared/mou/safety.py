"""The safety-fact rule as the document has it: what is taken whatever is amiss, and what its gaps open.

What is missing from a fact that a youth's safety depends on is flagged, never a reason to turn it away; each flag
cites a clause, says what to do, and names the duties by which somebody closes the gap.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.mou.parts import ClauseId, Code, Label, Name, Part, Sentence
from shared.mou.vocabulary import Act

#: A flag, `missing.called_at`, or what stands before its point: `missing`.
Flag = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*(\.[a-z_]+)?$", max_length=64)]


class GapRule(Part):
    """What a flag tells. `opens` are the duties by which the gap is closed; none: it is only told."""

    flag: Flag
    clause: ClauseId
    remedy: Sentence
    opens: tuple[Name, ...] = ()


class NotRecorded(Part):
    """What a report may call the youth, by a code, and nobody records: the code itself stands in no event."""

    code: Code
    clause: ClauseId
    label: Label


class RefusedKind(Part):
    """What is refused all the same: sharing, want of authority, what cannot be."""

    what: Literal["sharing", "authority", "impossible"]
    clause: ClauseId
    says: Sentence


class SafetyFacts(Part):
    """Which acts are taken whatever is amiss with their form, and in spite of which of the caller's shortcomings.

    `not_recorded` what a report may call the youth and nobody records: an offence that is no child's
    `accepted`     the acts; a report of a concern and the statement of a call are among them whatever stands here
    `need_a_fact`  those of them that say nothing at all without one fact that a field could take
    `in_spite_of`  for which missing role or purpose they are flagged, not refused
    """

    clause: ClauseId
    accepted: tuple[Act, ...] = Field(min_length=1)
    need_a_fact: tuple[Act, ...] = ()
    in_spite_of: tuple[Literal["role-may-not", "purpose-may-not"], ...] = ()
    not_recorded: tuple[NotRecorded, ...] = ()
    gaps: tuple[GapRule, ...] = ()
    refused: tuple[RefusedKind, ...] = ()


def kind_of(flag: str) -> str:
    """What stands before a flag's point."""
    return flag.partition(".")[0]
