"""Every component in every state, as an app of its own: only the tests serve it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from shared.settings import Settings
from shared.web.app import create_app
from shared.web.fakes import FakeVerifier
from shared.web.site.county import county_of
from shared.web.site.fakes import FakeSite
from shared.web.site.rendering import Pages
from shared.web.site.visitor import CurrentVisitor

TEMPLATES = Path(__file__).parent / "templates"
MOMENT = datetime(2026, 3, 3, 22, 15, tzinfo=UTC)
LONG = "facts, who said it, when. " * 400
RIGHT_TO_LEFT = "هذا نص مُختلَق للاختبار 🙂"
STATES: dict[str, dict[str, Any]] = {
    "empty": {"rows": [], "items": [], "found": {}, "typed": "", "news": 0, "as_of": False},
    "one": {
        "rows": [("R-7F3K", "Requested", "2 hours")],
        "items": [("Referral R-7F3K needs an answer", "act-now", MOMENT)],
        "found": {},
        "typed": "",
        "news": 1,
        "as_of": False,
    },
    "many": {
        "rows": [(f"R-{n:04}", "Requested", f"{n} hours") for n in range(40)],
        "items": [(f"Referral R-{n:04} needs an answer", "act-soon", MOMENT) for n in range(20)],
        "found": {},
        "typed": RIGHT_TO_LEFT,
        "news": 12,
        "as_of": False,
    },
    "error": {
        "rows": [],
        "items": [],
        "found": {"facts": "Write at least one fact.", "agency": "Choose an agency."},
        "typed": LONG,
        "news": 0,
        "as_of": False,
    },
    "as-of": {
        "rows": [("R-7F3K", "Accepted", "–")],
        "items": [],
        "found": {},
        "typed": "",
        "news": 0,
        "as_of": True,
    },
}


def make_gallery(fake: FakeSite, settings: Settings) -> FastAPI:
    """The app; a page for each state."""
    county = county_of(settings)
    pages, router = Pages(county, TEMPLATES), APIRouter()

    @router.get("/inbox/gallery/{state}")
    def show(state: str, request: Request, visitor: CurrentVisitor) -> Response:
        return pages.answer(request, "gallery.html", visitor, state=state, **STATES[state])

    @router.get("/inbox/badge")
    def badge() -> Response:
        return Response("3", media_type="text/html")

    return create_app(
        "notifications",
        verifier=FakeVerifier({}),
        readiness=list,
        routers=[],
        settings=settings,
        site=fake.site,
        pages=[router],
    )


def later(hours: int) -> datetime:
    """A moment after the gallery's own."""
    return MOMENT + timedelta(hours=hours)
