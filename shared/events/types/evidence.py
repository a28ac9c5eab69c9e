"""Evidence taken out of the ledger: bundles that were made; and that were opened, where Accord could hear of it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.events.data import AgencyCode, Data, EvidenceReasonCode, Id, Word
from shared.events.moments import Moment

#: What names a bundle: SHA-256 of its tag manifest, and so of every file in it.
Bundle = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, lt=2**53)]


class EvidenceMade(Data):
    """A person was handed an evidence bundle of a case, as of a moment, and as known to an agency if one is named.

    `given` records are in it whole, `extracts` in part, `withheld` as the hash of their leaf. `reason` is what led
    to it; the purpose is what the MOU lets the person read for.
    """

    TYPE: ClassVar[str] = "accord.evidence.made.v1"
    about: Id
    about_kind: Word
    bundle: Bundle
    as_of: Moment | None = None
    as_of_event: Id | None = None
    known_to: AgencyCode | None = None
    given: Count
    extracts: Count
    withheld: Count
    reason: EvidenceReasonCode | None = None


class EvidenceOpened(Data):
    """A person opened a bundle with `accord audit open`: whether all of it fitted, or problems were found.

    A bundle that is opened elsewhere cannot be heard of.
    """

    TYPE: ClassVar[str] = "accord.evidence.opened.v1"
    about: Id
    about_kind: Word
    bundle: Bundle
    outcome: Word
