"""`/concerns/{id}`: what a concern says as its reader may see it, and the call that is stated afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.finding import Finding
from services.referrals.application.listing import Lists
from services.referrals.pages.flags import Flagged, OfClause, at_fields, flagged
from services.referrals.pages.recording import done_of
from services.referrals.pages.reporting import moment
from services.referrals.pages.telling import told
from services.referrals.pages.wording import CONCERN_STATES, DANGER, LINES, Wording
from services.referrals.pages.work import Work
from shared.errors import Refusal
from shared.events.moments import read_moment, write_moment
from shared.events.names import Purpose
from shared.mou.facts import CallerFacts
from shared.mou.vocabulary import CodeList
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.components import Fact
from shared.web.site.forms import CheckedForm, Form, own_fields
from shared.web.site.refusing import route_of
from shared.web.site.times import LIKE, absolute
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

#: What the lead agency may do with a concern that waits.
DECISIONS = ("open-case", "attach-concern", "evaluate-out")
#: What the page says after something was done. Codes only come in the address.
DONE = {
    "reported": N_("Your report was taken: %(code)s"),
    "called": N_("The call is recorded: %(code)s"),
    "evaluated-out": N_("The concern was evaluated out: %(code)s"),
    "recorded": N_("What was done is recorded: %(code)s"),
}
#: What a page of a concern says where the report holds none of it.
EXPECTED = ("identity", "narrative")


@dataclass(frozen=True)
class Concern:
    """A concern as its page shows it."""

    id: str
    code: str
    state: str
    status: str
    reported: datetime
    agency: str
    urgent: bool
    facts: list[Fact]
    flags: list[Flagged]
    case: str
    called: datetime | None
    line: str
    reason: str


def concern_of(view: Mapping[str, Any], wording: Wording, in_words: Any) -> Concern:
    """The concern in its reader's words. `in_words` writes a moment."""
    called = view.get("called_at")
    signs = [wording.listed(CodeList.SIGNS, sign) for sign in view["signs"]]
    kind = view.get("exploitation_kind")
    since = view.get("known_since")
    said = {
        N_("Danger now"): wording.word(DANGER, view["immediate_danger"]),
        N_("What kind"): wording.listed(CodeList.EXPLOITATION_KIND, kind) if kind else "",
        N_("What was seen"): "; ".join(signs),
        N_("Age"): str(view.get("age_years", "")),
        N_("Known since"): in_words(read_moment(since)) if since else "",
    }
    missing = "missing.called_at" if called else ""
    reasons = dict(wording.evaluated_out())
    return Concern(
        view["id"],
        code_of("concern", view["id"]),
        wording.word(CONCERN_STATES, view["status"]),
        view["status"],
        read_moment(view["reported_at"]),
        wording.agency(view["reported_by"]),
        view["immediate_danger"] == "yes" and view["status"] == "waiting",
        [Fact(wording.say(label), text or wording.say(N_("Not recorded"))) for label, text in said.items()],
        flagged([flag for flag in view["flags"] if flag != missing], wording),
        view.get("case", ""),
        read_moment(called) if called else None,
        wording.word(LINES, view["called_line"]) if called and view.get("called_line") else "",
        reasons.get(view.get("reason", ""), view.get("reason", "")),
    )


@dataclass(frozen=True)
class ConcernPages:
    """The page of a concern and the statement of its call. Handlers run in threads and block on the databases."""

    work: Work
    lists: Lists
    finding: Finding

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        router.add_api_route("/concerns/{concern:uuid}", self.show, methods=["GET"])
        router.add_api_route("/concerns/{concern:uuid}/calls", self.state_call, methods=["POST"])
        return router

    def show(
        self, request: Request, visitor: CurrentVisitor, trace: CurrentTrace, concern: UUID, done: str = ""
    ) -> Response:
        """The concern."""
        return self._page(request, visitor, trace, str(concern), done=done)

    def state_call(
        self,
        request: Request,
        visitor: CurrentVisitor,
        form: CheckedForm,
        trace: CurrentTrace,
        concern: UUID,
    ) -> Response:
        """The call was made: just now (`now`), or as it is typed."""
        thing, zone = str(concern), self.work.pages.county.zone
        now = form.get("now") == "yes"
        at = write_moment(self.work.desk.site.now()) if now else moment(form.get("called_at"), zone)
        spoke_to = form.get("spoke_to")
        clear = {"reporter": {"spoke_to": spoke_to}} if spoke_to else {}
        body = {"called_at": at, "called_line": form.get("called_line", "hotline"), "clear": clear}
        try:
            self.work.do("state-call", visitor.acting(Purpose.REPORT), form, trace, body, thing)
        except Problem as problem:
            # The same button pressed twice says another moment the second time: the first counts.
            if not (now and problem.slug == "idempotency-key-reused"):
                raise
        except Refusal as refusal:
            if refusal.reason != "invalid-field":
                raise
            errors = {"called_at": OfClause.of(LIKE, refusal)}
            return self._page(request, visitor, trace, thing, form=form, errors=errors)
        self.work.sent(visitor, f"/concerns/{thing}")
        back = "/calls" if form.page == "/calls" else f"/concerns/{thing}"
        return RedirectResponse(f"{back}?done={thing if back == '/calls' else 'called'}", 303)

    def _page(
        self,
        request: Request,
        visitor: Visitor,
        trace: CurrentTrace,
        thing: str,
        *,
        done: str = "",
        form: Form | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        pages, responding = self.work.pages, visitor.acting(Purpose.RESPOND)
        shown = self.work.show("concern", thing, responding, trace)
        viewer = self.lists.viewer(CallerFacts.of(responding.caller))
        wording = Wording(visitor.language, viewer.mou)
        zone, page = pages.county.zone, f"/concerns/{thing}"
        one = concern_of(shown.view, wording, lambda at: absolute(at, zone, visitor.language))
        rights = self.finding.rights(
            viewer, "concern", thing, (*DECISIONS, "state-call", "record-act"), viewer.caller.agency
        )
        known = self.finding.knows(viewer, "case", [one.case]) if one.case else ()
        return pages.answer(
            request,
            "concern.html",
            visitor,
            status=422 if errors else 200,
            concern=one,
            acts_done=None if "acts" not in shown.view else [done_of(a, wording) for a in shown.view["acts"]],
            case_code=code_of("case", one.case) if known else "",
            told=told(shown.view, wording, EXPECTED, rights.classes),
            acts=rights.acts,
            done=wording.say(DONE[done], code=one.code) if done in DONE and _is_so(done, one) else "",
            fields=own_fields(visitor, page),
            now_fields=own_fields(visitor, page),
            typed=form.typed if form else self.work.draft(visitor, page),
            errors=at_fields(errors or {}, wording.say),
            lines=wording.options(LINES),
            example=self.work.desk.site.now(),
        )


def _is_so(done: str, concern: Concern) -> bool:
    """Whether the concern is as the address says it has become."""
    stated = {"called": concern.called is not None, "evaluated-out": concern.status == "evaluated-out"}
    return stated.get(done, True)
