"""What each service serves from the same code: style and scripts, and whether its part of the site works."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from shared.events.names import Role
from shared.web.health import Check, Readiness, checked
from shared.web.site.assets import assets_router
from shared.web.site.rendering import Pages
from shared.web.site.visitor import MaybeVisitor
from shared.web.site.words import N_

#: What people know of each service.
PARTS: Mapping[str, str] = {
    "referrals": N_("Reports, cases and referrals"),
    "notifications": N_("Inbox"),
    "audit": N_("Timelines, evidence and proof"),
}
WORKS, SLOW, DOWN = N_("Works"), N_("Works, but some things come late"), N_("Does not work now")


def site_routers(pages: Pages, readiness: Readiness) -> list[APIRouter]:
    """`/assets` and `/status`, which `create_app` adds to every site. `readiness` runs in a thread."""
    return [assets_router(pages.county.assets), _status_router(pages, readiness)]


def state_of(checks: Iterable[Check]) -> str:
    """What people are told of these checks: this process's own failures are felt, all others make things late."""
    found = list(checks)
    if any(check.status == "fail" and not check.process for check in found):
        return DOWN
    return SLOW if any(check.status != "ok" for check in found) else WORKS


def _status_router(pages: Pages, readiness: Readiness) -> APIRouter:
    router = APIRouter()

    @router.get("/status")
    async def status(request: Request, visitor: MaybeVisitor) -> Response:
        checks = await checked(readiness)
        operates = visitor is not None and Role.OPERATOR in visitor.caller.roles
        part = PARTS.get(request.app.state.service, request.app.state.service)
        return pages.answer(
            request,
            "status.html",
            visitor,
            part=part,
            state=state_of(checks),
            checks=checks if operates else [],
        )

    return router
