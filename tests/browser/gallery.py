"""Every component in every state, as an app of its own: only the tests serve it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import RedirectResponse, Response

from shared.errors import TryLater
from shared.settings import Settings
from shared.web.app import create_app
from shared.web.fakes import FakeVerifier
from shared.web.health import Check
from shared.web.problems import Problem
from shared.web.site.components import Choice, Entry, Facet, Fact, Filter, by_day
from shared.web.site.county import county_of
from shared.web.site.fakes import FakeSite
from shared.web.site.forms import CheckedForm
from shared.web.site.refusing import route_of
from shared.web.site.rendering import Pages
from shared.web.site.visitor import CurrentVisitor

TEMPLATES = Path(__file__).parent / "templates"
MOMENT = datetime(2026, 3, 3, 22, 15, tzinfo=UTC)
LONG = ("facts, who said it, when. " * 400)[:10_000]
RIGHT_TO_LEFT = "هذا نص مُختلَق للاختبار 🙂"
UNBROKEN = "W" * 400
KINDS = ("Referral requested", "Referral accepted", "Worker named", "Screening recorded")


def entries(many: int, title: str = "") -> list[Entry]:
    """So many events of a timeline: every third recorded late, every fifth taken back."""
    return [
        Entry(
            f"event-{n}",
            title or KINDS[n % len(KINDS)],
            MOMENT + timedelta(hours=7 * n),
            "Probation officer, Probation",
            happened=MOMENT + timedelta(hours=7 * n - 50) if n % 3 == 1 else None,
            lines=("Asked for a place to stay tonight.",) if n % 2 else (),
            clause="4.2",
            path=f"/inbox/gallery/one#event-{n}",
            corrected="/inbox/gallery/one" if n % 5 == 4 else "",
        )
        for n in range(many)
    ]


def filtered(shown: int, all: int, chosen: bool) -> Filter:
    """A filter of two facets, with or without something chosen."""
    agency = Facet(
        "agency",
        "Agency",
        (Choice("probation", "Probation", 61, chosen), Choice("advocacy", "Advocacy", 36)),
    )
    kind = Facet("kind", "Kind", (Choice("referral", "Referrals", 12, chosen), Choice("access", "Reads", 85)))
    return Filter("/inbox/gallery/many", (agency, kind), shown, all)


def state(**given: Any) -> dict[str, Any]:
    """One state of the gallery, from what differs of an empty one."""
    empty: dict[str, Any] = {
        "rows": [],
        "items": [],
        "found": {},
        "typed": "",
        "news": False,
        "as_of": False,
        "days": [],
        "filter": filtered(0, 0, False),
        "facts": [],
        "bars": [],
        "step": 1,
        "stale": [],
        "interruption": False,
        "withheld": False,
    }
    return empty | given


def states(pages: Pages) -> dict[str, dict[str, Any]]:
    """What the gallery shows, by name."""

    def days(many: int, title: str = "") -> list[tuple[datetime, list[Entry]]]:
        return by_day(entries(many, title), pages.county.zone)

    item = ("Referral R-7F3K needs an answer", "act-now", MOMENT)
    facts = [Fact("Case", "C-4M2T", "/inbox/gallery/one"), Fact("Agency", "Probation")]
    return {
        "empty": state(filter=filtered(0, 97, True)),
        "one": state(
            rows=[("R-7F3K", "Requested", "2 hours")],
            items=[item],
            days=days(1),
            filter=filtered(97, 97, False),
            facts=facts,
            bars=[("Within a day", 1)],
            step=2,
        ),
        "many": state(
            rows=[(f"R-{n:04}", "Requested", f"{n} hours") for n in range(12)],
            items=[(f"Referral R-{n:04} needs an answer", "act-soon", MOMENT) for n in range(6)],
            typed=RIGHT_TO_LEFT,
            news=True,
            days=days(8),
            filter=filtered(12, 97, True),
            facts=facts * 3,
            bars=[("Within a day", 31), ("Later", 4), ("Not yet", 0)],
            step=4,
        ),
        "error": state(
            found={
                "facts": "Write at least one fact.",
                "agency": "Choose an agency.",
                "choice": "Choose one.",
            },
            typed=LONG,
            stale=[("Referral accepted", "Clinician, Behavioral Health", MOMENT)],
        ),
        "odd-words": state(
            rows=[(UNBROKEN, RIGHT_TO_LEFT, "–")],
            items=[(RIGHT_TO_LEFT, "done", MOMENT), (UNBROKEN, "act-now", MOMENT)],
            typed=UNBROKEN,
            days=days(2, RIGHT_TO_LEFT) + days(1, UNBROKEN),
            facts=[Fact("Said", RIGHT_TO_LEFT), Fact(UNBROKEN, UNBROKEN), Fact("All", LONG)],
            bars=[(RIGHT_TO_LEFT, 3), (UNBROKEN, 2)],
        ),
        "as-of": state(rows=[("R-7F3K", "Accepted", "–")], as_of=True, days=days(3), facts=facts, step=3),
        "withheld": state(withheld=True),
        "interruption": state(interruption=True),
    }


#: Their names, for tests that are made before there are pages.
STATES = ("empty", "one", "many", "error", "odd-words", "as-of", "withheld", "interruption")
PROBLEMS = {
    404: Problem("not-found"),
    403: Problem("not-allowed", "Only the agency that was asked may answer a referral.", clause="4.2"),
    409: Problem("conflict"),
    412: Problem("stale"),
    422: Problem("invalid-field"),
    429: Problem("too-many-requests"),
    503: TryLater("CANARY", seconds=2.5),
    500: RuntimeError("CANARY"),
}
CHECKS = [
    Check("database", "ok"),
    Check("relay", "warn", "12 s behind", "See its log.", "relay"),
]


def make_gallery(fake: FakeSite, settings: Settings) -> FastAPI:
    """The app; a page for each state, and for each problem."""
    pages = Pages(county_of(settings), TEMPLATES)
    shown = states(pages)

    def readiness() -> list[Check]:
        return CHECKS

    return create_app(
        "notifications",
        verifier=FakeVerifier({}),
        readiness=readiness,
        routers=[],
        settings=settings,
        site=fake.site,
        pages=[gallery_router(pages, shown), asked_by_pages()],
    )


def gallery_router(pages: Pages, shown: dict[str, dict[str, Any]]) -> APIRouter:
    """The addresses of the gallery, and what its pages ask for by themselves."""
    router = APIRouter(route_class=route_of(pages))

    @router.get("/inbox/gallery/{state}")
    def show(state: str, request: Request, visitor: CurrentVisitor) -> Response:
        if state not in shown:
            raise Problem("not-found")
        return pages.answer(request, "gallery.html", visitor, state=state, **shown[state])

    @router.get("/inbox/part/{state}")
    def part(state: str, request: Request, visitor: CurrentVisitor) -> Response:
        return pages.part(request, "gallery.html", "news", visitor, state=state, **shown[state])

    @router.get("/inbox/problem/{status}")
    def problem(status: int) -> Response:
        raise PROBLEMS[status]

    @router.post("/inbox/problem/{status}")
    def problem_of_a_form(status: int, form: CheckedForm) -> Response:
        raise PROBLEMS[status]

    @router.post("/inbox/unchecked/{status}")
    def problem_before_the_form_is_looked_at(status: int) -> Response:
        raise PROBLEMS[status]

    return router


def asked_by_pages() -> APIRouter:
    """What the gallery's pages ask for by themselves, and what fails outside of a page's route."""
    router = APIRouter()

    @router.get("/v1/problem/{status}")
    @router.get("/inbox/outside/{status}")
    def problem_of_the_api(status: int) -> Response:
        raise PROBLEMS[status]

    @router.get("/inbox/badge")
    def badge() -> Response:
        return Response("3", media_type="text/html")

    @router.get("/inbox/stream")
    def stream(after: int) -> Response:
        told = "" if after else 'id: 1\nevent: delivered\ndata: {"item": "1"}\n\n'
        return Response(f"retry: 600000\n\n{told}", media_type="text/event-stream")

    @router.get("/names")
    def name(of: str, purpose: str) -> dict[str, str]:
        return {of: f"Invented Name, to {purpose}"}

    @router.post("/session/stay")
    @router.post("/session/draft")
    def done(form: CheckedForm) -> Response:
        return Response(status_code=204)

    @router.get("/session/exit")
    def leave() -> Response:
        return RedirectResponse("/session/gone", 303)

    @router.get("/session/gone")
    def gone() -> Response:
        return Response("<!doctype html><title>.</title>", media_type="text/html")

    return router
