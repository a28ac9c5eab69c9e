"""`/memorandum/versions/{version}/papers`: what is printed of a version and handed out. For all staff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.referrals.application.handle import not_found
from services.referrals.application.memorandum import Memoranda
from services.referrals.application.printing import Press, to_keep
from services.referrals.pages.work import Work
from shared.mou.document import Mou
from shared.mou.papers.counsel import counsel
from shared.mou.papers.memorandum import memorandum
from shared.mou.papers.paper import Paper
from shared.mou.papers.pdf import Unprintable
from shared.mou.papers.sheet import ROLES, sheet
from shared.mou.words import Language, words_of
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor
from shared.web.site.words import N_

#: The roles as people read them.
FOR: dict[str, str] = {
    "social-worker": N_("For social workers"),
    "probation-officer": N_("For probation officers"),
    "advocate": N_("For advocates"),
    "law-enforcement": N_("For police and sheriff"),
}
#: The languages of a sheet, each in its own words.
LANGUAGES: dict[Language, str] = {"en": "English", "es": "Español"}


def _sheet(role: str, language: Language) -> Callable[[Mou], Paper]:
    return lambda mou: sheet(mou, role, words_of(language))


#: Every paper by its name in the address.
PAPERS: dict[str, Callable[[Mou], Paper]] = {
    "memorandum": memorandum,
    "counsel": counsel,
    **{f"sheet-{role}-{language}": _sheet(role, language) for role in ROLES for language in LANGUAGES},
}


@dataclass(frozen=True)
class PaperPages:
    """The list, and the papers themselves. Handlers run in threads and block on the databases and the press."""

    work: Work
    memoranda: Memoranda
    press: Press = field(default_factory=Press)

    def router(self) -> APIRouter:
        """Both addresses."""
        router = APIRouter(route_class=route_of(self.work.pages))
        at = "/memorandum/versions/{version}/papers"
        router.add_api_route(at, self.home, methods=["GET"])
        router.add_api_route(f"{at}/{{name}}.pdf", self.paper, methods=["GET"])
        return router

    def home(self, request: Request, visitor: CurrentVisitor, version: str) -> Response:
        """What there is to print of a version."""
        found, _, _ = self.memoranda.version(version)
        return self.work.pages.answer(
            request,
            "memorandum-papers.html",
            visitor,
            found=found,
            roles=FOR,
            languages=LANGUAGES,
            unprintable=None,
        )

    def paper(self, request: Request, visitor: CurrentVisitor, version: str, name: str) -> Response:
        """One paper, as a PDF to keep; the list with what is wrong, if it cannot be printed."""
        found, _, document = self.memoranda.version(version)
        if name not in PAPERS:
            raise not_found()
        try:
            pdf = self.press.pdf(PAPERS[name](document))
        except Unprintable as error:
            return self.work.pages.answer(
                request,
                "memorandum-papers.html",
                visitor,
                status=409,
                found=found,
                roles=FOR,
                languages=LANGUAGES,
                unprintable=str(error),
            )
        headers = {"Cache-Control": "no-store", **to_keep(f"{name}-{version}.pdf")}
        return Response(pdf, media_type="application/pdf", headers=headers)
