"""The one way to make an API of Accord."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict

from shared.settings import Settings
from shared.web import problems
from shared.web.callers import Verifier
from shared.web.edge import Edge
from shared.web.health import Check as Check
from shared.web.health import Readiness, health_router
from shared.web.problem_pages import page
from shared.web.problem_types import BY_SLUG
from shared.web.shares import AtOnce, Shares
from shared.web.site import answers
from shared.web.site.county import county_of
from shared.web.site.everywhere import site_routers
from shared.web.site.refusing import page_for
from shared.web.site.rendering import Pages
from shared.web.site.site import Site

#: FastAPI's own telemetry would export path and query values: all of it is off.
NO_TELEMETRY: Any = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


#: How a header is described whose dependency answers 400 or 428 itself, so that FastAPI takes it for optional.
NEEDED = "Needed:"


class ProblemDocument(BaseModel):
    """RFC 9457. `type` is an address on this service that explains the problem."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    clause: str | None = None
    reason: str | None = None
    remedy: str | None = None
    errors: list[dict[str, str]] | None = None
    incident: str | None = None


def _problem_answer(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {"description": text, "content": {problems.MEDIA_TYPE: {"schema": schema}}}


def create_app(
    service: str,
    *,
    verifier: Verifier,
    readiness: Readiness,
    routers: Sequence[APIRouter],
    settings: Settings,
    refusals: Mapping[str, int] | None = None,
    spared: Collection[str] = (),
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
    site: Site | None = None,
    pages: Sequence[APIRouter] = (),
) -> FastAPI:
    """An API with its health, problems, headers, limits and log lines. Does no I/O.

    `readiness` runs in a thread at each /readyz; `refusals` maps a Refusal's reason to 403, 404, 409 or 422.
    `spared` are the ids of operations that no caller's share ever stops. `pages` are served if there is a `site`,
    and stand in no OpenAPI document; a browser then gets a page in place of a problem's document.
    Handlers find `app.state.settings`, and `app.state.draining`, an asyncio.Event set when the process ends.
    """
    app = FastAPI(
        title=f"Accord {service}",
        version="1",
        docs_url=None,  # those pages load scripts from a CDN
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the path
        telemetry=NO_TELEMETRY,
        responses={"4XX": _problem_answer("A problem"), "5XX": _problem_answer("A problem on our side")},
        lifespan=lifespan,
    )
    app.state.service, app.state.settings, app.state.verifier = service, settings, verifier
    app.state.draining = asyncio.Event()
    app.state.shares = Shares(settings.http_per_minute, spared)
    app.state.streams = AtOnce(settings.http_streams)
    problems.install(app, refusals)
    app.include_router(health_router(readiness))
    app.include_router(_pages())
    for router in routers:
        app.include_router(router)
    if site is not None:
        shared = Pages(county_of(settings))
        answers.install(app, site, shared)
        app.state.problem_page = page_for(shared)
        for router in (*site_routers(shared, readiness), *pages):
            app.include_router(router, include_in_schema=False)
    app.add_middleware(Edge, most=settings.http_at_once)
    _finish_contract(app)
    return app


def _pages() -> APIRouter:
    router = APIRouter(tags=["problems"])

    @router.get(
        "/problems/{slug}", response_class=PlainTextResponse, summary="What a problem means and what to do"
    )
    async def problem_page(slug: str) -> str:
        if slug not in BY_SLUG:
            raise problems.Problem("not-found")
        return page(BY_SLUG[slug])

    return router


def _finish_contract(app: FastAPI) -> None:
    """Completes the OpenAPI document: the problem document, and each parameter once."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault("ProblemDocument", ProblemDocument.model_json_schema())
        for operations in document.get("paths", {}).values():
            for operation in operations.values():
                if "parameters" in operation:
                    operation["parameters"] = _each_once(operation["parameters"])
        return document

    app.openapi = described  # type: ignore[method-assign]


def _each_once(parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A route's own description of a parameter comes after the one that a dependency of ours gives, and wins."""
    once = {(one["in"], one["name"].lower()): one for one in parameters}
    return [{**one, **_really(one)} for one in once.values()]


def _really(one: dict[str, Any]) -> dict[str, Any]:
    return {"required": True} if str(one.get("description", "")).startswith(NEEDED) else {}
