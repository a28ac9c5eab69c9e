"""Evidence on pages: a bundle that proves a case to a stranger; asked for with a reason, and on the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.audit.domain.entry import Axis
from services.audit.evidence.api import handed_out
from services.audit.evidence.making import Evidence
from services.audit.pages.desk import Desk, Page
from services.audit.pages.timeline import agencies, not_right, translated
from services.audit.pages.wanted import AskedOfPage, Wanted, county_of, wanted
from shared.events.names import Agency, EvidenceReason
from shared.events.types.evidence import EvidenceMade
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm, Form
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

REASONS: dict[EvidenceReason, str] = {
    EvidenceReason.SAMPLE: N_("One of a sample for an audit"),
    EvidenceReason.COMPLAINT: N_("A complaint about the case"),
    EvidenceReason.COURT_ORDER: N_("A court asked for it"),
    EvidenceReason.REVIEW: N_("A review of what agencies did"),
    EvidenceReason.OTHER: N_("Another reason"),
}
CHOOSE = N_("Choose why you take it.")
NOT_SAID = "–"
COULD_NOT_KNOW = N_("By then this agency could not have known that there is a case.")


def evidence_pages(desk: Desk, evidence: Evidence) -> APIRouter:
    """`/evidence/{case}`."""
    router = APIRouter(route_class=route_of(desk.pages))

    @router.get("/evidence/{case}")
    def show(
        case: UUID, request: Request, visitor: CurrentVisitor, trace: CurrentTrace, asked: AskedOfPage
    ) -> Response:
        """What a bundle holds, and the form that asks for one; the bundles that were made."""
        if asked.wrong:
            return not_right(desk, request, visitor, asked, f"/evidence/{case}")
        (page,) = desk.open(str(case), visitor, trace, asked)
        return _page(desk, request, visitor, page)

    @router.post("/evidence/{case}")
    def make(
        case: UUID, request: Request, visitor: CurrentVisitor, trace: CurrentTrace, form: CheckedForm
    ) -> Response:
        """Make the bundle and hand it out."""
        asked = _asked(request, form)
        reason = next((one for one in EvidenceReason if one == form.get("reason")), None)
        if asked.wrong or reason is None:
            wrong = {**asked.wrong, **({} if reason else {"reason": CHOOSE})}
            (page,) = desk.open(str(case), visitor, trace, Wanted())
            return _page(desk, request, visitor, page, asked, wrong, form.get("reason"))
        (page,) = desk.open(str(case), visitor, trace, asked)
        if page.view.nothing:
            return _page(desk, request, visitor, page, asked, {"known_to": COULD_NOT_KNOW}, reason)
        correlation = str(trace.correlation_id)
        made = evidence.make(str(case), visitor.caller, correlation, asked.cut, asked.known_to, reason=reason)
        return handed_out(case, made)

    return router


def _asked(request: Request, form: Form) -> Wanted:
    """The view that the form asks for. A moment that was typed goes before the event that the page came with."""
    typed = form.get("as_of")
    event = form.get("as_of_event") if not typed else ""
    try:
        known_to = Agency(form.get("known_to")) if form.get("known_to") else None
        named = UUID(event) if event else None
    except ValueError:
        raise Problem("invalid-field") from None
    return wanted(county_of(request), typed, named, Axis.RECORDED, known_to)


def _page(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    page: Page,
    asked: Wanted | None = None,
    wrong: Mapping[str, str] = MappingProxyType({}),
    reason: str = "",
) -> Response:
    return desk.pages.answer(
        request,
        "evidence.html",
        visitor,
        status=422 if wrong else 200,
        page=page,
        asked=asked or page.asked,
        found=translated(dict(wrong), visitor.language),
        reason=reason,
        reasons=[(one.value, page.say(text)) for one, text in REASONS.items()],
        agencies=agencies(page),
        made=_made(page),
    )


@dataclass(frozen=True)
class Made:
    """A bundle that was made: when, by whom, of which view, and what names it."""

    recorded: datetime
    who: str
    reason: str
    known_to: str
    bundle: str


def _made(page: Page) -> list[Made]:
    """The bundles of the case, newest first."""
    told = []
    for entry in reversed(page.whole.replay.entries):
        data, e, say = entry.event.data, entry.event.envelope, page.say
        if isinstance(data, EvidenceMade):
            reason = say(REASONS[data.reason]) if isinstance(data.reason, EvidenceReason) else NOT_SAID
            known_to = say.agency(str(data.known_to)) if data.known_to else ""
            who = f"{say.agency(e.agency)}, {code_of('person', e.actor)}"
            told.append(Made(e.recordedtime, who, reason, known_to, data.bundle))
    return told
