"""A referral's page: its single next step, what was asked, what is shared and why, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.questions import Shown
from services.referrals.domain.offers import Offers
from services.referrals.pages import acts
from services.referrals.pages import referral_telling as telling
from services.referrals.pages.acts import BY_SLUG, CALL, Act
from services.referrals.pages.filled import ALL, fill, refused_field
from services.referrals.pages.flags import OfClause, at_fields, flagged
from services.referrals.pages.labels import CHOICES, ENTRIES, RESULTS, STRUCK, URGENCIES, Labels
from services.referrals.pages.wording import CLASSES, REFERRAL_STATES, Wording
from services.referrals.pages.work import Work
from shared.errors import Refusal
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.components import by_day
from shared.web.site.forms import CheckedForm, Fields
from shared.web.site.refusing import route_of
from shared.web.site.times import absolute, local
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_, catalogue
from shared.web.trace import CurrentTrace, Trace

WHOLE = N_("The whole referral")
SENT = N_("Sent. The agency you asked is told.")
#: What a page says that was led to by an act (`?done=`).
DONE: Mapping[str, str] = {"sent": SENT, **{act.slug: act.done for act in acts.ACTS if act.done}}
#: So much of a local time tells the minute.
MINUTES = len("2026-03-03 14:15")
#: Words that every template of referrals is given.
WORDS: Mapping[str, Mapping[str, str]] = {
    "statuses": REFERRAL_STATES,
    "urgencies": URGENCIES,
    "choices_of_youth": CHOICES,
    "classes": CLASSES,
}


@dataclass(frozen=True)
class Looked:
    """A referral as it is shown to a visitor, what they may do, and what things are called."""

    shown: Shown
    offers: Offers
    labels: Labels

    @property
    def view(self) -> Mapping[str, Any]:
        """What they may see."""
        return self.shown.view


@dataclass(frozen=True)
class ReferralPages:
    """Handlers run in threads; they block on the databases."""

    work: Work

    def router(self) -> APIRouter:
        """`/referrals/{referral}` and a page for each act."""
        router = APIRouter(route_class=route_of(self.work.pages))
        router.add_api_route("/referrals/{referral}", self.show, methods=["GET"])
        router.add_api_route("/referrals/{referral}/{act}", self.ask, methods=["GET"])
        router.add_api_route("/referrals/{referral}/{act}", self.do, methods=["POST"])
        return router

    def show(
        self, referral: str, request: Request, visitor: CurrentVisitor, trace: CurrentTrace, done: str = ""
    ) -> Response:
        """The referral, with its next step first."""
        found = self.look(referral, visitor, trace)
        view, labels, offered = found.view, found.labels, found.offers.acts
        first = acts.next_step(view["status"], offered, bool(view.get("forwarded_to")))
        says = catalogue(visitor.language).gettext
        names, stage = telling.stages(view["status"])
        return self.work.pages.answer(
            request,
            "referral.html",
            visitor,
            **self._facts(found, referral, visitor),
            first=first,
            typed=self._draft(visitor, referral, first),
            others=acts.others(offered, first),
            waiting=acts.waiting(view["status"], visitor.caller.agency == view["sender"]),
            stages=([says(name) for name in names], stage),
            reason=telling.why(view, labels),
            outcome=labels.reason("complete-referral", view["outcome"]) if view.get("outcome") else "",
            due=telling.due(view, self.work.desk.site.now()),
            questions=telling.questions(view),
            call=CALL if CALL.command in offered else None,
            days=by_day(telling.history(view, labels, says), self.work.pages.county.zone),
            knows_case=self.work.knows("case", view["case"], visitor),
            done=DONE.get(done, ""),
        )

    def ask(
        self, referral: str, act: str, request: Request, visitor: CurrentVisitor, trace: CurrentTrace
    ) -> Response:
        """The form of one act; the referral, where it can no longer be done."""
        wanted, found = _act(act), self.look(referral, visitor, trace)
        if wanted.command not in found.offers.acts:
            return RedirectResponse(f"/referrals/{referral}", 303)
        typed = self._draft(visitor, referral, wanted)
        return self._form(request, visitor, found, referral, wanted, typed)

    def do(
        self,
        referral: str,
        act: str,
        request: Request,
        visitor: CurrentVisitor,
        form: CheckedForm,
        trace: CurrentTrace,
    ) -> Response:
        """Carry it out. A form that cannot be taken comes back as it was filled in, and says why."""
        wanted = _act(act)
        filled = fill(wanted, form, visitor, self.work.pages.county.zone)
        errors = dict(filled.errors)
        if not errors:
            try:
                self.work.do(wanted.command, visitor, form, trace, filled.body, referral)
            except Problem as problem:
                if problem.slug != "stale":
                    raise
                found = self.look(referral, visitor, trace)
                return self._form(request, visitor, found, referral, wanted, form.typed, stale=True)
            except Refusal as refusal:
                wrong = refused_field(refusal)
                if wrong is None or wrong[0] not in wanted.fields:
                    raise
                errors = {wrong[0]: OfClause.of(wrong[1], refusal)}
        if errors:
            found = self.look(referral, visitor, trace)
            return self._form(request, visitor, found, referral, wanted, form.typed, errors)
        self.work.sent(visitor, path_of(referral, wanted))
        return RedirectResponse(f"/referrals/{referral}?done={wanted.slug}", 303)

    def look(self, referral: str, visitor: Visitor, trace: Trace) -> Looked:
        """The referral for this visitor; the read is recorded. Raises Refusal `not-found`."""
        shown = self.work.show("referral", referral, visitor, trace)
        return Looked(shown, self.work.offers(referral, visitor), self.work.labels())

    def _draft(self, visitor: Visitor, referral: str, act: Act | None) -> Fields:
        return self.work.draft(visitor, path_of(referral, act)) if act and act.fields else {}

    def _form(
        self,
        request: Request,
        visitor: Visitor,
        found: Looked,
        referral: str,
        act: Act,
        typed: Fields,
        errors: Mapping[str, str] | None = None,
        stale: bool = False,
    ) -> Response:
        says = catalogue(visitor.language).gettext
        seen = next(iter(typed.get("seen", ())), "")
        return self.work.pages.answer(
            request,
            "referral_act.html",
            visitor,
            status=412 if stale else (422 if errors else 200),
            **self._facts(found, referral, visitor),
            act=act,
            typed=typed,
            errors=at_fields(errors or {}, says),
            changes=telling.changes(found.view, seen, found.labels, says) if stale else (),
            open=act.command in found.offers.acts,
        )

    def _facts(self, found: Looked, referral: str, visitor: Visitor) -> dict[str, Any]:
        view, says = found.view, catalogue(visitor.language).gettext
        return {
            **WORDS,
            "view": view,
            "flags": flagged(view["flags"], Wording(visitor.language, found.labels.mou)),
            "etag": found.shown.etag,
            "labels": found.labels,
            "code": code_of("referral", referral),
            "case_code": code_of("case", view["case"]),
            "path": f"/referrals/{referral}",
            "shared": telling.without_questions(view),
            "struck": {step["event"]: STRUCK[step["struck"]] for step in view["steps"] if step.get("struck")},
            "entry_options": self._wrong(found, visitor),
            "call_options": telling.callers(view, visitor.caller.agency, found.labels, says),
            "result_options": [(code, says(text)) for code, text in RESULTS.items()],
            "just_now": local(self.work.desk.site.now(), self.work.pages.county.zone)[:MINUTES],
            "own_side": telling.side(view, visitor.caller.agency),
            "code_of": code_of,
            "moment": telling.moment,
            "lines": telling.lines,
        }

    def _wrong(self, found: Looked, visitor: Visitor) -> list[tuple[str, str]]:
        """What the visitor may mark as entered in error, to choose from."""
        zone, says = self.work.pages.county.zone, catalogue(visitor.language).gettext
        options = [(ALL, says(WHOLE))] if found.offers.all_wrong else []
        for step in found.view["steps"]:
            if step["event"] in found.offers.wrong:
                when = absolute(telling.moment(step["recorded"]), zone, visitor.language)
                options.append((step["event"], f"{says(ENTRIES[step['act']])}, {when}"))
        return options


def path_of(referral: str, act: Act) -> str:
    """The address of an act's page, which its draft is kept by."""
    return f"/referrals/{referral}/{act.slug}"


def _act(slug: str) -> Act:
    """The act of this address. Raises Problem `not-found`; what has pages of its own is none."""
    act = BY_SLUG.get(slug)
    if act is None or act.own_page:
        raise Problem("not-found")
    return act
