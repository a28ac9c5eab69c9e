"""The life of a version of the MOU: proposed, commented on, answered, signed. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from services.referrals.domain.commands import Command
from services.referrals.domain.commands_mou import (
    AnswerMouComment,
    CommentMou,
    ProposeMou,
    SignMou,
)
from services.referrals.domain.deciding import At, happened, permit
from services.referrals.domain.facts import Clear, Fact
from services.referrals.domain.proposals import Proposal
from services.referrals.domain.versions import Memorandum
from shared.errors import Refusal
from shared.events import Data
from shared.events.names import Agency, Role, SealedClass
from shared.events.types.mou import (
    ADVISORY_BOARD,
    MouCommentAnswered,
    MouCommented,
    MouProposed,
    MouSigned,
    Through,
)
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.load import digest_of_event
from shared.mou.parties import clause_of, party_of
from shared.mou.terms import Signer, signers


def propose(memorandum: Memorandum, command: ProposeMou, document: Mou, at: At) -> list[Fact]:
    """Put a version before the parties; `document` is `command.document`, validated. Raises Refusal."""
    clause = permit(at, "propose-mou", ThingFacts("mou")).clause
    require_new(memorandum, document.version, clause)
    if memorandum.proposed(document.version) is not None:
        detail = "This version is proposed already."
        remedy = "Go on with that proposal, or give a changed text a version of its own."
        raise Refusal(clause, "mou-version-proposed", detail, remedy, "/document/version")
    in_force = at.mou.version if at.mou else None
    if command.based_on is not None and not memorandum.knows(command.based_on):
        detail, remedy = (
            "There is no such version.",
            "Name one of the versions that were adopted, or leave it out.",
        )
        raise Refusal(clause, "unknown-code", detail, remedy, "/based_on")
    data = MouProposed(
        proposal=at.new.proposal,
        mou=str(document.id),
        version=document.version,
        based_on=command.based_on or in_force,
        digest=digest_of_event(command.document, document),
        document=command.document,
    )
    return [fact_of(data, at.new.proposal, str(document.id), clause, command, at)]


def comment(proposal: Proposal, command: CommentMou, document: Mou, at: At) -> list[Fact]:
    """A party, or the advisory board, comments on a proposed version. Raises Refusal."""
    party = command.party or speaks_for(at.caller)
    own = party in (at.caller.agency, speaks_for(at.caller))
    clause = permit(at, "comment-mou", ThingFacts("mou", owner=at.caller.agency if own else None)).clause
    require_open(proposal, clause)
    if not own and command.through is not Through.PAPER:
        detail = "Who comments over the web does so for their own agency, or for the board that they sit on."
        remedy = "State `through: paper` for a comment that you enter for somebody else."
        raise Refusal(clause, "invalid-field", detail, remedy, "/through")
    if party != ADVISORY_BOARD and not _takes_part(party, document, at.mou):
        detail, remedy = (
            "That is neither a party nor the advisory board.",
            "Name a party, or `advisory-board`.",
        )
        raise Refusal(clause, "unknown-code", detail, remedy, "/party")
    if command.clause is not None and clause_of(document, command.clause) is None:
        detail, remedy = (
            "The proposed version has no such clause.",
            "Name one of its clauses, or leave it out.",
        )
        raise Refusal(clause, "unknown-code", detail, remedy, "/clause")
    data = MouCommented(
        comment=at.new.comment,
        proposal=proposal.id,
        party=party,
        through=command.through,
        clause=command.clause,
        sealed={},
    )
    return [fact_of(data, proposal.id, proposal.mou, clause, command, at, _words(command.text))]


def answer(proposal: Proposal, command: AnswerMouComment, at: At) -> list[Fact]:
    """A comment is answered. Raises Refusal."""
    clause = permit(at, "answer-mou-comment", ThingFacts("mou")).clause
    require_open(proposal, clause)
    known = next((one for one in proposal.comments if one.comment == command.comment), None)
    if known is None:
        detail, remedy = (
            "The proposal has no such comment.",
            "Its comments stand in the proposal: read it again.",
        )
        raise Refusal(clause, "no-such-comment", detail, remedy, "/comment")
    if known.answered_at is not None:
        detail, remedy = (
            "This comment is answered.",
            "Read the proposal again: somebody may have answered it.",
        )
        raise Refusal(clause, "comment-answered", detail, remedy, "/comment")
    data = MouCommentAnswered(comment=known.comment, proposal=proposal.id, sealed={})
    return [fact_of(data, proposal.id, proposal.mou, clause, command, at, _words(command.text))]


def sign(proposal: Proposal, command: SignMou, document: Mou, at: At) -> list[Fact]:
    """An office of a party has signed. Raises Refusal."""
    clause = permit(at, "sign-mou", ThingFacts("mou", owner=command.party)).clause
    require_open(proposal, clause)
    signer = _signer(proposal, command, document, clause)
    if command.signed_on > at.now.astimezone(ZoneInfo(document.time_zone)).date():
        remedy = "State the day on which it was signed."
        raise Refusal(clause, "too-far-ahead", "That day is still to come.", remedy, "/signed_on")
    if command.signed_on > document.effective:
        detail = "The document would take effect before this signature."
        remedy = "Propose it anew, under a version of its own, with a later day of effect."
        raise Refusal(clause, "signed-after-effect", detail, remedy, "/signed_on")
    data = MouSigned(
        proposal=proposal.id,
        party=Agency(signer.agency),
        county=signer.county,
        office=signer.office,
        signed_on=command.signed_on,
        pdf_digest=command.pdf_digest,
    )
    return [fact_of(data, proposal.id, proposal.mou, clause, command, at)]


def speaks_for(caller: CallerFacts) -> str:
    """Whose comments these are: the board's, for somebody who sits on it, else the caller's agency's."""
    return ADVISORY_BOARD if Role.ADVISORY_BOARD in caller.roles else caller.agency


