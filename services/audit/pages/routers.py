"""Every page of audit."""

from __future__ import annotations

from fastapi import APIRouter

from services.audit.evidence.making import Evidence
from services.audit.merkle.asking import Proofs
from services.audit.pages.access import access_router
from services.audit.pages.desk import Desk
from services.audit.pages.duties import duties_router
from services.audit.pages.evidence import evidence_pages
from services.audit.pages.fields import fields_router
from services.audit.pages.finding import finding_router
from services.audit.pages.timeline import timeline_router
from services.audit.pages.verify import verify_router


def pages_of(desk: Desk, proofs: Proofs) -> list[APIRouter]:
    """Their routers."""
    return [
        finding_router(desk),
        timeline_router(desk),
        fields_router(desk),
        duties_router(desk),
        verify_router(desk, proofs),
        evidence_pages(desk, Evidence(desk.questions, proofs)),
        access_router(desk),
    ]
