"""What each service serves from the same code: style and scripts, and whether its part of the site works."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

from shared.events.names import Role
from shared.web.health import Check, Readiness, checked
from shared.web.site.assets import assets_router
from shared.web.site.rendering import Pages
from shared.web.site.visitor import MaybeVisitor, Visitor
from shared.web.site.words import N_

#: What people know of each service.
PARTS: Mapping[str, str] = {
    "referrals": N_("Reports, cases and referrals"),
    "notifications": N_("Inbox"),
    "audit": N_("Timelines, evidence and proof"),
}
State = Literal["works", "slow", "down"]
STATES: Mapping[State, str] = {
    "works": N_("Works"),
    "slow": N_("Works, but some things come late"),
    "down": N_("Does not work now"),
}


class Part(BaseModel):
    """How a service stands, for its visitor: `checks` are for operators."""

    model_config = ConfigDict(frozen=True)

    service: str
    state: State
    checks: tuple[Check, ...] = ()


def site_routers(pages: Pages, readiness: Readiness) -> list[APIRouter]:
    """`/assets` and `/status`, which `create_app` adds to every site. `readiness` runs in a thread."""
    return [assets_router(pages.county.assets), _status_router(pages, readiness)]


def state_of(checks: Iterable[Check]) -> State:
    """What people are told of these checks: this process's own failures are felt, all others make things late."""
    found = list(checks)
    if any(check.status == "fail" and not check.process for check in found):
        return "down"
    return "slow" if any(check.status != "ok" for check in found) else "works"


def status_page(pages: Pages, request: Request, visitor: Visitor | None, told: Iterable[Part]) -> Response:
    """What works now, part by part."""
    shown = [(PARTS.get(part.service, part.service), STATES[part.state], part) for part in told]
    return pages.answer(request, "status.html", visitor, told=shown)


def _status_router(pages: Pages, readiness: Readiness) -> APIRouter:
    router = APIRouter()

    @router.get("/status")
    async def status(request: Request, visitor: MaybeVisitor) -> Response:
        """The page about this service; as JSON for what puts the parts of the site together."""
        checks = await checked(readiness)
        operates = visitor is not None and Role.OPERATOR in visitor.caller.roles
        shown = tuple(checks) if operates else ()
        part = Part(service=request.app.state.service, state=state_of(checks), checks=shown)
        if request.headers.get("accept") == "application/json":
            return JSONResponse(part.model_dump(mode="json"))
        return status_page(pages, request, visitor, [part])

    return router
