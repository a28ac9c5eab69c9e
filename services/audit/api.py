"""Audit over HTTP: its routers; how far the ledger reaches, what stands out in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query

from services.audit import answers
from services.audit.access import may_read_findings
from services.audit.duties_api import duties_router
from services.audit.evidence.api import evidence_router
from services.audit.evidence.making import Evidence
from services.audit.fields_api import fields_router
from services.audit.merkle.api import checkpoint_router, proof_router
from services.audit.merkle.asking import Proofs
from services.audit.pages.desk import Desk
from services.audit.pages.routers import pages_of
from services.audit.questions import Questions
from services.audit.replay_api import replay_router
from shared.mou import CallerFacts
from shared.settings import Settings
from shared.web.app import create_app
from shared.web.callers import Caller, CurrentCaller, Verifier
from shared.web.health import Readiness
from shared.web.problems import Problem
from shared.web.site.county import county_of
from shared.web.site.rendering import Pages
from shared.web.site.site import Site, load_site


def make_app(
    questions: Questions,
    verifier: Verifier,
    settings: Settings,
    readiness: Readiness,
    secret: bytes,
    proofs: Proofs,
    site: Site | None = None,
) -> FastAPI:
    """The API of audit. `secret` closes its cursors. With a `site` (that of the settings) it serves pages, too.

    Raises Misconfigured.
    """
    site = site or load_site(settings)
    pages = Pages(county_of(settings), Path(__file__).parent / "pages" / "templates")
    routers = [
        replay_router(questions, secret),
        fields_router(questions),
        duties_router(questions),
        ledger_router(questions),
        checkpoint_router(proofs),
        proof_router(proofs),
        evidence_router(Evidence(questions, proofs)),
    ]
    return create_app(
        "audit",
        verifier=verifier,
        readiness=readiness,
        routers=routers,
        settings=settings,
        site=site,
        pages=pages_of(Desk(questions, pages), proofs),
    )


def ledger_router(questions: Questions) -> APIRouter:
    """How far the ledger reaches, and what stands out. For the county's auditor and operator."""
    router = APIRouter(tags=["ledger"])

    @router.get("/v1/ledger/positions", summary="How far the ledger reaches")
    def positions(caller: CurrentCaller) -> answers.PositionsAnswer:
        _require_county(caller)
        with questions.snapshot() as reader:
            return answers.PositionsAnswer.model_validate(
                {"complete_until": reader.complete_until(), "positions": reader.positions()}
            )

    @router.get("/v1/findings", summary="What stands out in the log of record")
    def findings(
        caller: CurrentCaller,
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> answers.FindingsAnswer:
        _require_county(caller)
        with questions.snapshot() as reader:
            found = reader.findings(after, limit)
        following = found[-1]["id"] if len(found) == limit else None
        return answers.FindingsAnswer.model_validate({"findings": found, "next": following})

    return router


def _require_county(caller: Caller) -> None:
    if not may_read_findings(CallerFacts.of(caller)):
        raise Problem("not-found")
