"""`/referrals/{referral}/answer`: a question is answered in two steps, what is told and what will be seen of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.previewing import Preview
from services.referrals.application.questions import Shown
from services.referrals.domain.offers import Offers
from services.referrals.pages import referral_telling as telling
from services.referrals.pages.acts import ANSWER
from services.referrals.pages.filled import CHOOSE, NOT_TAKEN, TOO_LONG, Filled
from services.referrals.pages.flags import OfClause, at_fields
from services.referrals.pages.labels import ROLES, Labels, in_english
from services.referrals.pages.wording import CLASSES
from services.referrals.pages.work import Work
from shared.errors import Refusal
from shared.events.names import SealedClass
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm, Fields, Form
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_, catalogue
from shared.web.trace import CurrentTrace, Trace

FIELDS = ("question", "about", "words")
SAY = N_("Write your answer.")
#: A field of the command -> the field of the form.
CALLED: Mapping[str, str] = {"question": "question", "clear": "about"}


@dataclass(frozen=True)
class Open:
    """The referral with its questions that wait, and in which classes of facts they may be answered."""

    shown: Shown
    offers: Offers
    labels: Labels

    @property
    def view(self) -> Mapping[str, Any]:
        """What the visitor may see of it."""
        return self.shown.view

    @property
    def questions(self) -> list[Mapping[str, Any]]:
        """Those that wait for an answer."""
        return telling.waiting(self.view)


def answered(form: Form, questions: list[Mapping[str, Any]]) -> Filled:
    """The body of the command. Where one question waits, it is meant."""
    question = form.get("question") or (questions[0]["event"] if len(questions) == 1 else "")
    about, words = form.get("about"), form.get("words")
    said = {"question": question, "about": about, "words": words}
    wrong = {"question": CHOOSE["question"], "about": CHOOSE["about"], "words": SAY}
    body = {"question": question, "clear": {about: {"text": words}}}
    return Filled(body, {name: wrong[name] for name, value in said.items() if not value})


@dataclass(frozen=True)
class AnswerPages:
    """Handlers run in threads; they block on the databases."""

    work: Work

    def router(self) -> APIRouter:
        """The form, and what comes of it."""
        router = APIRouter(route_class=route_of(self.work.pages))
        router.add_api_route("/referrals/{referral}/answer", self.show, methods=["GET"])
        router.add_api_route("/referrals/{referral}/answer", self.step, methods=["POST"])
        return router

    def show(self, referral: str, request: Request, visitor: CurrentVisitor, trace: CurrentTrace) -> Response:
        """The form, with what was typed into it before. The referral, where nothing waits for an answer."""
        found = self._open(referral, visitor, trace)
        if ANSWER.command not in found.offers.acts:
            return RedirectResponse(f"/referrals/{referral}", 303)
        return self._form(request, visitor, found, self.work.draft(visitor, _path(referral)))

    def step(
        self, referral: str, request: Request, visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace
    ) -> Response:
        """Look at it, change it, or send it."""
        found = self._open(referral, visitor, trace)
        typed = {name: form.typed[name] for name in FIELDS if name in form.typed}
        filled = answered(form, found.questions)
        if form.get("step") == "change" or filled.errors:
            errors = {} if form.get("step") == "change" else filled.errors
            return self._form(request, visitor, found, typed, errors)
        try:
            seen = self._sent(visitor, form, trace, referral, filled.body)
        except Problem as problem:
            if problem.slug != "stale":
                raise
            return self._form(request, visitor, found, typed, seen=form.get("seen"))
        except Refusal as refusal:
            if not (errors := _errors(refusal)):
                raise
            found_at = {name: OfClause.of(text, refusal) for name, text in errors.items()}
            return self._form(request, visitor, found, typed, found_at)
        if seen is not None:
            typed = {**typed, "question": (filled.body["question"],)}
            changed = form.get("step") == "send"
            return self._preview(request, visitor, found, typed, seen, changed)
        self.work.sent(visitor, _path(referral))
        return RedirectResponse(f"/referrals/{referral}?done={ANSWER.slug}", 303)

    def _sent(
        self, visitor: Visitor, form: Form, trace: Trace, referral: str, body: Mapping[str, Any]
    ) -> Preview | None:
        """What is to be looked at first, where it was not looked at as it is now; None if it was sent."""
        send = form.get("step") == "send"
        try:
            found = self.work.look_ahead(ANSWER.command, visitor, form, trace, body, referral)
        except Problem as problem:
            # The second send of one form: the first has changed what it is based on. It gets the first answer.
            if not send or problem.slug != "stale":
                raise
        else:
            if not send or form.get("looked") != found.digest:
                return found
        self.work.do(ANSWER.command, visitor, form, trace, body, referral)
        return None

    def _open(self, referral: str, visitor: Visitor, trace: Trace) -> Open:
        shown = self.work.show("referral", referral, visitor, trace)
        return Open(shown, self.work.offers(referral, visitor), self.work.labels())

    def _form(
        self,
        request: Request,
        visitor: Visitor,
        found: Open,
        typed: Fields,
        errors: Mapping[str, str] | None = None,
        seen: str | None = None,
    ) -> Response:
        """The form; with `seen`, what changed since that moment stands above it."""
        says, labels = catalogue(visitor.language).gettext, found.labels
        stale = seen is not None
        return self.work.pages.answer(
            request,
            "answer.html",
            visitor,
            status=412 if stale else (422 if errors else 200),
            **self._facts(found),
            typed=typed,
            errors=at_fields(errors or {}, says),
            changes=telling.changes(found.view, seen or "", labels, says) if stale else (),
            questions=[
                (one["event"], in_english("; ".join(map(labels.missing, one["missing"]))))
                for one in found.questions
            ],
            words_of={one["event"]: telling.of_events(found.view, {one["event"]}) for one in found.questions},
            kinds=[(cls, says(CLASSES[cls])) for cls in found.offers.tells],
            usual=str(SealedClass.NARRATIVE),
            open=ANSWER.command in found.offers.acts,
        )

    def _preview(
        self, request: Request, visitor: Visitor, found: Open, typed: Fields, seen: Preview, changed: bool
    ) -> Response:
        says, view = catalogue(visitor.language).gettext, found.view
        outside = view.get("outside")
        return self.work.pages.answer(
            request,
            "answer_preview.html",
            visitor,
            **self._facts(found),
            typed=typed,
            own=seen.own,
            asked=found.labels.outside(outside) if outside else found.labels.agency(view["recipient"]),
            sights=[
                (", ".join(says(ROLES.get(r, r)) for r in sight.roles), sight.view) for sight in seen.sights
            ],
            digest=seen.digest,
            changed_since=changed,
        )

    def _facts(self, found: Open) -> dict[str, Any]:
        referral = found.view["id"]
        return {
            "heading": ANSWER.title,
            "labels": found.labels,
            "classes": CLASSES,
            "lines": telling.lines,
            "path": _path(referral),
            "back": f"/referrals/{referral}",
            "code": code_of("referral", referral),
            "etag": found.shown.etag,
            "changed": found.view["changed"],
        }


def _path(referral: str) -> str:
    """The address of the form, which its draft is kept by."""
    return f"/referrals/{referral}/{ANSWER.slug}"


def _errors(refusal: Refusal) -> dict[str, str]:
    """What is wrong, by field of the form; empty if the refusal is about none of them."""
    if refusal.reason == "too-large":
        return {"words": TOO_LONG}
    name = CALLED.get((refusal.field or "").strip("/").split("/")[0])
    return {name: CHOOSE.get(name, NOT_TAKEN)} if name else {}
