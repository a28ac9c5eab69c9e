"""The MOU in versions: proposed, commented on, signed, adopted, superseded; old facts keep the rules of their own.

What people write of a proposal stands sealed: it is about a text, but whoever writes may write of themself.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, StringConstraints

from shared.events.data import AgencyCode, Data, Id, Sealed, Unrecognised, Word, _code
from shared.events.moments import Moment

#: The name of a version, as the document gives it.
MouVersion = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
#: SHA-256 of a text or a file, in hexadecimal.
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
#: The day on which the county's board met, and the number of the item: `2026-12-08/24`.
BoardItem = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9]{1,4}[A-Z]?$")]
#: The survivor advisory board, where a comment is the board's and no agency's.
ADVISORY_BOARD = "advisory-board"


class Through(StrEnum):
    """How a comment came."""

    WEB = "web"
    PAPER = "paper"


ThroughCode = Annotated[Through | Unrecognised, BeforeValidator(partial(_code, Through))]


class MouProposed(Data):
    """A version of the MOU was put before the parties: the whole document and its digest. It changes nothing yet.

    `based_on` is the version that was in force when the document was begun from it; left out, there was none.
    """

    TYPE: ClassVar[str] = "accord.mou.proposed.v1"
    proposal: Id
    mou: Id
    version: MouVersion
    based_on: MouVersion | None = None
    digest: Digest
    document: dict[str, Any]


class MouCommented(Data):
    """A party, or the survivor advisory board, commented on a proposed version: on one clause, or on the whole.

    `party` is an agency's code, or `advisory-board`: what the coordinator enters from paper stands under whoever
    wrote it. The words are sealed as `narrative`.
    """

    TYPE: ClassVar[str] = "accord.mou.commented.v1"
    comment: Id
    proposal: Id
    party: Word
    through: ThroughCode
    clause: Word | None = None
    sealed: Sealed


class MouCommentAnswered(Data):
    """A comment was answered in plain words, before the version is adopted. They are sealed as `narrative`."""

    TYPE: ClassVar[str] = "accord.mou.comment-answered.v1"
    comment: Id
    proposal: Id
    sealed: Sealed


class MouSigned(Data):
    """An office of a party signed a proposed version: on which day, and the digest of the signed page or PDF.

    `county` is said where the MOU covers several, since each county's office signs for itself; `office` is the
    document's own word for it.
    """

    TYPE: ClassVar[str] = "accord.mou.signed.v1"
    proposal: Id
    party: AgencyCode
    county: Word | None = None
    office: Annotated[str, StringConstraints(max_length=120)] | None = None
    signed_on: date
    pdf_digest: Digest | None = None


class MouAdopted(Data):
    """A version of the county's MOU came into force: who signed, the digest of the PDF, and the document.

    `proposal` is the one that was adopted, if it was proposed in Accord; `board_item` is where the county's board
    approved it.
    """

    TYPE: ClassVar[str] = "accord.mou.adopted.v1"
    mou: Id
    version: MouVersion
    effective: Moment
    signed_by: tuple[AgencyCode, ...]
    pdf_digest: Digest | None = None
    proposal: Id | None = None
    board_item: BoardItem | None = None
    document: dict[str, Any]


class MouSuperseded(Data):
    """A later version takes the place of this one from `since` on. What was decided under it keeps its rules."""

    TYPE: ClassVar[str] = "accord.mou.superseded.v1"
    version: MouVersion
    by_version: MouVersion
    since: Moment