def _signer(proposal: Proposal, command: SignMou, document: Mou, clause: str) -> Signer:
    """The one of the document's signatories that is meant. Raises Refusal where none is, or several are."""
    named = [
        one
        for one in signers(document)
        if one.agency == command.party
        and one.county == command.county
        and command.office in (None, one.office)
    ]
    if not named:
        known = "; ".join(one.words for one in signers(document))
        detail = "The document names no such signatory."
        raise Refusal(clause, "no-such-signatory", detail, f"Its signatories are: {known}.", "/party")
    signed = {one.of for one in proposal.signatures}
    left = [one for one in named if one.of not in signed]
    if not left:
        detail, remedy = (
            "This signature is recorded.",
            "Read the proposal again: it shows who has still to sign.",
        )
        raise Refusal(clause, "already-signed", detail, remedy, "/party")
    if len(named) > 1:
        detail, remedy = "Several offices sign for this party.", "Say which office has signed."
        raise Refusal(clause, "invalid-field", detail, remedy, "/office")
    return left[0]


def _takes_part(party: str, document: Mou, mou: Mou | None) -> bool:
    return any(one is not None and party_of(one, party) is not None for one in (document, mou))


def require_open(proposal: Proposal, clause: str) -> None:
    """Raises Refusal unless the proposal has not been adopted."""
    if not proposal.open:
        detail, remedy = "This version was adopted.", "Propose another one to change it."
        raise Refusal(clause, "illegal-transition", detail, remedy)


def require_new(memorandum: Memorandum, version: str, clause: str) -> None:
    """Raises Refusal if this version was adopted before."""
    if memorandum.knows(version):
        detail, remedy = "This version was adopted before.", "Give the document a version of its own."
        raise Refusal(clause, "mou-version-known", detail, remedy, "/document/version")


def _words(text: str) -> Clear:
    return {SealedClass.NARRATIVE: {"text": text}}


def fact_of(
    data: Data, stream: str, mou: str, clause: str, command: Command, at: At, seal: Clear | None = None
) -> Fact:
    """A fact about a version. The keys of what is said of a proposal stand together, under its own id."""
    time: datetime = happened(command.time, at, clause)
    return Fact(data, clause, time, stream, mou, stream if seal else None, seal=seal or {})
