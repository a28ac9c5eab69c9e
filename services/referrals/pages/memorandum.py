"""`/memorandum`: the versions there have been, what is proposed, and each as people read it. For all staff."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.memorandum import Known, Memoranda
from services.referrals.domain.proposals import Proposal
from services.referrals.domain.versions import Standing, Version
from services.referrals.pages.clauses import clauses_of
from services.referrals.pages.memorandum_desk import may_draft
from services.referrals.pages.wording import Wording
from services.referrals.pages.work import Work
from shared.mou.document import Mou
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_

HOME = "/memorandum"
#: Whether a version is in force, as people read it, and the sign beside it.
STANDINGS: dict[Standing, tuple[str, str]] = {
    Standing.IN_FORCE: (N_("In force"), "done"),
    Standing.TO_COME: (N_("Adopted, and still to come"), "soon"),
    Standing.EARLIER: (N_("No longer in force"), "past"),
}
#: Where a proposal stands.
OPEN = (N_("Open for comments and signatures"), "due")
ADOPTED = (N_("Adopted"), "done")
OVERTAKEN = (N_("Another version came into force first"), "past")


@dataclass(frozen=True)
class MemorandumPages:
    """The pages that are only read. Handlers run in threads and block on the databases."""

    work: Work
    memoranda: Memoranda

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        for path, handler in (
            (HOME, self.home),
            (f"{HOME}/in-force", self.in_force),
            (f"{HOME}/versions/{{version}}", self.version),
        ):
            router.add_api_route(path, handler, methods=["GET"])
        return router

    def home(self, request: Request, visitor: CurrentVisitor) -> Response:
        """The versions, the newest first, and what is proposed."""
        known = self.memoranda.known()
        proposals = [p for p in reversed(known.memorandum.proposals) if p.open]
        return self.work.pages.answer(
            request,
            "memorandum.html",
            visitor,
            versions=[(one, *STANDINGS[known.standing(one)]) for one in reversed(known.memorandum.versions)],
            proposals=[(one, *standing_of(one, known)) for one in proposals],
            drafts=may_draft(visitor, self.work.doors.referrals.questions.in_force()),
        )

    def in_force(self, visitor: CurrentVisitor) -> Response:
        """The version in force; the list of versions while there is none."""
        version = self.memoranda.known().in_force
        return RedirectResponse(version_path(version) if version else HOME, 303)

    def version(self, request: Request, visitor: CurrentVisitor, version: str) -> Response:
        """A version as people read it, clause after clause."""
        found, stands, document = self.memoranda.version(version)
        return self.work.pages.answer(
            request,
            "memorandum-version.html",
            visitor,
            found=found,
            standing=STANDINGS[stands],
            signed=self._signed(visitor, found, document),
            document=document,
            clauses=clauses_of(document),
        )

    def _signed(self, visitor: Visitor, found: Version, document: Mou) -> list[str]:
        """Who signed: each office, where it was proposed here; else the parties."""
        wording = Wording(visitor.language, document)
        proposal = self.memoranda.proposed(found.proposal) if found.proposal else None
        if proposal is None:
            return [wording.agency(agency) for agency in found.signed_by]
        return [signer_in_words(wording, one.party, one.county, one.office) for one in proposal.signatures]


def version_path(version: str) -> str:
    """Where a version is read."""
    return f"{HOME}/versions/{version}"


def clause_path(version: str, clause: str) -> str:
    """Where a clause of a version is read."""
    return f"{version_path(version)}#clause-{clause}"


def standing_of(proposal: Proposal, known: Known) -> tuple[str, str]:
    """Where a proposal stands, and the sign beside it."""
    if not proposal.open:
        return ADOPTED
    return OVERTAKEN if known.overtaken(proposal) else OPEN


def signer_in_words(wording: Wording, party: str, county: str | None, office: str | None) -> str:
    """`Chief Probation Officer, Probation, Birch County`."""
    place = f"{county.replace('-', ' ').title()} County" if county else None
    return ", ".join(part for part in (office, wording.agency(party), place) if part)
