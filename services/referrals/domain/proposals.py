"""A proposed version of the MOU, as its events made it: who commented, what was answered, who signed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.referrals.domain.parts import Part, SealedFact
from shared.events import Recorded
from shared.events.data import Id
from shared.events.names import SealedClass
from shared.events.types.mou import MouAdopted, MouCommentAnswered, MouCommented, MouProposed, MouSigned


class Comment(BaseModel):
    """What a party, or the advisory board, said of it, and the answer; the words of both are sealed."""

    model_config = ConfigDict(frozen=True)
    comment: Id
    party: str
    through: str
    at: datetime
    clause: str | None = None
    words: SealedFact | None = None
    answered_at: datetime | None = None
    answer: SealedFact | None = None


class Signature(BaseModel):
    """An office that signed, on which day."""

    model_config = ConfigDict(frozen=True)
    party: str
    county: str | None = None
    office: str | None = None
    signed_on: date
    pdf_digest: str | None = None

    @property
    def of(self) -> tuple[str, str | None, str | None]:
        """Which of the document's signatories it is."""
        return self.party, self.county, self.office


class Proposal(Part):
    """A version before the parties. `adopted_at`: when it came into force as a version; until then it is open."""

    mou: Id
    proposes: str
    based_on: str | None = None
    digest: str
    document: dict[str, Any]
    agency: str
    proposed_at: datetime
    comments: tuple[Comment, ...] = ()
    signatures: tuple[Signature, ...] = Field(default=())
    adopted_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it has not been adopted."""
        return self.adopted_at is None

    @property
    def unanswered(self) -> tuple[Comment, ...]:
        """The comments that wait for an answer."""
        return tuple(one for one in self.comments if one.answered_at is None)


def _proposed(_: Any, event: Recorded, data: MouProposed) -> dict[str, Any]:
    facts: dict[str, Any] = data.model_dump(include={"mou", "based_on", "digest", "document"})
    e = event.envelope
    return facts | {
        "id": data.proposal,
        "proposes": data.version,
        "agency": e.agency,
        "proposed_at": e.time,
    }


def _commented(part: Proposal, event: Recorded, data: MouCommented) -> dict[str, Any]:
    one = Comment(
        comment=data.comment,
        party=data.party,
        through=str(data.through),
        at=event.envelope.time,
        clause=data.clause,
        words=_words(event, data),
    )
    return {"comments": (*part.comments, one)}


def _answered(part: Proposal, event: Recorded, data: MouCommentAnswered) -> dict[str, Any]:
    said = {"answered_at": event.envelope.time, "answer": _words(event, data)}
    comments = (c.model_copy(update=said) if c.comment == data.comment else c for c in part.comments)
    return {"comments": tuple(comments)}


def _words(event: Recorded, data: MouCommented | MouCommentAnswered) -> SealedFact | None:
    jwe = data.sealed.get(SealedClass.NARRATIVE)
    return SealedFact(event=event.envelope.id, subject=event.envelope.subject, jwe=jwe) if jwe else None


def _signed(part: Proposal, _: Recorded, data: MouSigned) -> dict[str, Any]:
    facts: dict[str, Any] = data.model_dump(exclude={"proposal", "party"})
    return {"signatures": (*part.signatures, Signature(party=str(data.party), **facts))}


def _adopted(part: Proposal | None, event: Recorded, _: MouAdopted) -> dict[str, Any]:
    return {"adopted_at": event.envelope.time} if part else {}


STEPS: Mapping[type, Callable[[Any, Recorded, Any], dict[str, Any]]] = {
    MouProposed: _proposed,
    MouCommented: _commented,
    MouCommentAnswered: _answered,
    MouSigned: _signed,
    MouAdopted: _adopted,
}
#: Events whose sealed words stand with the comment that they belong to.
WORDS_APART = (MouCommented, MouCommentAnswered)


def spoken(part: Proposal) -> Iterator[SealedFact]:
    """Every sealed word of comments and answers."""
    for one in part.comments:
        yield from (fact for fact in (one.words, one.answer) if fact is not None)
