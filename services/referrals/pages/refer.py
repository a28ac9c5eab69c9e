"""Asking another agency, in two steps: what is asked, then exactly what the other agency will see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.orders import Outcome
from services.referrals.application.previewing import Preview
from services.referrals.domain.offers import Askable
from services.referrals.pages import referral_telling as telling
from services.referrals.pages.acts import FORWARD
from services.referrals.pages.asking import FIELDS, as_before, asked, typed_in, whom
from services.referrals.pages.filled import refused_field
from services.referrals.pages.flags import OfClause, at_fields
from services.referrals.pages.labels import CHOICES, ROLES, URGENCIES, Labels, in_english
from services.referrals.pages.wording import CLASSES, MATTERS
from services.referrals.pages.work import Work
from shared.errors import Refusal
from shared.mou.vocabulary import CodeList
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm, Fields, Form
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_, catalogue
from shared.web.trace import CurrentTrace, Trace

REFER, ELSEWHERE, CHOOSE_ONE = N_("Ask an agency"), N_("Ask another agency"), N_("Choose one")


@dataclass(frozen=True)
class Place:
    """Where the form stands: in a case, or on a referral that an agency could not take or finish.

    `matters` are those of the case, None on a referral, which has one; `first` stands in the form at first.
    """

    command: str
    kind: str
    thing: str
    path: str
    askable: Askable
    labels: Labels
    matters: Sequence[str] | None = None
    first: Fields | None = None
    etag: str = ""
    changed: str = ""
    changes: Sequence[tuple[str, str, datetime]] = ()

    @property
    def heading(self) -> str:
        """What its pages are called."""
        return REFER if self.kind == "case" else ELSEWHERE


@dataclass(frozen=True)
class ReferPages:
    """Handlers run in threads; they block on the databases."""

    work: Work

    def router(self) -> APIRouter:
        """`/cases/{case}/refer` and `/referrals/{referral}/forward`."""
        router = APIRouter(route_class=route_of(self.work.pages))
        for path, show, send in (
            ("/cases/{case}/refer", self.show_in_case, self.send_in_case),
            ("/referrals/{referral}/forward", self.show_on_referral, self.send_on_referral),
        ):
            router.add_api_route(path, show, methods=["GET"])
            router.add_api_route(path, send, methods=["POST"])
        return router

    def show_in_case(self, case: str, request: Request, visitor: CurrentVisitor) -> Response:
        """The form, with what was typed into it before and not sent."""
        return self._show(request, visitor, self._case(case, visitor))

    def send_in_case(
        self, case: str, request: Request, visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace
    ) -> Response:
        """Look at it, change it, or send it."""
        return self._step(request, visitor, form, trace, self._case(case, visitor))

    def show_on_referral(
        self, referral: str, request: Request, visitor: CurrentVisitor, trace: CurrentTrace
    ) -> Response:
        """The form; what was asked before stands in it. The referral, where nobody else may be asked now."""
        if FORWARD.command not in self.work.offers(referral, visitor).acts:
            return RedirectResponse(f"/referrals/{referral}", 303)
        return self._show(request, visitor, self._referral(referral, visitor, trace))

    def send_on_referral(
        self, referral: str, request: Request, visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace
    ) -> Response:
        """Look at it, change it, or send it."""
        place = self._referral(referral, visitor, trace, form.get("seen"))
        return self._step(request, visitor, form, trace, place)

    def _case(self, case: str, visitor: Visitor) -> Place:
        found = self.work.asking(case, visitor)
        if not found.askable:
            raise Problem("not-allowed")
        path = f"/cases/{case}/refer"
        return Place("request-referral", "case", case, path, found.askable, self.work.labels(), found.matters)

    def _referral(self, referral: str, visitor: Visitor, trace: Trace, seen: str = "") -> Place:
        shown = self.work.show("referral", referral, visitor, trace)
        offers, labels = self.work.offers(referral, visitor), self.work.labels()
        if FORWARD.command not in offers.acts:
            raise Problem("conflict")
        says = catalogue(visitor.language).gettext
        return Place(
            FORWARD.command,
            "referral",
            referral,
            f"/referrals/{referral}/forward",
            offers.next_agencies,
            labels,
            first=as_before(shown.view),
            etag=shown.etag,
            changed=shown.view["changed"],
            changes=telling.changes(shown.view, seen, labels, says),
        )

    def _show(self, request: Request, visitor: Visitor, place: Place) -> Response:
        typed = self.work.draft(visitor, place.path) or place.first or {}
        return self._form(request, visitor, place, typed)

    def _step(self, request: Request, visitor: Visitor, form: Form, trace: Trace, place: Place) -> Response:
        step, typed = form.get("step"), typed_in(form)
        filled = asked(form, place.matters)
        if step == "change" or filled.errors:
            return self._form(request, visitor, place, typed, {} if step == "change" else filled.errors)
        try:
            found = self._sent(visitor, form, trace, place, filled.body)
        except Problem as problem:
            if problem.slug != "stale":
                raise
            return self._form(request, visitor, place, typed, stale=True)
        except Refusal as refusal:
            wrong = refused_field(refusal)
            if wrong is None or wrong[0] not in FIELDS:
                raise
            return self._form(request, visitor, place, typed, {wrong[0]: OfClause.of(wrong[1], refusal)})
        if isinstance(found, Preview):
            return self._preview(request, visitor, form, place, found, changed=step == "send")
        self.work.sent(visitor, place.path)
        return RedirectResponse(f"/referrals/{found.made['referral']}?done=sent", 303)

    def _sent(
        self, visitor: Visitor, form: Form, trace: Trace, place: Place, body: Mapping[str, Any]
    ) -> Preview | Outcome:
        """What came of sending it; what is to be looked at first, where it was not looked at as it is now."""
        send = form.get("step") == "send"
        try:
            found = self.work.look_ahead(place.command, visitor, form, trace, body, place.thing)
        except Problem as problem:
            # The second send of one form: the first has changed what it is based on. It gets the first answer.
            if not send or problem.slug != "stale":
                raise
            return self.work.do(place.command, visitor, form, trace, body, place.thing)
        if not send or form.get("looked") != found.digest:
            return found
        return self.work.do(place.command, visitor, form, trace, body, place.thing)

    def _form(
        self,
        request: Request,
        visitor: Visitor,
        place: Place,
        typed: Fields,
        errors: Mapping[str, str] | None = None,
        stale: bool = False,
    ) -> Response:
        says, labels = catalogue(visitor.language).gettext, place.labels
        kinds, needs = labels.listed(CodeList.REFERRAL_KIND), labels.listed(CodeList.NEEDS)
        return self.work.pages.answer(
            request,
            "refer.html",
            visitor,
            status=412 if stale else (422 if errors else 200),
            **self._facts(place),
            typed=typed,
            errors=at_fields(errors or {}, says),
            changes=place.changes if stale else (),
            matters=[(one, says(MATTERS[one])) for one in place.matters or ()],
            recipients=whom(place.askable, labels, says(CHOOSE_ONE)),
            kinds=[("", says(CHOOSE_ONE)), *kinds],
            needs=[(code, in_english(label)) for code, label in needs],
            urgency_options=[(code, says(word)) for code, word in URGENCIES.items()],
            choice_options=[(code, says(word)) for code, word in CHOICES.items()],
            one=lambda name: next(iter(typed.get(name, ())), ""),
        )

    def _preview(
        self, request: Request, visitor: Visitor, form: Form, place: Place, found: Preview, changed: bool
    ) -> Response:
        says, labels = catalogue(visitor.language).gettext, place.labels
        own = found.own
        name = labels.outside(own["outside"]) if "outside" in own else labels.agency(own["recipient"])
        roles = [
            (", ".join(says(ROLES.get(r, r)) for r in sight.roles), sight.view) for sight in found.sights
        ]
        return self.work.pages.answer(
            request,
            "refer_preview.html",
            visitor,
            **self._facts(place),
            typed=typed_in(form),
            own=own,
            asked=name,
            sights=roles,
            digest=found.digest,
            changed_since=changed,
            classes=CLASSES,
            urgencies=URGENCIES,
            choices_of_youth=CHOICES,
            lines=telling.lines,
        )

    def _facts(self, place: Place) -> dict[str, Any]:
        back = f"/cases/{place.thing}" if place.kind == "case" else f"/referrals/{place.thing}"
        return {
            "heading": place.heading,
            "labels": place.labels,
            "path": place.path,
            "etag": place.etag,
            "changed": place.changed,
            "follows": place.kind == "referral",
            "back": back,
            "back_code": code_of(place.kind, place.thing),
        }
