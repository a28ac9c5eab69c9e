"""Every page of audit."""

from __future__ import annotations

from fastapi import APIRouter

from services.audit.pages.desk import Desk
from services.audit.pages.fields import fields_router
from services.audit.pages.finding import finding_router
from services.audit.pages.timeline import timeline_router


def pages_of(desk: Desk) -> list[APIRouter]:
    """Their routers."""
    return [finding_router(desk), timeline_router(desk), fields_router(desk)]
