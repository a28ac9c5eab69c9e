"""Deciding on a concern: open a case with it, add it to one, or evaluate it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.finding import Finding
from services.referrals.application.listing import Lists
from services.referrals.application.views import Viewer
from services.referrals.domain.concerns import TRANSITIONS
from services.referrals.pages.attempts import Returned, attempt, in_words, seen_until
from services.referrals.pages.flags import at_fields
from services.referrals.pages.searching import resolve
from services.referrals.pages.wording import MATTERS, Wording
from services.referrals.pages.work import Work
from shared.events.names import Purpose
from shared.events.types.concern import ConcernEvaluatedOut
from shared.mou.facts import CallerFacts, EventFacts, ThingFacts
from shared.mou.routing import recipients
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm, Form, own_fields
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

#: The last word of the address -> the command that it sends, and the page that asks.
COMMANDS = {"open": "open-case", "attach": "attach-concern", "evaluate-out": "evaluate-out"}
TEMPLATES = {act: f"concern-{act}.html" for act in COMMANDS}
#: In which states of the concern each can be done.
POSSIBLE = {
    act: frozenset(str(status) for status, done in TRANSITIONS if done == command)
    for act, command in COMMANDS.items()
}
NO_CASE = N_("No case was found that has this code and that you can see.")
SEVERAL = N_("More than one case has this code. Type the whole id of the case.")
CHOOSE_REASON = N_("Choose a reason.")
CHOOSE_A_MATTER = N_("Choose which matter it is.")
CHOOSE_MATTER = N_("Choose a matter that the case has, or leave it open.")
FIELDS = {
    "/reason": ("reason", CHOOSE_REASON),
    "/matter": ("matter", CHOOSE_MATTER),
    "/case": ("case", NO_CASE),
}


@dataclass(frozen=True)
class DecidingPages:
    """The three forms. Handlers run in threads and block on the databases."""

    work: Work
    lists: Lists
    finding: Finding

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        for act in COMMANDS:
            path = f"/concerns/{{concern:uuid}}/{act}"
            router.add_api_route(path, self._asks(act), methods=["GET"])
            router.add_api_route(path, self._sends(act), methods=["POST"])
        return router

    def _asks(self, act: str) -> Any:
        def ask(request: Request, visitor: CurrentVisitor, trace: CurrentTrace, concern: UUID) -> Response:
            return self._page(request, visitor, trace, act, str(concern))

        return ask

    def _sends(self, act: str) -> Any:
        def send(
            request: Request, visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace, concern: UUID
        ) -> Response:
            deciding, thing = visitor.acting(Purpose.RESPOND), str(concern)
            body, wrong = self._body(act, deciding, form)
            if wrong:
                return self._page(request, visitor, trace, act, thing, form, Returned(wrong))
            outcome = attempt(self.work, COMMANDS[act], deciding, form, trace, body, thing, FIELDS)
            if isinstance(outcome, Returned):
                return self._page(request, visitor, trace, act, thing, form, outcome)
            self.work.sent(visitor, f"/concerns/{thing}/{act}")
            case = outcome.made.get("case") or body.get("case")
            done = {"open": f"/cases/{case}?done=opened", "attach": f"/cases/{case}?done=attached"}
            return RedirectResponse(done.get(act, f"/concerns/{thing}?done=evaluated-out"), 303)

        return send

    def _body(self, act: str, visitor: Visitor, form: Form) -> tuple[dict[str, Any], dict[str, str]]:
        """The command's body; or, by field, why none can be made of what was typed."""
        matter = {"matter": form.get("matter")} if form.get("matter") else {}
        if act == "evaluate-out":
            reason = form.get("reason")
            return {"reason": reason}, {} if reason else {"reason": CHOOSE_REASON}
        if act == "open":
            return matter, {} if matter else {"matter": CHOOSE_A_MATTER}
        viewer = self.lists.viewer(CallerFacts.of(visitor.caller))
        found = resolve(self.finding, viewer, form.get("case"), ("case",))
        if len(found) != 1:
            return {}, {"case": SEVERAL if found else NO_CASE}
        return {"case": found[0].id, **matter}, {}

    def _page(
        self,
        request: Request,
        visitor: Visitor,
        trace: Any,
        act: str,
        thing: str,
        form: Form | None = None,
        returned: Returned = Returned(),
    ) -> Response:
        responding, page = visitor.acting(Purpose.RESPOND), f"/concerns/{thing}/{act}"
        shown = self.work.show("concern", thing, responding, trace)
        viewer = self.lists.viewer(CallerFacts.of(responding.caller))
        if COMMANDS[act] not in self.finding.rights(viewer, "concern", thing, (COMMANDS[act],), "").acts:
            raise Problem("not-allowed")
        wording = Wording(visitor.language, viewer.mou)
        changes = self.finding.changes(viewer, "concern", thing, seen_until(form)) if returned.stale else []
        return self.work.pages.answer(
            request,
            TEMPLATES[act],
            visitor,
            status=412 if returned.stale else 422 if returned.errors else 200,
            id=thing,
            code=code_of("concern", thing),
            fields=own_fields(visitor, page, shown.etag) | {"seen": shown.view["changed"]},
            typed=form.typed if form else self.work.draft(visitor, page),
            errors=at_fields(returned.errors, wording.say),
            stale=returned.stale,
            changes=in_words(changes, wording),
            possible=shown.view["status"] in POSSIBLE[act],
            reasons=[("", wording.say(N_("Choose a reason"))), *wording.evaluated_out()],
            matters=wording.options(MATTERS),
            told=_told_of(viewer, shown.view["reported_by"], wording),
        )


def _told_of(viewer: Viewer, reporter: str, wording: Wording) -> list[str]:
    """The agencies that the MOU tells when a concern is evaluated out."""
    if viewer.mou is None:
        return []
    thing = ThingFacts("concern", reporters=frozenset({reporter}))
    event = EventFacts(ConcernEvaluatedOut.TYPE, thing, actor=viewer.caller.agency)
    queues = [one.queue for one in recipients(event, viewer.mou, {}) if one.queue]
    return list(dict.fromkeys(wording.agency(queue.partition("/")[0]) for queue in queues))
