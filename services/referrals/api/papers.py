"""Papers made of the MOU in force, over HTTP: the sheets, the whole of it, the pack for counsel."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from services.referrals.api.calls import Doors
from services.referrals.application.printing import Press, to_keep
from shared.mou.document import Mou
from shared.mou.papers.counsel import counsel
from shared.mou.papers.html import as_html
from shared.mou.papers.memorandum import memorandum
from shared.mou.papers.paper import Paper
from shared.mou.papers.pdf import Unprintable
from shared.mou.papers.sheet import sheet
from shared.mou.words import words_of
from shared.web.callers import CurrentCaller
from shared.web.problems import Problem

Form = Literal["pdf", "html"]
Language = Literal["en", "es"]
#: As `shared.mou.papers.sheet.ROLES`; a test compares them.
Role = Literal["social-worker", "probation-officer", "advocate", "law-enforcement"]
InForm = Annotated[Form, Query(alias="format", description="A PDF, or one page of HTML.")]


def papers_router(doors: Doors) -> APIRouter:
    """The papers, for everybody who may read the MOU."""
    router = APIRouter(tags=["questions"])
    press = Press()

    @router.get("/v1/mou/papers/cheatsheet", summary="The one-page sheet of a role", response_class=Response)
    def cheatsheet(
        caller: CurrentCaller,
        role: Annotated[Role, Query()],
        language: Annotated[Language, Query()] = "en",
        form: InForm = "pdf",
    ) -> Response:
        paper = sheet(_in_force(doors), role, words_of(language))
        return _answer(press, paper, form, f"cheatsheet-{role}-{language}")

    @router.get(
        "/v1/mou/papers/memorandum", summary="The whole MOU, as people read it", response_class=Response
    )
    def whole(caller: CurrentCaller, form: InForm = "pdf") -> Response:
        return _answer(press, memorandum(_in_force(doors)), form, "memorandum")

    @router.get("/v1/mou/papers/counsel", summary="The pack for county counsel", response_class=Response)
    def pack(caller: CurrentCaller, form: InForm = "pdf") -> Response:
        return _answer(press, counsel(_in_force(doors)), form, "counsel")

    return router


def _in_force(doors: Doors) -> Mou:
    found = doors.referrals.questions.in_force()
    if found is None:
        raise Problem("not-found", "No MOU is in force. The coordinator adopts one: accord mou adopt FILE.")
    return found


def _answer(press: Press, paper: Paper, form: Form, name: str) -> Response:
    headers = to_keep(f"{name}-{paper.version}.{form}")
    if form == "html":
        return Response(as_html(paper), media_type="text/html; charset=utf-8", headers=headers)
    try:
        return Response(press.pdf(paper), media_type="application/pdf", headers=headers)
    except Unprintable as error:
        raise Problem("not-found", f"{error} Ask for it with format=html.") from None
