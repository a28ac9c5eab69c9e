"""`/memorandum/drafts/{id}/questions`, `…/duty`: one question about a draft at a time, and a duty of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.mou_drafts import Draft
from services.referrals.pages.memorandum_desk import DRAFTS, DraftDesk, opened_once
from services.referrals.pages.memorandum_fields import errors_shown, fields_shown, typed_in
from shared.errors import Conflict
from shared.mou.editing.answering import answered
from shared.mou.editing.fields import NotAnAnswer, Question, Typed, Wrong
from shared.mou.editing.own_duty import OWN_DUTY, own_duty
from shared.mou.editing.questions import question_of, questions
from shared.web.problems import Problem
from shared.web.site.forms import CheckedForm, Form
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_

STALE = N_(
    "Somebody of your agency changed this draft meanwhile. What you typed is still here: look, and save it again."
)


@dataclass(frozen=True)
class QuestionPages:
    """The pages. Handlers run in threads and block on the database."""

    desk: DraftDesk

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.desk.work.pages))
        one = f"{DRAFTS}/{{draft:uuid}}"
        for path, method, handler in (
            (f"{one}/duty", "GET", self.ask_duty),
            (f"{one}/duty", "POST", self.add_duty),
            (f"{one}/questions/{{question}}", "GET", self.ask),
            (f"{one}/questions/{{question}}", "POST", self.answer),
        ):
            router.add_api_route(path, handler, methods=[method])
        return router

    def ask(self, request: Request, visitor: CurrentVisitor, draft: UUID, question: str) -> Response:
        """One question, with what stands there now."""
        found = self.desk.draft(visitor, draft)
        return self._page(request, visitor, found, _question(found, question))

    def answer(
        self, request: Request, visitor: CurrentVisitor, form: CheckedForm, draft: UUID, question: str
    ) -> Response:
        """The answer is in the draft; what is wrong comes back with what was typed."""
        found = self.desk.draft(visitor, draft)
        asked, then = _question(found, question), form.get("then")
        taken = self._take(visitor, found, asked, form, {} if then == "keep" else typed_in(asked, form))
        if isinstance(taken, Mapping):
            return self._page(request, visitor, found, asked, form, taken)
        done = f"{DRAFTS}/{found.id}?done=saved"
        return RedirectResponse(done if then == "draft" else _onwards(taken, question), 303)

    def ask_duty(self, request: Request, visitor: CurrentVisitor, draft: UUID) -> Response:
        """The form of a duty of the county's own."""
        found = self.desk.draft(visitor, draft)
        return self._page(request, visitor, found, own_duty(opened_once(found.text).mou))

    def add_duty(self, request: Request, visitor: CurrentVisitor, form: CheckedForm, draft: UUID) -> Response:
        """The duty is in the draft, with its clause and what people record for it."""
        found = self.desk.draft(visitor, draft)
        asked = own_duty(opened_once(found.text).mou)
        taken = self._take(visitor, found, asked, form, typed_in(asked, form))
        if isinstance(taken, Mapping):
            return self._page(request, visitor, found, asked, form, taken)
        return RedirectResponse(f"{DRAFTS}/{found.id}?done=duty", 303)

    def _take(
        self, visitor: Visitor, draft: Draft, asked: Question, form: Form, typed: Typed
    ) -> Draft | dict[str, Wrong]:
        """The draft after an answer, or what is wrong by field."""
        if draft.last_key == form.key:
            return draft
        if form.based_on != str(draft.revision):
            return {"": Wrong(STALE)}
        done = dict.fromkeys([*draft.answered, *([asked.id] if asked.id != OWN_DUTY else [])])
        try:
            after = answered(opened_once(draft.text), asked, typed)
            changed = self.desk.drafts.change(
                visitor.caller.agency, draft, after.text, after.mou.version, list(done), form.key
            )
        except NotAnAnswer as error:
            return error.errors
        except Conflict:
            return {"": Wrong(STALE)}
        self.desk.work.sent(visitor, _path(draft, asked))
        return changed

    def _page(
        self,
        request: Request,
        visitor: Visitor,
        draft: Draft,
        question: Question,
        form: Form | None = None,
        errors: Mapping[str, Wrong] | None = None,
    ) -> Response:
        wording, path = self.desk.wording(visitor), _path(draft, question)
        ids = [one.id for one in questions(opened_once(draft.text).mou)]
        typed = form.typed if form else self.desk.work.draft(visitor, path)
        return self.desk.work.pages.answer(
            request,
            "memorandum-question.html",
            visitor,
            status=200 if not errors else 409 if errors.get("") == Wrong(STALE) else 422,
            draft=draft,
            path=path,
            question=question,
            title=wording.say(question.title),
            place=ids.index(question.id) + 1 if question.id in ids else 0,
            places=len(ids),
            shown=fields_shown(question, Form("", typed) if typed or form else None, wording),
            errors=errors_shown(errors or {}, question, wording),
            own_duty=question.id == OWN_DUTY,
        )


def _question(draft: Draft, id: str) -> Question:
    found = question_of(opened_once(draft.text).mou, id)
    if found is None:
        raise Problem("not-found")
    return found


def _path(draft: Draft, question: Question) -> str:
    """Where a question of a draft is asked."""
    home = f"{DRAFTS}/{draft.id}"
    return f"{home}/duty" if question.id == OWN_DUTY else f"{home}/questions/{question.id}"


def _onwards(draft: Draft, question: str) -> str:
    """The next question that waits, behind this one in the document; else the first that does, else the draft."""
    ids = [one.id for one in questions(opened_once(draft.text).mou)]
    waiting = [id for id in ids if id not in draft.answered]
    behind = ids[ids.index(question) + 1 :] if question in ids else []
    following = next((id for id in behind if id in waiting), next(iter(waiting), ""))
    return f"{DRAFTS}/{draft.id}" + (f"/questions/{following}" if following else "?done=all")
