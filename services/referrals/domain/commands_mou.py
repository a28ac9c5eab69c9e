"""What is asked about versions of the MOU: the bodies of the commands, with the field names of their events.

What is said in a comment is about a text, not about a young person; it is sealed all the same, as every text is.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from services.referrals.domain.commands import Command, is_plain
from shared.events.data import Id
from shared.events.names import Agency
from shared.events.types.mou import BoardItem, Digest, Through
from shared.mou.parts import ClauseId, Label, Name, Version

#: Characters of a comment, and of its answer.
LONGEST_WORDS = 8_000


def _plain(text: str) -> str:
    if not is_plain(text):
        raise ValueError("not plain")
    return text


#: Who comments: an agency, or `advisory-board`.
Commenter = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{1,39}$")]
Words = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_WORDS, strip_whitespace=True),
    AfterValidator(_plain),
]


class ProposeMou(Command):
    """Put a version of the MOU before the parties. `based_on`: what it was begun from, if not the one in force."""

    document: dict[str, Any]
    based_on: Version | None = None


class CommentMou(Command):
    """Say what you think of a proposed version, or of one `clause` of it. Name no young person.

    `party` is who says so, if not your own agency: what came on paper is attributed to whoever wrote it.
    """

    text: Words
    clause: ClauseId | None = None
    party: Commenter | None = None
    through: Through = Through.WEB


class AnswerMouComment(Command):
    """Answer a comment in plain words. Name no young person."""

    comment: Id
    text: Words


class SignMou(Command):
    """An office of a party has signed; `county` and `office` say which one, where there are several."""

    party: Agency
    signed_on: date
    county: Name | None = None
    office: Label | None = None
    pdf_digest: Digest | None = None


class AdoptProposal(Command):
    """A proposed version comes into force: the digest of the signed PDF, and the item of the county's board."""

    pdf_digest: Digest
    board_item: BoardItem


class AdoptMou(Command):
    """A version of the county's MOU comes into force, signed by these parties, that was not proposed here."""

    document: dict[str, Any]
    signed_by: tuple[Agency, ...] = Field(min_length=1)
    pdf_digest: Digest | None = None
    board_item: BoardItem | None = None
