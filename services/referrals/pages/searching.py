"""`/search`: a concern, case or referral by its code or id. What is typed is in no address."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.finding import Finding, Found
from services.referrals.application.listing import Lists
from services.referrals.application.repository import as_uuid
from services.referrals.application.views import Viewer
from services.referrals.pages.wording import Wording
from services.referrals.pages.work import Work
from shared.events.names import Purpose
from shared.mou.facts import CallerFacts
from shared.web.site.codes import code_of, ids_of
from shared.web.site.forms import CheckedForm, own_fields
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_

PAGE = "/search"
#: Kind of thing -> its folder in addresses, and what it is called.
KINDS = {
    "concern": ("concerns", N_("Concern %(code)s")),
    "case": ("cases", N_("Case %(code)s")),
    "referral": ("referrals", N_("Referral %(code)s")),
}
TYPE_A_CODE = N_("Type a code like C-7F3K2Q, or a whole id.")


def ids_meant(text: str) -> tuple[str | None, UUID, UUID] | None:
    """The kind that was typed with a code, and the ids that are meant; None where it is neither code nor id."""
    whole = as_uuid(text.strip().lower())
    return (None, whole, whole) if whole else ids_of(text)


def resolve(finding: Finding, viewer: Viewer, text: str, kinds: Collection[str]) -> list[Found]:
    """What of these kinds a code or id names, as far as the viewer may know of it; often one, mostly none."""
    meant = ids_meant(text)
    if meant is None:
        return []
    kind, first, last = meant
    wanted = [one for one in kinds if kind in (None, one)]
    return finding.within(viewer, wanted, first, last) if wanted else []


def path_of(found: Found) -> str:
    """The page of a thing."""
    return f"/{KINDS[found.kind][0]}/{found.id}"


def searching_router(work: Work) -> APIRouter:
    """The form, and what it finds."""
    pages = work.pages
    router = APIRouter(route_class=route_of(pages))
    lists, finding = Lists(work.doors.referrals.questions), Finding(work.doors.referrals.questions)

    def page(
        request: Request,
        visitor: Visitor,
        typed: str = "",
        error: str = "",
        found: list[tuple[str, str]] | None = None,
    ) -> Response:
        wording = Wording(visitor.language, None)
        return pages.answer(
            request,
            "search.html",
            visitor,
            status=422 if error else 200,
            fields=own_fields(visitor, PAGE),
            typed=typed,
            errors={"code": wording.say(error)} if error else {},
            found=found,
        )

    @router.get(PAGE)
    def ask(request: Request, visitor: CurrentVisitor) -> Response:
        """The form."""
        typed = work.draft(visitor, PAGE).get("code", ("",))[0]
        return page(request, visitor, typed)

    @router.post(PAGE)
    def search(request: Request, visitor: CurrentVisitor, form: CheckedForm) -> Response:
        """To the one thing that has the code; else a page that says what there is."""
        typed = form.get("code")
        if ids_meant(typed) is None:
            return page(request, visitor, typed, TYPE_A_CODE)
        work.sent(visitor, PAGE)
        viewer = lists.viewer(CallerFacts.of(visitor.acting(Purpose.RESPOND).caller))
        found = resolve(finding, viewer, typed, KINDS)
        if len(found) == 1:
            return RedirectResponse(path_of(found[0]), 303)
        wording = Wording(visitor.language, None)
        named = [
            (path_of(one), wording.say(KINDS[one.kind][1], code=code_of(one.kind, one.id))) for one in found
        ]
        return page(request, visitor, typed, found=named)

    return router
