"""The memorandum over HTTP: its versions, and what is proposed. For everybody who is signed in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.referrals.api.calls import Doors
from services.referrals.application.memorandum import Known, Memoranda, Proposed
from services.referrals.domain.proposals import Comment, Proposal
from services.referrals.domain.versions import Standing, Version
from shared.events.moments import write_moment
from shared.mou.facts import CallerFacts
from shared.mou.load import document_of
from shared.mou.terms import Signer
from shared.web.callers import CurrentCaller


def memorandum_router(doors: Doors) -> APIRouter:
    """Versions and proposals. Handlers run in threads and may block."""
    router = APIRouter(tags=["questions"])
    memoranda = Memoranda(doors.referrals.questions)

    @router.get("/v1/mou/versions", summary="The versions of the MOU, the first one first")
    def versions(caller: CurrentCaller) -> dict[str, Any]:
        known = memoranda.known()
        return {"items": [_version(one, known.standing(one)) for one in known.memorandum.versions]}

    @router.get("/v1/mou/versions/{version}", summary="A version of the MOU, with its document")
    def version(version: str, caller: CurrentCaller) -> dict[str, Any]:
        found, stands, document = memoranda.version(version)
        return {**_version(found, stands), "document": document_of(document)}

    @router.get("/v1/mou/proposals", summary="The versions that were proposed, the first one first")
    def proposals(caller: CurrentCaller) -> dict[str, Any]:
        known = memoranda.known()
        return {"items": [_proposal(one, known) for one in known.memorandum.proposals]}

    @router.get("/v1/mou/proposals/{proposal}", summary="A proposed version, with comments and signatures")
    def proposal(proposal: str, caller: CurrentCaller, response: Response) -> dict[str, Any]:
        found = memoranda.proposal(proposal.lower(), CallerFacts.of(caller))
        response.headers["ETag"] = found.etag
        return {**_whole(found), "etag": found.etag}

    return router


def _version(one: Version, stands: Standing) -> dict[str, Any]:
    return {
        "version": one.version,
        "mou": one.mou,
        "standing": stands,
        "effective": write_moment(one.effective),
        "adopted": write_moment(one.adopted),
        "signed_by": list(one.signed_by),
        "pdf_digest": one.pdf_digest,
        "board_item": one.board_item,
        "proposal": one.proposal,
        "superseded_by": one.superseded_by,
        "until": write_moment(one.until) if one.until else None,
    }


def _proposal(one: Proposal, known: Known) -> dict[str, Any]:
    return {
        "proposal": one.id,
        "mou": one.mou,
        "version": one.proposes,
        "based_on": one.based_on,
        "digest": one.digest,
        "agency": one.agency,
        "proposed_at": write_moment(one.proposed_at),
        "adopted_at": write_moment(one.adopted_at) if one.adopted_at else None,
        "overtaken": known.overtaken(one),
        "comments": len(one.comments),
        "unanswered": len(one.unanswered),
        "signatures": len(one.signatures),
    }


def _whole(found: Proposed) -> dict[str, Any]:
    one = found.proposal
    return {
        **_proposal(one, found.known),
        "comments": [_comment(comment, found) for comment in one.comments],
        "signatures": [s.model_dump(mode="json", exclude_none=True) for s in one.signatures],
        "missing_signatures": [_signer(signer) for signer in found.missing],
        "document": document_of(found.document),
    }


def _comment(one: Comment, found: Proposed) -> dict[str, Any]:
    """A comment with its words; those that were forgotten, or cannot be opened, are left out."""
    shown = one.model_dump(mode="json", exclude={"words", "answer"}, exclude_none=True)
    said = {"text": one.words, "answer": one.answer}
    return shown | {
        name: found.words[fact.event]
        for name, fact in said.items()
        if fact is not None and fact.event in found.words
    }


def _signer(one: Signer) -> dict[str, Any]:
    named = {"party": one.agency, "county": one.county, "office": one.office}
    return {name: value for name, value in named.items() if value is not None}
