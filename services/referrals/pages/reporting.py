"""`/concerns/new`: a report of a concern. Whatever is typed is taken; only nothing at all comes back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.finding import Finding
from services.referrals.application.listing import Lists
from services.referrals.pages.flags import at_fields
from services.referrals.pages.wording import DANGER, LINES, Wording
from services.referrals.pages.work import Work
from shared.errors import Refusal
from shared.events.moments import write_moment
from shared.events.names import Purpose
from shared.mou.facts import CallerFacts
from shared.mou.vocabulary import CodeList
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm, Fields, own_fields
from shared.web.site.refusing import route_of
from shared.web.site.times import NotAMoment, read_typed
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

PAGE = "/concerns/new"


def report_of(typed: Fields, zone: ZoneInfo) -> dict[str, Any]:
    """The body of `report-concern` in what was typed. What has not the form of its field is passed on as it is:
    the command flags it and keeps it sealed with what was told."""

    def first(name: str) -> str:
        return next((value.strip() for value in typed.get(name, ()) if value.strip()), "")

    said: dict[str, Any] = {
        "immediate_danger": first("danger"),
        "exploitation_kind": first("kind"),
        "signs": [sign for sign in typed.get("signs", ()) if sign],
        "age_years": _number(first("age")),
        "known_since": moment(first("since"), zone),
        "called_at": moment(first("called_at"), zone),
        "called_line": first("called_line"),
    }
    sealed = {
        "identity": {"name": first("name")},
        "reporter": {"spoke_to": first("spoke_to")},
        "narrative": {"text": first("what")},
    }
    clear = {name: facts for name, facts in sealed.items() if all(facts.values())}
    return {name: value for name, value in {**said, "clear": clear}.items() if value not in ("", [], {})}


def moment(text: str, zone: ZoneInfo) -> str:
    """A local time in the contract's form; what is none as it was typed."""
    try:
        return write_moment(read_typed(text, zone))
    except NotAMoment:
        return text


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else text


def reporting_router(work: Work) -> APIRouter:
    """The form, and what it sends."""
    pages = work.pages
    router = APIRouter(route_class=route_of(pages))
    lists, finding = Lists(work.doors.referrals.questions), Finding(work.doors.referrals.questions)

    def form(
        request: Request,
        visitor: Visitor,
        typed: Mapping[str, Any],
        errors: Mapping[str, str],
        now: datetime,
        taken: UUID | None = None,
    ) -> Response:
        wording = Wording(visitor.language, lists.viewer(CallerFacts.of(visitor.caller)).mou)
        return pages.answer(
            request,
            "report.html",
            visitor,
            status=422 if errors else 200,
            fields=own_fields(visitor, PAGE),
            typed=typed,
            errors=at_fields(errors, wording.say),
            dangers=wording.options(DANGER),
            kinds=[("", wording.say(N_("Not known"))), *wording.choices(CodeList.EXPLOITATION_KIND)],
            signs=wording.choices(CodeList.SIGNS),
            lines=[("", wording.say(N_("Nobody yet"))), *wording.options(LINES)],
            example=now,
            taken=code_of("concern", taken) if taken else "",
        )

    @router.get(PAGE)
    def new(request: Request, visitor: CurrentVisitor, done: UUID | None = None) -> Response:
        """The form, with what was typed before and not sent. `done`: a report whose reporter may not read it."""
        return form(request, visitor, work.draft(visitor, PAGE), {}, work.desk.site.now(), done)

    @router.post(PAGE)
    def report(request: Request, visitor: CurrentVisitor, sent: CheckedForm, trace: CurrentTrace) -> Response:
        """Take the report, and show what became of it."""
        reporter = visitor.acting(Purpose.REPORT)
        try:
            outcome = work.do(
                "report-concern", reporter, sent, trace, report_of(sent.typed, pages.county.zone)
            )
        except Refusal as refusal:
            if refusal.reason != "no-usable-fact":
                raise
            nothing = {"what": N_("Say at least one thing that you know. Everything else may stay empty.")}
            return form(request, visitor, sent.typed, nothing, work.desk.site.now())
        work.sent(visitor, PAGE)
        concern = outcome.made["concern"]
        viewer = lists.viewer(CallerFacts.of(reporter.caller))
        seen = finding.knows(viewer, "concern", [concern])
        return RedirectResponse(
            f"/concerns/{concern}?done=reported" if seen else f"{PAGE}?done={concern}", 303
        )

    return router
