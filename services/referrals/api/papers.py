"""Papers made of the MOU in force, over HTTP: the sheets, the whole of it, the pack for counsel."""

from __future__ import annotations

from threading import Lock
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from services.referrals.api.calls import Doors
from shared.mou.document import Mou
from shared.mou.papers.counsel import counsel
from shared.mou.papers.html import as_html
from shared.mou.papers.memorandum import memorandum
from shared.mou.papers.paper import Paper
from shared.mou.papers.pdf import Unprintable, as_pdf
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
        return press.answer(paper, form, f"cheatsheet-{role}-{language}")

    @router.get(
        "/v1/mou/papers/memorandum", summary="The whole MOU, as people read it", response_class=Response
    )
    def whole(caller: CurrentCaller, form: InForm = "pdf") -> Response:
        return press.answer(memorandum(_in_force(doors)), form, "memorandum")

    @router.get("/v1/mou/papers/counsel", summary="The pack for county counsel", response_class=Response)
    def pack(caller: CurrentCaller, form: InForm = "pdf") -> Response:
        return press.answer(counsel(_in_force(doors)), form, "counsel")

    return router


def _in_force(doors: Doors) -> Mou:
    found = doors.referrals.questions.in_force()
    if found is None:
        raise Problem("not-found", "No MOU is in force. The coordinator adopts one: accord mou adopt FILE.")
    return found


class Press:
    """Prints one paper at a time, and keeps what it printed last: a paper is the same until the MOU changes."""

    KEPT = 16

    def __init__(self) -> None:
        self._lock = Lock()
        self._printed: dict[Paper, bytes] = {}

    def answer(self, paper: Paper, form: Form, name: str) -> Response:
        """The paper as a file to keep. Blocks while another one is printed. Raises Problem."""
        name = f"{name}-{paper.version}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if form == "html":
            return Response(as_html(paper), media_type="text/html; charset=utf-8", headers=headers)
        return Response(self._pdf(paper), media_type="application/pdf", headers=headers)

    def _pdf(self, paper: Paper) -> bytes:
        with self._lock:
            if paper not in self._printed:
                try:
                    printed = as_pdf(paper).pdf
                except Unprintable as error:
                    raise Problem("not-found", f"{error} Ask for it with format=html.") from None
                if len(self._printed) >= self.KEPT:
                    del self._printed[next(iter(self._printed))]
                self._printed[paper] = printed
            return self._printed[paper]
