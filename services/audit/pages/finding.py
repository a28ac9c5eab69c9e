"""The way to a timeline: by a code typed into a form, never into an address; and the cases read lately."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.audit.access import may_read_findings, may_read_history, read_lately
from services.audit.pages.desk import Desk
from services.audit.reading import in_force, parsed
from shared.mou import CallerFacts
from shared.web.problems import Problem
from shared.web.site.codes import code_of, ids_of
from shared.web.site.forms import CheckedForm
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_, catalogue

#: Cases that are offered because the visitor read them lately, at most.
LATELY = 10
NO_CODE = N_("Write a code like C-4M2T7Q, or the long id of a case.")
NONE = N_("There is no case with this code.")
SEVERAL = N_("More than one case has this code. Write the long id.")


def finding_router(desk: Desk) -> APIRouter:
    """`/timeline`."""
    router = APIRouter(route_class=route_of(desk.pages))

    @router.get("/timeline")
    def show(request: Request, visitor: CurrentVisitor) -> Response:
        """Where a case is opened by its code."""
        _require(desk, visitor)
        return _page(desk, request, visitor)

    @router.post("/timeline")
    def find(request: Request, visitor: CurrentVisitor, form: CheckedForm) -> Response:
        """Lead to the case whose code or id was typed."""
        _require(desk, visitor)
        typed = form.get("case")
        found, wrong = _found(desk, typed)
        if found is None:
            return _page(desk, request, visitor, typed, wrong)
        return RedirectResponse(f"/timeline/{found}", 303)

    return router


def _page(desk: Desk, request: Request, visitor: Visitor, typed: str = "", wrong: str = "") -> Response:
    read = read_lately(desk.questions.store, visitor.caller.person, LATELY)
    return desk.pages.answer(
        request,
        "finding.html",
        visitor,
        status=422 if wrong else 200,
        found={"case": catalogue(visitor.language).gettext(wrong)} if wrong else {},
        typed=typed,
        lately=[(code_of("case", case), f"/timeline/{case}") for case in read],
        verifies=may_read_findings(CallerFacts.of(visitor.caller)),
    )


def _require(desk: Desk, visitor: Visitor) -> None:
    """Raise Problem 404 for those who may replay no case."""
    now = desk.questions.store.now()
    with desk.questions.snapshot() as reader:
        mou = parsed(in_force(reader.mous(), now))
    if not may_read_history(CallerFacts.of(visitor.caller), mou):
        raise Problem("not-found")


def _found(desk: Desk, typed: str) -> tuple[str | None, str]:
    """The case that the text names; or what is wrong with the text."""
    try:
        first = last = UUID(typed)
    except ValueError:
        ids = ids_of(typed)
        if ids is None or ids[0] not in (None, "case"):
            return None, NO_CODE
        _, first, last = ids
    with desk.questions.snapshot() as reader:
        cases = reader.cases_between(first, last)
    if len(cases) == 1:
        return cases[0], ""
    return None, SEVERAL if cases else NONE
