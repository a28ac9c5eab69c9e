"""`/cases/{id}/done`, `/concerns/{id}/done`: what was done outside Accord, recorded by who did it."""

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
from services.referrals.pages.attempts import Returned, attempt
from services.referrals.pages.flags import Flagged, at_fields, flagged
from services.referrals.pages.wording import MATTERS, Wording
from services.referrals.pages.work import Work
from shared.events.moments import read_moment, write_moment
from shared.events.names import Purpose
from shared.events.types.act import Method
from shared.mou.facts import CallerFacts
from shared.mou.vocabulary import Act
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm, Form, own_fields
from shared.web.site.refusing import route_of
from shared.web.site.times import NotAMoment, read_typed
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

METHODS = {
    Method.TELEPHONE.value: N_("By telephone"),
    Method.IN_PERSON.value: N_("In person"),
    Method.FORM.value: N_("By a form"),
    Method.ELECTRONIC.value: N_("By computer"),
    Method.OTHER.value: N_("In another way"),
}
CHOOSE_ACT = N_("Choose what was done.")
CHOOSE_MATTER = N_("Choose which matter it is.")
FIELDS = {
    "/matter": ("matter", CHOOSE_MATTER),
    "/act": ("act", CHOOSE_ACT),
}
#: Kind of thing -> the command that records what was done there.
COMMANDS = {"case": "record-act", "concern": "record-concern-act"}


@dataclass(frozen=True)
class Done:
    """An act on record as a page shows it; `struck` if it was recorded by mistake."""

    what: str
    to: str
    how: str
    agency: str
    moment: datetime
    struck: bool
    flags: list[Flagged]


def done_of(view: Mapping[str, Any], wording: Wording) -> Done:
    """The act in its reader's words."""
    return Done(
        wording.act(view["act"]),
        wording.told(view["to"]) if view.get("to") else "",
        wording.word(METHODS, view["method"]) if view.get("method") else "",
        wording.agency(view["agency"]),
        read_moment(view["done_at"]),
        "struck" in view,
        flagged(view.get("flags", ()), wording),
    )


def choices(wording: Wording) -> list[tuple[str, str]]:
    """What may have been done, and to whom, each pair to choose at once."""
    found: list[tuple[str, str]] = []
    for act in wording.mou.acts if wording.mou else ():
        label = wording.act(act.code)
        pairs = [(f"{act.code}/{to}", f"{label} – {wording.told(to)}") for to in act.to]
        found += pairs or [(act.code, label)]
    return found


@dataclass(frozen=True)
class RecordingPages:
    """The form, on a case and on a concern. Handlers run in threads and block on the databases."""

    work: Work
    lists: Lists
    finding: Finding

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        for kind in COMMANDS:
            path = f"/{kind}s/{{thing:uuid}}/done"
            router.add_api_route(path, self._asks(kind), methods=["GET"])
            router.add_api_route(path, self._sends(kind), methods=["POST"])
        return router

    def _asks(self, kind: str) -> Any:
        def ask(request: Request, visitor: CurrentVisitor, trace: CurrentTrace, thing: UUID) -> Response:
            return self._page(request, visitor, trace, kind, str(thing))

        return ask

    def _sends(self, kind: str) -> Any:
        def send(
            request: Request, visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace, thing: UUID
        ) -> Response:
            id, page = str(thing), f"/{kind}s/{thing}/done"
            body, errors = self._said(visitor, form)
            if errors:
                return self._page(request, visitor, trace, kind, id, form, errors)
            acting = visitor.acting(Purpose.RESPOND)
            outcome = attempt(self.work, COMMANDS[kind], acting, form, trace, body, id, FIELDS)
            if isinstance(outcome, Returned):
                return self._page(request, visitor, trace, kind, id, form, outcome.errors)
            self.work.sent(visitor, page)
            return RedirectResponse(f"/{kind}s/{id}?done=recorded", 303)

        return send

    def _said(self, visitor: Visitor, form: Form) -> tuple[dict[str, Any], dict[str, str]]:
        """The command's body, and what is wrong with the form by field. What is left blank happened now."""
        wording, errors = self._wording(visitor), {}
        act, _, to = form.get("act").partition("/")
        if form.get("act") not in dict(choices(wording)):
            errors["act"] = CHOOSE_ACT
        try:
            zone, typed = self.work.pages.county.zone, form.get("done_at")
            done_at = write_moment(read_typed(typed, zone) if typed else self.work.desk.site.now())
        except NotAMoment as wrong:
            errors["done_at"], done_at = str(wrong), ""
        said = {"act": act, "to": to, "done_at": done_at}
        said |= {name: form.get(name) for name in ("method", "matter")}
        body: dict[str, Any] = {name: value for name, value in said.items() if value}
        if form.get("number"):
            body["clear"] = {"narrative": {"number": form.get("number")}}
        return body, errors

    def _wording(self, visitor: Visitor) -> Wording:
        return Wording(visitor.language, self.work.doors.referrals.questions.in_force())

    def _page(
        self,
        request: Request,
        visitor: Visitor,
        trace: Any,
        kind: str,
        thing: str,
        form: Form | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        page, acting = f"/{kind}s/{thing}/done", visitor.acting(Purpose.RESPOND)
        viewer = self.lists.viewer(CallerFacts.of(acting.caller))
        view = self.work.show(kind, thing, acting, trace).view
        rights = self.finding.rights(viewer, kind, thing, [Act.RECORD_ACT], viewer.caller.agency)
        if Act.RECORD_ACT not in rights.acts:
            raise Problem("not-allowed")
        wording = self._wording(visitor)
        matters = [m["matter"] for m in view.get("matters", ()) if rights.by_matter[m["matter"]]]
        return self.work.pages.answer(
            request,
            "done.html",
            visitor,
            status=422 if errors else 200,
            kind=kind,
            id=thing,
            code=code_of(kind, thing),
            fields=own_fields(visitor, page),
            typed=form.typed if form else self.work.draft(visitor, page),
            errors=at_fields(errors or {}, wording.say),
            acts=[("", wording.say(CHOOSE_ACT)), *choices(wording)],
            methods=[("", wording.say(N_("Not said"))), *wording.options(METHODS)],
            matters=[(name, wording.word(MATTERS, name)) for name in matters],
            example=self.work.desk.site.now(),
        )
